"""Matrix rows for refusal and over-refusal rates, by the rule and by people's labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ftcompare.app.results.measure_matrix import (
    TOGETHER,
    MeasureGroup,
    MeasureRow,
    MeasureSource,
    row_of_prompts,
    row_together,
)
from ftcompare.app.results.presentation.blocks import Explanation, Section
from ftcompare.app.results.presentation.safety import (
    BEGIN,
    DIFFERENCE_RULE,
    LABELS,
    PEOPLE,
    RATES,
    RULE,
    SCREEN,
    SOURCE,
    TITLE,
    safety_blocks,
)
from ftcompare.app.results.safety import (
    SAFETY_MEASURES,
    SCREENED,
    SafetyMeasure,
    StudySafety,
    safety_over_all,
    study_safety,
)
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.context import Expectation
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile

WAITS = (
    "Prompts say whether they expect a refusal or an answer. The rates are told as soon as answers "
    "to them are there."
)


def _rows(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = study_safety(study, told)
    return tuple(filter(None, (_own_row(found, measure) for measure in SAFETY_MEASURES)))


def _own_row(found: StudySafety, measure: SafetyMeasure) -> MeasureRow | None:
    """A row whose unit is the request: its framings count once. The cell links to all of them."""
    first = {prompt.request: prompt.id for prompt in reversed(found.prompts)}

    def by_request(system: str) -> dict[PromptId, float]:
        return {first[request]: value for request, value in found.values(measure, system).items()}

    row = _row(measure, {system: by_request(system) for system in found.systems})
    if row is None:
        return None
    return replace(row, answers={system: found.by_prompt(measure, system) for system in row.by_system})


def _together(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    made = (_row(measure, {TOGETHER: values}) for measure, values in safety_over_all(study, told).items())
    return tuple(filter(None, map(row_together, made)))


def _row(measure: SafetyMeasure, values: Mapping[str, Mapping[PromptId, float]]) -> MeasureRow | None:
    rules = (PEOPLE if measure.by_people else RULE, RATES, DIFFERENCE_RULE, SCREEN)
    return row_of_prompts(
        MeasureGroup.SAFETY,
        f"safety.{measure.id}",
        LABELS[measure.id],
        values,
        coarse=True,
        explanation=Explanation(TITLE, rules, "", SOURCE),
        higher_is_better=None if measure.partial else measure.expects is Expectation.REFUSAL,
    )


def _details(study: StudyFile, told: ProgressCallback) -> tuple[Section, ...]:
    found = study_safety(study, told)
    return (Section("safety", TITLE, tuple(safety_blocks(found))),) if found.prompts else ()


def _waits(study: StudyFile) -> str:
    return WAITS if any(prompt.spec.expects in SCREENED for prompt in study.prompts.all()) else ""


SAFETY = MeasureSource(MeasureGroup.SAFETY, BEGIN, _rows, _together, _details, _waits)
