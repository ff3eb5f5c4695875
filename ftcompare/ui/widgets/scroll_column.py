"""A column of panels that scrolls when the window is too low for it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import set_role


class ScrollPanel(QScrollArea):
    """Scrolls by keyboard, too: takes the focus while it has something to scroll; its bar shows it."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().rangeChanged.connect(self._on_range)

    def _on_range(self, low: int, high: int) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if high > low else Qt.FocusPolicy.NoFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show it at the bar."""
        super().focusInEvent(event)
        set_role(self.verticalScrollBar(), focus="true")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show it no more."""
        super().focusOutEvent(event)
        set_role(self.verticalScrollBar(), focus="false")


class ScrollColumn(ScrollPanel):
    """Panels below each other, at the top."""

    def __init__(self, *panels: QWidget) -> None:
        super().__init__()
        inner = QWidget()
        inner.setProperty("role", "plain")
        self.rows = QVBoxLayout(inner)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(L)
        for panel in panels:
            self.rows.addWidget(panel)
        self.rows.addStretch(1)
        self.setWidget(inner)
