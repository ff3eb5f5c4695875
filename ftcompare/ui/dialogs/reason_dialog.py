"""Asks for confirmation and a reason before an action that is recorded."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row


class ReasonDialog(QDialog):
    """The question; accepted only with a reason. Enter in the empty field does nothing."""

    decided = Signal(str)
    """The reason."""

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
        above = label(asked, "strong")
        above.setBuddy(self.reason_field)
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
        """Take the height that the words need at this width."""
        super().showEvent(event)
        self._column.activate()
        self.setMinimumHeight(self._column.totalHeightForWidth(self.width()))

    def _check(self) -> None:
        self.confirm.setEnabled(bool(self.reason))
