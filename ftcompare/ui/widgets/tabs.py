"""The tab bar of a page, which screen readers announce as tabs; it is one stop of the Tab key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QShowEvent
from PySide6.QtWidgets import QTabBar, QToolButton

from ftcompare.ui.widgets.controls import EnterButton, named


class _PageTabs(QTabBar):
    """Recomputes its width when shown: Qt 6.11 keeps the width from before a tab was hidden."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.updateGeometry()


def page_tabs(titles: Sequence[str], name: str, spoken: str) -> QTabBar:
    bar = named(
        _PageTabs(drawBase=False, expanding=False, elideMode=Qt.TextElideMode.ElideNone), name, spoken
    )
    for title in titles:
        bar.addTab(title)
    for button in bar.findChildren(QToolButton):  # they scroll where there is no room; arrow keys do, too
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return bar


class TabButton(EnterButton):
    """A checkable button that always has room for its label in bold, which it uses while checked."""

    def __init__(self, title: str, name: str) -> None:
        super().__init__(title)
        self.setProperty("role", "nav")
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setAutoDefault(False)

    def sizeHint(self) -> QSize:
        """As wide as with the bold label: Qt measures the label in the weight that it has unchecked."""
        found, bold = super().sizeHint(), QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)  # 600 in the style sheet
        shown = self.text()
        more = QFontMetrics(bold).horizontalAdvance(shown) - self.fontMetrics().horizontalAdvance(shown)
        return found + QSize(max(more, 0), 0)

    def minimumSizeHint(self) -> QSize:
        """No narrower: a label is never cut."""
        return self.sizeHint()
