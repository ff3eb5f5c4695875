"""Pairs with all their votes: one record for each pair, for tools that store several votes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ftcompare.core.study import Comparison, ComparisonId, JudgedRow, Prompt, RaterKind


@dataclass(frozen=True, slots=True)
class PairWithVotes:
    """A pair with its standing votes (at least one), by time."""

    comparison: Comparison
    prompt: Prompt
    votes: tuple[JudgedRow, ...]

    def of(self, kind: RaterKind) -> tuple[JudgedRow, ...]:
        """The votes of people, or those of programs."""
        return tuple(vote for vote in self.votes if vote.rater.kind is kind)


def pairs_with_votes(rows: Iterable[JudgedRow]) -> tuple[PairWithVotes, ...]:
    """The pairs with votes, in the order of their first votes."""
    found: dict[ComparisonId, list[JudgedRow]] = {}
    for row in rows:
        votes = found.setdefault(row.comparison.id, [])
        # Each row read has its own texts; one copy of equal texts is kept.
        votes.append(replace(row, comparison=votes[0].comparison, prompt=votes[0].prompt) if votes else row)
    return tuple(
        PairWithVotes(votes[0].comparison, votes[0].prompt, tuple(votes)) for votes in found.values()
    )
