"""*Choose columns…* below a file: asks which column holds what, and remembers it for that file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import Signal

from ftcompare.formats.file_columns import FileColumns
from ftcompare.ui.pages.setup.column_choices import AnswerColumnChoice, PromptColumnChoice
from ftcompare.ui.pages.setup.columns_dialog import ColumnsDialog
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import Failed, StudyTasks
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.controls import LinkButton, named
from ftcompare.ui.widgets.file_field import CheckState

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
