"""The words that differ between two shown answers, marked for a rater who has already judged them."""

from __future__ import annotations

from typing import TypeAlias

from ftcompare.terms.word_diff import Span, word_diff

Places: TypeAlias = tuple[tuple[int, int], ...]
"""Start and end (exclusive) of runs of words, in UTF-16 code units, in the order of the text."""


def differing_words(left: str, right: str) -> tuple[Places, Places]:
    """Find the words that the other text lacks, ignoring case and punctuation; positions as in Qt."""
    found = word_diff(left, right)
    return places_in_qt(left, found.left), places_in_qt(right, found.right)


def places_in_qt(text: str, spans: tuple[Span, ...]) -> Places:
    if text.isascii():
        return tuple((span.start, span.end) for span in spans)
    units, at, places = 0, 0, []
    for span in spans:
        start = units + _units(text[at : span.start])
        units, at = start + _units(text[span.start : span.end]), span.end
        places.append((start, units))
    return tuple(places)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
