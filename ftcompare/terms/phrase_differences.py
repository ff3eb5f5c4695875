"""Which words and phrases one of two systems uses on more prompts than the other, of all that are tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from ftcompare.terms.keyness import Counts, Flags, Values, log_ratio_interval, mcnemar_of_each
from ftcompare.terms.ngrams import NgramCounts

LEAST_DISCORDANT = 6
"""Prompts on which only one of the two used a word, for it to be tested: of fewer no p is below .05, as
2 · ½⁵ = .0625. How many there are says nothing of which of the two used it, so that choosing by it does not
make false finds (Tarone 1990; Bourgon, Gentleman & Huber 2010)."""


@dataclass(frozen=True, slots=True, eq=False)
class PairedPresence:
    """Over the prompts that two systems answered, one element a word or phrase.

    Args:
        first_only: prompts where only the first system used it.
        second_only: prompts where only the second did.
        both: prompts where both did.
        first_uses: how often the first used it in all its answers; ``second_uses`` the second.
        gram: for each word or phrase and prompt that differ in uses: its number, ascending.
        lead: uses by the second there, less those by the first.
    """

    first_only: Counts
    second_only: Counts
    both: Counts
    first_uses: Counts
    second_uses: Counts
    gram: Counts
    lead: Counts

    @property
    def testable(self) -> Counts:
        """The numbers of those that are tested."""
        return np.flatnonzero(self.first_only + self.second_only >= LEAST_DISCORDANT)

    def leads(self, gram: int) -> Counts:
        """Of one word or phrase, the prompts' leads that are not 0."""
        begin, end = np.searchsorted(self.gram, [gram, gram + 1])
        return self.lead[begin:end]


@dataclass(frozen=True, slots=True, eq=False)
class PhraseTests:
    """What was found of the words and phrases that are tested, one element each.

    Args:
        gram: its number.
        p: McNemar's exact test on presence by prompt.
        q: p after Benjamini and Hochberg 1995 over all of these.
        low: ends of the 95% interval of the log ratio, each word by itself; infinite where one never used it.
    """

    gram: Counts
    p: Values
    q: Values
    low: Values
    high: Values


def paired_presence(counts: NgramCounts, prompt: Counts, second: Flags) -> PairedPresence:
    """Sum up answers by prompt.

    Args:
        counts: of the answers of two systems, each as often on a prompt as the other.
        prompt: by answer, the number of its prompt.
        second: by answer, whether the second system wrote it.
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


def phrase_tests(found: PairedPresence) -> PhraseTests:
    """Test every word and phrase of which enough prompts can tell."""
    chosen = found.testable
    first, second, both = (each[chosen] for each in (found.first_only, found.second_only, found.both))
    p = mcnemar_of_each(first, second)
    q = scipy.stats.false_discovery_control(p) if len(p) else p
    return PhraseTests(chosen, p, q, *log_ratio_interval(first, second, both))
