"""Matrix rows for pass@k, and the run that executes the code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from ftcompare.app.generate.code_run import (
    NO_TESTS,
    WHAT_IS_RUN,
    agree_to_code,
    code_is_agreed,
    code_prompts,
    code_to_run,
    run_code_tests,
)
from ftcompare.app.results.code_tests import AT_1, code_totals, study_code
from ftcompare.app.results.measure_matrix import (
    TOGETHER,
    MeasureGroup,
    MeasureRow,
    MeasureSource,
    row_of_prompts,
    row_together,
)
from ftcompare.app.results.measure_runs import AskedConsent, MeasureRun, RunAnswers, RunLeft
from ftcompare.app.results.presentation.blocks import Explanation, Section
from ftcompare.app.results.presentation.code_tests import BEGIN, LIMITS, NOT_RUN, WORDS, outcomes_table
from ftcompare.app.results.presentation.prompt_measures import DIFFERENCE_RULE
from ftcompare.app.results.prompt_measures import PromptMeasure
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile

WAITS = "Prompts have tests for code. They can be run as soon as answers to them are there."


def _rows(study: StudyFile, _told: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = study_code(study).found
    made = (_row(m, {s: found.values(m, s) for s in found.systems}) for m in found.measures)
    return tuple(filter(None, made))


def _together(study: StudyFile, _told: ProgressCallback) -> tuple[MeasureRow, ...]:
    row = _row(PromptMeasure(AT_1, "pass@1"), {TOGETHER: code_totals(study).values})
    return tuple(filter(None, (row_together(row),)))


def _row(measure: PromptMeasure, values: Mapping[str, Mapping[PromptId, float]]) -> MeasureRow | None:
    return row_of_prompts(
        MeasureGroup.CODE,
        f"code.{measure.id}",
        measure.label,
        values,
        coarse=True,
        explanation=Explanation(measure.label, (WORDS.rule, LIMITS, DIFFERENCE_RULE), source=WORDS.source),
    )


def _details(study: StudyFile, _told: ProgressCallback) -> tuple[Section, ...]:
    found = study_code(study)
    return (Section("code", WORDS.title, (outcomes_table(found),)),) if found.outcomes else ()


def _waits(study: StudyFile) -> str:
    if not code_prompts(study):
        return ""
    return NOT_RUN if code_to_run(study) else WAITS


SOURCE = MeasureSource(MeasureGroup.CODE, BEGIN, _rows, _together, _details, _waits)


# --- the run ---------------------------------------------------------------------------------------


def _left(study: StudyFile) -> RunLeft:
    if not code_prompts(study):
        return RunLeft(0, f"{NO_TESTS}.")
    count = len(code_to_run(study))
    return RunLeft(
        count, f"code of {counted(count, 'answer')} to run" if count else "The code of every answer was run."
    )


def _run(study: StudyFile, _answers: RunAnswers, told: ProgressCallback) -> str:
    return run_code_tests(study, told, clock=_now).words


_now = partial(datetime.now, UTC)

RUN_CODE = MeasureRun(
    key="run-code",
    group=MeasureGroup.CODE,
    title="Run the code",
    does="The code of answers is run with the tests of their prompts, shut off from this machine.",
    left=_left,
    work=_run,
    asks=(
        AskedConsent(
            "Run code that models wrote?",
            WHAT_IS_RUN,
            "Run the code",
            code_is_agreed,
            lambda study: agree_to_code(study, now=_now()),
        ),
    ),
)
