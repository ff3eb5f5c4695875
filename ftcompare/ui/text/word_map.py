"""Maps a stored text to its display as Markdown, by matching the words of both."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TypeAlias

from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument

from ftcompare.markup.parser import parse
from ftcompare.ui import safe_text
from ftcompare.ui.text.markdown_document import MarkdownWriter
from ftcompare.ui.text.safe_document import SafeDocument, selection
from ftcompare.ui.theme.theme import Theme

FormattedSpan: TypeAlias = tuple[int, int, QTextCharFormat]
"""Characters of the stored text, from and to (exclusive), and how they are set."""
Tag: TypeAlias = tuple[int, str]
"""A text inserted before a character of the stored text, or after its last one; the number is its offset."""


class WordMap:
    """Maps words of a stored text to words of the document that shows it as Markdown, and back.

    Offsets in the text count characters; places in the document count UTF-16 code units.

    Args:
        document: the document that shows it, including inserted text.
        tags: the inserted texts, whose words are not matched with the stored text.
    """

    def __init__(self, text: str, document: QTextDocument, tags: Iterable[str] = ()) -> None:
        from ftcompare.terms.word_diff import aligned_words

        self.text = text
        self.tags = frozenset(tags)
        shown = document.toPlainText()
        units = utf16_places(shown)
        for tag in self.tags:
            shown = shown.replace(tag, " " * len(tag))
        pairs = aligned_words(text, shown)
        self._starts = [one.start for one, _ in pairs]
        self._ends = [one.end for one, _ in pairs]
        self._shown_starts = [units[other.start] if units else other.start for _, other in pairs]
        self._shown_ends = [units[other.end] if units else other.end for _, other in pairs]

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Place of the words from character ``start`` to ``end`` (exclusive); None if there are no words."""
        first, behind = bisect_right(self._ends, start), bisect_left(self._starts, end)
        if first >= behind:
            return None
        return self._shown_starts[first], self._shown_ends[behind - 1]

    def source(self, start: int, end: int) -> str:
        """The stored characters of the words that are shown between two places, with all between them."""
        first, behind = bisect_right(self._shown_ends, start), bisect_left(self._shown_starts, end)
        if first >= behind:
            return ""
        begin = 0 if first == 0 else self._starts[first]
        stop = len(self.text) if behind == len(self._starts) else self._ends[behind - 1]
        return self.text[begin:stop]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Start and end (exclusive) in the stored text of the words between two places of the document.

        If there is no word, both are the start of the next word.
        """
        first, behind = bisect_right(self._shown_ends, start), bisect_left(self._shown_starts, end)
        if first >= behind:
            return self.offset(start), self.offset(start)
        return self._starts[first], self._ends[behind - 1]

    def offset(self, shown: int) -> int:
        """The stored character where the word at a place begins, or the next one; at the end the length."""
        place = bisect_right(self._shown_ends, shown)
        return self._starts[place] if place < len(self._starts) else len(self.text)


def mark_markdown(
    document: SafeDocument,
    theme: Theme,
    text: str,
    formats: Sequence[FormattedSpan],
    tags: Sequence[Tag],
    tag_form: QTextCharFormat,
) -> None:
    """Write a text into an empty document as Markdown, its words set in the formats, its tags put in."""
    document.writer = MarkdownWriter(document, theme)
    document.writer.write(parse(safe_text.visible(text)))
    if formats or tags:
        _set_marks(document, text, formats, tags, tag_form)
    document.writer.finish()


def _set_marks(
    document: SafeDocument,
    text: str,
    formats: Sequence[FormattedSpan],
    tags: Sequence[Tag],
    tag_form: QTextCharFormat,
) -> None:
    found = WordMap(text, document)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    for start, end, form in formats:
        place = found.span(start, end)
        if place is not None:
            selection(document, *place).mergeCharFormat(form)
    for end, words in sorted(tags, reverse=True):  # from the end, so that those before stay where they are
        place = found.span(end - 1, end)
        if place is not None:
            cursor.setPosition(place[1])
            cursor.insertText(words, tag_form)
    cursor.endEditBlock()


def utf16_places(text: str) -> list[int]:
    """Offset of each character in UTF-16 code units; empty if each character is one unit."""
    if max(text, default="") < "\U00010000":
        return []
    return [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]
