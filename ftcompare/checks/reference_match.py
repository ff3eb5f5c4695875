"""How far an answer is what was accepted as right: equal, held, and by its words (F1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ftcompare.checks.normalised_answer import normalised


@dataclass(frozen=True, slots=True)
class ReferenceMatch:
    """An answer beside the accepted ones, the best of them for each.

    Args:
        equal: it is one of them.
        held: the words of one stand in it, one after another.
        f1: harmonic mean of precision and recall over words, 0 to 1.
    """

    equal: bool
    held: bool
    f1: float


def reference_match(text: str, references: Sequence[str]) -> ReferenceMatch:
    """An answer beside accepted answers, all normalised.

    Args:
        text: the answer.
        references: one at least, each with a word.

    Source: Rajpurkar et al. 2016, section 6.1; "contains" as papers on retrieval have it.
    """
    own = normalised(text)
    accepted = [normalised(reference) for reference in references]
    held = any(f" {one} " in f" {own} " for one in accepted)
    return ReferenceMatch(own in accepted, held, max(_f1(own.split(), one.split()) for one in accepted))


def _f1(words: Sequence[str], accepted: Sequence[str]) -> float:
    shared = (Counter(words) & Counter(accepted)).total()
    return 2 * shared / (len(words) + len(accepted))
