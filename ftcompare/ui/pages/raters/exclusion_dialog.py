"""Asks why a rater is left out of the results, or taken back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, PlainButton, PrimaryButton, label

WIDTH = 520


class ReasonDialog(QDialog):
    """The question itself. Accepted only with a reason, which `decided` carries.

    Args:
        name: the rater's.
        exclude: whether they are to be left out, or taken back.
    """

    decided = Signal(str)

    def __init__(self, parent: QWidget | None, name: str, *, exclude: bool) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown = one_line(name, 60)
        self.setWindowTitle("Leave out" if exclude else "Take back")
        self.setModal(True)
        self.setMinimumWidth(WIDTH)
        self.reason_field = QLineEdit()
        self.reason_field.setObjectName("rater_reason")
        self.reason_field.setAccessibleName("Reason")
        self.confirm = PrimaryButton("Leave out" if exclude else "Take back")
        self.confirm.setObjectName("rater_confirm")
        self.cancel = PlainButton("Cancel")
        self.cancel.setObjectName("rater_cancel")
        heading = "Leave {0} out of the results?" if exclude else "Take {0} back?"
        self._arrange(heading.format(shown), self._told(exclude=exclude))
        self.reason_field.textChanged.connect(self._check)
        self.reason_field.returnPressed.connect(self.accept)
        self.confirm.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        self._check()

    @property
    def reason(self) -> str:
        """What was given as reason, without blanks around it."""
        return self.reason_field.text().strip()

    def accept(self) -> None:
        """Close with yes, if there is a reason: Enter in the empty field does nothing."""
        if self.reason:
            self.decided.emit(self.reason)
            super().accept()

    def _check(self) -> None:
        self.confirm.setEnabled(bool(self.reason))

    def _told(self, *, exclude: bool) -> str:
        if exclude:
            return (
                "Their judgments stay in the study. Results are shown with and without them, so that the "
                "choice can be seen. The reason and the time are kept for good."
            )
        return "Their judgments count in every figure again. The reason and the time are kept."

    def _arrange(self, heading: str, told: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, XL)
        column.setSpacing(M)
        title = Heading(heading, level=2)
        title.setWordWrap(True)
        reason = label("Reason", "strong")
        reason.setBuddy(self.reason_field)
        self.reason_field.setPlaceholderText("for example: 3 s a pair, repeats answered at random")
        row = QHBoxLayout()
        row.setSpacing(L)
        row.addStretch()
        row.addWidget(self.cancel)
        row.addWidget(self.confirm)
        column.addWidget(title)
        column.addWidget(label(told, wrap=True))
        column.addSpacing(S)
        column.addWidget(reason)
        column.addWidget(self.reason_field)
        column.addSpacing(M)
        column.addLayout(row)
