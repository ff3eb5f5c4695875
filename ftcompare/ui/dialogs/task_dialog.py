"""The frame of dialogs for one task: its parts, and below them a message, Cancel and the accepting button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label_of, named
from ftcompare.ui.widgets.layouts import STRETCH, Part, in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row


class TaskDialog(QDialog):
    """A modal dialog."""

    taken = Signal(object)  # the result

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
        """``foot`` is placed beside the buttons; ``size`` is in pixels."""
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
        """``below`` is placed between the table and the buttons."""
        title = Heading(heading, level=2)
        self.arrange(title, *parts, (self.table, 1), *below, foot=self.summary, size=size)

    def show_preview(self, rows: Sequence[Row], summary: str, *, usable: bool) -> None:
        self.table.set_rows(rows)
        self.summary.setText(summary)
        self.accept_button.setEnabled(usable)


class ReasonDialog(QDialog):
    """The question; accepted only with a reason. Enter in the empty field does nothing."""

    decided = Signal(str)  # the reason

    def __init__(
        self,
        parent: QWidget | None,
        name: str,
        act: str,
        heading: str,
        told: Sequence[QWidget],
        *,
        asked: str,
        example: str,
    ) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.reason_field = named(QLineEdit(), f"{name}_reason", asked)
        self.reason_field.setPlaceholderText(example)
        self.confirm = PrimaryButton(act, name=f"{name}_confirm", act=self.accept)
        self.confirm.setDefault(True)
        self.cancel = named(PlainButton("Cancel"), f"{name}_cancel")
        title = Heading(heading, level=2)
        title.setWordWrap(True)
        above = label_of(self.reason_field, asked, "strong")
        buttons = in_row(STRETCH, self.cancel, self.confirm, gap=L)
        self._column = in_column(title, *told, S, above, self.reason_field, M, buttons, gap=M, of=self)
        self._column.setContentsMargins(XL, XL, XL, XL)
        self.reason_field.textChanged.connect(self._check)
        self.cancel.clicked.connect(self.reject)
        self._check()

    @property
    def reason(self) -> str:
        return self.reason_field.text().strip()

    def accept(self) -> None:
        if self.reason:
            self.decided.emit(self.reason)
            super().accept()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._column.activate()
        self.setMinimumHeight(self._column.totalHeightForWidth(self.width()))

    def _check(self) -> None:
        self.confirm.setEnabled(bool(self.reason))
