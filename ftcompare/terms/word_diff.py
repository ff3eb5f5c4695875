"""Finds the words in which two answers differ."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from ftcompare.terms.tokens import word_spans, word_texts, words


class Span(NamedTuple):
    """Character offsets into a text, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WordDiff:
    """Spans of the words that occur on one side only, in order and disjoint."""

    left: tuple[Span, ...]
    right: tuple[Span, ...]


def word_diff(left: str, right: str) -> WordDiff:
    """Return words outside of the longest common subsequence, without case and punctuation."""
    left_places, right_places = word_spans(left), word_spans(right)
    left_only: list[Span] = []
    right_only: list[Span] = []
    for step in LCSseq.opcodes(_keys(left), _keys(right)):
        if step.tag == "delete":
            left_only.append(_span(left_places[step.src_start : step.src_end]))
        elif step.tag == "insert":
            right_only.append(_span(right_places[step.dest_start : step.dest_end]))
    return WordDiff(tuple(left_only), tuple(right_only))


def aligned_words(text: str, shown: str) -> tuple[tuple[Span, Span], ...]:
    """Return spans of the words shared by a text and its displayed form, in order."""
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


def _keys(text: str) -> list[str]:
    """Return the compared form of each word. Lower-case ASCII is already normalized and folded."""
    if text.isascii():
        return word_texts(text.lower())
    return [unicodedata.normalize("NFC", word).casefold() for word in word_texts(text)]


def _span(run: Sequence[tuple[int, int]]) -> Span:
    return Span(run[0][0], run[-1][1])
