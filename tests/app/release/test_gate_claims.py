"""“Better” and “not worse” in a gate say what the results say of the same study, and of whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.release.gate import Gate
from ftcompare.app.release.gate_conditions import Condition
from ftcompare.app.release.gate_report import apply_gate
from ftcompare.app.release.released_pair import SpeaksFor
from ftcompare.app.results.claim_sentences import headline
from ftcompare.app.results.study_results import main_pair, results
from ftcompare.stats.claims import ClaimScope
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study

PROMPTS = 20
Make = Callable[..., StudyFile]


@pytest.fixture
def made(tmp_path: Path, rng: Random, now: datetime) -> Make:
    def make(**wins: int) -> StudyFile:
        """Twenty prompts before each rater, of whom the tuned system wins so many."""
        votes = [
            voted(f"p{n}", rater, "b" if n < won else "a")
            for rater, won in wins.items()
            for n in range(PROMPTS)
        ]
        return voted_study(tmp_path / "votes.ftstudy", votes, rng, now)

    return make


def condition_of(study: StudyFile, **asked: Any) -> Condition:
    gate = Gate(system="tuned", against="base", **asked)
    (found,) = apply_gate(study, gate).conditions
    return found


def headline_of(study: StudyFile) -> str:
    pair = main_pair(results(study).summary)
    assert pair is not None
    return headline(pair)


DIVIDED = {"Ada": 20, "Ben": 20, "Cleo": 9}
"""Clearly preferred by these three, who are too unlike to speak for others."""


def test_where_only_these_raters_prefer_it_the_gate_names_of_whom_it_asks(made: Make) -> None:
    with made(**DIVIDED) as study:
        assert headline_of(study).startswith("These 3 raters preferred tuned over base")
        widest = condition_of(study, min_win_rate=0.5)
        others = condition_of(study, min_win_rate=0.5, speaks_for=SpeaksFor.RATERS_LIKE_THESE)
        these = condition_of(study, min_win_rate=0.5, speaks_for=SpeaksFor.THESE_RATERS)
    assert (widest.holds, others.holds, these.holds) == (False, False, True)
    assert widest == others
    assert "(95% interval, for raters like these)" in widest.told
    assert "(95% interval, for these 3 raters alone)" in these.told


def test_not_worse_is_asked_of_the_same_raters(made: Make) -> None:
    with made(**DIVIDED) as study:
        widest = condition_of(study, not_worse_than=0.05)
        these = condition_of(study, not_worse_than=0.05, speaks_for=SpeaksFor.THESE_RATERS)
    assert (widest.holds, these.holds) == (False, True)
    assert "for raters like these" in widest.told
    assert "for these 3 raters alone" in these.told


def test_two_raters_cannot_speak_for_others_and_a_gate_that_asks_it_does_not_hold(made: Make) -> None:
    with made(Ada=20, Ben=20) as study:
        for asked in ({"min_win_rate": 0.5}, {"not_worse_than": 0.05}):
            found = condition_of(study, **asked, speaks_for=SpeaksFor.RATERS_LIKE_THESE)
            assert (found.found, found.holds) == (None, False)
            assert "fewer than 3 raters judged, too few to speak for others" in found.words
            assert condition_of(study, **asked).holds


def test_one_rater_and_raters_who_judged_little_cannot_either(
    made: Make, tmp_path: Path, rng: Random, now: datetime
) -> None:
    asked = {"min_win_rate": 0.5, "speaks_for": SpeaksFor.RATERS_LIKE_THESE}
    with made(Ada=20) as study:
        assert "fewer than 3 raters judged" in condition_of(study, **asked).words
    few = [voted(f"p{n}", "Ada", "b") for n in range(PROMPTS)]
    few += [voted("p1", rater, "b") for rater in ("Ben", "Cleo")]
    with voted_study(tmp_path / "few.ftstudy", few, rng, now) as study:
        assert "fewer than 3 raters have 5 judgments or more" in condition_of(study, **asked).words


@pytest.mark.parametrize(
    "wins",
    [
        {"Ada": 14},
        {"Ada": 15},
        {"Ada": 5},
        {"Ada": 16, "Ben": 13},
        {"Ada": 16, "Ben": 15, "Cleo": 17},
        {"Ada": 4, "Ben": 5, "Cleo": 3},
        {"Ada": 10, "Ben": 10, "Cleo": 10},
    ],
    ids=str,
)
def test_better_holds_where_the_claim_of_the_results_is_made(wins: Mapping[str, int], made: Make) -> None:
    with made(**wins) as study:
        pair = main_pair(results(study).summary)
        assert pair is not None
        claims = {claim.scope: claim for claim in pair.claims}
        widest = claims.get(ClaimScope.RATERS_LIKE_THESE)
        claim = widest if widest is not None and widest.low is not None else pair.claims[0]
        found = condition_of(study, min_win_rate=0.5)
        turned = apply_gate(study, Gate(system="base", against="tuned", min_win_rate=0.5)).conditions[0]
    assert found.holds == (claim.favours == "b")
    assert turned.holds == (claim.favours == "a")
