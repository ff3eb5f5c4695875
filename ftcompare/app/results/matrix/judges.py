"""Matrix rows for the votes of program judges, and for their agreement with people.

Below the matrix follow the figures of every judge, and people's win rate with a program's further judgments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ftcompare.app.results.judges import (
    JudgedPrompts,
    agreement_by_prompt,
    judged_prompts,
    own_system_warnings,
    study_judges,
)
from ftcompare.app.results.matrix.judging import score_rows, score_rows_together
from ftcompare.app.results.measure_matrix import (
    TOGETHER,
    MeasureGroup,
    MeasureRow,
    MeasureSource,
    row_of_prompts,
    row_together,
)
from ftcompare.app.results.prediction_powered import powered_rates
from ftcompare.app.results.presentation.blocks import Explanation, Section
from ftcompare.app.results.presentation.judges import BESIDE, MAJORITY, judge_sections
from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.results.presentation.prediction_powered import powered_section
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile

BEGIN = (
    "Have a model or a reward model judge the pairs: “Have a model judge…” on Results → Automatic, or "
    "“ftcompare judge STUDY JUDGE.toml”; “ftcompare judge --example JUDGE.toml” writes such a file."
)
WIN_RATE = (
    "The share of the judge's votes that a system gets on its pairs, a tie being half of one: mean over "
    "prompts. It is the judge's opinion and stands beside people's win rate."
)
AGREEMENT = (
    "The share of a system's pairs that the judge answers as the human majority did, a tie being an answer: "
    "mean over prompts that both judged."
)


def _rows(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    told("Reading the judges' votes", None)
    warned = own_system_warnings(study)
    rows = (row for found in judged_prompts(study) for row in _of_judge(found, warned.get(found.name, "")))
    return (*rows, *score_rows(study))


def _of_judge(found: JudgedPrompts, warning: str) -> Iterator[MeasureRow]:
    title = f"Win rate by {name(found.name)}"
    how = Explanation(title, (*filter(None, [warning]), WIN_RATE, BESIDE))
    yield from _row(f"judge.{found.name}.win_rate", title, found.won, how)
    yield from _agreement(found.name, found.agreed, warning)


def _agreement(
    judge: str, values: Mapping[str, Mapping[PromptId, float]], warning: str
) -> Iterator[MeasureRow]:
    title = f"Agreement of {name(judge)} with people"
    how = Explanation(title, (*filter(None, [warning]), AGREEMENT, MAJORITY))
    for row in _row(f"judge.{judge}.agreement", title, values, how):
        # agreement describes the judge, not the system
        yield replace(row, differences={}, higher_is_better=None)


def _row(
    key: str, title: str, values: Mapping[str, Mapping[PromptId, float]], how: Explanation
) -> Iterator[MeasureRow]:
    row = row_of_prompts(MeasureGroup.JUDGES, key, title, values, coarse=True, explanation=how)
    if row is not None:
        yield row


def _together(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    told("Reading the judges' votes", None)
    warned = own_system_warnings(study)
    rows = (
        row
        for judge, values in agreement_by_prompt(study).items()
        for row in _agreement(judge, {TOGETHER: values}, warned.get(judge, ""))
    )
    return (*filter(None, map(row_together, rows)), *score_rows_together(study))


def _details(study: StudyFile, told: ProgressCallback) -> tuple[Section, ...]:
    told("Comparing the judges with people", None)
    return (*judge_sections(study_judges(study)), *powered_section(powered_rates(study)))


SOURCE = MeasureSource(MeasureGroup.JUDGES, BEGIN, _rows, _together, _details)
