"""Matrix rows that compare confidence with correctness, and the run that scores answers.

Nothing is shown while a study is blinded, not even pooled over all systems, because the figures are
likelihoods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial

from ftcompare.app.generate.scoring import ScoringRun, scoring_groups
from ftcompare.app.results.answer_confidence import StudyCalibration, study_calibration
from ftcompare.app.results.measure_matrix import (
    MeasuredValue,
    MeasureGroup,
    MeasureRow,
    MeasureSource,
    row_of_prompts,
)
from ftcompare.app.results.measure_runs import MeasureRun, RunAnswers, RunLeft
from ftcompare.app.results.presentation.blocks import Explanation, Unit
from ftcompare.app.results.presentation.calibration import calibration_explanation
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptId
from ftcompare.stats.calibration import ConfidentAnswer
from ftcompare.store.study.study_file import StudyFile

BEGIN = (
    "Whether confidence says how often a system is correct takes reference answers in the prompts file, and "
    "scores of the answers: press “Score the answers” on Results → Automatic, or run “ftcompare score "
    "STUDY”."
)

_BY_ANSWER: Mapping[str, tuple[str, bool | None, bool, Callable[[ConfidentAnswer], float]]] = {
    "mean": ("Confidence", None, False, lambda one: one.confidence),
    "correct": ("Correct answers of those scored", True, True, lambda one: float(one.correct)),
    "brier": ("Brier score", False, True, lambda one: (one.confidence - one.correct) ** 2),
}
"""By end of the key: name, whether higher is better, whether it is coarse, and the value of an answer."""
_ERROR = "ece"
CONFIDENCE_KEYS = tuple(f"confidence.{end}" for end in (*_BY_ANSWER, _ERROR))
"""The keys of all these measures."""


def _rows(study: StudyFile, told: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = study_calibration(study, told=told)
    return tuple(_of_prompts(found)) + tuple(_calibration_error(found))


def _of_prompts(found: StudyCalibration) -> Iterator[MeasureRow]:
    for key, (name, higher_is_better, coarse, value) in _BY_ANSWER.items():
        row = row_of_prompts(
            MeasureGroup.CONFIDENCE,
            f"confidence.{key}",
            name,
            {system: _by_prompt(answers, value) for system, answers in found.answers.items()},
            coarse=coarse,
            explanation=_explained(found, name),
            unit=Unit.COEFFICIENT if key == "brier" else Unit.SHARE,
            higher_is_better=higher_is_better,
        )
        if row is not None:
            yield row


def _by_prompt(
    answers: tuple[ConfidentAnswer, ...], value: Callable[[ConfidentAnswer], float]
) -> dict[PromptId, float]:
    found: defaultdict[PromptId, list[float]] = defaultdict(list)
    for one in answers:
        found[PromptId(int(one.prompt))].append(value(one))
    return {prompt: sum(values) / len(values) for prompt, values in found.items()}


def _calibration_error(found: StudyCalibration) -> Iterator[MeasureRow]:
    """Computed over all answers of a system. A single prompt has no value, so there is no interval."""
    values = {
        system: MeasuredValue(one.error, None, None, one.prompts)
        for system, one in found.systems.items()
        if one.error is not None
    }
    if values:
        name = "Calibration error (ECE)"
        explanation = _explained(found, name)
        yield MeasureRow(
            MeasureGroup.CONFIDENCE,
            f"confidence.{_ERROR}",
            name,
            Unit.COEFFICIENT,
            False,
            values,
            {},
            explanation,
        )


def _explained(found: StudyCalibration, name: str) -> Explanation:
    whole = calibration_explanation(found)
    return Explanation(name, whole.rule, source=whole.source)


SOURCE = MeasureSource(MeasureGroup.CONFIDENCE, BEGIN, _rows)


# --- the run ---------------------------------------------------------------------------------------


def _left(study: StudyFile) -> RunLeft:
    try:
        groups = scoring_groups(study, served=False)
    except UserError as error:
        return RunLeft(0, error.what)
    responses = {r.id for group in groups for r in study.scores.unscored(group.ids)}
    if not responses:
        return RunLeft(0, "Every answer of the models on this machine is scored.")
    return RunLeft(len(responses), f"{counted(len(responses), 'answer')} to score")


def _scoring(study: StudyFile, _answers: RunAnswers, backend: str) -> ScoringRun:
    return ScoringRun(study, clock=partial(datetime.now, UTC), backend=backend)


SCORE = MeasureRun(
    key="score",
    group=MeasureGroup.CONFIDENCE,
    title="Score the answers",
    does="Each model says how likely it finds every answer, token for token.",
    left=_left,
    engine=_scoring,
)
