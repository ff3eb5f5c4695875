"""Which column of a file is the prompt, which the reference, and so on, with the first rows to look at."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QWidget

from ftcompare.app.setup.prompt_draft import guessed_columns
from ftcompare.formats.prompts import FileColumns
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.layouts import in_column, in_row
from ftcompare.ui.widgets.named_choice import fill_choice
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

ASKED = (
    ("prompt", "Prompt"),
    ("reference", "Reference answer"),
    ("category", "Category"),
    ("split", "Split"),
    ("tags", "Tags"),
    ("id", "Id"),
    ("messages", "Conversation, in place of Prompt"),
)
NONE = "none"
SIZE = (860, 560)
NAME_SHOWN = 40


class ColumnsDialog(QDialog):
    """The choice.

    Args:
        found: the file's columns and first rows.
        theme: of the table.
        chosen: by our names, as before; None to guess by the columns' names.
        parent: the window that it belongs to.
    """

    decided = Signal(object)
    """For each of our fields the column that was chosen, a dict."""

    def __init__(
        self,
        found: FileColumns,
        theme: Theme,
        chosen: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("columns_dialog")
        self.setWindowTitle("Columns of the file")
        self._found = found
        start = guessed_columns(found.names) if chosen is None else chosen
        self._choices = {ours: self._choice(ours, title, start.get(ours, "")) for ours, title in ASKED}
        self.accept_button = named(PrimaryButton("Use these columns"), "columns_accept")
        self._told = Muted("")
        self._arrange(theme)
        self.resize(*SIZE)
        self._check()

    def _choice(self, ours: str, title: str, chosen: str) -> QComboBox:
        choice = named(QComboBox(), f"columns_{ours}", title)
        entries = [(NONE, ""), *((one_line(name, NAME_SHOWN), name) for name in self._found.names)]
        fill_choice(choice, [*entries], chosen)
        choice.currentIndexChanged.connect(lambda _: self._check())
        return choice

    def _arrange(self, theme: Theme) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(S)
        for place, (ours, title) in enumerate(ASKED):
            above = label(title)
            above.setBuddy(self._choices[ours])
            row, column = place % 4, 2 * (place // 4)
            grid.addWidget(above, row, column, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(self._choices[ours], row, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        columns = [DataColumn(one_line(name, NAME_SHOWN), stretch=1) for name in self._found.names]
        table = DataTable(theme, "First rows of the file", columns, "Find in these rows", "")
        table.set_rows([Row(place, row) for place, row in enumerate(self._found.rows)])
        cancel = named(PlainButton("Cancel"), "columns_cancel")
        cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self.accept)
        buttons = in_row((self._told, 1), cancel, self.accept_button, gap=S)
        heading = Heading("Which column is what?", level=2)
        rows = label("First rows of the file", "strong")
        body = in_column(heading, grid, rows, (table, 1), buttons, gap=M, of=self)
        body.setContentsMargins(XL, L, XL, L)

    @property
    def columns(self) -> dict[str, str]:
        """What is chosen."""
        chosen = {ours: str(choice.currentData()) for ours, choice in self._choices.items()}
        return {ours: theirs for ours, theirs in chosen.items() if theirs}

    def accept(self) -> None:
        """Close with the choice."""
        self.decided.emit(self.columns)
        super().accept()

    def _check(self) -> None:
        """Say what is missing, or chosen twice."""
        if not hasattr(self, "accept_button"):
            return
        chosen = self.columns
        told = ""
        if ("prompt" in chosen) == ("messages" in chosen):
            told = "Choose the column of the prompt, or that of the conversation; one of the two."
        elif len(set(chosen.values())) < len(chosen):
            told = "One column is chosen twice."
        self._told.setText(told)
        self.accept_button.setEnabled(not told)
