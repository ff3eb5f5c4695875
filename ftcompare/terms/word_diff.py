"""Which words of two answers differ."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from ftcompare.terms.tokens import Word, words


class Span(NamedTuple):
    """Character offsets into a text, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WordDiff:
    """Spans of the words that only one side has, in order and disjoint."""

    left: tuple[Span, ...]
    right: tuple[Span, ...]


def word_diff(left: str, right: str) -> WordDiff:
    """The longest common sequence of words, turned around: what stands on one side only.

    Case and punctuation are left out of account. Neighbouring words make one span.
    """
    sides = words(left), words(right)
    left_only: list[Span] = []
    right_only: list[Span] = []
    for step in LCSseq.opcodes([_key(word) for word in sides[0]], [_key(word) for word in sides[1]]):
        if step.tag == "delete":
            left_only.append(_span(sides[0][step.src_start : step.src_end]))
        elif step.tag == "insert":
            right_only.append(_span(sides[1][step.dest_start : step.dest_end]))
    return WordDiff(tuple(left_only), tuple(right_only))


def aligned_words(text: str, shown: str) -> tuple[tuple[Span, Span], ...]:
    """Where the words of a text stand in what is shown of it: places in both, in order.

    Words that only one of the two has, such as marks of Markdown, stand nowhere.
    """
    sides = words(text), words(shown)
    found: list[tuple[Span, Span]] = []
    for step in LCSseq.opcodes([word.text for word in sides[0]], [word.text for word in sides[1]]):
        if step.tag == "equal":
            pairs = zip(
                sides[0][step.src_start : step.src_end],
                sides[1][step.dest_start : step.dest_end],
                strict=True,
            )
            found += ((Span(one.start, one.end), Span(other.start, other.end)) for one, other in pairs)
    return tuple(found)


def _key(word: Word) -> str:
    return unicodedata.normalize("NFC", word.text).casefold()


def _span(run: Sequence[Word]) -> Span:
    return Span(run[0].start, run[-1].end)
