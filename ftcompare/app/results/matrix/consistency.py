"""Matrix rows for how consistently systems answer."""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.app.results.consistency import (
    CONSISTENCY_MEASURES,
    ConsistencyMeasure,
    consistency,
    consistency_over_all,
)
from ftcompare.app.results.measure_matrix import (
    TOGETHER,
    MeasureGroup,
    MeasureRow,
    MeasureSource,
    row_of_prompts,
    row_together,
)
from ftcompare.app.results.over_all_systems import prompt_values
from ftcompare.app.results.presentation.blocks import Explanation
from ftcompare.app.results.presentation.consistency import BEGIN, DIFFERENCE_RULE, RULE, TEXTS
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile

STEADY = ("equal_pairs", "modal_share", "chrf")
"""The measures that are higher for consistent systems; for the others neither direction is better."""


def _rows(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = consistency(study, told)
    made = (
        _row(m, {s: prompt_values(found.values(m, s)) for s in found.systems}) for m in CONSISTENCY_MEASURES
    )
    return tuple(filter(None, made))


def _together(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    values = consistency_over_all(study, told)
    made = (_row(measure, {TOGETHER: own}) for measure, own in values.items())
    return tuple(filter(None, map(row_together, made)))


def _row(measure: ConsistencyMeasure, values: Mapping[str, Mapping[PromptId, float]]) -> MeasureRow | None:
    texts = TEXTS[measure.id]
    rules = (RULE, f"{texts.column}: {texts.rule}", DIFFERENCE_RULE)
    return row_of_prompts(
        MeasureGroup.CONSISTENCY,
        f"consistency.{measure.id}",
        texts.label,
        values,
        coarse=measure.coarse,
        explanation=Explanation(texts.label, rules, source=texts.source),
        unit=texts.unit,
        higher_is_better=True if measure.id in STEADY else None,
        scale=texts.scale,
    )


SOURCE = MeasureSource(MeasureGroup.CONSISTENCY, BEGIN, _rows, _together)
