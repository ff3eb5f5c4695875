"""Measures of the owner: Python functions, phrases, commands, and similarity to references by an encoder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ftcompare.app.generate.own_measure import (
    Better,
    OwnMeasure,
    OwnValues,
    agree_to_measures,
    own_values,
    run_own_measure,
)
from ftcompare.app.measures import kind
from ftcompare.app.measures import measure as measuring
from ftcompare.app.measures.blocks import DIFFERENCE_RULE, MCNEMAR_RULE, MeanDetail, means_table, pair_figures
from ftcompare.app.measures.document import measured_document
from ftcompare.app.measures.measure import Measure, MeasuredStudy, SharedTexts
from ftcompare.app.measures.runs import AskedForm, MeasureRun, RunAnswers, RunLeft, utc_now
from ftcompare.app.results.presentation import blocks
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import BugError
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, in_own_signs, tr
from ftcompare.core.study import ResponseId
from ftcompare.store.study.study_file import StudyFile

TITLE = N_("Your own measures")
GROUP = kind.MeasureGroup("own", TITLE, 11, "ftcompare measures run STUDY SOURCE")
RULE = N_("The numbers that “{source}” gives to answers. The figure is the mean over prompts.")
VERSION = N_("Seal of the files and settings: {digest}… A changed measure is a new measure.")
LIMITS = N_("The values mean what the measure's author says. FTCompare does not check that.")
TEXTS = SharedTexts("own", TITLE, DIFFERENCE_RULE, (LIMITS,), MCNEMAR_RULE)
BEGIN = N_(
    "A Python function, a list of phrases, or a command of your own can measure the answers: click “Run your "
    "own measure…” on Results → Automatic."
)
NO_ANSWERS = N_("There are no answers to measure yet.")
MEASURED_ONCE = N_("Answers that a measure has measured are not measured again")
HIGHER_IS_BETTER = {Better.HIGHER: True, Better.LOWER: False, Better.NEITHER: None}
SHOWN = 12  # number of characters of a digest in an explanation


@dataclass(frozen=True, slots=True)
class OwnNumbers:
    answers: tuple[Mapping[str, float], ...]

    def mean(self, measure: str) -> float | None:
        values = [own[measure] for own in self.answers if measure in own]
        return sum(values) / len(values) if values else None

    def __str__(self) -> str:
        numbers = (f"{key} {value:.4g}" for own in self.answers for key, value in own.items())
        return in_own_signs("; ".join(numbers))


@dataclass(frozen=True, slots=True)
class StudyOwn(MeasuredStudy[OwnNumbers]):
    texts: SharedTexts = TEXTS


def _measured(study: StudyFile, _progress: ProgressCallback) -> StudyOwn:
    """The values of all measures of the owner."""
    every, numbers = own_values(study), defaultdict[ResponseId, dict[str, float]](dict)
    for own in every:
        for answer, values in own.by_response.items():
            numbers[answer].update({own.key(number): value for number, value in values.items()})
    responses = study.responses.all() if every else ()
    found = measuring.by_prompt_and_system((one, numbers[one.id]) for one in responses if one.id in numbers)
    evidence = {prompt: {s: OwnNumbers(own) for s, own in by.items()} for prompt, by in found.items()}
    measures = tuple(one for own in every for one in _measures(own, numbers.values()))
    return StudyOwn.of(study, evidence, measures=measures)


study_own = kind.told_by_system(_measured)


def _measures(own: OwnValues, answers: Iterable[Mapping[str, float]]) -> Iterator[Measure[OwnNumbers]]:
    """A number that is 0 or 1 for every answer is shown as a share, others as scores."""
    rules = (tr(RULE, source=own.source), tr(VERSION, digest=own.digest[:SHOWN]))
    for number in own.numbers:
        key = own.key(number)
        share = {numbers.get(key, 0.0) for numbers in answers} <= {0.0, 1.0}
        yield Measure[OwnNumbers](
            key,
            f"{own.name}: {number}" if number else own.name,
            partial(OwnNumbers.mean, measure=key),
            rules=rules,
            unit=blocks.Unit.SHARE if share else blocks.Unit.SCORE,
            bounded=share,
            coarse=share,
            higher_is_better=HIGHER_IS_BETTER[own.better],
        )


def own_json(results: StudyOwn) -> dict[str, Json]:
    return {
        "measures": [{"measure": one.id, "rules": [*one.rules]} for one in results.measures],
        **measured_document(results),
    }


def own_blocks(results: StudyOwn) -> Iterator[blocks.Block]:
    if not results.prompts:
        yield blocks.Paragraph(GROUP.with_command(tr(BEGIN)))
        return
    how = blocks.Explanation(tr(TITLE), tuple(dict.fromkeys(r for m in results.measures for r in m.rules)))
    yield means_table(results, how, beside=MeanDetail.INTERVAL, width=1.5)
    yield blocks.Paragraph(tr(LIMITS), blocks.Tone.NOTE)


def pair_own_blocks(results: StudyOwn, a: str, b: str) -> Iterator[blocks.Block]:
    if results.both(a, b):
        yield pair_figures(results, a, b)


OWN = "own"  # key of the form of the run


def _left(study: StudyFile) -> RunLeft:
    ready = study.responses.any()
    return RunLeft(int(ready), tr(MEASURED_ONCE if ready else NO_ANSWERS))


def _run(study: StudyFile, answers: RunAnswers, progress: ProgressCallback) -> str:
    """Run the measure of the form, which has asked for consent."""
    measure = answers[OWN]
    if not isinstance(measure, OwnMeasure):
        raise BugError("A measure's run started without a measure.", code="run-answers")
    agree_to_measures(measure)
    return run_own_measure(study, measure, progress, clock=utc_now)


RUN_OWN = MeasureRun(
    key="own",
    title=N_("Run your own measure…"),
    does=N_("Your own Python function, phrases, text encoder, or command gives each answer numbers."),
    left=_left,
    work=_run,
    asks=(AskedForm(OWN),),
)
RESULTS = kind.KindResults[StudyOwn](
    "own",
    TITLE,
    study_own,
    own_blocks,
    pair_own_blocks,
    own_json,
)
KIND = kind.MeasureKind(
    GROUP,
    BEGIN,
    lambda study, progress: kind.measured_rows(GROUP, study_own(study, progress)),
    lambda study, progress: kind.pooled_rows(GROUP, _measured(study, progress)),
    runs=(RUN_OWN,),
    results=RESULTS,
)
