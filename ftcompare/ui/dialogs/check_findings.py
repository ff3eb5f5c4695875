"""What an integrity check found: one line a subject, what is wrong first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ftcompare.store.views import Finding
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import Muted, StatusPill, label


def words(text: str) -> str:
    """A text about a check in the user's language."""
    return QCoreApplication.translate("Findings", text)


def verdict(findings: Sequence[Finding]) -> str:
    """All findings in one sentence."""
    wrong = sum(not found.ok for found in findings)
    if not wrong:
        return words("Everything is in order.")
    if wrong == 1:
        return words("Something is not in order.")
    return words("{0} things are not in order.").format(wrong)


class FindingsList(QWidget):
    """The findings below each other."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, M, 0)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(1, 1)
        for row, found in enumerate(sorted(findings, key=lambda found: found.ok)):
            kind, told = ("good", words("in order")) if found.ok else ("bad", words("wrong"))
            grid.addWidget(StatusPill(kind, told), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_told(found), row, 1)
        grid.setRowStretch(len(findings), 1)


def _told(found: Finding) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    subject = label(found.subject[:1].upper() + found.subject[1:], wrap=True)
    column.addWidget(subject)
    if not found.ok:
        column.addWidget(Muted(found.detail))
    return box
