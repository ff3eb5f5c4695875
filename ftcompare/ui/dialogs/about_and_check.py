"""Small dialogs of the window: About, and the findings of an integrity check."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

import ftcompare
from ftcompare.core.integrity import IntegrityFinding
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PrimaryButton, StatusPill, label
from ftcompare.ui.widgets.layouts import in_column, in_grid, in_row
from ftcompare.ui.widgets.scroll_column import ScrollPanel


def verdict(findings: Sequence[IntegrityFinding]) -> str:
    wrong = sum(not found.ok for found in findings)
    if not wrong:
        return "Everything is in order."
    if wrong == 1:
        return "Something is not in order."
    return f"{wrong} things are not in order."


class FindingsList(QWidget):
    """Findings, one below the other."""

    def __init__(self, findings: Sequence[IntegrityFinding]) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        grid = in_grid(L, S, 1, margins=(0, 0, M, 0), of=self)
        for row, found in enumerate(sorted(findings, key=lambda found: found.ok)):
            kind, told = ("good", "in order") if found.ok else ("bad", "wrong")
            grid.addWidget(StatusPill(kind, told), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_told(found), row, 1)
        grid.setRowStretch(len(findings), 1)


def _told(finding: IntegrityFinding) -> QWidget:
    box = QWidget()
    subject = label(finding.subject[:1].upper() + finding.subject[1:], wrap=True)
    in_column(subject, *(() if finding.ok else (Muted(finding.detail),)), gap=2, of=box)
    return box


class SmallDialog(QDialog):
    """A dialog with a heading, a body and one button that closes it."""

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.body = in_column(gap=S)
        close = in_row(None, PrimaryButton("Close", act=self.accept))
        parts = Heading(title, level=2), (self.body, 1), close
        in_column(*parts, gap=M, margins=(XL, XL, XL, L), of=self)


class AboutDialog(SmallDialog):
    """Name, version and purpose of the program."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("about", "About FTCompare", parent)
        self.body.addWidget(label(f"Version {ftcompare.__version__}"))
        about = "Blind comparison of a language model and its fine-tunes, judged by people."
        self.body.addWidget(Muted(about))
        here = "Everything stays on this machine. Icons: Lucide (ISC licence)."
        self.body.addWidget(Muted(here, small=True))
        self.setMinimumWidth(460)


class CheckDialog(SmallDialog):
    """The findings of an integrity check."""

    def __init__(self, findings: Sequence[IntegrityFinding], parent: QWidget) -> None:
        super().__init__("check", "Integrity", parent)
        self.body.addWidget(label(verdict(findings)))
        self.body.addSpacing(S)
        area = ScrollPanel()
        area.setAccessibleName("What the check found")
        area.setWidget(FindingsList(findings))
        self.body.addWidget(area, 1)
        self.setMinimumWidth(620)
        self.resize(620, 560)
