"""Versions of a rubric beside people's votes: halves fixed by prompts, disagreements of one half alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.judges.judging_plan import PairChoice, chosen_pairs, prompt_halves
from ftcompare.app.measures.judges.judge_figures import study_judges
from ftcompare.app.measures.judges.kind import KIND, rubric_trials
from ftcompare.app.work_progress import ignore_progress
from ftcompare.core.judge import JudgeKind, JudgeMode, JudgeSpec, JudgeVote, RubricHalf
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message, PromptId, PromptSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, drawn_rater, import_systems, output_of

PROMPTS = 30
FIRST = JudgeSpec("first", JudgeKind.MODEL, JudgeMode.PAIRWISE, model="m", rubric="Shorter is better.")
SECOND = replace(FIRST, name="second", rubric="Right is better.")
OTHER = replace(FIRST, name="other model", model="n")


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    """People prefer the fine-tune's answer to every prompt."""
    with StudyFile.create(tmp_path / "s.ftstudy", title="", scale=Scale(), rng=Random(7), now=now) as study:
        import_systems(study, "base", "tuned")
        for prompt in study.prompts.add(
            PromptSpec(f"p{n}", (Message("user", f"{n}?"),)) for n in range(PROMPTS)
        ):
            answer_elsewhere(study, prompt, ("worse", "better"))
        rater = drawn_rater(study, "Ada", rng=Random(1), now=now).id
        while (item := study.judgments.next_item(rater)) is not None:
            choice = Choice.LEFT if item.left == "better" else Choice.RIGHT
            study.judgments.judge(item.allocation, Verdict(choice), now=now)
        yield study


def judge(
    study: StudyFile, spec: JudgeSpec, half: RubricHalf | None, wrong: int, now: datetime
) -> set[PromptId]:
    """A judge votes on a half, against people on the first ``wrong`` prompts; returns those."""
    judge, pairs = study.judges.add(spec, now=now), chosen_pairs(study, PairChoice(half=half))
    for place, pair in enumerate(pairs):
        votes = [JudgeVote("a" if place < wrong else "b", 1.0, a_first) for a_first in (True, False)]
        study.judges.add_votes(judge, pair.comparison, votes, now=now)
    return {pair.prompt for pair in pairs[:wrong]}


def test_halves_depend_on_prompts_alone(study: StudyFile) -> None:
    halves = prompt_halves(study)
    improving, held_out = (
        {pair.prompt for pair in chosen_pairs(study, PairChoice(half=half))} for half in RubricHalf
    )
    assert not improving & held_out
    assert improving | held_out == set(halves)
    assert min(len(improving), len(held_out)) > PROMPTS / 4
    assert "half" not in PairChoice().to_json()


def test_versions_are_improved_on_one_half_and_judged_on_the_other(
    study: StudyFile, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not rubric_trials(study, study_judges(study))
    wrong = judge(study, FIRST, RubricHalf.IMPROVING, 5, now)
    judge(study, SECOND, None, 0, now)
    judge(study, OTHER, None, 0, now)
    (blinded,) = rubric_trials(study, study_judges(study))
    assert not any(one.differing for one in blinded.versions)
    study.settings.unblind("done", now=now)
    (trial,) = rubric_trials(study, study_judges(study))
    first, second = trial.versions
    halves = [*prompt_halves(study).values()]
    improving = halves.count(RubricHalf.IMPROVING)
    own, other = first.by_half.values()
    assert other is None
    assert own is not None
    assert own.agreement is not None
    assert own.agreement.value == pytest.approx(1 - 5 / improving)
    assert own.agreement.low is not None
    assert {one.prompt for one in first.differing} == wrong
    held_out = second.by_half[RubricHalf.HELD_OUT]
    assert held_out is not None
    assert held_out.agreement is not None
    assert held_out.agreement.n == PROMPTS - improving
    assert trial.held_out == 1
    details = KIND.details(study, ignore_progress) if KIND.details else ()
    assert "rubrics" in {section.key for section in details}
    path = study.path
    study.close()
    shown = output_of(capsys, ["judges", "rubrics", str(path)])
    assert "first: on 5 pairs of the half for improving" in shown
    assert "versions judged pairs of the half for testing" not in shown
    (told,) = json.loads(output_of(capsys, ["judges", "rubrics", str(path), "--json"]))["rubrics"]
    assert [len(one["differing"]) for one in told["versions"]] == [5, 0]
    assert told["versions"][0]["agreement"]["held-out"] is None
    assert told["versions"][0]["rubric"] == FIRST.rubric_digest


def test_a_held_out_half_that_chose_the_rubric_is_said_so(
    study: StudyFile, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(study, FIRST, None, PROMPTS, now)
    judge(study, SECOND, None, 0, now)
    study.settings.unblind("done", now=now)
    (trial,) = rubric_trials(study, study_judges(study))
    halves = prompt_halves(study)
    assert {halves[one.prompt] for one in trial.versions[0].differing} == {RubricHalf.IMPROVING}
    path = study.path
    study.close()
    assert "2 versions judged pairs of the half for testing" in output_of(
        capsys, ["judges", "rubrics", str(path)]
    )
