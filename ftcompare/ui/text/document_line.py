"""A short formatted text, drawn with the same formats as the texts that it explains."""

from __future__ import annotations

import math
from abc import abstractmethod

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QSizePolicy, QWidget

from ftcompare.ui.text.safe_document import SafeDocument
from ftcompare.ui.theme.theme import Theme


class DocumentLine(QWidget):
    """As wide as its text if possible; wraps otherwise."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        document = self._document()
        return QSize(math.ceil(document.idealWidth()) + 2, math.ceil(document.size().height()))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return math.ceil(self._set_at(width).size().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._set_at(self.width()).drawContents(painter)
        painter.end()

    def _set_at(self, width: int) -> QTextDocument:
        document = self._document()
        document.setTextWidth(width)
        return document

    @abstractmethod
    def _document(self) -> QTextDocument:
        """The document to draw, with the current colours."""


def bare_document(font: QFont) -> SafeDocument:
    document = SafeDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(font)
    return document


def plain_format(theme: Theme) -> QTextCharFormat:
    """Text in the theme's colour, which a painter does not know by itself."""
    form = QTextCharFormat()
    form.setForeground(theme.color("text"))
    return form
