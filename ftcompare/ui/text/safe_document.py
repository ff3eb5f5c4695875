"""A document for text that nobody vouches for, and cursors and marks in one."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextEdit

from ftcompare.ui.text.markdown_document import LINE_HEIGHT, MarkdownWriter


class SafeDocument(QTextDocument):
    """A document that never reads a file or an address.

    ``writer`` is who wrote it, if it is Markdown.
    """

    writer: MarkdownWriter | None = None

    def loadResource(self, _kind: int, _name: QUrl | str) -> QImage:
        """A picture of one clear pixel, whatever is asked for.

        With nothing instead, Qt goes on and opens the name as a file by itself (seen in Qt 6.12).
        """
        nothing = QImage(1, 1, QImage.Format.Format_ARGB32)
        nothing.fill(Qt.GlobalColor.transparent)
        return nothing

    def show_plain(self, text: str) -> None:
        """Show text as it stands."""
        self.setUndoRedoEnabled(False)
        self.setPlainText(text)
        self.space_lines()

    def space_lines(self) -> None:
        """Give lines the distance that long reading wants."""
        form = QTextBlockFormat()
        form.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(self)
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeBlockFormat(form)


def selection(document: QTextDocument, start: int, end: int) -> QTextCursor:
    """A cursor that holds what stands between two places of a document."""
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor


def extra_selection(
    document: QTextDocument, start: int, end: int, form: QTextCharFormat
) -> QTextEdit.ExtraSelection:
    """What stands between two places, to be shown in a format that changes nothing of the document."""
    made = QTextEdit.ExtraSelection()
    made.cursor, made.format = selection(document, start, end), form
    return made
