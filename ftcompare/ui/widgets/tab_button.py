"""A button that shows one of several views, and is highlighted while that view is shown."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontMetrics

from ftcompare.ui.widgets.controls import EnterButton


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
