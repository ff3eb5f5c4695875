"""Which column of a file is the prompt, which the reference, and so on, with the first rows to look at."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from ftcompare.formats.file_columns import FileColumns
from ftcompare.ui.pages.setup.column_choices import NAME_SHOWN, AnswerColumnChoice, PromptColumnChoice
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.layouts import in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

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
