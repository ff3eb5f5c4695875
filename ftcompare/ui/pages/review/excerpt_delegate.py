"""Draws an excerpt in a list, with the matches of a search marked."""

from __future__ import annotations

import re
from typing import TypeAlias

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter, QTextCursor, QTextDocument
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ftcompare.ui.text.document_line import bare_document, plain_format
from ftcompare.ui.text.search_marks import hit_format
from ftcompare.ui.theme.theme import Theme

Index: TypeAlias = "QModelIndex | QPersistentModelIndex"
INDENT = 11
"""Left inset of a cell's text in pixels."""


class ExcerptDelegate(QStyledItemDelegate):
    """Draws the cell's background as the style does, then its words; matches of ``pattern`` are marked."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.pattern: re.Pattern[str] | None = None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the excerpt.

        Text that does not fit is cut off at the end, because the match is near the beginning.
        """
        super().paint(painter, option, index)
        document = self.document(str(index.data(Qt.ItemDataRole.DisplayRole) or ""))
        box = QRectF(option.rect)
        painter.save()
        painter.setClipRect(box.adjusted(0, 0, -INDENT, 0))
        painter.translate(box.left() + INDENT, box.top() + (box.height() - document.size().height()) / 2)
        document.drawContents(painter)
        painter.restore()

    def document(self, words: str) -> QTextDocument:
        """The words of a cell with their marks."""
        made, plain = bare_document(self._theme.font()), plain_format(self._theme)
        cursor, at = QTextCursor(made), 0
        for match in self.pattern.finditer(words) if self.pattern else ():
            cursor.insertText(words[at : match.start()], plain)
            cursor.insertText(match.group(), hit_format(self._theme))
            at = match.end()
        cursor.insertText(words[at:], plain)
        return made

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.text = ""
