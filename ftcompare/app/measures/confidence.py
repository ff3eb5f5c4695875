"""Each system's confidence in its answers, compared with whether they are correct.

Confidence is the mean probability of the answer's tokens under the system that wrote it (computed by
`measures likelihood`). Correctness is derived from reference answers or checks of prompts. Nothing is shown
while a study is blinded, not even pooled over all systems, because the figures are likelihoods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import exp
from typing import TypeAlias

from ftcompare.app.generate.scoring import ScoringRun, scoring_groups
from ftcompare.app.measures import kind, measure
from ftcompare.app.measures.blocks import rule_texts
from ftcompare.app.measures.document import difference_json
from ftcompare.app.measures.runs import MeasureRun, RunLeft, utc_now
from ftcompare.app.results.presentation import blocks, chart_data
from ftcompare.app.results.presentation.number_format import decimals, name, percent, range_words
from ftcompare.app.results.presentation.paired_blocks import LONG, difference_figure
from ftcompare.app.setup.asked_checks import asked_checks, checks_of, references
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.checks.sample_consistency import holds_answer, normalised
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.language import N_, counted, decimal, in_own_signs, sentences, tr, trn, true_minus
from ftcompare.core.study import PromptId, ResponseId, SystemId
from ftcompare.stats.correctness import (
    BINS,
    LEAST_BINNED,
    Calibration,
    CalibrationBin,
    ConfidentAnswer,
    calibration,
)
from ftcompare.stats.paired_difference import PromptMean
from ftcompare.stats.win_rate import wilson
from ftcompare.store.study.study_file import StudyFile

COMMAND = "ftcompare measures likelihood STUDY"
TITLE = N_("Confidence and correctness")
GROUP = kind.MeasureGroup("confidence", TITLE, 9, COMMAND)


class CorrectBy(StrEnum):
    """How correctness is decided: by any normalized reference answer of the prompt, or by its checks."""

    HOLDS = "holds"  # the words of a reference occur in the answer, in sequence
    EQUALS = "equals"  # the answer equals a reference
    CHECKS = "checks"  # the answer passes all checks that have a result


BEGIN_SCORES = N_(
    "This compares a system's confidence with correctness. It needs scores of the answers: click “Score the "
    "answers” on Results → Automatic."
)
BEGIN_REFERENCES = N_(
    "This compares a system's confidence with correctness. It needs scores of the answers: click “Score the "
    "answers” on Results → Automatic. The prompts also need a reference answer, in the field “reference” of "
    "their file."
)
BEGIN_CHECKS = N_(
    "This compares a system's confidence with correctness. It needs scores of the answers: click “Score the "
    "answers” on Results → Automatic. The prompts also need checks, in the field “checks” of their file."
)
_CONFIDENCE = N_(
    "Confidence is the mean probability of the answer's tokens under the system that wrote it, at "
    "temperature 1."
)
CORRECT_RULES = {
    CorrectBy.HOLDS: N_(
        "An answer counts as correct if it contains all words of a reference answer in sequence. Both are "
        "compared in lower case, without punctuation and the words a, an, and the. This compares words: a "
        "correct answer in other words counts as wrong."
    ),
    CorrectBy.EQUALS: N_(
        "An answer counts as correct if it is a reference answer of the prompt. Both are compared in lower "
        "case, without punctuation and the words a, an, and the. This compares words: a correct answer in "
        "other words counts as wrong."
    ),
    CorrectBy.CHECKS: N_(
        "An answer counts as correct if it passes every check of its prompt that can be evaluated. Checks "
        "see letters, not meaning."
    ),
}
UNDETERMINED = N_(
    "Calibration cannot be determined for these prompts: none of the scored answers, of any system, "
    "matches a reference answer word for word. References that are free text have too many correct "
    "answers in other words. Give the prompts short reference answers, or checks."
)
ERROR_RULE = N_(
    "Calibration error (ECE): answers are sorted by confidence into {bins} bins of equal size; Σ bins "
    "answers / all answers · |share correct − mean confidence|. Beside it is the error that chance "
    "alone would give a system with correct confidence and as many answers. With fewer than "
    "{binned} answers, there is no calibration error."
)
BRIER_RULE = N_(
    "Brier score: the mean of (confidence − correct)², where correct is 1 or 0. Lower is better, and "
    ".25 is the score of always saying 50%. The difference is over prompts that both answered, and "
    "needs {least} of them for an interval: Student's t over prompts and two more, one that "
    "differs by 1 each way."
)
SOURCE = "Naeini et al. 2015; Nguyen & O'Connor 2015; Brier 1950"
TEXTS = measure.SharedTexts("confidence", TITLE, BRIER_RULE)
ERROR = "ece"
ERROR_LABEL = N_("Calibration error (ECE)")

ConfidentAnswers: TypeAlias = tuple[ConfidentAnswer, ...]
"""A system's answers to one prompt whose confidence and correctness are known."""
ConfidenceMeasure = measure.Measure[ConfidentAnswers]


