"""Small dialogs of the window: all keys, about, what an integrity check found."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

import ftcompare
from ftcompare.ui.theme import XL, L, M, S
from ftcompare.ui.widgets.basics import Heading, KeyCap, Muted, PrimaryButton, SectionLabel, StatusPill, label
from ftcompare.ui.widgets.columns import ScrollPanel


class SmallDialog(QDialog):
    """A dialog with a heading, a body and one button that closes it."""

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName(name)
        self.setWindowTitle(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(M)
        column.addWidget(Heading(title, level=2))
        self.body = QVBoxLayout()
        self.body.setSpacing(S)
        column.addLayout(self.body, 1)
        close = PrimaryButton(self.tr("Close"))
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(close)
        column.addLayout(row)


class KeysDialog(SmallDialog):
    """All keys, by menu.

    Args:
        groups: title of a group, and its commands with their keys as words.
    """

    def __init__(self, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]], parent: QWidget) -> None:
        super().__init__("keys", QCoreApplication.translate("Dialogs", "Keys"), parent)
        inner = QWidget()
        inner.setProperty("role", "plain")
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, M, 0)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(1, 1)
        row = 0
        for title, commands in groups:
            grid.addWidget(SectionLabel(title), row, 0, 1, 2)
            row += 1
            for command, keys in commands:
                grid.addWidget(KeyCap(keys), row, 0, Qt.AlignmentFlag.AlignRight)
                grid.addWidget(label(command), row, 1)
                row += 1
        area = ScrollPanel()
        area.setWidget(inner)
        self.body.addWidget(area)
        self.resize(520, 640)


class AboutDialog(SmallDialog):
    """What this is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("about", QCoreApplication.translate("Dialogs", "About FTCompare"), parent)
        self.body.addWidget(label(self.tr("Version {0}").format(ftcompare.__version__)))
        self.body.addWidget(
            Muted(self.tr("Blind comparison of a language model and its fine-tunes, judged by people."))
        )
        self.body.addWidget(
            Muted(self.tr("Everything stays on this machine. Icons: Lucide (ISC licence)."), small=True)
        )
        self.setMinimumWidth(460)


class CheckDialog(SmallDialog):
    """What an integrity check found.

    Args:
        findings: subject, whether it is in order, and details.
    """

    def __init__(self, findings: Sequence[tuple[str, bool, str]], parent: QWidget) -> None:
        super().__init__("check", QCoreApplication.translate("Dialogs", "Integrity"), parent)
        sound = all(ok for _, ok, _ in findings)
        told = self.tr("Everything is in order.") if sound else self.tr("Something is not in order.")
        self.body.addWidget(label(told))
        grid = QGridLayout()
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(2, 1)
        for row, (subject, ok, detail) in enumerate(findings):
            pill = StatusPill("good" if ok else "bad", self.tr("in order") if ok else self.tr("wrong"))
            grid.addWidget(pill, row, 0)
            grid.addWidget(label(subject), row, 1)
            grid.addWidget(Muted("" if ok else detail), row, 2)
        self.body.addLayout(grid)
        self.setMinimumWidth(620)
