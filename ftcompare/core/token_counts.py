"""Token counts of a response."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Token counts of one response in addition to that of its answer; None where unknown."""

    prompt: int | None = None  # tokens read, summed over all turns: recipe, context and question
    reasoning: int | None = None  # tokens written before the answer


UNCOUNTED = TokenCounts()