def _mean(value: Callable[[ConfidentAnswer], float]) -> Callable[[ConfidentAnswers], float]:
    return lambda answers: sum(map(value, answers)) / len(answers)


MEAN = ConfidenceMeasure(
    "mean",
    N_("Confidence"),
    _mean(lambda one: one.confidence),
    source=SOURCE,
    coarse=False,
    higher_is_better=None,
)
CORRECT = ConfidenceMeasure(
    "correct", N_("Correct among the scored answers"), _mean(lambda one: float(one.correct)), source=SOURCE
)
BRIER = ConfidenceMeasure(
    "brier",
    N_("Brier score"),
    _mean(lambda one: (one.confidence - one.correct) ** 2),
    source=SOURCE,
    unit=blocks.Unit.COEFFICIENT,
    higher_is_better=False,
    plain=N_("Error of the confidence"),
)
CONFIDENCE_MEASURES = (MEAN, CORRECT, BRIER)


@dataclass(frozen=True, slots=True)
class StudyCalibration(measure.MeasuredStudy[ConfidentAnswers]):
    texts: measure.SharedTexts = TEXTS
    measures: tuple[ConfidenceMeasure, ...] = CONFIDENCE_MEASURES
    references: int = 0  # number of prompts with a reference answer
    checked: int = 0  # number of prompts with a check
    scored: int = 0  # number of answers that their own system has scored
    by: CorrectBy = CorrectBy.HOLDS  # how correctness was decided
    undetermined: bool = False  # whether no answer of any system equals or holds its reference
    # calibration by system name, for systems with such answers
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)


def correct_by_reference(
    study: StudyFile, by: CorrectBy, progress: ProgressCallback = ignore_progress
) -> dict[ResponseId, bool]:
    """Whether each answer to a prompt with a reference is correct. Raises ``still-blinded``."""
    kind.require_measures_told(study)
    accepted = {p.id: answers for p in study.prompts.all() if (answers := references(p.spec))}
    return {
        response.id: any(is_correct(response.text, one, by) for one in accepted[response.prompt])
        for response in measure.read_answers(
            study, accepted, tr("Comparing answers with their references"), progress
        )
    }


def correct_by_checks(
    study: StudyFile, progress: ProgressCallback = ignore_progress
) -> dict[ResponseId, bool]:
    """Whether each answer with a check result passes its prompt's checks. Raises ``still-blinded``."""
    kind.require_measures_told(study)
    wanted = {prompt: own for prompt, own in checks_of(study, study.prompts.all()).items() if own.checks}
    found = (
        (response.id, own.passes(own.outcomes(response.text, response.earlier)))
        for response in measure.read_answers(study, wanted, tr("Checking answers"), progress)
        for own in (wanted[response.prompt],)
    )
    return {response: passes for response, passes in found if passes is not None}


def is_correct(text: str, reference: str, by: CorrectBy) -> bool:
    """Whether an answer is correct by one reference, after normalizing both."""
    if by is CorrectBy.EQUALS:
        return normalised(text) == normalised(reference)
    return holds_answer(text, reference)


