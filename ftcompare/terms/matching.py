"""Finds glossary terms in a text: whole words, inflected or not, longest first, each word used once.

Terms in scripts without spaces are found by their characters (`character_matching`); they have priority.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ftcompare.core.study import GlossaryTerm
from ftcompare.terms.character_matching import GAP, HYPHENS, CharacterMatcher, character_key, is_unspaced
from ftcompare.terms.tokens import keys_of, word_keys, word_spans, word_texts, words

Keys = tuple[str, ...]

_GAP = re.compile(GAP)

NEGATING = frozenset({"anti", "contra", "non", "nicht", "pseudo", "quasi", "un"})
"""Prefixes that change a term's meaning before a hyphen: "non-invasive" is no use of "invasive"."""


@dataclass(frozen=True, slots=True)
class Match:
    """One use of a term: character offsets into the given text, end exclusive."""

    start: int
    end: int
    term: GlossaryTerm


class _Candidate(NamedTuple):
    """Words ``first`` to ``last`` (exclusive) whose key is that of some terms."""

    first: int
    last: int
    terms: list[GlossaryTerm]


def term_key(text: str, language: str) -> Keys:
    """The key of a term, equal for its uses: the key of each of its words, or of all its characters."""
    if is_unspaced(text):
        return (character_key(text),)
    return tuple(word_keys(words(text), language))


class _Beginning:
    """The terms that begin with one word: their keys, lengths and second words."""

    __slots__ = ("alone", "lengths", "longer", "seconds")

    def __init__(self) -> None:
        self.alone: list[GlossaryTerm] = []
        self.longer: dict[Keys, list[GlossaryTerm]] = {}
        self.lengths: tuple[int, ...] = ()
        self.seconds: set[str] = set()

    def add(self, keys: Keys, term: GlossaryTerm) -> None:
        """Add a term with this beginning."""
        if len(keys) == 1:
            self.alone.append(term)
            return
        self.longer.setdefault(keys, []).append(term)
        self.seconds.add(keys[1])
        self.lengths = tuple(sorted({*self.lengths, len(keys)}))


class Matcher:
    """Finds the terms of a glossary. Built once for many texts.

    Args:
        glossary: terms; those without a letter or digit are never found. Where several have the
            same key, the one with the spelling of the text is chosen, else the first.
    """

    def __init__(self, glossary: Iterable[GlossaryTerm]) -> None:
        self._beginnings: defaultdict[str, dict[str, _Beginning]] = defaultdict(dict)
        unspaced = []
        for term in glossary:
            if is_unspaced(term.term):
                unspaced.append(term)
            elif keys := term_key(term.term, term.language):
                self._beginnings[term.language].setdefault(keys[0], _Beginning()).add(keys, term)
        self._by_characters = CharacterMatcher(unspaced) if unspaced else None

    def find(self, text: str) -> tuple[Match, ...]:
        """The terms used in a text, in order, disjoint: longest first, then leftmost."""
        taken = bytearray(len(text))
        chosen: list[Match] = []
        if self._by_characters:
            found = sorted(self._by_characters.find(text), key=lambda o: (o.start - o.end, o.start))
            _choose(text, taken, found, chosen)
        if self._beginnings:
            _choose(text, taken, self._of_words(text), chosen)
        chosen.sort(key=lambda match: match.start)
        return tuple(chosen)

    def _of_words(self, text: str) -> Iterator[tuple[int, int, list[GlossaryTerm]]]:
        """Uses of terms by words, longest first, with their offsets; negated uses are left out."""
        texts, places = word_texts(text), word_spans(text)
        candidates = [
            candidate
            for language, beginnings in self._beginnings.items()
            for candidate in _candidates(keys_of(texts, language), beginnings)
        ]
        candidates.sort(key=lambda candidate: (candidate.first - candidate.last, candidate.first))
        for first, last, terms in candidates:
            if _is_joined(text, places[first:last]) and not _negated(text, texts, places, first):
                yield places[first][0], places[last - 1][1], terms


def _choose(
    text: str,
    taken: bytearray,
    found: Iterable[tuple[int, int, list[GlossaryTerm]]],
    chosen: list[Match],
) -> None:
    """Choose each use none of whose characters is part of a chosen use."""
    for start, end, terms in found:
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            term = terms[0] if len(terms) == 1 else _as_spelled(terms, text[start:end])
            chosen.append(Match(start, end, term))


def _candidates(keys: list[str], beginnings: Mapping[str, _Beginning]) -> Iterator[_Candidate]:
    count = len(keys)
    for first, key in enumerate(keys):
        beginning = beginnings.get(key)
        if beginning is None:
            continue
        if beginning.alone:
            yield _Candidate(first, first + 1, beginning.alone)
        if first + 1 < count and keys[first + 1] in beginning.seconds:
            for length in beginning.lengths:
                last = first + length
                if last <= count and (terms := beginning.longer.get(tuple(keys[first:last]))):
                    yield _Candidate(first, last, terms)


def _is_joined(text: str, places: list[tuple[int, int]]) -> bool:
    """Whether neighbouring words may belong to one term, judged by the characters between them."""
    return all(
        text[end:start] == " " or _GAP.fullmatch(text, end, start) is not None
        for (_, end), (start, _) in pairwise(places)
    )


def _negated(text: str, texts: list[str], places: list[tuple[int, int]], first: int) -> bool:
    if first == 0 or text[places[first - 1][1] : places[first][0]] not in _HYPHENS:
        return False
    return texts[first - 1].casefold() in NEGATING


_HYPHENS = frozenset(HYPHENS)


def _as_spelled(synonyms: list[GlossaryTerm], spelling: str) -> GlossaryTerm:
    return next((t for t in synonyms if _folded(t.term) == _folded(spelling)), synonyms[0])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
