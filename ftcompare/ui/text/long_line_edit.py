"""A field for plain text whose lines may have any length.

Qt lays out a line as a whole each time it changes: a line of a megabyte takes seconds, and minutes if it has
no space. A very long line is therefore shown as several pieces, each a line of its own. Text that is read or
copied has the original lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QTextBlock, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit

from ftcompare.ui.text.safe_document import selection

LONGEST_LINE = 20_000  # characters of a line up to which it is shown as it is
PIECE = 2_000  # characters of a piece of a longer one, at most

_PIECE_NUMBER = QTextFormat.Property.UserProperty.value + 1
"""Property of the line end before a piece that continues the line above: the piece's number."""

_LONG_LINE = re.compile(rf"[^\n\r\u2029]{{{LONGEST_LINE + 1},}}")
_PIECE = re.compile(rf".{{1,{PIECE}}}(?:(?<=\s)|(?!.))|.{{{PIECE}}}", re.DOTALL)
"""Up to a space, where there is one."""


class LongLineEdit(QPlainTextEdit):
    """A plain text field, editable or read-only."""

    def __init__(self) -> None:
        super().__init__()
        self.in_pieces = False  # whether a line is shown in pieces

    def show_text(self, text: str) -> None:
        shown, continued = _in_pieces(text)
        self.in_pieces = bool(continued)
        self.setPlainText(shown)
        self.setUndoRedoEnabled(False)
        together = QTextCursor(self.document())
        together.beginEditBlock()  # Reported as one change.
        for number, block in enumerate(map(self.document().findBlockByNumber, continued), start=1):
            form = QTextCharFormat()
            form.setProperty(_PIECE_NUMBER, number)
            QTextCursor(block).setBlockCharFormat(form)
        together.endEditBlock()
        self.setUndoRedoEnabled(True)

    def raw_text(self) -> str:
        """The text with its original lines; line ends and no-break spaces are as Qt stores them."""
        if not self.in_pieces:
            return self.document().toRawText()
        pieces = {block.blockNumber() for block in self._pieces()}
        lines: list[str] = []
        block = self.document().begin()
        while block.isValid():
            # Not by a cursor: that has Qt lay out each line.
            lines += ("" if block.blockNumber() in pieces else "\u2029", block.text())
            block = block.next()
        return "".join(lines[1:])

    def createMimeDataFromSelection(self) -> QMimeData:
        cursor = self.textCursor()
        if not self.in_pieces:
            return super().createMimeDataFromSelection()
        copied = QMimeData()  # Qt's own would make its text of the pieces once more
        raw = self._whole(cursor.selectionStart(), cursor.selectionEnd())
        copied.setText(raw.replace("\u2029", "\n"))
        return copied

    def _whole(self, start: int, end: int) -> str:
        """The text between two places without the line ends before pieces."""
        document = self.document()
        ends = [block.position() - 1 for block in self._pieces() if start < block.position() <= end]
        places = zip([start, *(place + 1 for place in ends)], [*ends, end], strict=True)
        return "".join(selection(document, one, other).selectedText() for one, other in places)

    def _pieces(self) -> Iterator[QTextBlock]:
        """Pieces that continue the line above; a line end typed next to one may carry its number as well."""
        seen, block = set[int](), self.document().begin().next()
        while block.isValid():
            number = block.charFormat().intProperty(_PIECE_NUMBER)
            if number and number not in seen:
                seen.add(number)
                yield block
            block = block.next()


def _in_pieces(text: str) -> tuple[str, list[int]]:
    """Return the text with long lines in pieces, and the numbers of lines that continue the one above."""
    if not _LONG_LINE.search(text):
        return text, []
    parts: list[str] = []
    continued: list[int] = []
    line = end = 0
    for long in _LONG_LINE.finditer(text):
        before = text[end : long.start()]
        pieces = _PIECE.findall(long[0])
        line += len(re.findall(r"\r\n|[\n\r\u2029]", before))
        continued += range(line + 1, line + len(pieces))
        line += len(pieces) - 1
        parts += (before, "\n".join(pieces))
        end = long.end()
    return "".join((*parts, text[end:])), continued