def answer_confidence(
    study: StudyFile, progress: ProgressCallback = ignore_progress
) -> dict[ResponseId, float]:
    """The mean token probability (0 to 1) of each answer under its own system. Raises ``still-blinded``."""
    study.settings.read().disclosure.require(Subject.LIKELIHOOD, where=study.path.name)
    found: dict[ResponseId, float] = {}
    for number, (response, scores) in enumerate(study.scores.all()):
        if number % measure.REPORT_EVERY == 0:
            progress(tr("Reading scores: {count} read", number), None)
        if response.system == scores.system and scores.logprobs:
            found[response.id] = sum(map(exp, scores.logprobs)) / len(scores.logprobs)
    return found


@kept_until_changed
def study_calibration(
    study: StudyFile, by: CorrectBy = CorrectBy.HOLDS, progress: ProgressCallback = ignore_progress
) -> StudyCalibration:
    """Calibration of all systems against references or checks. Raises ``still-blinded``."""
    confidence = answer_confidence(study, progress)
    correct: dict[ResponseId, bool] = {}
    if confidence and by is CorrectBy.CHECKS:
        correct = correct_by_checks(study, progress)
    elif confidence:
        correct = correct_by_reference(study, by, progress)
    specs = [prompt.spec for prompt in study.prompts.all()]
    evidence = _confident_answers(study, confidence, correct)
    found = StudyCalibration.of(
        study,
        evidence,
        references=sum(1 for spec in specs if references(spec)),
        checked=sum(1 for spec in specs if asked_checks(spec)),
        scored=len(confidence),
        by=by,
    ).measured
    answers = {s: [answer for own in found.evidence(s) for answer in own] for s in found.systems}
    if by is not CorrectBy.CHECKS and evidence and not any(map(correct.get, confidence)):
        return replace(found, undetermined=True, measures=(MEAN,))
    figures = {system: one for system, own in answers.items() if (one := calibration(own)) is not None}
    return replace(found, calibrations=figures)


def _confident_answers(
    study: StudyFile, confidence: Mapping[ResponseId, float], correct: Mapping[ResponseId, bool]
) -> dict[PromptId, dict[SystemId, ConfidentAnswers]]:
    known = confidence.keys() & correct.keys()
    return measure.by_prompt_and_system(
        (response, ConfidentAnswer(str(response.prompt), confidence[response.id], correct[response.id]))
        for response in (study.responses.all() if known else ())
        if response.id in known
    )


def calibration_json(results: StudyCalibration) -> dict[str, Json]:
    """The ``measures calibration --json`` document: systems with bins, and Brier differences of pairs."""
    return {
        "correct_by": "checks" if results.by is CorrectBy.CHECKS else f"reference-{results.by.value}",
        "prompts_with_reference": results.references,
        "prompts_with_checks": results.checked,
        "answers_scored": results.scored,
        "systems": [_system_json(name, one) for name, one in results.calibrations.items()],
        "brier_differences": [
            {"a": a, "b": b, **difference_json(results.difference(BRIER, a, b))}
            for a, b in (() if results.undetermined else results.pairs)
        ],
    }


def _system_json(system: str, calibration: Calibration) -> Json:
    shared = {"mean_confidence": "confidence", "correct": "correct"}
    errors = {"brier": "brier", "ece": "error", "ece_by_chance": "error_by_chance"}
    return {
        "system": system,
        **fields_json(calibration, "answers", "prompts", **shared, **errors),
        "bins": [fields_json(one, "low", "high", **shared, answers="answers") for one in calibration.bins],
    }


def rules(by: CorrectBy) -> tuple[str, ...]:
    """Return how confidence, correctness, and the calibration error are computed."""
    return sentences(tr(_CONFIDENCE), tr(CORRECT_RULES[by])), tr(ERROR_RULE, bins=BINS, binned=LEAST_BINNED)


def calibration_explanation(results: StudyCalibration, *numbers: str, method: str = "") -> blocks.Explanation:
    own = (*rules(results.by), *rule_texts(BRIER_RULE))
    return blocks.Explanation(tr(TITLE), own, tr(method), SOURCE, numbers)


def lacking_words(results: StudyCalibration) -> str:
    """How to compute the figures; empty where there are some."""
    if results.calibrations:
        return ""
    if results.undetermined:
        return tr(UNDETERMINED)
    by_checks = results.by is CorrectBy.CHECKS
    if not (results.checked if by_checks else results.references):
        return tr(BEGIN_CHECKS if by_checks else BEGIN_REFERENCES)
    if not results.scored:
        return tr(BEGIN_SCORES)
    if by_checks:
        return tr(
            "No answer that is scored by its own system belongs to a prompt whose checks can be evaluated."
        )
    return tr("No answer that is scored by its own system belongs to a prompt with a reference answer.")


