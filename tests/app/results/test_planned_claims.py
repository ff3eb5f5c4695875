"""What is confirmed as planned, and what is exploratory, in studies that are sealed and judged blind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.rate.rating_session import study_session
from ftcompare.app.results.json_document import results_json
from ftcompare.app.results.planned_claims import PlannedClaims, Standing, planned_claims
from ftcompare.app.results.presentation.planned import planned_lines
from ftcompare.app.results.study_results import votes
from ftcompare.app.study.sealed_plan import (
    Aim,
    Hypothesis,
    PlanRules,
    Stopping,
    plan_text,
    seal,
    seals,
)
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message, PromptSpec, Split, SystemKind, SystemSpec, Verdict
from ftcompare.stats.claims import ClaimScope
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, refusal_code

PROMPTS = 24
BETTER = Hypothesis("tuned", "base")
UNSEEN = Hypothesis("tuned", "base", split=Split.HELD_OUT)
NOT_WORSE = Hypothesis("tuned", "base", aim=Aim.NOT_WORSE, margin=0.2)
OTHERS = Hypothesis("tuned", "base", scope=ClaimScope.RATERS_LIKE_THESE)

Wins = Callable[[int, str], bool]
"""Whether the fine-tune wins, from the number of the prompt and the rater's name."""


@pytest.fixture
def study(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """Two systems, half of the prompts unseen, three planned raters, and nobody has judged."""
    with StudyFile.create(tmp_path / "s.ftstudy", title="Planned", scale=Scale(), rng=rng, now=now) as study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model="/m/oak"))
        study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, model="/m/oak", adapter="/m/elm"))
        run = study.runs.start({}, now=now)
        specs = [
            PromptSpec(f"p{n}", (Message("user", f"Question {n}?"),), split=list(Split)[2 if n % 2 else 0])
            for n in range(PROMPTS)
        ]
        for number, prompt in enumerate(study.prompts.add(specs)):
            answer(study, prompt, (f"Plain {number}", f"Tuned {number}"), run=run)
        study.settings.set_rating(Scale(), RatingDesign(raters=3), now=now)
        yield study


def judge(
    study: StudyFile,
    now: datetime,
    wins: Wins,
    *,
    most: int = 1000,
    names: tuple[str, ...] = ("Ada", "Ben", "Cy"),
) -> None:
    """Each rater judges, at most so many pairs; known-answer checks are missed by raters in capitals."""
    for place, name in enumerate(names):
        clock = iter(now + timedelta(minutes=n) for n in range(10_000))
        session = study_session(study, name, clock=partial(next, clock), rng=Random(place))
        for _ in range(most):
            item = session.view().item
            if item is None:
                break
            good = "GOOD" in item.left or "GOOD" in item.right
            if good:
                left = ("GOOD" in item.left) is not name.isupper()
            else:
                number = int(item.left.split()[1])
                left = item.left.startswith("Tuned") is wins(number, name)
            session.judge(item.allocation, Verdict(Choice.LEFT if left else Choice.RIGHT, seconds=2.0))


def always(_number: int, _rater: str) -> bool:
    return True


def on_trained(number: int, _rater: str) -> bool:
    return number % 2 == 0


def half(number: int, _rater: str) -> bool:
    return number % 4 < 2


def outcome(study: StudyFile) -> PlannedClaims:
    found = planned_claims(study, votes(study))
    assert found is not None
    return found


def standings(study: StudyFile) -> list[str]:
    return [str(one.standing) for one in outcome(study).claims]


