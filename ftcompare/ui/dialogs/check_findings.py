"""The findings of an integrity check: one line per subject, failed checks first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from ftcompare.core.integrity import IntegrityFinding
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import Muted, StatusPill, label
from ftcompare.ui.widgets.layouts import in_column


def verdict(findings: Sequence[IntegrityFinding]) -> str:
    """All findings in one sentence."""
    wrong = sum(not found.ok for found in findings)
    if not wrong:
        return "Everything is in order."
    if wrong == 1:
        return "Something is not in order."
    return f"{wrong} things are not in order."


class FindingsList(QWidget):
    """The findings below each other."""

    def __init__(self, findings: Sequence[IntegrityFinding]) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, M, 0)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(1, 1)
        for row, found in enumerate(sorted(findings, key=lambda found: found.ok)):
            kind, told = ("good", "in order") if found.ok else ("bad", "wrong")
            grid.addWidget(StatusPill(kind, told), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_told(found), row, 1)
        grid.setRowStretch(len(findings), 1)


def _told(found: IntegrityFinding) -> QWidget:
    box = QWidget()
    subject = label(found.subject[:1].upper() + found.subject[1:], wrap=True)
    in_column(subject, *(() if found.ok else (Muted(found.detail),)), gap=2, of=box)
    return box
