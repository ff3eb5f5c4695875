"""Token counts of a response."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Token counts of one response in addition to that of its answer; None where unknown.

    Args:
        prompt: tokens read, summed over all turns: recipe, context and question.
        reasoning: tokens written before the answer.
    """

    prompt: int | None = None
    reasoning: int | None = None


UNCOUNTED = TokenCounts()
