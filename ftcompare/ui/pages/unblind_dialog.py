"""Asks before a study is unblinded: what it does, what is still to be judged, and why it is done now."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ftcompare.ui.theme import XL, L, M, S
from ftcompare.ui.widgets.basics import Heading, PlainButton, PrimaryButton, StatusPill, label

WIDTH = 560


class UnblindDialog(QDialog):
    """The question itself. Accepted only with a reason; Enter in the empty field does nothing.

    Args:
        judgments: standing judgments.
        remaining: pairs that nobody has judged yet.
    """

    def __init__(self, parent: QWidget | None, *, judgments: int, remaining: int) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Unblind the study"))
        self.setModal(True)
        self.setMinimumWidth(WIDTH)
        self.reason_field = QLineEdit()
        self.reason_field.setObjectName("unblind_reason")
        self.unblind_button = PrimaryButton(self.tr("Unblind"))
        self.unblind_button.setObjectName("unblind_confirm")
        self.cancel_button = PlainButton(self.tr("Cancel"))
        self.cancel_button.setObjectName("unblind_cancel")
        self._arrange(judgments, remaining)
        self.reason_field.textChanged.connect(self._check)
        self.unblind_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        self.cancel_button.setDefault(True)
        self._check()

    @property
    def reason(self) -> str:
        """What was given as reason, without blanks around it."""
        return self.reason_field.text().strip()

    def accept(self) -> None:
        """Close with yes, if there is a reason."""
        if self.reason:
            super().accept()

    def _check(self) -> None:
        self.unblind_button.setEnabled(bool(self.reason))

    def _arrange(self, judgments: int, remaining: int) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, XL)
        column.setSpacing(M)
        column.addWidget(Heading(self.tr("Show which system is which?"), level=2))
        for text in _told(judgments):
            column.addWidget(label(text, wrap=True))
        if remaining:
            column.addWidget(StatusPill("caution", _remaining(remaining)))
        column.addSpacing(S)
        column.addWidget(self._reason_label())
        column.addWidget(self.reason_field)
        column.addSpacing(M)
        column.addLayout(self._buttons())

    def _reason_label(self) -> QWidget:
        made = label(self.tr("Reason (kept with the time, for good)"), "strong")
        made.setBuddy(self.reason_field)
        self.reason_field.setAccessibleName(self.tr("Reason for unblinding"))
        self.reason_field.setPlaceholderText(self.tr("for example: all judgments are in"))
        return made

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(L)
        row.addStretch()
        row.addWidget(self.cancel_button)
        row.addWidget(self.unblind_button)
        return row


def ask(parent: QWidget | None, *, judgments: int, remaining: int) -> str | None:
    """The reason for unblinding, or None if it is not to be done.

    Args:
        parent: the window that the dialog belongs to.
        judgments: standing judgments.
        remaining: judgments that are still missing.
    """
    dialog = UnblindDialog(parent, judgments=judgments, remaining=remaining)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    reason = dialog.reason
    dialog.deleteLater()
    return reason if accepted else None


def _told(judgments: int) -> tuple[str, str]:
    shown = QCoreApplication.translate(
        "Unblind",
        "From now on, System X and System Y go by their own names, in results, terms and exports. This "
        "cannot "
        "be undone. It is recorded in the study with your reason and the time.",
    )
    if judgments == 0:
        return shown, QCoreApplication.translate("Unblind", "Nothing has been judged yet.")
    if judgments == 1:
        return shown, QCoreApplication.translate("Unblind", "One judgment was made blind and stays so.")
    stays = QCoreApplication.translate("Unblind", "{} judgments were made blind and stay so.")
    return shown, stays.format(f"{judgments:,}")


def _remaining(remaining: int) -> str:
    if remaining == 1:
        return QCoreApplication.translate(
            "Unblind", "1 judgment is still missing; it would no longer be blind."
        )
    text = QCoreApplication.translate(
        "Unblind", "{} judgments are still missing; they would no longer be blind."
    )
    return text.format(f"{remaining:,}")
