"""A document for untrusted text, and functions for cursors and marks in it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextEdit

from ftcompare.ui.text.markdown_document import LINE_HEIGHT, MarkdownWriter


class SafeDocument(QTextDocument):
    """A document that never loads a file or an address.

    ``writer`` is the object that wrote the document, if it shows Markdown.
    """

    writer: MarkdownWriter | None = None

    def loadResource(self, _kind: int, _name: QUrl | str) -> QImage:
        """Return an image of one transparent pixel for every resource.

        Without a result, Qt would open the name as a file itself (seen in Qt 6.12).
        """
        nothing = QImage(1, 1, QImage.Format.Format_ARGB32)
        nothing.fill(Qt.GlobalColor.transparent)
        return nothing

    def show_plain(self, text: str) -> None:
        self.setUndoRedoEnabled(False)
        self.setPlainText(text)
        self.space_lines()

    def space_lines(self) -> None:
        """Set a line height for comfortable reading."""
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
