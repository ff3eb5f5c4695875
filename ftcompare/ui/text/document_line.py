"""A line or two of formatted text, drawn with the very formats of the texts that it explains."""

from __future__ import annotations

import math
from abc import abstractmethod

from PySide6.QtCore import QSize
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QSizePolicy, QWidget

from ftcompare.ui.text.response_text import SafeDocument
from ftcompare.ui.theme.theme import Theme


class DocumentLine(QWidget):
    """As wide as its text where there is room; wraps where there is not."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """One line."""
        document = self._document()
        return QSize(math.ceil(document.idealWidth()) + 2, math.ceil(document.size().height()))

    def hasHeightForWidth(self) -> bool:
        """It wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """More lines where it is narrow."""
        document = self._document()
        document.setTextWidth(width)
        return math.ceil(document.size().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's name
        """Draw it."""
        painter = QPainter(self)
        document = self._document()
        document.setTextWidth(self.width())
        document.drawContents(painter)
        painter.end()

    @abstractmethod
    def _document(self) -> QTextDocument:
        """What is drawn, in the colours of now."""


def small_document(theme: Theme) -> SafeDocument:
    """An empty document in small type, without a margin."""
    document = SafeDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(theme.font(13))
    return document


def plain_format(theme: Theme) -> QTextCharFormat:
    """Text in the theme's colour, which a painter does not know by itself."""
    form = QTextCharFormat()
    form.setForeground(QBrush(theme.color("text")))
    return form
