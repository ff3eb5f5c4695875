"""*Choose columns…* below a file: asks which column contains what, and remembers it for that file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from ftcompare.formats.file_columns import FileColumns
from ftcompare.ui.pages.setup.column_choices import NAME_SHOWN, AnswerColumnChoice, PromptColumnChoice
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import Failed, StudyTasks
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, LinkButton, Muted, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.file_field import CheckState
from ftcompare.ui.widgets.layouts import in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

T = TypeVar("T")
Names = tuple[str, ...]


class ColumnsLink(LinkButton, Generic[T]):
    """The button.

    Args:
        name: of the object.
        tasks: the study's thread, on which the file is read.
        theme: of the table in the dialog.
        look: reads the columns of a file.
        make: makes what is asked, from the file's columns and what was chosen before.
        failed: told why the columns could not be read.
    """

    decided = Signal()
    """Columns were chosen: the file is to be read again."""

    def __init__(
        self,
        name: str,
        tasks: StudyTasks,
        theme: Theme,
        *,
        look: Callable[[Path], FileColumns],
        make: Callable[[Names, T | None], PromptColumnChoice | AnswerColumnChoice],
        failed: Failed,
    ) -> None:
        super().__init__("Choose columns…")
        named(self, name)
        self._files = OwnedTasks(self, tasks)
        self._theme = theme
        self._look, self._make, self._failed = look, make, failed
        self._chosen: tuple[str, T | None] = ("", None)
        """A file, and what was chosen for it. Read by the study's thread, so replaced whole."""
        self._path: Path | None = None
        self.clicked.connect(self._ask)
        self.hide()

    def chosen_for(self, path: Path) -> T | None:
        """The columns that were chosen for a file; None for its own names."""
        of, columns = self._chosen
        return columns if of == str(path) else None

    def show_for(self, path: Path | None, state: CheckState) -> None:
        """Offer to choose for a file that was looked at; None for one without columns, or none at all."""
        self._path = path
        self.setVisible(path is not None and state in (CheckState.FOUND, CheckState.WRONG))

    def _ask(self) -> None:
        path = self._path
        if path is not None:
            self._files.call(lambda: self._look(path), lambda found: self._show(path, found), self._failed)

    def _show(self, path: Path, found: FileColumns) -> None:
        choice = self._make(found.names, self.chosen_for(path))
        dialog = ColumnsDialog(choice, found, self._theme, self.window())
        dialog.decided.connect(lambda columns: self._on_decided(path, columns))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_decided(self, path: Path, columns: T) -> None:
        self._chosen = (str(path), columns)
        self.decided.emit()


SIZE = (860, 600)


class ColumnsDialog(QDialog):
    """The choice.

    Args:
        choice: of what is asked for, with what was chosen before.
        found: the file's columns and first rows.
        theme: of the table.
        parent: the window that it belongs to.
    """

    decided = Signal(object)
    """The value of the choice."""

    def __init__(
        self,
        choice: PromptColumnChoice | AnswerColumnChoice,
        found: FileColumns,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("columns_dialog")
        self.setWindowTitle("Columns of the file")
        self._choice = choice
        self._found = found
        self.accept_button = named(PrimaryButton("Use these columns"), "columns_accept")
        self._told = Muted("")
        self._arrange(theme)
        self.resize(*SIZE)
        self._choice.changed.connect(self._check)
        self._check()

    def _arrange(self, theme: Theme) -> None:
        columns = [DataColumn(one_line(name, NAME_SHOWN), stretch=1) for name in self._found.names]
        table = DataTable(theme, "First rows of the file", columns, "Find in these rows", "")
        table.set_rows([Row(place, row) for place, row in enumerate(self._found.rows)])
        cancel = named(PlainButton("Cancel"), "columns_cancel")
        cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self.accept)
        buttons = in_row((self._told, 1), cancel, self.accept_button, gap=S)
        heading = Heading("Which column is what?", level=2)
        rows = label("First rows of the file", "strong")
        body = in_column(heading, self._choice, rows, (table, 1), buttons, gap=M, of=self)
        body.setContentsMargins(XL, L, XL, L)

    def accept(self) -> None:
        """Close with the choice."""
        self.decided.emit(self._choice.value)
        super().accept()

    def _check(self) -> None:
        """Say what is missing, or chosen twice."""
        problem = self._choice.problem
        self._told.setText(problem)
        self.accept_button.setEnabled(not problem)
