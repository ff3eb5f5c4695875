"""Places a text at the side of its panel at which its script begins."""

from __future__ import annotations

from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftcompare.ui.safe_text import reads_from_right
from ftcompare.ui.text.response_text import COLUMN
from ftcompare.ui.theme.theme import XL, Theme

_NO_LIMIT = 16_777_215
"""Qt's QWIDGETSIZE_MAX."""


class ReadingRow(QHBoxLayout):
    """Holds a text whose lines are short however wide the panel is.

    Right-to-left scripts are placed at the panel's right edge, others at its left edge.
    """

    def __init__(self, theme: Theme, text: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._text = text
        self.from_right = False
        self.setContentsMargins(0, 0, 0, 0)
        self.addStretch(0)
        self.addWidget(text, 1)

    def follow(self, words: str) -> None:
        """Place the text according to the direction of these words."""
        self.from_right = reads_from_right(words)
        self.setStretch(0, 1 if self.from_right else 0)
        self.setStretch(1, 100 if self.from_right else 1)
        line = round(QFontMetricsF(self._theme.font()).averageCharWidth() * COLUMN)
        self._text.setMaximumWidth(line + XL if self.from_right else _NO_LIMIT)
