"""The tab bar of a page, which screen readers announce as tabs; it is one stop of the Tab key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabBar, QToolButton

from ftcompare.ui.widgets.controls import named


class _PageTabs(QTabBar):
    """Recomputes its width when shown: Qt 6.11 keeps the width from before a tab was hidden."""

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the width again."""
        super().showEvent(event)
        self.updateGeometry()


def page_tabs(titles: Sequence[str], name: str, spoken: str) -> QTabBar:
    """A tab bar with a tab for each title.

    Args:
        titles: from the left.
        name: object name, by which tests and scripts find it.
        spoken: accessible name of the tab bar.
    """
    bar = named(
        _PageTabs(drawBase=False, expanding=False, elideMode=Qt.TextElideMode.ElideNone), name, spoken
    )
    for title in titles:
        bar.addTab(title)
    for button in bar.findChildren(QToolButton):  # they scroll where there is no room; arrow keys do, too
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return bar
