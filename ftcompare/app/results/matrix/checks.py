"""Matrix rows for checks, accepted answers and labels."""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.app.results.checks import (
    CHECK_MEASURES,
    KIND_MEASURES,
    OF_100_MEASURES,
    OVERLAP_MEASURES,
    PASSED,
    CheckMeasure,
    asks_for_checks,
    checks_over_all,
    study_checks,
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
from ftcompare.app.results.presentation.blocks import Explanation, Unit
from ftcompare.app.results.presentation.checks import (
    DIFFERENCE_RULE,
    KIND_RULES,
    LABELS,
    OF_100,
    OVERLAP_RULE,
    OVERLAP_SOURCE,
    RULE,
)
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile

BEGIN = (
    'Give prompts “checks”, such as {"contains": "rhythm"}, or a “reference”, in the prompts file: add it '
    "on Setup, or run “ftcompare add STUDY --prompts FILE”. Prompts that the study has already stay as they "
    "are; the file of “ftcompare new STUDY --answers FILE” may hold them as well."
)
WAITS = "Prompts have checks or reference answers. They are told as soon as answers to them are there."
KIND_RULE = (
    "Of an answer's checks of this kind the share that it passes, the mean over answers, then prompts."
)
_MEASURES = (PASSED, *KIND_MEASURES.values(), *(one for one in CHECK_MEASURES if one is not PASSED))


def _rows(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = study_checks(study, told)
    made = (_row(m, {s: prompt_values(found.values(m, s)) for s in found.systems}) for m in _MEASURES)
    return tuple(filter(None, made))


def _together(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = checks_over_all(study, told)
    made = (_row(measure, {TOGETHER: found[measure]}) for measure in _MEASURES)
    return tuple(filter(None, map(row_together, made)))


def _row(measure: CheckMeasure, values: Mapping[str, Mapping[PromptId, float]]) -> MeasureRow | None:
    of_100 = measure in OF_100_MEASURES
    return row_of_prompts(
        MeasureGroup.CHECKS,
        f"checks.{measure.id}",
        LABELS[measure.id],
        values,
        coarse=measure.coarse,
        explanation=_explanation(measure),
        unit=Unit.SCORE if of_100 else Unit.SHARE,
        scale=OF_100 if of_100 else 1.0,
        jumps=not measure.coarse,
    )


def _explanation(measure: CheckMeasure) -> Explanation:
    if measure in OVERLAP_MEASURES:
        return Explanation(LABELS[measure.id], (OVERLAP_RULE, DIFFERENCE_RULE), "", OVERLAP_SOURCE)
    kind = next((kind for kind, own in KIND_MEASURES.items() if own is measure), None)
    rules = (RULE,) if kind is None else (KIND_RULE, *filter(None, [KIND_RULES.get(kind)]))
    return Explanation(LABELS[measure.id], (*rules, DIFFERENCE_RULE))


def _waits(study: StudyFile) -> str:
    return WAITS if asks_for_checks(study) else ""


SOURCE = MeasureSource(MeasureGroup.CHECKS, BEGIN, _rows, _together, waits=_waits)
