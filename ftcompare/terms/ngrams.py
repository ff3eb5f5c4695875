"""Counts words and phrases of up to three words in many texts, and compares two systems' use of them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import scipy

from ftcompare.core.word_characters import APOSTROPHES, JOINERS
from ftcompare.terms.keyness import Counts, Flags, Values, log_ratio_interval, mcnemar_of_each
from ftcompare.terms.tokens import Word, split_words, words
from ftcompare.terms.word_diff import Span

LONGEST = 3  # maximum number of words of a phrase
_HYPHENS = "-\u2010\u2011\u2013"
_JOINS = re.compile(f"[{_HYPHENS}{APOSTROPHES}/*_\xad]*[^\\S\r\n]*(?:\r\n|\r|\n)?[^\\S\r\n]*[{_HYPHENS}*_]*")
"""Characters that may separate the words of a phrase, as those of a term.

Hyphens, blanks, one line break, Markdown marks.
"""
_STEP = 50  # number of texts between two progress reports
_CHARACTERS = {ord(character): None for character in JOINERS} | dict.fromkeys(map(ord, APOSTROPHES), "'")

Keys = tuple[str, ...]


class Phrase(NamedTuple):
    """Word or phrase: the key of each of its words, and its most frequent spelling."""

    keys: Keys
    text: str


@lru_cache(maxsize=1 << 16)
def form_key(word: str) -> str:
    """Return the key of a word as spelled: equal in any case and with any apostrophe, not if inflected."""
    return unicodedata.normalize("NFC", word.translate(_CHARACTERS).casefold())


def phrase_keys(text: str) -> Keys:
    return tuple(form_key(word.text) for word in words(text))


def phrase_uses(text: str, keys: Keys) -> Iterator[Span]:
    found = words(text)
    spelled = [form_key(word.text) for word in found]
    for place in range(len(found) - len(keys) + 1):
        last = place + len(keys)
        if tuple(spelled[place:last]) == keys and _joined(text, found[place:last]):
            yield Span(found[place].start, found[last - 1].end)


def _joined(text: str, words: Sequence[Word]) -> bool:
    return all(_JOINS.fullmatch(text, one.end, after.start) for one, after in pairwise(words))


@dataclass(frozen=True, slots=True, eq=False)
class NgramCounts:
    """Counts of numbered words and phrases by text.

    A phrase does not cross the end of a sentence or paragraph. A phrase that occurs only within one
    longer phrase is left out, because the longer one has the same counts.
    """

    gram: Counts  # number of the word or phrase, for each and each text that contains it, ascending
    text: Counts  # the number of that text
    count: Counts  # number of its occurrences in that text, at least 1
    first: Counts  # by number, the index of its first use among all words of all texts
    length: Counts  # by number, its number of words
    size: Counts  # by text, the number of words of the text
    _words: _WordList

    def __len__(self) -> int:
        return len(self.first)

    def phrase(self, gram: int) -> Phrase:
        return self._words.phrase(int(self.first[gram]), int(self.length[gram]))

    def of(self, grams: Counts) -> NgramCounts:
        """Return counts of only the given words and phrases (ascending numbers), renumbered in that order."""
        number = np.full(len(self), -1, dtype=np.int64)
        number[grams] = np.arange(len(grams))
        kept = number[self.gram] >= 0
        return NgramCounts(
            gram=number[self.gram[kept]],
            text=self.text[kept],
            count=self.count[kept],
            first=self.first[grams],
            length=self.length[grams],
            size=self.size,
            _words=self._words,
        )


def ngram_counts(
    texts: Sequence[str], least_texts: int = 1, progress: Callable[[float], None] = lambda _: None
) -> NgramCounts:
    """Count words and phrases in at least ``least_texts`` texts; ``progress`` may raise to end the work."""
    found = _split(texts, progress)
    levels: list[_Level] = []
    ids = np.unique(found.word, return_inverse=True)[1].astype(np.int64)
    reach = np.ones(len(ids), dtype=np.bool_)
    for length in range(1, LONGEST + 1):
        if length > 1:
            reach, ids = _longer(found, levels[-1], length)
        levels.append(_level(found.text, ids, reach, length, least_texts, len(texts)))
    closed = [*(_closed(level, longer) for level, longer in pairwise(levels)), _all(levels[-1])]
    sizes = np.cumsum([0, *(len(level.first) for level in levels)])
    whole = NgramCounts(
        gram=np.concatenate([level.gram + start for level, start in zip(levels, sizes, strict=False)]),
        text=np.concatenate([level.text for level in levels]),
        count=np.concatenate([level.count for level in levels]),
        first=np.concatenate([level.first for level in levels]),
        length=np.concatenate([np.full(len(level.first), level.length) for level in levels]),
        size=np.bincount(found.text, minlength=len(texts)),
        _words=found,
    )
    return whole.of(np.flatnonzero(np.concatenate(closed)))


class _Numbers(defaultdict[str, int]):
    """Assigns numbers from 0 to texts in the order in which they are first looked up."""

    def __missing__(self, key: str) -> int:
        self[key] = len(self)
        return self[key]


@dataclass(frozen=True, slots=True, eq=False)
class _WordList:
    word: Counts  # for each word, the number of its key
    gap: Counts  # for each word, the number of the gap before it; -1 where the gap separates phrases
    text: Counts  # for each word, the number of its text
    shown: tuple[str, ...]  # most frequent spelling of each key, by number of the key
    keys: tuple[str, ...]  # keys by number
    gaps: tuple[str, ...]  # gaps by number, as shown within a phrase

    def phrase(self, first: int, length: int) -> Phrase:
        numbers = self.word[first : first + length].tolist()
        gaps = ["", *(self.gaps[gap] for gap in self.gap[first + 1 : first + length].tolist())]
        spelled = "".join(gap + self.shown[number] for gap, number in zip(gaps, numbers, strict=True))
        return Phrase(tuple(self.keys[number] for number in numbers), spelled)


def _split(texts: Sequence[str], progress: Callable[[float], None]) -> _WordList:
    spelled, between = _Numbers(), _Numbers()
    all_words: list[int] = []
    all_gaps: list[int] = []
    sizes = []
    for number, text in enumerate(texts):
        if number % _STEP == 0:
            progress(number / len(texts))
        found, gaps = split_words(text)
        all_words += map(spelled.__getitem__, found)
        all_gaps += map(between.__getitem__, gaps[:-1])
        sizes.append(len(found))
    surface, gap = np.array(all_words, dtype=np.int64), np.array(all_gaps, dtype=np.int64)
    keys, shown, of_surface = _by_key(tuple(spelled), np.bincount(surface, minlength=len(spelled)))
    joins = np.array([_JOINS.fullmatch(each) is not None for each in between], dtype=np.bool_)
    text_of = np.repeat(np.arange(len(texts)), sizes)
    begins = np.diff(text_of, prepend=-1) != 0
    return _WordList(
        word=of_surface[surface],
        gap=np.where(joins[gap] & ~begins, gap, -1) if len(gap) else gap,
        text=text_of,
        shown=shown,
        keys=keys,
        gaps=tuple(map(_written, between)),
    )


def _by_key(spelled: tuple[str, ...], uses: Counts) -> tuple[Keys, tuple[str, ...], Counts]:
    """Return the keys of spellings, the most frequent spelling of each key, and each spelling's key number.

    A capital first letter may only mark the start of a sentence: where the word also occurs without it,
    that spelling is shown.
    """
    keys = _Numbers()
    of_surface = np.array([keys[form_key(each)] for each in spelled], dtype=np.int64)
    shown = [""] * len(keys)
    for place in np.argsort(uses, kind="stable").tolist():
        shown[of_surface[place]] = spelled[place]
    every = frozenset(spelled)
    small = (one[:1].lower() + one[1:] for one in shown)
    chosen = (other if other in every else one for one, other in zip(shown, small, strict=True))
    return tuple(keys), tuple(chosen), of_surface


def _written(gap: str) -> str:
    """Return the separator of two words of a phrase: a hyphen or apostrophe, else a blank or nothing."""
    if not gap:
        return ""
    return next((mark for mark in gap if mark in _HYPHENS or mark in APOSTROPHES), " ")


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """N-grams of one length; arrays as in `NgramCounts`."""

    length: int
    at: Counts  # for each word of all texts, the number of the n-gram that begins there; -1 for none
    gram: Counts
    text: Counts
    count: Counts
    first: Counts
    total: Counts  # number of uses, by number of the n-gram


def _longer(words: _WordList, before: _Level, length: int) -> tuple[Flags, Counts]:
    """Return where longer n-grams begin whose two parts are both frequent enough, and their codes."""
    n = len(before.at)
    reach = np.zeros(n, dtype=np.bool_)
    codes = np.zeros(n, dtype=np.int64)
    if n >= length:
        head, tail = before.at[: n - 1], before.at[1:]
        joined = words.gap[length - 1 :] >= 0
        last = n - length + 1
        reach[:last] = (head[:last] >= 0) & (tail[:last] >= 0) & joined
        codes[:last] = head[:last] * (1 + before.at.max(initial=0)) + tail[:last]
    return reach, codes


def _level(text: Counts, ids: Counts, reach: Flags, length: int, least_texts: int, texts: int) -> _Level:
    """Number and count the n-grams that occur in enough texts."""
    places = np.flatnonzero(reach)
    _, gram = np.unique(ids[places], return_inverse=True)
    pairs, count = np.unique(gram * max(1, texts) + text[places], return_counts=True)
    in_texts = np.bincount(pairs // max(1, texts))
    frequent = in_texts >= least_texts
    number = np.where(frequent, np.cumsum(frequent) - 1, -1)
    at = np.full(len(text), -1, dtype=np.int64)
    at[places] = number[gram]
    kept = frequent[pairs // max(1, texts)]
    pairs, count = pairs[kept], count[kept]
    of = number[pairs // max(1, texts)]
    begun = np.flatnonzero(at >= 0)
    _, first = np.unique(at[begun], return_index=True)
    return _Level(
        length=length,
        at=at,
        gram=of,
        text=pairs % max(1, texts),
        count=count,
        first=begun[first],
        total=np.bincount(of, weights=count, minlength=int(frequent.sum())).astype(np.int64),
    )


def _all(level: _Level) -> Flags:
    return np.ones(len(level.first), dtype=np.bool_)


def _closed(level: _Level, longer: _Level) -> Flags:
    """Return which n-grams occur at least once outside of a longer counted n-gram."""
    closed = _all(level)
    for shift in (0, 1):
        part = level.at[longer.first + shift]
        closed[part[level.total[part] == longer.total]] = False
    return closed


LEAST_DISCORDANT = 6
"""Minimum number of prompts on which only one of the two systems used a word, for a test.

