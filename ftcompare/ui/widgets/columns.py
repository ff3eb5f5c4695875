"""A column of panels that scrolls when the window is too low for it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ftcompare.ui.theme import L


class ScrollColumn(QScrollArea):
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
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inner)