def calibration_table(results: StudyCalibration) -> blocks.Table:
    columns = (
        blocks.Column(tr("System"), 2),
        *blocks.number_columns(
            tr("Answers"),
            tr("Confidence"),
            tr("Share correct"),
            ("ECE", 0.8),
            (tr("by chance"), 0.9),
            ("Brier", 0.8),
        ),
    )
    rows = tuple(
        (
            name(system),
            decimal(one.answers),
            percent(one.confidence),
            percent(one.correct),
            decimals(one.error),
            decimals(one.error_by_chance),
            in_own_signs(true_minus(f"{one.brier:.3f}")),
        )
        for system, one in results.calibrations.items()
    )
    return blocks.Table("", columns, rows, calibration_explanation(results))


def calibration_sentence(results: StudyCalibration, system: str) -> str:
    """Whether a system is more confident than correct; empty where it has no figures."""
    one = results.calibrations.get(system)
    if one is None:
        return ""
    shares = {"confidence": percent(one.confidence), "correct": percent(one.correct)}
    if one.error is None or one.error_by_chance is None:
        return tr(
            "On average, {system} is {confidence} confident, and {correct} of its answers are correct. A "
            "calibration error needs {least} answers, and there are {answers}.",
            system=name(system, LONG),
            least=LEAST_BINNED,
            answers=one.answers,
            **shares,
        )
    return tr(
        "On average, {system} is {confidence} confident, and {correct} of its answers are correct. The "
        "calibration error is {error}; chance alone gives about {chance}.",
        system=name(system, LONG),
        error=decimals(one.error),
        chance=decimals(one.error_by_chance),
        **shares,
    )


def brier_figures(results: StudyCalibration, a: str, b: str) -> blocks.Figures:
    """Brier score of b minus that of a on the same prompts; empty where they share none."""
    one = None if results.undetermined else results.difference(BRIER, a, b)
    if one is None:
        return blocks.Figures("calibration", "", ())
    numbers = tr(
        "{b} {difference.mean_b:.3f} − {a} {difference.mean_a:.3f} on {prompts}. Of several answers to a "
        "prompt, the mean counts.",
        name(b),
        one,
        name(a),
        counted(one.prompts, "prompt"),
    )
    label = tr("Brier score, {b} minus {a}", name(b), name(a))
    how = calibration_explanation(results, numbers, method=one.method)
    figure = difference_figure("brier_difference", label, one, how, blocks.Unit.SCORE_DIFFERENCE)
    return blocks.Figures("calibration", "", (figure,))


def reliability_picture(results: StudyCalibration, a: str, b: str) -> blocks.Picture | None:
    both = ((system, results.calibrations.get(system)) for system in (b, a))
    panels = tuple(_panel(system, one) for system, one in both if one is not None and one.bins)
    caption = tr(
        "Each point is a tenth of the answers, by confidence, with the 95% interval of its share "
        "correct (Wilson). On the dashed line, a system is correct as often as its confidence says."
    )
    if not panels:
        return None
    return blocks.Picture(
        chart_data.ReliabilityDiagram(panels), caption, tr("Reliability"), calibration_explanation(results)
    )


def _panel(system: str, calibration: Calibration) -> chart_data.ReliabilityPanel:
    sizes = sorted({one.answers for one in calibration.bins})
    each = "–".join(map(decimal, sizes))
    points = tuple(
        chart_data.ReliabilityPoint(
            one.confidence, one.correct, *wilson(one.correct * one.answers, one.answers), one.answers
        )
        for one in calibration.bins
    )
    return chart_data.ReliabilityPanel(
        name(system),
        points,
        tr("n = {answers}, {each} in each point", calibration.answers, each),
    )


