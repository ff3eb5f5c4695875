"""Searches a large corpus for given texts: exact copies, copies inside longer texts, and near-duplicates."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from ftcompare.core.word_characters import APOSTROPHES, UNSPACED

NEAR = 0.9  # minimum similarity of near-duplicates
SHARED = 0.35  # minimum share of the wanted text's word pairs, by weight, in a near-duplicate

SHARED_INSIDE = 0.6  # the same for a part of a longer text; higher, for the best part is chosen among many

LEAST_WORDS = 4  # shorter texts occur in many longer ones by chance: they are only compared as a whole

Pair = tuple[str, str]

KEPT_CHARACTERS = 2000  # number of characters of a found text that are kept for display


class DuplicateKind(StrEnum):
    """Similarity of two texts; ``question`` is any of them, in a record without its other texts."""

    EXACT = "exact"
    CONTAINED = "contained"
    NEAR = "near"
    QUESTION = "question"


_RANK = {kind: rank for rank, kind in enumerate(reversed(DuplicateKind))}  # from question (0) to exact


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Text most similar to a wanted one, and the number of records with such a text."""

    kind: DuplicateKind
    similarity: float  # 0 to 1, of the whole texts, or of the wanted text and the most similar part
    line: int  # number of the record, as given by the caller
    text: str  # the found text, at most `KEPT_CHARACTERS` of it
    records: int  # number of records with a duplicate of any kind


