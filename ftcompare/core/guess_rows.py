"""Raters' guesses about pairs, with the systems of each pair."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.study import AllocationId, Comparison, GuessMoment, Prompt, Rater, SystemId


@dataclass(frozen=True, slots=True)
class GuessRow:
    """One current guess on an ordinary comparison, converted from sides to systems."""

    rater: Rater
    allocation: AllocationId
    comparison: Comparison
    prompt: Prompt
    pair: tuple[SystemId, SystemId]  # both systems, the one on the left first
    guessed: SystemId | None  # the system on the side that the rater chose; None when unsure
    sure: int | None  # 1 (a hunch) to 3 (certain); None when unsure
    moment: GuessMoment  # whether the rater was asked right after the judgment or at the end
    at: str  # time of the guess, ISO 8601 UTC
