"""The planner: what so many prompts and raters can find, and what a study's own judgments say of that."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.rate.rating_session import study_desk
from ftcompare.app.setup.plan_estimates import ENOUGH, MOST_TIES, USUAL, Assumptions, observed, plan
from ftcompare.app.setup.planner import Basis, Question, based, basis_of, outlook, people_of, with_people
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Verdict
from ftcompare.stats.planning import ALIKE, prompts_for_rate
from ftcompare.store.study.study_file import StudyFile
from tests.app.scripted_study import scripted_study
from tests.app.voted_study import voted, voted_study

NO_TIES = Assumptions(tie_share=0.0)


@pytest.mark.parametrize(("wanted", "prompts"), [(0.55, 786), (0.6, 199), (0.65, 90), (0.7, 49)])
def test_sizes_of_the_design_page_both_ways(wanted: float, prompts: int) -> None:
    asked = Question(prompts, assumed=NO_TIES, wanted=wanted)
    found = outlook(asked)
    assert (found.needed, found.discordant) == (prompts, prompts)
    assert wanted - 0.004 < (found.found or 0) <= wanted + 1e-9
    assert (wanted, prompts) in found.landmarks
    assert found.found_together is None
    assert found.needed_by_miller is None


def test_ties_cost_prompts_and_more_power_too() -> None:
    tied = outlook(Question(100, assumed=Assumptions(tie_share=0.25)))
    assert tied.decided == 75
    assert tied.needed == math.ceil(199 / 0.75)
    sure = outlook(Question(100, power=0.95))
    assert (sure.needed or 0) > (outlook(Question(100)).needed or 0)
    assert (sure.found or 0) > (outlook(Question(100)).found or 1)


def test_several_judgments_a_pair_find_more_and_two_methods_agree_on_how_many_prompts() -> None:
    found = outlook(Question(200, RatingDesign(raters=6, each=3)))
    assert found.needed_together == math.ceil(199 / 0.8 * (0.4 + 0.6 / 3))
    assert found.needed_by_miller == pytest.approx(found.needed_together, rel=0.03)
    assert (found.found_together or 1) < (found.found or 0)


@pytest.mark.parametrize("prompts", [6, 12, 50, 72, 100, 120, 248, 249, 500, 786, 2000])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_the_planner_and_the_plan_line_say_the_same_and_the_least_that_is_enough(
    prompts: int, power: float
) -> None:
    found = outlook(Question(prompts, power=power))
    said = plan(prompts, power=power)
    assert found.found == found.plan.win_rate == said.win_rate
    if said.win_rate is None:
        assert (prompts_for_rate(0.99, power=power) or 0) > prompts
        return
    assert f"detects a {said.win_rate:.0%} win rate with {power:.0%} power" in said.sentence
    assert (prompts_for_rate(said.win_rate, power=power) or prompts + 1) <= prompts
    less = prompts_for_rate(said.win_rate - 0.01, power=power)
    assert less is None or less > prompts


def test_setup_gets_the_people_of_a_plan_and_stays_open_where_nobody_was_counted() -> None:
    opened = Question(60)
    assert people_of(opened, opened) == (0, 0)
    assert people_of(opened, Question(60, RatingDesign(raters=1))) == (0, 0)
    assert people_of(opened, Question(60, RatingDesign(raters=1, each=1))) == (1, 1)
    assert people_of(opened, Question(60, RatingDesign(raters=4, each=2))) == (4, 2)
    planned = Question(60, RatingDesign(raters=2))
    assert people_of(planned, Question(60, RatingDesign(raters=1))) == (1, 0)


def test_what_was_put_in_by_hand_goes_on_and_the_rest_follows_the_study() -> None:
    seen = Assumptions(tie_share=0.3, judgments=40)
    asked = Question(60, assumed=seen, known=seen, power=0.9, wanted=0.7)
    assert basis_of(asked) == Basis(None, 0.9, 0.7)
    later = Assumptions(tie_share=0.35, judgments=80)
    assert based(Question(60, known=later), basis_of(asked)).assumed == later
    own = Assumptions(tie_share=0.5, judgments=40, own=True)
    asked = Question(60, assumed=own, known=seen)
    assert based(Question(60, known=later), basis_of(asked)).assumed == own
    assert "50% of the pairs end in a tie" in plan(60, assumed=own).assumptions
    assert "as put into the planner" in plan(60, assumed=own).assumptions


def test_the_interval_over_raters_asks_for_raters_and_grows_with_their_spread() -> None:
    assert outlook(Question(100)).margins.over_raters is None
    alike, apart = (
        outlook(Question(100, RatingDesign(raters=4), assumed=Assumptions(rater_spread=spread))).margins
        for spread in (0.0, 0.1)
    )
    assert alike.over_prompts == apart.over_prompts
    assert (apart.over_raters or 0) > (alike.over_raters or 1)


def test_time_and_judgments_are_those_of_the_plan() -> None:
    design = RatingDesign(raters=3, each=2, repeats=0.1)
    found = outlook(Question(60, design, assumed=Assumptions(seconds=60.0)))
    assert found.plan.minutes == 44
    assert found.plan.load.total == 44
    assert found.judgments == 3 * 44


def test_measured_seconds_have_the_criteria_in() -> None:
    scale, seconds = Scale(criteria=("accuracy", "safety")), Assumptions(seconds=60.0)
    usual = plan(30, scale=scale, assumed=seconds)
    seen = plan(30, scale=scale, assumed=replace(seconds, measured=True, judgments=40))
    assert (usual.minutes, seen.minutes) == (35, 30)
    assert "60 s (a criterion 5 s more)" in usual.assumptions
    assert "60 s (with its criteria), as in the study's 40 judgments" in seen.assumptions
    guessing = RatingDesign(guess_share=0.5)
    told = plan(30, guessing, scale, assumed=replace(seconds, measured=True)).assumptions
    assert "60 s (with its criteria, a guess 5 s more)" in told


def test_too_few_prompts_find_nothing() -> None:
    assert outlook(Question(3)).found is None
    assert outlook(Question(1, RatingDesign(raters=3))).margins.over_prompts is None


def test_more_judgments_a_pair_than_raters_are_refused() -> None:
    assert with_people(RatingDesign(repeats=0.1), 3, 2) == RatingDesign(raters=3, each=2, repeats=0.1)
    with pytest.raises(UserError, match="need at least 4 raters"):
        with_people(RatingDesign(), 3, 4)


def test_a_study_of_few_judgments_is_planned_by_what_is_usual(study: StudyFile, now: datetime) -> None:
    assert observed(study) == USUAL
    desk = study_desk(study, "Ada", clock=lambda: now, rng=Random(1))
    for _ in range(12):
        item = desk.view().item
        assert item is not None
        desk.judge(item.allocation, Verdict(Choice.TIE, seconds=9.0))
    assert observed(study) == USUAL
    assert "20% of the pairs end in a tie" in plan(12, assumed=observed(study)).assumptions


def test_ties_and_pace_are_those_of_the_judgments_so_far(study: StudyFile, now: datetime) -> None:
    for name in ("Ada", "Ben"):
        desk = study_desk(study, name, clock=lambda: now + timedelta(minutes=1), rng=Random(1))
        for number in range(12):
            item = desk.view().item
            assert item is not None
            choice = Choice.LEFT if number % 2 else Choice.BOTH_BAD
            desk.judge(item.allocation, Verdict(choice, seconds=9.0))
    found = observed(study)
    # Nobody has judged 20 yet, so that how alike they are is not known.
    assert found == Assumptions(0.5, 9.0, ALIKE, rater_spread=0.0, judgments=24, measured=True)
    told = plan(12, assumed=found).assumptions
    assert "50% of the pairs end in a tie" in told
    assert "9 s, as in the study's 24 judgments so far" in told


def test_how_raters_differ_is_seen_from_their_judgments(tmp_path: Path, rng: Random, now: datetime) -> None:
    """Of 40 prompts Ada gives b 30, Ben 20 of the same and Cleo 10: means of 3/4, 1/2 and 1/4."""
    wins = {"Ada": 30, "Ben": 20, "Cleo": 10}
    votes = [
        voted(f"p{n}", rater, "b" if n < won else "a", at=f"2026-11-20T09:{n:02}:00Z")
        for rater, won in wins.items()
        for n in range(40)
    ]
    with voted_study(tmp_path / "s.ftstudy", votes, rng, now) as study:
        found = observed(study)
    assert found.judgments == 120
    assert found.tie_share == 0
    assert found.seconds == USUAL.seconds
    # By the analysis of variance: the raters' mean square is 40 · 2 (1/4)² / 2 = 2.5.
    assert found.rater_spread == pytest.approx(math.sqrt((2.5 - residual(wins)) / 40))


def residual(wins: dict[str, int]) -> float:
    """MS of the residual of the table of the test above, worked out prompt by prompt."""
    table = [[1.0 if n < won else 0.0 for won in wins.values()] for n in range(40)]
    rows, columns = [sum(row) / 3 for row in table], [won / 40 for won in wins.values()]
    squares = (
        (x - r - c + 0.5) ** 2
        for row, r in zip(table, rows, strict=True)
        for x, c in zip(row, columns, strict=True)
    )
    return sum(squares) / (39 * 2)


def test_votes_that_never_vary_leave_the_usual_likeness(tmp_path: Path, rng: Random, now: datetime) -> None:
    votes = [voted(f"p{n}", rater, "tie") for rater in ("Ada", "Ben") for n in range(ENOUGH)]
    with voted_study(tmp_path / "s.ftstudy", votes, rng, now) as study:
        assert observed(study).alike == ALIKE
        assert observed(study).tie_share == MOST_TIES
        assert "90% of the pairs" in plan(12, assumed=observed(study)).assumptions


def test_scripted_raters_are_seen_as_they_are(tmp_path: Path) -> None:
    path = scripted_study(tmp_path, prompts=30, raters=3, seed=5)
    with StudyFile.open(path, now=datetime(2026, 11, 21).astimezone()) as study:
        found = observed(study)
    assert found.judgments == 90
    assert 10 < found.seconds < 60
    assert 0 < found.alike < 1
