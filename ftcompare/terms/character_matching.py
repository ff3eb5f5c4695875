"""Finds terms in scripts without spaces (Chinese, Japanese, Thai and others) by their characters.

In these scripts a term may begin and end anywhere in a run of letters, so splitting into words does not help.
An Aho-Corasick automaton (pyahocorasick) searches for all terms at once, in a time independent of their
number. Source: Aho & Corasick 1975, "Efficient string matching".
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import ahocorasick

from ftcompare.core.study import GlossaryTerm
from ftcompare.core.word_characters import UNSPACED

WITHOUT_SPACES = f"{UNSPACED}\u0e01-\u0e4e\u0e81-\u0ede\u1000-\u109f\u1780-\u17dd\uff66-\uff9f"
"""Kana (also half-width), Han, Thai, Lao, Burmese and Khmer, as the content of a regex character class."""

GAP_SIGNS = "-\u2010\u2011\u2013'\u2019\u02bc/*_\u00ad"
"""Characters besides white space that may separate words or characters of a term: hyphens, Markdown marks."""
HYPHENS = GAP_SIGNS[:4]
GAP = f"[{GAP_SIGNS}]*[^\\S\r\n]*(?:\r\n|\r|\n)?[^\\S\r\n]*[{HYPHENS}*_]*"
"""A gap within a term: any of these signs, white space and at most one line break."""

_UNSPACED = re.compile(f"[{WITHOUT_SPACES}]")
_GAPS = re.compile(f"(?<=[{WITHOUT_SPACES}])(?=[{GAP_SIGNS}\\s]){GAP}(?=[{WITHOUT_SPACES}])")
_VOICED = re.compile("[\uff9e\uff9f]")
_VOWELS_BEFORE = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
"""Thai and Lao vowels that are written before the consonant to which they belong."""
_VOWELS_AFTER = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3\u30fc\uff9e\uff9f")
"""Vowels written after their consonant, the Japanese long-vowel mark, and half-width voicing marks."""


class Occurrence(NamedTuple):
    """Character offsets into the given text, end exclusive, and the terms with this spelling."""

    start: int
    end: int
    terms: list[GlossaryTerm]


class FoldedText(NamedTuple):
    """A text in the form used for comparison, with each character's start and end in the given text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def is_unspaced(text: str) -> bool:
    """Whether any part of the text is in a script without spaces."""
    return not text.isascii() and _UNSPACED.search(text) is not None


class CharacterMatcher:
    """Finds terms by their characters.

    Args:
        glossary: terms for which `is_unspaced` is true.
    """

    def __init__(self, glossary: Iterable[GlossaryTerm]) -> None:
        terms: defaultdict[str, list[GlossaryTerm]] = defaultdict(list)
        for term in glossary:
            terms[character_key(term.term)].append(term)
        self._automaton: ahocorasick.Automaton[tuple[int, list[GlossaryTerm]]] = ahocorasick.Automaton()
        for key, synonyms in terms.items():
            self._automaton.add_word(key, (len(key), synonyms))
        self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[Occurrence]:
        """All uses of all terms, including overlapping ones."""
        if not is_unspaced(text):
            return
        folded = _folded(text)
        for last, (length, terms) in self._automaton.iter(folded.text):
            start, end = folded.starts[last - length + 1], folded.ends[last]
            if _is_whole(text, start, end):
                yield Occurrence(start, end, terms)


def character_key(text: str) -> str:
    """A key that is equal for a term and its uses: NFKC, so that character width does not matter."""
    return _folded(text).text


def _folded(text: str) -> FoldedText:
    by_pieces = not unicodedata.is_normalized("NFC", text) or _VOICED.search(text)
    folded = _folded_by_pieces(text) if by_pieces else _folded_by_characters(text)
    gaps = [match.span() for match in _GAPS.finditer(text)]
    return _without(gaps, folded) if gaps else folded


class _Folds(dict[str, str]):
    """The folded form of each character, computed once."""

    def __missing__(self, character: str) -> str:
        found = self[character] = _fold(character)
        return found


_FOLDS = _Folds()


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _folded_by_characters(text: str) -> FoldedText:
    """Folds a text in which no two characters compose to one."""
    parts = [_FOLDS[character] for character in text]
    plain = "".join(parts)
    if len(plain) == len(text):
        return FoldedText(plain, range(len(text)), range(1, len(text) + 1))
    places = [place for place, part in enumerate(parts) for _ in part]
    return FoldedText(plain, places, [place + 1 for place in places])


def _folded_by_pieces(text: str) -> FoldedText:
    """Folds each base character with its combining marks separately, so that offsets are known."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _pieces(text):
        part = _fold(text[start:end])
        parts.append(part)
        starts += [start] * len(part)
        ends += [end] * len(part)
    return FoldedText("".join(parts), starts, ends)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for place in range(1, len(text)):
        if not _is_attached(text[place]):
            yield start, place
            start = place
    yield start, len(text)


def _is_attached(character: str) -> bool:
    return unicodedata.category(character).startswith("M") or character in "\uff9e\uff9f"


def _without(spans: list[tuple[int, int]], folded: FoldedText) -> FoldedText:
    """The text without the given gaps within terms; offsets still refer to the given text."""
    dropped = {place for start, end in spans for place in range(start, end)}
    kept = [n for n, start in enumerate(folded.starts) if start not in dropped]
    return FoldedText(
        "".join([folded.text[n] for n in kept]),
        [folded.starts[n] for n in kept],
        [folded.ends[n] for n in kept],
    )


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a term may be here: its first and last letters are not separated from dependent characters."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before in _VOWELS_BEFORE or _belongs_to_the_left(text[start]) or _belongs_to_the_left(after):
        return False
    return not (_run_together(before, text[start]) or _run_together(text[end - 1], after))


def _belongs_to_the_left(character: str) -> bool:
    return character in _VOWELS_AFTER or (bool(character) and unicodedata.category(character)[0] == "M")


def _run_together(one: str, other: str) -> bool:
    """Whether two neighbours are letters or digits of a script with spaces, with no word boundary between."""
    return _SPACED_LETTERS.fullmatch(one + other) is not None


_SPACED_LETTERS = re.compile(f"[^\\W_{WITHOUT_SPACES}]{{2}}")
