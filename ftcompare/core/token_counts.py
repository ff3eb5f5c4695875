"""Token counts of a response."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Numbers of tokens of one response beside those of its answer; None where unknown.

    Args:
        prompt: that were read, of all turns together: recipe, context and question.
        reasoning: that were written before the answer.
    """

    prompt: int | None = None
    reasoning: int | None = None


UNCOUNTED = TokenCounts()