def normalised(text: str) -> str:
    """Return a text for comparison: NFKC, case folded, no punctuation, single spaces.

    Apostrophes and invisible characters are removed, so that "What’s" is "whats"; symbols such as < and +
    are kept. Each kana or Han character is a word. Empty where the text has only punctuation.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_KEPT).split())


class _Kept(dict[int, str]):
    """Replacement of each character, computed when the character is first seen."""

    def __missing__(self, code: int) -> str:
        self[code] = _spelled(chr(code))
        return self[code]


_UNSPACED = re.compile(f"[{UNSPACED}]")


def _spelled(character: str) -> str:
    category = unicodedata.category(character)
    if character in APOSTROPHES or category == "Cf":
        return ""
    if category[0] in "PZ" or category in ("Cc", "Sk"):
        return " "
    return f" {character} " if _UNSPACED.match(character) else character


_KEPT = _Kept()


class _NormalizedRecord:
    """Texts of a record; their words are computed once, and only on demand."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.texts = texts

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Each text `normalised`, with a space at both ends."""
        return tuple(f" {normalised(text)} " for text in self.texts)


class DuplicateFinder:
    """Searches for the wanted texts in one record after another.

    A near-duplicate has at least the share `SHARED` of the wanted text's pairs of neighboring words, and a
    similarity (rapidfuzz's ratio, 1 - insertions and deletions / length of both) of at least `NEAR`. The
    weight of a pair is ln(1 + wanted texts / wanted texts with the pair), so that common pairs such as "What
    is" have little weight. A longer text with at least `SHARED_INSIDE` of the pairs is also searched for the
    part most similar to the wanted text, if that has `LEAST_WORDS`. One word must match exactly.

    Only the rarest pairs of each wanted text are looked up: a text without any of them cannot reach
    `SHARED`. Source: the prefix filter of Chaudhuri, Ganti & Kaushik 2006, "A primitive operator for
    similarity joins in data cleaning".

    ``beside`` are, for each wanted text, other texts that must occur exactly in the same record, such as
    a question's context.
    """

    def __init__(self, chosen: Sequence[str], beside: Sequence[Sequence[str]] = ()) -> None:
        self._beside = tuple(tuple(map(normalised, texts)) for texts in beside)
        self._wanted = tuple(map(normalised, chosen))
        self._whole: defaultdict[str, list[int]] = defaultdict(list)
        self._by_pair: defaultdict[Pair, list[int]] = defaultdict(list)
        self._best: list[Duplicate | None] = [None] * len(self._wanted)
        self._last: list[int | None] = [None] * len(self._wanted)
        self._shares = [0.0] * len(self._wanted)
        self._weights = _weights(self._wanted)
        self._whole_weight = [sum(weights.values()) for weights in self._weights]
        for place, text in enumerate(self._wanted):
            if text:
                self._whole[text].append(place)
            for pair in _rarest(self._weights[place]):
                self._by_pair[pair].append(place)

    def look(self, line: int, texts: Iterable[str]) -> None:
        record = _NormalizedRecord(tuple(texts))
        for text in record.texts:
            for place, kind, similarity in self._matches(text):
                whole = self._stands_beside(place, record)
                self._note(place, kind if whole else DuplicateKind.QUESTION, similarity, line, text)

    def alike(self, text: str) -> set[int]:
        """Return indexes of the wanted texts that this text contains, whole or in part, exactly or nearly."""
        return {place for place, _, _ in self._matches(text)}

    @property
    def found(self) -> tuple[Duplicate | None, ...]:
        """For each wanted text, in order, its most similar duplicate (the first of equal ones), or None."""
        return tuple(self._best)

    @property
    def shares(self) -> tuple[float, ...]:
        """For each wanted text, the largest share of its word pairs, by weight, that one text has.

        From 0 to 1, and 0 below `SHARED`.
        """
        return tuple(self._shares)

    def _stands_beside(self, place: int, record: _NormalizedRecord) -> bool:
        """Return whether a record contains all texts that belong to a wanted text."""
        if not self._beside or not self._beside[place]:
            return True
        return all(any(f" {part} " in text for text in record.words) for part in self._beside[place])

    def _matches(self, text: str) -> Iterator[tuple[int, DuplicateKind, float]]:
        key = normalised(text)
        if not key:
            return
        exact = self._whole.get(key, ())
        for place in exact:
            self._shares[place] = 1.0
            yield place, DuplicateKind.EXACT, 1.0
        present = _pairs(key)
        # Pairs are looked up one by one, because most pairs of most texts are in no wanted text.
        places = {place for pair in present if pair in self._by_pair for place in self._by_pair[pair]}
        for place in places.difference(exact):
            kind, similarity = self._compared(place, key, present)
            if similarity:
                yield place, kind, similarity

    def _compared(self, place: int, key: str, present: set[Pair]) -> tuple[DuplicateKind, float]:
        """Return kind and similarity of a text and a wanted text; similarity 0 where it is too low."""
        from rapidfuzz import fuzz  # the window starts without it

        weights, wanted = self._weights[place], self._wanted[place]
        weight = sum(weight for pair, weight in weights.items() if pair in present)
        share = weight / self._whole_weight[place]
        if share < SHARED:
            return DuplicateKind.NEAR, 0.0
        self._shares[place] = max(self._shares[place], share)
        inside = wanted.count(" ") + 1 >= LEAST_WORDS and len(key) > len(wanted)
        if inside and f" {wanted} " in f" {key} ":
            return DuplicateKind.CONTAINED, 1.0
        similarity = fuzz.ratio(wanted, key, score_cutoff=100 * NEAR)
        if inside and share >= SHARED_INSIDE:
            similarity = max(similarity, fuzz.partial_ratio(wanted, key, score_cutoff=100 * NEAR))
        return DuplicateKind.NEAR, similarity / 100

    def _note(self, place: int, kind: DuplicateKind, similarity: float, line: int, text: str) -> None:
        best = self._best[place]
        # A record counts once, even if several of its texts are duplicates.
        records = (best.records if best else 0) + (self._last[place] != line)
        self._last[place] = line
        if best is None or (_RANK[kind], similarity) > (_RANK[best.kind], best.similarity):
            best = Duplicate(kind, similarity, line, text[:KEPT_CHARACTERS], records)
        self._best[place] = replace(best, records=records)


def _pairs(text: str) -> set[Pair]:
    return set(pairwise(text.split()))


def _weights(chosen: Sequence[str]) -> tuple[dict[Pair, float], ...]:
    pairs = [_pairs(text) for text in chosen]
    texts_with = Counter(pair for found in pairs for pair in found)
    return tuple(
        {pair: math.log1p(len(chosen) / texts_with[pair]) for pair in sorted(found)} for found in pairs
    )


def _rarest(weights: dict[Pair, float]) -> list[Pair]:
    """Return the fewest rarest pairs whose complement weighs less than `SHARED` of all."""
    rest, needed = sum(weights.values()), SHARED * sum(weights.values())
    chosen = []
    for pair in sorted(weights, key=lambda pair: (-weights[pair], pair)):
        if rest < needed:
            break
        chosen.append(pair)
        rest -= weights[pair]
    return chosen
