"""The run in which a model judges, and matrix rows for judges' scores of single answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from ftcompare.app.generate.engine_run import EngineRun
from ftcompare.app.judges.judging_plan import JudgingAnswer, agree_to_servers
from ftcompare.app.judges.judging_run import judging_run
from ftcompare.app.results.direct_scores import DirectScores, direct_scores
from ftcompare.app.results.measure_matrix import (
    TOGETHER,
    MeasureGroup,
    MeasureRow,
    row_of_prompts,
    row_together,
)
from ftcompare.app.results.measure_runs import AskedJudge, MeasureRun, RunAnswers, RunLeft
from ftcompare.app.results.over_all_systems import over_all_systems
from ftcompare.app.results.presentation.blocks import Explanation
from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.setup.consent import agree_to_models
from ftcompare.core.errors import BugError
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile

SCORE_RULE = (
    "The score that the judge gives an answer, from {lowest} to {highest}, shown as a share of that scale: "
    "0% is {lowest}, 100% is {highest}. Mean over prompts; of several answers to one prompt their mean. It "
    "is the judge's opinion and stands beside what people judged."
)
NO_VERDICT = "Answers of which no score could be read have no part in it; “ftcompare judges” counts them."


def score_rows(study: StudyFile) -> tuple[MeasureRow, ...]:
    """A row for each judge that scored answers; shown after unblinding."""
    return tuple(filter(None, (_row(found, found.values) for found in direct_scores(study))))


def score_rows_together(study: StudyFile) -> tuple[MeasureRow, ...]:
    """The same rows, pooled over all systems."""
    made = (
        _row(found, {TOGETHER: over_all_systems(tuple(found.values.values()))})
        for found in direct_scores(study)
    )
    return tuple(filter(None, map(row_together, made)))


def _row(found: DirectScores, values: Mapping[str, Mapping[PromptId, float]]) -> MeasureRow | None:
    title = f"Score by {name(found.judge)}"
    rule = SCORE_RULE.format(lowest=found.lowest, highest=found.highest)
    notes = (found.warning,) if found.warning else ()
    return row_of_prompts(
        MeasureGroup.JUDGES,
        f"judge.{found.judge}.score",
        title,
        values,
        coarse=False,
        explanation=Explanation(title, (*notes, rule, NO_VERDICT)),
    )


# --- the run ---------------------------------------------------------------------------------------

JUDGED = "judge"


def _left(study: StudyFile) -> RunLeft:
    pairs = len(study.judges.pairs())
    if not pairs:
        return RunLeft(0, "There are no pairs to judge yet.")
    return RunLeft(pairs, f"{counted(pairs, 'pair')}; what a judge said before is not asked again")


def _run(study: StudyFile, answers: RunAnswers, backend: str) -> EngineRun:
    """Use the judge file as read when the user agreed to the run, even if it has changed since."""
    said = answers[JUDGED]
    if not isinstance(said, JudgingAnswer):
        raise BugError("A judge's run was not told its judge and its pairs.", code="run-answers")
    clock = partial(datetime.now, UTC)
    agree_to_servers(study, said.specs, said.agreed, now=clock())
    agree_to_models(*said.downloaded)
    return judging_run(
        study, said.specs, clock=clock, pairs=said.pairs, own_system=said.own_system, backend=backend
    )


JUDGE = MeasureRun(
    key="judge",
    group=MeasureGroup.JUDGES,
    title="Have a model judge…",
    does="A model compares each pair in both orders, or scores every answer, by the rubric of its file.",
    left=_left,
    engine=_run,
    asks=(AskedJudge(JUDGED),),
)
