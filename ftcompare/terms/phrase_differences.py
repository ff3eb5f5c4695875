"""Words and phrases that one of two systems uses on more prompts than the other, with significance tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from ftcompare.terms.keyness import Counts, Flags, Values, log_ratio_interval, mcnemar_of_each
from ftcompare.terms.ngrams import NgramCounts

LEAST_DISCORDANT = 6
"""Minimum number of prompts on which only one of the two systems used a word, for a test: with fewer no p is
below .05 (2 · ½⁵ = .0625). This number does not depend on which of the two used the word, so selecting words
by it does not cause false discoveries (Tarone 1990; Bourgon, Gentleman & Huber 2010)."""


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

    @property
    def testable(self) -> Counts:
        """The numbers of the words and phrases that are tested."""
        return np.flatnonzero(self.first_only + self.second_only >= LEAST_DISCORDANT)

    def leads(self, gram: int) -> Counts:
        """For one word or phrase, the differences in uses of the prompts where they are not 0."""
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

    Args:
        counts: counts of the answers of two systems, with equal numbers of answers on each prompt.
        prompt: number of the prompt, by answer.
        second: whether the second system wrote the answer, by answer.
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
    """Test every word and phrase with enough discordant prompts."""
    chosen = found.testable
    first, second, both = (each[chosen] for each in (found.first_only, found.second_only, found.both))
    p = mcnemar_of_each(first, second)
    q = scipy.stats.false_discovery_control(p) if len(p) else p
    return PhraseTests(chosen, p, q, *log_ratio_interval(first, second, both))
