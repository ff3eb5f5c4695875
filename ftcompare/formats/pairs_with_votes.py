"""Pairs with all their votes: one record for each pair, for tools that store several votes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ftcompare.core.conversation import turns_before
from ftcompare.core.recipe import Message
from ftcompare.core.study import (
    Comparison,
    ComparisonId,
    JudgedRow,
    Prompt,
    PromptSpec,
    RaterKind,
    Response,
    SystemId,
)
from ftcompare.formats.json_files import require_rows
from ftcompare.formats.record_fields import whole_prompt


def answer_text(prompt: PromptSpec, response: Response) -> str:
    """Return the answer; for a conversation, all answers and user turns after the speakers' names."""
    if not response.earlier:
        return response.text
    last = Message("assistant", response.text)
    return whole_prompt((*turns_before(response.earlier, prompt.later_turns), last))


@dataclass(frozen=True, slots=True)
class PairWithVotes:
    """Pair with its standing votes (at least one), by time."""

    comparison: Comparison
    prompt: Prompt
    votes: tuple[JudgedRow, ...]

    def of(self, kind: RaterKind) -> tuple[JudgedRow, ...]:
        return tuple(vote for vote in self.votes if vote.rater.kind is kind)


Compared = TypeVar("Compared", JudgedRow, PairWithVotes)


def pairs_with_votes(rows: Iterable[JudgedRow]) -> tuple[PairWithVotes, ...]:
    found: dict[ComparisonId, list[JudgedRow]] = {}
    for row in rows:
        votes = found.setdefault(row.comparison.id, [])
        # Each row read has its own texts; one copy of equal texts is kept.
        votes.append(replace(row, comparison=votes[0].comparison, prompt=votes[0].prompt) if votes else row)
    return tuple(
        PairWithVotes(votes[0].comparison, votes[0].prompt, tuple(votes)) for votes in found.values()
    )


def by_couple(path: Path, rows: Iterable[Compared], what: str) -> dict[Path, list[Compared]]:
    """Group rows by their two systems, each couple with the path of its file: ``path``, ``NAME-2.json``.

    The couples have the order of the systems, so that imports of one file after another keep it.
    """
    couples: dict[tuple[SystemId, SystemId], list[Compared]] = {}
    for row in rows:
        couples.setdefault((row.comparison.a.system, row.comparison.b.system), []).append(row)
    require_rows(path, len(couples), what)
    places = (path, *(path.with_name(f"{path.stem}-{n}.json") for n in range(2, len(couples) + 1)))
    return dict(zip(places, (couples[systems] for systems in sorted(couples)), strict=False))