@pytest.mark.parametrize(
    ("hypotheses", "wins", "expected"),
    [
        ((BETTER,), always, ["confirmed"]),
        ((BETTER,), half, ["not_confirmed"]),
        ((Hypothesis("base", "tuned"),), always, ["opposite"]),
        ((BETTER, UNSEEN), on_trained, ["not_confirmed", "opposite"]),
        ((OTHERS,), always, ["confirmed"]),
        ((replace(NOT_WORSE, margin=0.1),), half, ["not_confirmed"]),
        ((NOT_WORSE,), always, ["confirmed"]),
    ],
)
def test_a_plan_that_is_kept_is_decided_at_the_end(
    study: StudyFile, now: datetime, hypotheses: tuple[Hypothesis, ...], wins: Wins, expected: list[str]
) -> None:
    seal(study, hypotheses, PlanRules(), now=now)
    judge(study, now, wins)
    assert outcome(study).claims == ()  # nothing about systems while the study is blinded
    unblind(study, "done", now=now)
    assert standings(study) == expected
    plan = results_json(study)["plan"]
    assert isinstance(plan, dict)
    assert isinstance(plan["hypotheses"], list)
    assert [one["standing"] for one in plan["hypotheses"] if isinstance(one, dict)] == expected


def test_unblinding_before_the_plan_is_done_confirms_nothing_and_says_so(
    study: StudyFile, now: datetime
) -> None:
    seal(study, (BETTER,), PlanRules(), now=now)
    judge(study, now, always, most=PROMPTS - 1)
    unblind(study, "it looks good", now=now)
    (claim,) = outcome(study).claims
    assert claim.standing is Standing.UNFINISHED
    assert claim.tested.e_value is not None
    assert "Judging ended early, so only the evidence counts" in planned_lines(outcome(study))[1]


@pytest.mark.parametrize(("most", "expected"), [(10, "confirmed"), (3, "not_confirmed")])
def test_a_plan_to_stop_by_evidence_confirms_at_any_time(
    study: StudyFile, now: datetime, most: int, expected: str
) -> None:
    seal(study, (BETTER,), PlanRules(stopping=Stopping.EVIDENCE), now=now)
    judge(study, now, always, most=most)
    unblind(study, "the evidence is enough", now=now)
    assert standings(study) == [expected]


def test_pairs_that_were_planned_and_never_written_are_missing(study: StudyFile, now: datetime) -> None:
    study.prompts.add([PromptSpec("late", (Message("user", "Late?"),))])
    seal(study, (BETTER,), PlanRules(), now=now)
    judge(study, now, always)
    unblind(study, "done", now=now)
    assert standings(study) == ["unfinished"]


def test_an_amendment_before_judging_is_planned_and_one_after_it_is_exploratory(
    study: StudyFile, now: datetime
) -> None:
    seal(study, (BETTER,), PlanRules(), now=now)
    seal(study, (BETTER, NOT_WORSE), PlanRules(), reason="a margin is enough for us", now=now)
    judge(study, now, always)
    seal(study, (NOT_WORSE, UNSEEN), PlanRules(), reason="we forgot unseen prompts", now=now)
    unblind(study, "done", now=now)
    found = {one.hypothesis: (str(one.standing), one.dropped) for one in outcome(study).claims}
    assert found == {
        BETTER: ("confirmed", True),
        NOT_WORSE: ("confirmed", False),
        UNSEEN: ("exploratory", False),
    }
    assert [one.before_judging for one in seals(study)] == [True, True, False]


def test_rules_amended_after_judging_began_leave_nothing_confirmed(study: StudyFile, now: datetime) -> None:
    seal(study, (BETTER,), PlanRules(), now=now)
    judge(study, now, always)
    seal(study, (BETTER,), PlanRules(max_missed_checks=0.5), reason="one was careless", now=now)
    unblind(study, "done", now=now)
    assert standings(study) == ["exploratory"]


def test_what_changes_after_sealing_is_named_and_nothing_is_confirmed(
    study: StudyFile, now: datetime
) -> None:
    seal(study, (BETTER,), PlanRules(), now=now)
    study.settings.set_rating(Scale(), RatingDesign(raters=4), now=now)
    judge(study, now, always, names=("Ada", "Ben", "Cy", "Di"))
    unblind(study, "done", now=now)
    assert standings(study) == ["exploratory"]
    assert "design of the rating differs" in planned_lines(outcome(study))[1]