def bins_table(results: StudyCalibration, system: str) -> blocks.Table:
    """A table with a row for each bin of a system; no rows where it has too few answers."""
    one = results.calibrations.get(system)
    columns = blocks.number_columns(
        (tr("Confidence from–to"), 1.4),
        tr("Mean"),
        tr("Share correct"),
        (tr("95% interval"), 1.2),
        tr("Answers"),
    )
    rows = tuple(_bin_row(part) for part in (one.bins if one else ()))
    return blocks.Table(tr("{system}: answers by confidence", name(system)), columns, rows)


def _bin_row(one_bin: CalibrationBin) -> tuple[str, ...]:
    low, high = wilson(one_bin.correct * one_bin.answers, one_bin.answers)
    return (
        range_words(one_bin.low, one_bin.high),
        percent(one_bin.confidence),
        percent(one_bin.correct),
        range_words(low, high),
        decimal(one_bin.answers),
    )


def calibration_blocks(results: StudyCalibration) -> Iterator[blocks.Block]:
    lacking = lacking_words(results)
    if lacking:
        yield blocks.Paragraph(GROUP.with_command(lacking))
        return
    yield calibration_table(results)
    yield blocks.Paragraph(sentences(*rules(results.by), *rule_texts(BRIER_RULE)), blocks.Tone.NOTE)


def pair_calibration_blocks(results: StudyCalibration, a: str, b: str) -> Iterator[blocks.Block]:
    for system in (b, a):
        if sentence := calibration_sentence(results, system):
            yield blocks.Paragraph(sentence)
    if (picture := reliability_picture(results, a, b)) is not None:
        yield picture
    figures = brier_figures(results, a, b)
    if figures.figures:
        yield figures
    for system in (b, a):
        table = bins_table(results, system)
        if table.rows:
            yield table


def _cards(results: StudyCalibration, a: str, b: str) -> tuple[blocks.Section, ...]:
    lines = "\n".join(filter(None, (calibration_sentence(results, system) for system in (b, a))))
    told = blocks.Paragraph(lacking_words(results) or lines, explanation=calibration_explanation(results))
    picture = reliability_picture(results, a, b)
    return (blocks.Section("calibration", tr(TITLE), (told, picture) if picture else (told,)),)


def _rows(results: StudyCalibration) -> tuple[kind.MeasureRow, ...]:
    """The measures of prompts; and the calibration error, which is over all answers and has no interval."""
    own = rules(results.by)
    told = replace(results, measures=tuple(replace(one, rules=own) for one in results.measures))
    values = {
        system: PromptMean(one.error, None, None, one.prompts)
        for system, one in results.calibrations.items()
        if one.error is not None
    }
    how = replace(calibration_explanation(results), title=tr(ERROR_LABEL))
    error = kind.MeasureRow(
        GROUP,
        f"{TEXTS.key}.{ERROR}",
        tr(ERROR_LABEL),
        blocks.Unit.COEFFICIENT,
        False,
        values,
        {},
        how,
    )
    return (*kind.measured_rows(GROUP, told), *([error] if values else []))


def _left(study: StudyFile) -> RunLeft:
    try:
        groups = scoring_groups(study, served=False)
    except UserError as error:
        return RunLeft(0, error.what)
    responses = {r.id for group in groups for r in study.scores.unscored(group.ids)}
    if not responses:
        return RunLeft(0, tr("Every answer of the models on this machine is scored."))
    left = trn("{number} (answer|answers) to score", len(responses))
    return RunLeft(len(responses), left)


SCORE = MeasureRun(
    key="score",
    title=N_("Score the answers"),
    does=N_("Each model computes how probable it finds each answer, and so how confident it is."),
    left=_left,
    engine=lambda study, _answers, backend: ScoringRun(study, clock=utc_now, backend=backend),
)

RESULTS = kind.KindResults(
    "calibration",
    TITLE,
    lambda study, progress: study_calibration(study, progress=progress),
    calibration_blocks,
    pair_calibration_blocks,
    calibration_json,
    cards=_cards,
)
KIND = kind.MeasureKind(
    GROUP,
    BEGIN_REFERENCES,
    lambda study, progress: _rows(study_calibration(study, progress=progress)),
    keys=tuple(f"{TEXTS.key}.{end}" for end in (*(one.id for one in CONFIDENCE_MEASURES), ERROR)),
    done=lambda study: next(iter(study.scores.all()), None) is not None,
    runs=(SCORE,),
    results=RESULTS,
)