With fewer no p is below .05 (2 · ½⁵ = .0625). This number does not depend on which of the two used the word,
so selecting words by it does not cause false discoveries (Tarone 1990; Bourgon, Gentleman & Huber 2010).
"""


@dataclass(frozen=True, slots=True, eq=False)
class PairedPresence:
    """Uses over the prompts that two systems answered; one element per word or phrase."""

    first_only: Counts  # number of prompts on which only the first system used it
    second_only: Counts  # number of prompts on which only the second system used it
    both: Counts  # number of prompts on which both used it
    first_uses: Counts  # uses by the first system in all its answers; ``second_uses`` by the second
    second_uses: Counts
    gram: Counts  # for each word or phrase and each prompt on which the uses differ: its number, ascending
    lead: Counts  # uses by the second system on that prompt minus those by the first

    def leads(self, gram: int) -> Counts:
        """Return a word's differences in uses, of the prompts where they are not 0."""
        begin, end = np.searchsorted(self.gram, [gram, gram + 1])
        return self.lead[begin:end]


@dataclass(frozen=True, slots=True, eq=False)
class PhraseTests:
    """Test results of the tested words and phrases, one element each."""

    gram: Counts  # its number
    p: Values  # McNemar's exact test on presence by prompt
    q: Values  # p adjusted by Benjamini and Hochberg 1995 over all tested ones
    # lower end of the 95% interval of the log ratio, not adjusted for other words; infinite where one system
    # never used it. ``high`` is the upper end.
    low: Values
    high: Values


