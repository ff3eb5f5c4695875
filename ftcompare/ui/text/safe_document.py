"""Documents for untrusted text, a conversation, and short lines; functions for cursors and marks in them."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QFont,
    QImage,
    QPainter,
    QPaintEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QSizePolicy, QTextEdit, QWidget

from ftcompare.markup.blocks import as_written
from ftcompare.markup.parser import parse
from ftcompare.ui import safe_text
from ftcompare.ui.text.markdown_document import LINE_HEIGHT, MarkdownWriter, font_for
from ftcompare.ui.theme.theme import Theme


class SafeDocument(QTextDocument):
    """A document that never loads a file or an address; ``writer`` wrote it, if it shows Markdown."""

    writer: MarkdownWriter | None = None

    def loadResource(self, _kind: int, _name: QUrl | str) -> QImage:
        """Return a transparent pixel, because Qt would else open the file itself (seen in Qt 6.12)."""
        nothing = QImage(1, 1, QImage.Format.Format_ARGB32)
        nothing.fill(Qt.GlobalColor.transparent)
        return nothing

    def show_plain(self, text: str) -> None:
        self.setUndoRedoEnabled(False)
        self.setDefaultFont(font_for(text, self.defaultFont()))
        self.setPlainText(text)
        form = QTextBlockFormat()
        form.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(self)
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeBlockFormat(form)


def selection(document: QTextDocument, start: int, end: int) -> QTextCursor:
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def extra_selection(
    document: QTextDocument, start: int, end: int, form: QTextCharFormat
) -> QTextEdit.ExtraSelection:
    """A format for the text between two places, which does not change the document."""
    made = QTextEdit.ExtraSelection()
    made.cursor, made.format = selection(document, start, end), form
    return made


def write_turns(
    document: SafeDocument, theme: Theme, turns: Sequence[tuple[str, str]], *, markdown: bool
) -> list[int]:
    """Write speakers with their texts into an empty document; returns where each begins."""
    document.writer = writer = MarkdownWriter(document, theme)
    starts = []
    for name, text in turns:
        starts.append(writer.write_name(name))
        shown = safe_text.visible(safe_text.beginning(text, markdown=markdown))
        writer.write(parse(shown) if markdown else as_written(shown))
    writer.finish()
    return starts


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
        """The document to draw, with the current colors."""


def bare_document(font: QFont) -> SafeDocument:
    document = SafeDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(font)
    return document


def plain_format(theme: Theme) -> QTextCharFormat:
    """Text in the theme's color, which a painter does not set."""
    form = QTextCharFormat()
    form.setForeground(theme.color("text"))
    return form
