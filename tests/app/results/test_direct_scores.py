"""Scores that a judge gives to single answers: rows of the matrix, and the run that the window offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import drive
from ftcompare.app.judges.judge_overview import WARNING
from ftcompare.app.judges.judging_plan import JudgingAnswer, PairChoice
from ftcompare.app.measures.judges.judge_figures import direct_scores, judge_blocks, study_judges
from ftcompare.app.measures.judges.kind import JUDGE, KIND
from ftcompare.app.measures.kind import TOGETHER, MeasureRow
from ftcompare.app.measures.runs import AskedForm, RunNeeds
from ftcompare.app.results.presentation.blocks import Paragraph, Table
from ftcompare.app.work_progress import ignore_progress
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.judge import JudgeMode, JudgeOutcome, JudgeReply, JudgeTry
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.study_file import StudyFile
from tests.app.judges.judged_study import fake_judge, judge, judged_study, scored
from tests.builders import present

# plain, tuned, plain, …; the last cannot be read
SCORES = (1, 10, 4, 7, 7, 20)


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with judged_study(tmp_path / "judged.ftstudy", now) as made:
        yield made


def score(study: StudyFile, now: datetime) -> None:
    replies = {f"response {n} try {t}": scored(one) for n, one in enumerate(SCORES, 1) for t in (1, 2, 3)}
    judge(study, now, fake_judge(replies, "scorer", JudgeMode.DIRECT))


def score_rows(study: StudyFile) -> list[MeasureRow]:
    return [row for row in KIND.rows(study, ignore_progress) if row.key.endswith(".score")]


def score_rows_together(study: StudyFile) -> list[MeasureRow]:
    assert KIND.pooled is not None
    return [row for row in KIND.pooled(study, ignore_progress) if row.key.endswith(".score")]


def test_scores_are_shares_of_their_scale_by_system_and_prompt(study: StudyFile, now: datetime) -> None:
    score(study, now)
    study.settings.unblind("all judged", now=now)
    (found,) = direct_scores(study)
    assert (found.judge, found.lowest, found.highest, found.warning) == ("scorer", 1, 10, "")
    assert found.values["plain"] == pytest.approx({1: 0.0, 2: 3 / 9, 3: 6 / 9})
    assert found.values["tuned"] == pytest.approx({1: 1.0, 2: 6 / 9})


def test_their_row_has_means_and_the_paired_difference(study: StudyFile, now: datetime) -> None:
    score(study, now)
    study.settings.unblind("all judged", now=now)
    (row,) = score_rows(study)
    assert (row.key, row.name) == ("judge.scorer.score", "Score by scorer")
    assert row.by_system["plain"].value == pytest.approx(1 / 3)
    assert row.by_system["tuned"].value == pytest.approx(5 / 6)
    found = present(row.difference("plain", "tuned"))
    # (1 - 0 + 6/9 - 3/9) / 2, on the two prompts that both have
    assert found.prompts == 2
    assert found.difference == pytest.approx(2 / 3)
    assert "0% is 1, 100% is 10" in row.explanation.rule[0]


def test_before_unblinding_all_systems_stand_together(study: StudyFile, now: datetime) -> None:
    score(study, now)
    (row,) = score_rows_together(study)
    assert row.by_system.keys() == {TOGETHER}
    assert row.by_system[TOGETHER].value == pytest.approx((0.5 + 0.5) / 2)
    assert (row.answers, row.differences) == ({}, {})


def test_a_judge_that_scores_votes_on_no_pair_and_shows_its_scores(study: StudyFile, now: datetime) -> None:
    score(study, now)
    (blinded,) = study_judges(study).judges
    assert blinded.scores is None
    assert [type(block) for block in judge_blocks(blinded)] == [Paragraph]
    study.settings.unblind("all judged", now=now)
    what, table = judge_blocks(study_judges(study).judges[0])
    assert isinstance(what, Paragraph)
    assert "it scores each answer and does not vote on pairs" in what.text
    assert isinstance(table, Table)
    assert table.caption == "Scores from 1 to 10"
    assert table.rows == (("plain", "4.00", "3"), ("tuned", "8.50", "2"))


def test_a_study_without_scores_has_no_row(study: StudyFile, now: datetime) -> None:
    judge(study, now, fake_judge({}))
    assert direct_scores(study) == ()
    assert score_rows_together(study) == []
    study.settings.unblind("all judged", now=now)
    assert score_rows(study) == []


def test_a_judge_of_its_own_answers_is_told_beside_the_figure(study: StudyFile, now: datetime) -> None:
    spec = replace(fake_judge({"response 1 try 1": scored(3)}, "own", JudgeMode.DIRECT), tries=1)
    study.systems.add(SystemSpec("itself", SystemKind.MODEL, model=spec.model))
    judge(study, now, spec, own_system=True)
    study.settings.unblind("all judged", now=now)
    (row,) = score_rows(study)
    assert row.explanation.rule[0] == WARNING


# --- the run that the window offers -----------------------------------------------------------------


def test_the_run_asks_the_judge_that_was_decided_on(study: StudyFile) -> None:
    assert JUDGE.needs is RunNeeds.ENGINE
    assert JUDGE.left(study).count == 3
    assert JUDGE.left(study).text == "3 pairs; a judge's earlier answers are not requested again"
    spec = replace(fake_judge({"pair 1 ab try 1": '{"verdict": "A"}'}), tries=1)
    (asked,) = JUDGE.asks
    assert asked == AskedForm("judge")
    assert JUDGE.engine is not None
    run = JUDGE.engine(study, {"judge": JudgingAnswer((spec,), PairChoice())}, FAKE)
    with EngineProcess() as engine:
        assert drive(run, engine, lambda _: None).done == 6
    with pytest.raises(UserError, match="no such pairs"):
        JUDGE.engine(study, {"judge": JudgingAnswer((spec,), PairChoice(only_judged=True))}, FAKE)
    with pytest.raises(BugError):
        JUDGE.engine(study, {"judge": ("x",)}, FAKE)


def test_without_pairs_there_is_nothing_to_judge(tmp_path: Path, now: datetime) -> None:
    with judged_study(tmp_path / "none.ftstudy", now, prompts=()) as study:
        assert JUDGE.left(study).count == 0


def test_a_score_of_an_answer_that_is_in_no_pair_is_passed_over(study: StudyFile, now: datetime) -> None:
    score(study, now)
    (judged,) = study.judges.all()
    (prompt,) = study.prompts.add([PromptSpec("alone", (Message("user", "And this?"),))])
    system, run = study.systems.all()[0], study.runs.start({}, now=now)
    draft = ResponseDraft(system.id, "Yes.", FinishReason.END, 1)
    study.responses.store(prompt.id, [draft], run=run)
    added = max(response.id for response in study.responses.all())
    examination = study.scores.add_examination(JUDGED, {"judge": judged.id}, now=now)
    reply = JudgeReply(judged.id, JudgeOutcome.SCORE, (JudgeTry("5"),), response=added, score=5.0)
    study.judges.add_reply(reply, examination=examination)
    study.settings.unblind("all judged", now=now)
    (found,) = direct_scores(study)
    assert set(found.values["plain"]) == {1, 2, 3}
