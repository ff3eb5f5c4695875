"""Asks before unblinding: what it does, what is still to be judged, and why it is done now."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ftcompare.app.study.unblinding import BeforeUnblinding, PackOut
from ftcompare.core.plurals import counted
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, StatusPill, label

WIDTH = 560
PACKS_NAMED = 6
"""More are counted."""
NAME_SHOWN = 8
"""Characters of a pack's random name that are enough to tell it from others."""


class UnblindDialog(QDialog):
    """The question itself. Accepted only with a reason; Enter in the empty field does nothing.

    Args:
        before: how far the judging is.
    """

    def __init__(self, parent: QWidget | None, before: BeforeUnblinding) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unblind the study")
        self.setModal(True)
        self.setMinimumWidth(WIDTH)
        self.reason_field = QLineEdit()
        self.reason_field.setObjectName("unblind_reason")
        self.unblind_button = PrimaryButton("Unblind")
        self.unblind_button.setObjectName("unblind_confirm")
        self.cancel_button = PlainButton("Cancel")
        self.cancel_button.setObjectName("unblind_cancel")
        self._arrange(before)
        self.reason_field.textChanged.connect(self._check)
        self.unblind_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        self.unblind_button.setDefault(True)
        self._check()

    @property
    def reason(self) -> str:
        """What was given as reason, without blanks around it."""
        return self.reason_field.text().strip()

    def accept(self) -> None:
        """Close with yes, if there is a reason."""
        if self.reason:
            super().accept()

    def showEvent(self, event: QShowEvent) -> None:
        """Take the height that the words need at this width."""
        super().showEvent(event)
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))

    def _check(self) -> None:
        self.unblind_button.setEnabled(bool(self.reason))

    def _arrange(self, before: BeforeUnblinding) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, XL)
        column.setSpacing(M)
        column.addWidget(Heading("Show which system is which?", level=2))
        for text in _told(before):
            column.addWidget(label(text, wrap=True))
        if before.open_pairs:
            column.addWidget(StatusPill("caution", _open_pairs(before.open_pairs)))
            column.addWidget(Muted(_missing(before.missing)))
        if before.packs:
            column.addWidget(StatusPill("caution", _packs_out(len(before.packs))))
            column.addWidget(Muted(_named(before.packs)))
        column.addSpacing(S)
        column.addWidget(self._reason_label())
        column.addWidget(self.reason_field)
        column.addSpacing(M)
        column.addLayout(self._buttons())

    def _reason_label(self) -> QWidget:
        made = label("Reason (kept with the time, for good)", "strong")
        made.setBuddy(self.reason_field)
        self.reason_field.setAccessibleName("Reason for unblinding")
        self.reason_field.setPlaceholderText("for example: all judgments are in")
        return made

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(L)
        row.addStretch()
        row.addWidget(self.cancel_button)
        row.addWidget(self.unblind_button)
        return row


def ask(parent: QWidget | None, before: BeforeUnblinding) -> str | None:
    """The reason for unblinding, or None if it is not to be done.

    Args:
        parent: the window that the dialog belongs to.
        before: how far the judging is.
    """
    dialog = UnblindDialog(parent, before)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    reason = dialog.reason
    dialog.deleteLater()
    return reason if accepted else None


def _told(before: BeforeUnblinding) -> tuple[str, str, str]:
    shown = (
        "From now on, System X and System Y go by their own names, in results, terms and exports. This "
        "cannot be undone. It is recorded in the study with your reason and the time."
    )
    over = (
        "Judging ends for good: nobody can rate in this study any more, and rater packs that are out can no "
        "longer be merged."
    )
    return shown, over, _made(before.judgments, before.checks)


def _made(judgments: int, checks: int) -> str:
    """How many judgments there are, and how many of them the results count."""
    if judgments == 0:
        return "Nothing has been judged yet."
    if judgments == 1 and not checks:
        return "One judgment was made blind and stays so."
    stays = "{} judgments were made blind and stay so."
    if not checks:
        return stays.format(f"{judgments:,}")
    parts = "{0} were made blind and stay so: {1} that count, and {2} hidden repeats and checks."
    all_of_them = counted(
        judgments,
        "judgment",
        "judgments",
    )
    return parts.format(all_of_them, f"{judgments - checks:,}", f"{checks:,}")


def _open_pairs(pairs: int) -> str:
    if pairs == 1:
        return "1 pair is still open"
    return "{} pairs are still open".format(f"{pairs:,}")


def _missing(judgments: int) -> str:
    if judgments == 1:
        return "1 judgment is still missing; it would no longer be blind."
    text = "{} judgments are still missing; they would no longer be blind."
    return text.format(f"{judgments:,}")


def _packs_out(packs: int) -> str:
    if packs == 1:
        return "1 rater pack is out and not wholly merged"
    text = "{} rater packs are out and not wholly merged"
    return text.format(f"{packs:,}")


def _named(packs: tuple[PackOut, ...]) -> str:
    line = "{rater}: {judged} of {items} pairs are back (pack {name})"
    named = [
        line.format(rater=p.rater, judged=f"{p.judged:,}", items=f"{p.items:,}", name=p.name[:NAME_SHOWN])
        for p in packs[:PACKS_NAMED]
    ]
    if len(packs) > PACKS_NAMED:
        more = "and {} more"
        named.append(more.format(len(packs) - PACKS_NAMED))
    return "\n".join(named)
