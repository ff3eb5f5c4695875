"""Maps offsets of a stored text to offsets of the shown text and back: characters there, UTF-16 units here.

Offsets of terms and differences count Python characters of the stored text. A Qt text document counts UTF-16
code units of its content, in which hidden characters are spelled out, line ends are one character, and tags
and break opportunities are inserted.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ftcompare.ui import safe_text

_LONG_RUN = re.compile(rf"\S{{{safe_text.LONGEST_RUN}}}(?=\S)")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of the stored text (empty for inserted text) and its place in the shown text.

    In ``plain`` pieces each character is one UTF-16 unit.
    """

    start: int
    end: int
    shown_start: int
    shown_end: int
    plain: bool


class TextMap:
    """The shown form of a stored text, with the mapping of offsets.

    Args:
        tags: texts to insert, each with the offset of the character that follows it.
    """

    def __init__(self, text: str, tags: Iterable[tuple[int, str]] = ()) -> None:
        self._source = text
        self._pieces: list[_Piece] = []
        self.tags: list[tuple[int, int]] = []
        """The places of the tags in the shown text, as start and end."""
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
        """Yield the parts of the shown text and record the pieces."""
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