def paired_presence(counts: NgramCounts, prompt: Counts, second: Flags) -> PairedPresence:
    """Sum up the counts of answers by prompt.

    ``counts`` are those of the answers of two systems, with equal numbers of answers on each prompt;
    ``prompt`` is the number of the prompt, ``second`` whether the second system wrote the answer, by answer.
    """
    size, prompts = len(counts), int(prompt.max(initial=0)) + 1
    by_second = second[counts.text]
    place, entry = np.unique(counts.gram * prompts + prompt[counts.text], return_inverse=True)
    sides = (~by_second, by_second)
    uses = [np.bincount(entry, np.where(side, counts.count, 0), len(place)) for side in sides]
    gram, used = place // prompts, (uses[0] > 0, uses[1] > 0)
    lead = (uses[1] - uses[0]).astype(np.int64)

    def total(weights: Values | Counts | Flags) -> Counts:
        return np.bincount(gram, weights, size).astype(np.int64)

    return PairedPresence(
        first_only=total(used[0] & ~used[1]),
        second_only=total(used[1] & ~used[0]),
        both=total(used[0] & used[1]),
        first_uses=total(uses[0]),
        second_uses=total(uses[1]),
        gram=gram[lead != 0],
        lead=lead[lead != 0],
    )


def phrase_tests(presence: PairedPresence) -> PhraseTests:
    chosen = np.flatnonzero(presence.first_only + presence.second_only >= LEAST_DISCORDANT)
    first, second, both = (
        each[chosen] for each in (presence.first_only, presence.second_only, presence.both)
    )
    p = mcnemar_of_each(first, second)
    q = scipy.stats.false_discovery_control(p) if len(p) else p
    return PhraseTests(chosen, p, q, *log_ratio_interval(first, second, both))
