"""Finds glossary terms in a text: whole words, inflected or not, longest first, each word used once.

Terms in scripts without spaces (Chinese, Japanese, Thai and others) are found by their characters and have
priority: there a term may begin and end anywhere in a run of letters, so splitting into words does not help.
An Aho-Corasick automaton (pyahocorasick) searches for all of them at once, in a time independent of their
number. Source: Aho & Corasick 1975, "Efficient string matching". Nothing here needs numpy, which raters'
programs do not have.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import ahocorasick

from ftcompare.core.grouping import grouped
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.core.word_characters import UNSPACED
from ftcompare.terms.tokens import keys_of, word_keys, word_spans, word_texts, words

WITHOUT_SPACES = f"{UNSPACED}\u0e01-\u0e4e\u0e81-\u0ede\u1000-\u109f\u1780-\u17dd\uff66-\uff9f"
"""Kana (also half-width), Han, Thai, Lao, Burmese and Khmer, as the content of a character class."""

GAP_SIGNS = "-\u2010\u2011\u2013'\u2019\u02bc/*_\u00ad"
"""Characters besides white space that may separate words or characters of a term."""
HYPHENS = GAP_SIGNS[:4]
GAP = f"[{GAP_SIGNS}]*[^\\S\r\n]*(?:\r\n|\r|\n)?[^\\S\r\n]*[{HYPHENS}*_]*"
"""Gap within a term: any of these signs, white space and at most one line break."""

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
    """Text in the form used for comparison, with each character's start and end in the given text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def is_unspaced(text: str) -> bool:
    return not text.isascii() and _UNSPACED.search(text) is not None


class CharacterMatcher:
    """Finds terms (for which `is_unspaced` is true) by their characters."""

    def __init__(self, glossary: Iterable[GlossaryTerm]) -> None:
        terms = grouped((character_key(term.term), term) for term in glossary)
        self._automaton: ahocorasick.Automaton[tuple[int, list[GlossaryTerm]]] = ahocorasick.Automaton()
        for key, synonyms in terms.items():
            self._automaton.add_word(key, (len(key), synonyms))
        self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[Occurrence]:
        """Yield all uses of all terms, including overlapping ones."""
        if not is_unspaced(text):
            return
        folded = _folded_text(text)
        for last, (length, terms) in self._automaton.iter(folded.text):
            start, end = folded.starts[last - length + 1], folded.ends[last]
            if _is_whole(text, start, end):
                yield Occurrence(start, end, terms)


def character_key(text: str) -> str:
    """Return a key that is equal for a term and its uses: NFKC, so that character width does not matter."""
    return _folded_text(text).text


def _folded_text(text: str) -> FoldedText:
    by_pieces = not unicodedata.is_normalized("NFC", text) or _VOICED.search(text)
    folded = _folded_by_pieces(text) if by_pieces else _folded_by_characters(text)
    gaps = [match.span() for match in _GAPS.finditer(text)]
    return _without(gaps, folded) if gaps else folded


class _Folds(dict[str, str]):
    def __missing__(self, character: str) -> str:
        found = self[character] = _fold(character)
        return found


_FOLDS = _Folds()


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _folded_by_characters(text: str) -> FoldedText:
    """Fold a text in which no two characters compose to one."""
    parts = [_FOLDS[character] for character in text]
    plain = "".join(parts)
    if len(plain) == len(text):
        return FoldedText(plain, range(len(text)), range(1, len(text) + 1))
    places = [place for place, part in enumerate(parts) for _ in part]
    return FoldedText(plain, places, [place + 1 for place in places])


def _folded_by_pieces(text: str) -> FoldedText:
    """Fold each base character with its combining marks separately, so that offsets are known."""
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
        if not (unicodedata.category(text[place]).startswith("M") or text[place] in "\uff9e\uff9f"):
            yield start, place
            start = place
    yield start, len(text)


def _without(spans: list[tuple[int, int]], folded: FoldedText) -> FoldedText:
    """Remove gaps within terms; offsets still refer to the given text."""
    dropped = {place for start, end in spans for place in range(start, end)}
    kept = [n for n, start in enumerate(folded.starts) if start not in dropped]
    return FoldedText(
        "".join([folded.text[n] for n in kept]),
        [folded.starts[n] for n in kept],
        [folded.ends[n] for n in kept],
    )


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether a term may be here: no dependent characters are cut off at its ends."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before in _VOWELS_BEFORE or _belongs_to_the_left(text[start]) or _belongs_to_the_left(after):
        return False
    return not (_run_together(before, text[start]) or _run_together(text[end - 1], after))


def _belongs_to_the_left(character: str) -> bool:
    return character in _VOWELS_AFTER or (bool(character) and unicodedata.category(character)[0] == "M")


