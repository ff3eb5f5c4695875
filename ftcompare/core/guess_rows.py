"""Raters' guesses about pairs, with the systems of each pair."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.study import AllocationId, Comparison, GuessMoment, Prompt, Rater, SystemId


@dataclass(frozen=True, slots=True)
class GuessRow:
    """One standing guess on an ordinary comparison, turned from places to systems.

    Args:
        pair: both systems, left first.
        guessed: the system that stood where the rater pointed; None when unsure.
        at: ISO 8601 UTC.
    """

    rater: Rater
    allocation: AllocationId
    comparison: Comparison
    prompt: Prompt
    pair: tuple[SystemId, SystemId]
    guessed: SystemId | None
    sure: int | None
    moment: GuessMoment
    at: str
