"""Glossary terms in a text: whole words, inflected or not, longest first, each word used once."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ftcompare.core.study import GlossaryTerm
from ftcompare.terms.tokens import Word, word_keys, words

Keys = tuple[str, ...]

HYPHENS = "-\u2010\u2011\u2013"
_GAP = re.compile(f"[{HYPHENS}'\u2019\u02bc/*_\u00ad]*[^\\S\r\n]*(?:\r\n|\r|\n)?[^\\S\r\n]*[{HYPHENS}*_]*")
"""What may stand between the words of one term: hyphens, blanks, one line break, Markdown marks."""

NEGATING = frozenset({"anti", "contra", "non", "nicht", "pseudo", "quasi", "un"})
"""Before a hyphen these turn a term into another: "non-invasive" is no use of "invasive"."""


@dataclass(frozen=True, slots=True)
class Match:
    """One use of a term: character offsets into the text as given, end exclusive."""

    start: int
    end: int
    term: GlossaryTerm


@dataclass(frozen=True, slots=True)
class _Candidate:
    first: int
    last: int
    match: Match


def term_key(text: str, language: str) -> Keys:
    """The key of a term or of the text that uses it: the key of each of its words."""
    return tuple(word_keys(words(text), language))


class Matcher:
    """Finds the terms of a glossary. Built once for many texts.

    Args:
        glossary: terms; those without a letter or digit are never found. Where several have the
            same key, the one spelled as in the text is taken, else the first.
    """

    def __init__(self, glossary: Iterable[GlossaryTerm]) -> None:
        self._terms: defaultdict[str, defaultdict[Keys, list[GlossaryTerm]]]
        self._terms = defaultdict(lambda: defaultdict(list))
        self._lengths: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        for term in glossary:
            keys = term_key(term.term, term.language)
            if keys:
                self._terms[term.language][keys].append(term)
                self._lengths[term.language, keys[0]].add(len(keys))

    def find(self, text: str) -> tuple[Match, ...]:
        """The terms used in a text, in order, disjoint: longest first, then leftmost."""
        taken: set[int] = set()
        chosen = []
        for candidate in sorted(self._candidates(text), key=lambda c: (c.first - c.last, c.first)):
            places = range(candidate.first, candidate.last)
            if taken.isdisjoint(places):
                taken.update(places)
                chosen.append(candidate.match)
        return tuple(sorted(chosen, key=lambda match: match.start))

    def _candidates(self, text: str) -> Iterator[_Candidate]:
        found = words(text)
        joined = _joined(text, found)
        for language, terms in self._terms.items():
            keys = word_keys(found, language)
            for first, key in enumerate(keys):
                for length in self._lengths.get((language, key), ()):
                    last = first + length
                    synonyms = terms.get(tuple(keys[first:last])) if last <= len(keys) else None
                    if synonyms and all(joined[first + 1 : last]) and not _negated(text, found, first):
                        start, end = found[first].start, found[last - 1].end
                        term = _as_spelled(synonyms, text[start:end])
                        yield _Candidate(first, last, Match(start, end, term))


def _joined(text: str, found: tuple[Word, ...]) -> list[bool]:
    """For each word, whether it may belong to the same term as the word before it."""
    joins = (_GAP.fullmatch(text, before.end, word.start) for before, word in pairwise(found))
    return [False, *(join is not None for join in joins)]


def _negated(text: str, found: tuple[Word, ...], place: int) -> bool:
    if place == 0 or text[found[place - 1].end : found[place].start] not in tuple(HYPHENS):
        return False
    return found[place - 1].text.casefold() in NEGATING


def _as_spelled(synonyms: list[GlossaryTerm], spelling: str) -> GlossaryTerm:
    if len(synonyms) == 1:
        return synonyms[0]
    return next((t for t in synonyms if _folded(t.term) == _folded(spelling)), synonyms[0])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
