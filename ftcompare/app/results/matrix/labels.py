"""Matrix rows for the most likely labels, and the run that scores labels.

Nothing is shown while a study is blinded, not even pooled over all systems, because the figures are
likelihoods.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from ftcompare.app.generate.label_scoring import LabelScoringRun, choices
from ftcompare.app.results.label_likelihood import StudyLabels, scored_choices, study_labels
from ftcompare.app.results.measure_matrix import MeasureGroup, MeasureRow, MeasureSource, row_of_prompts
from ftcompare.app.results.measure_runs import MeasureRun, RunAnswers, RunLeft
from ftcompare.app.results.presentation.blocks import Explanation, Paragraph, Section
from ftcompare.app.results.presentation.label_likelihood import (
    BEGIN,
    LIMITS,
    NOT_SCORED,
    WORDS,
    confusion_tables,
    waiting_words,
)
from ftcompare.app.results.presentation.prompt_measures import DIFFERENCE_RULE
from ftcompare.app.results.prompt_measures import PromptMeasure
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.store.study.study_file import StudyFile


def _rows(study: StudyFile, _told: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = study_labels(study)
    return tuple(filter(None, (_row(found, measure) for measure in found.found.measures)))


def _row(found: StudyLabels, measure: PromptMeasure) -> MeasureRow | None:
    left_out = (waiting_words(found.waiting),) if found.waiting else ()
    return row_of_prompts(
        MeasureGroup.LABELS,
        f"labels.{measure.id}",
        measure.label,
        {system: found.found.values(measure, system) for system in found.found.systems},
        coarse=True,
        explanation=Explanation(
            measure.label, (*left_out, WORDS.rule, LIMITS, DIFFERENCE_RULE), source=WORDS.source
        ),
    )


def _details(study: StudyFile, _told: ProgressCallback) -> tuple[Section, ...]:
    found = study_labels(study)
    left_out = (Paragraph(waiting_words(found.waiting)),) if found.waiting and found.found.prompts else ()
    blocks = (*left_out, *confusion_tables(found))
    return (Section("labels", WORDS.title, blocks),) if blocks else ()


def _waits(study: StudyFile) -> str:
    return NOT_SCORED if choices(study) else ""


def _done(study: StudyFile) -> bool:
    return scored_choices(study) > 0


SOURCE = MeasureSource(MeasureGroup.LABELS, BEGIN, _rows, details=_details, waits=_waits, done=_done)


# --- the run ---------------------------------------------------------------------------------------


def _left(study: StudyFile) -> RunLeft:
    try:
        run = LabelScoringRun(study, clock=_now)
    except UserError as error:
        return RunLeft(0, error.what)
    total = run.progress.total
    return RunLeft(total, f"{counted(total, 'prompt')} to score" if total else f"{run.nothing_left}.")


def _scoring(study: StudyFile, _answers: RunAnswers, backend: str) -> LabelScoringRun:
    return LabelScoringRun(study, clock=_now, backend=backend)


_now = partial(datetime.now, UTC)

SCORE_LABELS = MeasureRun(
    key="score-labels",
    group=MeasureGroup.LABELS,
    title="Score the labels",
    does="Each model says how likely it finds every label of a prompt.",
    left=_left,
    engine=_scoring,
)
