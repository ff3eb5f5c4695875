"""How consistent several answers of one system to one prompt are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ftcompare.checks.normalised_answer import normalised


@dataclass(frozen=True, slots=True)
class SampleConsistency:
    """Consistency of one system's samples on one prompt. Texts are equal if their normal forms are."""

    samples: int  # number of samples, at least 2
    different: int  # number of different answers among them
    equal_pairs: float  # share of pairs of samples that are equal, 0 to 1
    modal_share: float  # share of the most frequent answer, above 0 and at most 1
    chrf: float  # mean chrF of two samples, 0 to 1
    # number of different words / number of words of all samples, above 0 and at most 1; None without words
    distinct_1: float | None
    distinct_2: float | None  # the same for pairs of neighbouring words; None where there are none

    @property
    def steady(self) -> bool:
        return self.different == 1


def sample_consistency(texts: Sequence[str]) -> SampleConsistency:
    """Compare the samples of one system to one prompt.

    distinct-n is that of Li et al. 2016, "A Diversity-Promoting Objective Function for Neural Conversation
    Models", NAACL-HLT 110-119, over the samples of one prompt.
    """
    from ftcompare.checks.chrf import mean_pairwise_chrf

    answers = [normalised(text) for text in texts]
    counts, number = Counter(answers), len(texts)
    words = [answer.split() for answer in answers]
    return SampleConsistency(
        samples=number,
        different=len(counts),
        equal_pairs=sum(count * (count - 1) for count in counts.values()) / (number * (number - 1)),
        modal_share=max(counts.values()) / number,
        chrf=mean_pairwise_chrf(texts) / 100,
        distinct_1=_distinct([word for own in words for word in own]),
        distinct_2=_distinct([pair for own in words for pair in pairwise(own)]),
    )


def _distinct(ngrams: Sequence[object]) -> float | None:
    return len(set(ngrams)) / len(ngrams) if ngrams else None
