"""Terms in scripts without spaces, found by their characters: Chinese, Japanese, Thai and their like.

There a term may begin and end anywhere in a run of letters, so that words are of no use. All terms are
looked for at once by an Aho-Corasick automaton (pyahocorasick), in time that does not grow with their number.
Source: Aho & Corasick 1975, "Efficient string matching".
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
"""Kana (also of half width), Han, Thai, Lao, Burmese and Khmer, for a class of a regular expression."""

GAP_SIGNS = "-\u2010\u2011\u2013'\u2019\u02bc/*_\u00ad"
"""What may stand between the words or characters of one term, beside blanks: hyphens, Markdown marks."""
HYPHENS = GAP_SIGNS[:4]
GAP = f"[{GAP_SIGNS}]*[^\\S\r\n]*(?:\r\n|\r|\n)?[^\\S\r\n]*[{HYPHENS}*_]*"
"""Such signs, blanks and one line break."""

_UNSPACED = re.compile(f"[{WITHOUT_SPACES}]")
_GAPS = re.compile(f"(?<=[{WITHOUT_SPACES}])(?=[{GAP_SIGNS}\\s]){GAP}(?=[{WITHOUT_SPACES}])")
_VOICED = re.compile("[\uff9e\uff9f]")
_VOWELS_BEFORE = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
"""Thai and Lao vowels that are written before the consonant that they belong to."""
_VOWELS_AFTER = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3\u30fc\uff9e\uff9f")
"""Those written after it, the Japanese mark of a long vowel, and voicing marks of half width."""


class Occurrence(NamedTuple):
    """Character offsets into the text as given, end exclusive, and the terms that may be meant there."""

    start: int
    end: int
    terms: list[GlossaryTerm]


class FoldedText(NamedTuple):
    """A text as it is compared, and where each of its characters begins and ends in the text as given."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def is_unspaced(text: str) -> bool:
    """Whether any of the text is written without spaces."""
    return not text.isascii() and _UNSPACED.search(text) is not None


class CharacterMatcher:
    """Finds terms by their characters.

    Args:
        glossary: terms of which `is_unspaced` holds.
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
        """All uses of all terms, overlapping ones too."""
        if not is_unspaced(text):
            return
        folded = _folded(text)
        for last, (length, terms) in self._automaton.iter(folded.text):
            start, end = folded.starts[last - length + 1], folded.ends[last]
            if _is_whole(text, start, end):
                yield Occurrence(start, end, terms)


def character_key(text: str) -> str:
    """What is equal for a term and the text that uses it: NFKC, so that the width does not matter."""
    return _folded(text).text


def _folded(text: str) -> FoldedText:
    by_pieces = not unicodedata.is_normalized("NFC", text) or _VOICED.search(text)
    folded = _folded_by_pieces(text) if by_pieces else _folded_by_characters(text)
    gaps = [found.span() for found in _GAPS.finditer(text)]
    return _without(gaps, folded) if gaps else folded


class _Folds(dict[str, str]):
    """What each character is folded to."""

    def __missing__(self, character: str) -> str:
        found = self[character] = _fold(character)
        return found


_FOLDS = _Folds()


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _folded_by_characters(text: str) -> FoldedText:
    """Of a text in which no two characters are composed to one."""
    parts = [_FOLDS[character] for character in text]
    plain = "".join(parts)
    if len(plain) == len(text):
        return FoldedText(plain, range(len(text)), range(1, len(text) + 1))
    places = [place for place, part in enumerate(parts) for _ in part]
    return FoldedText(plain, places, [place + 1 for place in places])


def _folded_by_pieces(text: str) -> FoldedText:
    """Each character with the marks on it is folded by itself, so that the places are known."""
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
    """The text without the gaps that stand within terms; their places are those of the text as given."""
    dropped = {place for start, end in spans for place in range(start, end)}
    kept = [n for n, start in enumerate(folded.starts) if start not in dropped]
    return FoldedText(
        "".join([folded.text[n] for n in kept]),
        [folded.starts[n] for n in kept],
        [folded.ends[n] for n in kept],
    )


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a term may stand here: none of its letters is torn from what belongs to it."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before in _VOWELS_BEFORE or _belongs_to_the_left(text[start]) or _belongs_to_the_left(after):
        return False
    return not (_run_together(before, text[start]) or _run_together(text[end - 1], after))


def _belongs_to_the_left(character: str) -> bool:
    return character in _VOWELS_AFTER or (bool(character) and unicodedata.category(character)[0] == "M")


def _run_together(one: str, other: str) -> bool:
    """Whether two neighbours are letters or digits of a script with spaces, so that no word ends between."""
    return _SPACED_LETTERS.fullmatch(one + other) is not None


_SPACED_LETTERS = re.compile(f"[^\\W_{WITHOUT_SPACES}]{{2}}")