def _run_together(first: str, second: str) -> bool:
    """Return whether neighbors are letters or digits of a script with spaces, in one word."""
    return _SPACED_LETTERS.fullmatch(first + second) is not None


_SPACED_LETTERS = re.compile(f"[^\\W_{WITHOUT_SPACES}]{{2}}")


Keys = tuple[str, ...]

_GAP = re.compile(GAP)

NEGATING = frozenset({"anti", "contra", "non", "nicht", "pseudo", "quasi", "un"})
"""Prefixes that change a term's meaning before a hyphen: "non-invasive" is no use of "invasive"."""


@dataclass(frozen=True, slots=True)
class Match:
    """Use of a term: character offsets into the given text, end exclusive."""

    start: int
    end: int
    term: GlossaryTerm


class _Candidate(NamedTuple):
    first: int
    last: int
    terms: list[GlossaryTerm]


def term_key(text: str, language: str) -> Keys:
    """Return the key of a term, equal for its uses: the key of each of its words, or of all characters."""
    if is_unspaced(text):
        return (character_key(text),)
    return tuple(word_keys(words(text), language))


class _Beginning:
    __slots__ = ("alone", "lengths", "longer", "seconds")

    def __init__(self) -> None:
        self.alone: list[GlossaryTerm] = []
        self.longer: dict[Keys, list[GlossaryTerm]] = {}
        self.lengths: tuple[int, ...] = ()
        self.seconds: set[str] = set()

    def add(self, keys: Keys, term: GlossaryTerm) -> None:
        if len(keys) == 1:
            self.alone.append(term)
            return
        self.longer.setdefault(keys, []).append(term)
        self.seconds.add(keys[1])
        self.lengths = tuple(sorted({*self.lengths, len(keys)}))


class Matcher:
    """Finds a glossary's terms, but none without a letter or digit; built once for many texts."""

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
        """Return the terms used in a text, in order, disjoint: longest first, then leftmost."""
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
        """Yield uses of terms by words, longest first, with their offsets, without negated uses."""
        texts, places = word_texts(text), word_spans(text)
        candidates = [
            candidate
            for language, beginnings in self._beginnings.items()
            for candidate in _candidates(keys_of(texts, language), beginnings)
        ]
        candidates.sort(key=lambda candidate: (candidate.first - candidate.last, candidate.first))
        for first, last, terms in candidates:
            if all(
                text[end:start] == " " or _GAP.fullmatch(text, end, start) is not None
                for (_, end), (start, _) in pairwise(places[first:last])
            ) and not _negated(text, texts, places, first):
                yield places[first][0], places[last - 1][1], terms


def _choose(
    text: str,
    taken: bytearray,
    matches: Iterable[tuple[int, int, list[GlossaryTerm]]],
    chosen: list[Match],
) -> None:
    for start, end, terms in matches:
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            spelled = (term for term in terms if folded(term.term) == folded(text[start:end]))
            term = terms[0] if len(terms) == 1 else next(spelled, terms[0])
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


def _negated(text: str, texts: list[str], places: list[tuple[int, int]], first: int) -> bool:
    if first == 0 or text[places[first - 1][1] : places[first][0]] not in _HYPHENS:
        return False
    return texts[first - 1].casefold() in NEGATING


_HYPHENS = frozenset(HYPHENS)


def folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


@dataclass(frozen=True, slots=True)
class Adherence:
    preferred: int  # number of uses of preferred terms; the next three count the other statuses
    admitted: int
    deprecated: int
    superseded: int
    # mean over the mentioned concepts of preferred / (preferred + deprecated + superseded), 0 to 1, if any
    share: float | None


def adherence(matches: Iterable[Match]) -> Adherence:
    """Count uses by status; each concept has the same weight in the share of preferred terms."""
    used = [match.term for match in matches]
    total = Counter(term.status for term in used)
    shares = [share for share in concept_shares(used).values() if share is not None]
    share = sum(shares) / len(shares) if shares else None
    return Adherence(**{status.value: total[status] for status in TermStatus}, share=share)


def concept_of(term: GlossaryTerm) -> str:
    return term.concept or term.term


def concept_shares(used: Iterable[GlossaryTerm]) -> dict[str, float | None]:
    """Return preferred / (preferred + deprecated + superseded) by concept; None for admitted only."""
    by_concept: defaultdict[str, Counter[TermStatus]] = defaultdict(Counter)
    for term in used:
        by_concept[concept_of(term)][term.status] += 1
    return {concept: _preferred_share(counts) for concept, counts in by_concept.items()}


def _preferred_share(used: Counter[TermStatus]) -> float | None:
    wrong = used[TermStatus.DEPRECATED] + used[TermStatus.SUPERSEDED]
    decided = used[TermStatus.PREFERRED] + wrong
    return used[TermStatus.PREFERRED] / decided if decided else None
