"""How well an answer matches accepted answers: equality, containment, and F1 over words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ftcompare.checks.normalised_answer import normalised


@dataclass(frozen=True, slots=True)
class ReferenceMatch:
    """An answer compared with accepted answers; each measure is the best over them.

    Args:
        equal: whether it equals one of them.
        held: whether it contains the words of one of them consecutively.
        f1: harmonic mean of precision and recall over words, 0 to 1.
    """

    equal: bool
    held: bool
    f1: float


def reference_match(text: str, references: Sequence[str]) -> ReferenceMatch:
    """Compare an answer with accepted answers, all normalised.

    Args:
        text: the answer.
        references: at least one, each with at least one word.

    Source: Rajpurkar et al. 2016, section 6.1; "contains" as in the literature on retrieval.
    """
    own = normalised(text)
    accepted = [normalised(reference) for reference in references]
    held = any(f" {one} " in f" {own} " for one in accepted)
    return ReferenceMatch(own in accepted, held, max(_f1(own.split(), one.split()) for one in accepted))


def _f1(words: Sequence[str], accepted: Sequence[str]) -> float:
    shared = (Counter(words) & Counter(accepted)).total()
    return 2 * shared / (len(words) + len(accepted))
