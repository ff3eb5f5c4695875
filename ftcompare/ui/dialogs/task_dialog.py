"""The frame of dialogs for one task: its parts, and below them a message, Cancel and the accepting button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, named
from ftcompare.ui.widgets.layouts import Part, in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row


class TaskDialog(QDialog):
    """A modal dialog."""

    taken = Signal(object)
    """The result."""

    def __init__(self, stem: str, title: str, accept: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName(f"{stem}_dialog")
        self.setWindowTitle(title)
        self.accept_button = named(PrimaryButton(accept), f"{stem}_accept")
        self.cancel_button = named(PlainButton("Cancel"), f"{stem}_cancel")
        self.accept_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)

    def arrange(self, *parts: Part, foot: QWidget, size: tuple[int, int]) -> None:
        """Place the parts below each other, and ``foot`` beside the buttons; give it a size in pixels."""
        buttons = in_row((foot, 1), self.cancel_button, self.accept_button, gap=S)
        in_column(*parts, buttons, gap=M, margins=(XL, L, XL, L), of=self)
        self.resize(*size)


class PreviewDialog(TaskDialog):
    """A dialog that shows in a table what its result would be."""

    def __init__(
        self,
        stem: str,
        title: str,
        accept: str,
        table: str,
        find: str,
        columns: Sequence[DataColumn],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(stem, title, accept, parent)
        self.table = DataTable(theme, table, columns, find, "All words must occur.")
        self.summary = named(Muted(""), f"{stem}_summary")

    def lay_out(self, heading: str, *parts: Part, size: tuple[int, int], below: Sequence[Part] = ()) -> None:
        """Place the heading, the parts, the table, what is ``below`` it, and the buttons."""
        title = Heading(heading, level=2)
        self.arrange(title, *parts, (self.table, 1), *below, foot=self.summary, size=size)

    def show_preview(self, rows: Sequence[Row], summary: str, *, usable: bool) -> None:
        self.table.set_rows(rows)
        self.summary.setText(summary)
        self.accept_button.setEnabled(usable)
