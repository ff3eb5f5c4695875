"""Votes and the published data that several tests of the statistics use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ftcompare.core.markdown_style import MarkdownStyle
from ftcompare.core.study import RaterKind, Split, Vote

VoteMaker = Callable[..., Vote]
PREFERENCE = {"a": 0.0, "b": 1.0, "tie": 0.5, "both_bad": 0.5}


@pytest.fixture
def vote() -> VoteMaker:
    """Makes a vote: ``vote("p1", "Ann", "b")`` is Ann's for the second of two systems."""

    def make(
        prompt: str,
        rater: str,
        choice: str,
        *,
        a: str = "base",
        b: str = "tuned",
        left: str = "",
        lengths: tuple[int, int] = (0, 0),
        category: str = "",
        split: Split = Split.NONE,
        kind: RaterKind = RaterKind.HUMAN,
        preference: float | None = None,
        tags: tuple[str, ...] = (),
        styles: tuple[MarkdownStyle, MarkdownStyle] = (MarkdownStyle(), MarkdownStyle()),
    ) -> Vote:
        return Vote(
            prompt=prompt,
            rater=rater,
            a=a,
            b=b,
            choice=choice,
            preference=PREFERENCE[choice] if preference is None else preference,
            left=left,
            category=category,
            split=split,
            rater_kind=kind,
            length_a=lengths[0],
            length_b=lengths[1],
            tags=tags,
            style_a=styles[0],
            style_b=styles[1],
        )

    return make


@pytest.fixture
def baseball() -> tuple[tuple[str, str, int, int], ...]:
    """Home team, visitors, games won at home, games won away.

    American League, eastern division, 1987: Agresti, Categorical Data Analysis, table 11.10.
    """
    teams = ["Mil", "Det", "Tor", "NY", "Bos", "Cle", "Bal"]
    rows = """4-3 4-2 4-3 6-1 4-2 6-0
              3-3 4-2 4-3 6-0 6-1 4-3
              2-5 4-3 2-4 4-3 4-2 6-0
              3-3 5-1 2-5 4-3 4-2 6-1
              5-1 2-5 3-3 4-2 5-2 6-0
              2-5 3-3 3-4 4-3 4-2 2-4
              2-5 1-5 1-6 2-4 1-6 3-4""".splitlines()

    def games() -> Iterator[tuple[str, str, int, int]]:
        for home, row in zip(teams, rows, strict=True):
            guests = [team for team in teams if team != home]
            for away, score in zip(guests, row.split(), strict=True):
                won, lost = map(int, score.split("-"))
                yield home, away, won, lost

    return tuple(games())
