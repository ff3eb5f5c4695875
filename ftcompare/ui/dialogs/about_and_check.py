"""Small dialogs of the window: About, and the findings of an integrity check."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

import ftcompare
from ftcompare.core.integrity import IntegrityFinding
from ftcompare.ui.dialogs.check_findings import FindingsList, verdict
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PrimaryButton, label
from ftcompare.ui.widgets.layouts import in_column, in_row
from ftcompare.ui.widgets.scroll_column import ScrollPanel


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
