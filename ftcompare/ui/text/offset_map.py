"""Maps offsets of a stored text to offsets of the shown text and back: characters there, UTF-16 units here.

Offsets of terms and differences count Python characters of the stored text. A Qt text document counts UTF-16
code units of its content, in which hidden characters are spelled out, line ends are one character, and tags
and break opportunities are inserted.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument

from ftcompare.markup.parser import parse
from ftcompare.ui import safe_text
from ftcompare.ui.text.markdown_document import MarkdownWriter
from ftcompare.ui.text.safe_document import SafeDocument, selection
from ftcompare.ui.theme.theme import Theme

_LONG_RUN = re.compile(rf"\S{{{safe_text.LONGEST_RUN}}}(?=\S)")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of stored text, empty for inserted text, and its place; ``plain``: one unit per character."""

    start: int
    end: int
    shown_start: int
    shown_end: int
    plain: bool


class TextMap:
    """The shown form of a stored text with inserted ``tags``, and the mapping of offsets."""

    def __init__(self, text: str, tags: Iterable[tuple[int, str]] = ()) -> None:
        self._source = text
        self._pieces: list[_Piece] = []
        self.tags: list[tuple[int, int]] = []  # the places of the tags in the shown text, as start and end
        self.shown = "".join(self._build(text, sorted(tags)))
        self._solid = [piece for piece in self._pieces if piece.end > piece.start]
        self._starts = [piece.start for piece in self._solid]
        self._shown_starts = [piece.shown_start for piece in self._pieces]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the shown text of the characters from ``start`` to ``end`` (exclusive, not empty)."""
        first, last = self._at(start), self._at(end - 1)
        shown_start = first.shown_start + (start - first.start if first.plain else 0)
        shown_end = last.shown_start + end - last.start if last.plain else last.shown_end
        return shown_start, shown_end

    def source(self, start: int, end: int) -> str:
        """The stored characters that are shown, at least in part, between two places."""
        first, last = self.source_span(start, end)
        return self._source[first:last]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """From which to which stored character (exclusive) any part is shown between two places."""
        return self._offset(start, up=False), self._offset(end, up=True)

    def offset(self, shown: int) -> int:
        """The stored character that is shown at a place; behind the last one, the text's length."""
        return self._offset(shown, up=False)

    def _at(self, offset: int) -> _Piece:
        return self._solid[bisect_right(self._starts, offset) - 1]

    def _offset(self, shown: int, *, up: bool) -> int:
        place = bisect_right(self._shown_starts, shown - 1 if up else shown) - 1
        if place < 0:
            return 0
        piece = self._pieces[place]
        if piece.plain:
            return min(piece.start + shown - piece.shown_start, piece.end)
        return piece.end if up else piece.start

    def _build(self, text: str, tags: list[tuple[int, str]]) -> Iterator[str]:
        at = place = 0
        changes = heapq.merge(_changes(text), _insertions(text, tags), key=lambda change: change[:2])
        for start, end, words, tag in changes:
            start, end = max(start, at), max(end, at)  # A tag between \r and \n is shown after both.
            if start > at:
                self._pieces.append(_Piece(at, start, place, place + start - at, plain=True))
                yield text[at:start]
                place += start - at
            size = len(words.encode("utf-16-le")) // 2
            self._pieces.append(_Piece(start, end, place, place + size, plain=False))
            if tag:
                self.tags.append((place, place + size))
            yield words
            at, place = end, place + size
        if at < len(text):
            self._pieces.append(_Piece(at, len(text), place, place + len(text) - at, plain=True))
            yield text[at:]


_Change = tuple[int, int, str, bool]


def _changes(text: str) -> Iterator[_Change]:
    """Characters that are shown as others, or as more than one unit."""
    special = [c for c in set(text) if ord(c) > 0xFFFF or safe_text.visible(c) != c]
    if special:
        pattern = re.compile("\r\n|[" + "".join(map(re.escape, special)) + "]")
        for match in pattern.finditer(text):
            yield match.start(), match.end(), safe_text.visible(match.group()), False


def _insertions(text: str, tags: list[tuple[int, str]]) -> Iterator[_Change]:
    breaks = ((match.end(), match.end(), safe_text.SOFT_BREAK, False) for match in _LONG_RUN.finditer(text))
    marked = ((offset, offset, words, True) for offset, words in tags)
    return heapq.merge(breaks, marked, key=lambda change: change[0])


FormattedSpan: TypeAlias = tuple[int, int, QTextCharFormat]
"""Characters of the stored text, from and to (exclusive), and how they are set."""
Tag: TypeAlias = tuple[int, str]
"""A text inserted before a character of the stored text, or after its last one; the number is its offset."""


class WordMap:
    """Maps words of a stored text to words of the document that shows it as Markdown, and back.

    Offsets count characters, places in the document UTF-16 code units. Words of ``tags`` are not matched.
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

    def end_before(self, offset: int) -> int:
        """Place behind the last word that begins before a stored character; 0 if there is none."""
        behind = bisect_left(self._starts, offset)
        return self._shown_ends[behind - 1] if behind else 0

    def source(self, start: int, end: int) -> str:
        """The stored characters of the words that are shown between two places, with all between them."""
        first, behind = bisect_right(self._shown_ends, start), bisect_left(self._shown_starts, end)
        if first >= behind:
            return ""
        begin = 0 if first == 0 else self._starts[first]
        stop = len(self.text) if behind == len(self._starts) else self._ends[behind - 1]
        return self.text[begin:stop]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the stored span of the words between two places, or the start of the next word twice."""
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
        found = WordMap(text, document)
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        for start, end, form in formats:
            place = found.span(start, end)
            if place is not None:
                selection(document, *place).mergeCharFormat(form)
        for end, words in sorted(tags, reverse=True):  # from the end, so that those before keep their places
            cursor.setPosition(found.end_before(end))
            cursor.insertText(words, tag_form)
        cursor.endEditBlock()
    document.writer.finish()


def utf16_places(text: str) -> list[int]:
    """Offset of each character in UTF-16 code units; empty if each character is one unit."""
    if max(text, default="") < "\U00010000":
        return []
    return [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]