def test_raters_are_left_out_by_the_rule_that_was_sealed(study: StudyFile, now: datetime) -> None:
    design = RatingDesign(raters=3, gold=0.25)
    study.settings.set_rating(Scale(), design, now=now)
    items = [GoldItem((Message("user", f"Gold {n}?"),), f"GOOD {n}", f"POOR {n}") for n in range(8)]
    study.gold.add(items, now=now)
    seal(study, (BETTER,), PlanRules(max_missed_checks=0.5), now=now)
    judge(study, now, lambda _n, rater: not rater.isupper(), names=("Ada", "Ben", "CARELESS"))
    unblind(study, "done", now=now)
    found = outcome(study)
    assert found.left_out == ("CARELESS",)
    assert [(one.standing, one.rate, one.raters) for one in found.claims] == [(Standing.CONFIRMED, 1.0, 2)]
    assert "leaves out 1 rater: CARELESS" in planned_lines(found)[1]


@pytest.mark.parametrize(
    ("hypotheses", "rules", "raters", "code"),
    [
        ((), PlanRules(), 3, "sealed-plan"),
        ((BETTER, BETTER), PlanRules(), 3, "sealed-plan"),
        ((Hypothesis("tuned", "tuned"),), PlanRules(), 3, "sealed-plan"),
        ((Hypothesis("tuned", "nobody"),), PlanRules(), 3, "sealed-plan"),
        ((Hypothesis("tuned", "base", category="none such"),), PlanRules(), 3, "sealed-plan"),
        ((Hypothesis("tuned", "base", margin=0.1),), PlanRules(), 3, "sealed-plan"),
        ((Hypothesis("tuned", "base", aim=Aim.NOT_WORSE),), PlanRules(), 3, "sealed-plan"),
        ((BETTER,), PlanRules(), 0, "sealed-plan"),
        ((OTHERS,), PlanRules(), 2, "sealed-plan"),
        ((OTHERS,), PlanRules(stopping=Stopping.EVIDENCE), 3, "sealed-plan"),
    ],
)
def test_a_plan_that_cannot_be_decided_is_refused(
    study: StudyFile,
    now: datetime,
    hypotheses: tuple[Hypothesis, ...],
    rules: PlanRules,
    raters: int,
    code: str,
) -> None:
    study.settings.set_rating(Scale(), RatingDesign(raters=raters), now=now)
    assert refusal_code(lambda: seal(study, hypotheses, rules, now=now)) == code
    assert seals(study) == ()


def test_a_plan_is_sealed_before_judging_and_amended_with_a_reason_until_unblinding(
    study: StudyFile, now: datetime
) -> None:
    assert refusal_code(lambda: seal(study, (BETTER,), PlanRules(), reason="why", now=now)) == "seal-reason"
    seal(study, (BETTER,), PlanRules(), now=now)
    assert refusal_code(lambda: seal(study, (UNSEEN,), PlanRules(), now=now)) == "seal-reason"
    judge(study, now, always, most=1)
    unblind(study, "done", now=now)
    assert refusal_code(lambda: seal(study, (UNSEEN,), PlanRules(), reason="why", now=now)) == "seal-late"


def test_a_first_plan_is_refused_once_somebody_has_judged(study: StudyFile, now: datetime) -> None:
    judge(study, now, always, most=1)
    assert refusal_code(lambda: seal(study, (BETTER,), PlanRules(), now=now)) == "seal-late"


def test_the_readable_plan_says_all_that_was_sealed(study: StudyFile, now: datetime) -> None:
    rules = PlanRules(max_missed_checks=0.4, max_turned_repeats=0.5)
    text = plan_text("Planned", seal(study, (BETTER, NOT_WORSE), rules, gate="min_win_rate = 0.5\n", now=now))
    for part in (
        "1. These raters prefer tuned to base on all prompts.",
        "2. For these raters, tuned is not worse than base by 20% or more on all prompts.",
        "24 prompts and 24 pairs",
        "3 raters, each of whom judges every pair",
        "tested once, at 5%",
        "corrected for their number",
        "miss more than 40%",
        "turn more than 50%",
        "min_win_rate = 0.5",
        seals(study)[0].digest,
    ):
        assert part in text
