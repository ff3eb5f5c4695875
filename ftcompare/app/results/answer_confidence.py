"""Calibration: each system's confidence in its answers, compared with whether they are correct.

Confidence is the mean probability of the answer's tokens under the system that wrote it (computed by
`score`). Correctness is an input, given for each answer. This module derives it from the reference answers or
the checks of the prompts; other sources work too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp

from ftcompare.app.results.consistency import difference_json
from ftcompare.app.review.prompt_checks import checks_of
from ftcompare.app.setup.asked_checks import asked_checks, references
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.study.shown_names import system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.checks.normalised_answer import holds_answer, normalised
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json
from ftcompare.core.study import ResponseId, SystemId
from ftcompare.stats.calibration import (
    Calibration,
    CalibrationBin,
    ConfidentAnswer,
    brier_by_prompt,
    calibration,
)
from ftcompare.stats.paired_difference import PairedDifference, paired_difference
from ftcompare.store.study.study_file import StudyFile

REPORT_EVERY = 200
"""Number of answers between two progress reports."""


class CorrectBy(StrEnum):
    """How correctness is decided: by any normalised reference answer of the prompt, or by its checks."""

    HOLDS = "holds"  # the words of a reference occur in the answer, in sequence
    EQUALS = "equals"  # the answer equals a reference
    CHECKS = "checks"  # the answer passes all checks that have a result


@dataclass(frozen=True, slots=True)
class StudyCalibration:
    """The confidence of all systems, and whether their answers are correct.

    Args:
        references: number of prompts with a reference answer.
        checked: number of prompts with a check.
        scored: number of answers that their own system has scored.
        by: how correctness was decided.
        systems: calibration by system name, in the order in which systems were added; only systems with such
            answers.
        answers: the scored answers with known correctness, by system name.
    """

    references: int = 0
    checked: int = 0
    scored: int = 0
    by: CorrectBy = CorrectBy.HOLDS
    systems: dict[str, Calibration] = field(default_factory=dict)
    answers: dict[str, tuple[ConfidentAnswer, ...]] = field(default_factory=dict)

    def brier_difference(self, a: str, b: str) -> PairedDifference | None:
        """Brier score of b minus that of a on the same prompts; None where they share none."""
        briers = [brier_by_prompt(self.answers.get(system, ())) for system in (a, b)]
        return paired_difference(briers[0], briers[1], coarse=True)


def correct_by_reference(
    study: StudyFile, by: CorrectBy, told: ProgressCallback = ignore_progress
) -> dict[ResponseId, bool]:
    """Whether each answer to a prompt with a reference answer is correct.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    accepted = {p.id: found for p in study.prompts.all() if (found := references(p.spec))}
    correct: dict[ResponseId, bool] = {}
    for number, response in enumerate(study.responses.all() if accepted else ()):
        if number % REPORT_EVERY == 0:
            told(f"Comparing answers with their references: {number:,} read", None)
        if response.prompt in accepted:
            wanted = accepted[response.prompt]
            correct[response.id] = any(is_correct(response.text, one, by) for one in wanted)
    return correct


def correct_by_checks(study: StudyFile, told: ProgressCallback = ignore_progress) -> dict[ResponseId, bool]:
    """Whether each answer passes the checks of its prompt; answers without any check result are left out.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    wanted = {prompt: own for prompt, own in checks_of(study, study.prompts.all()).items() if own.checks}
    correct: dict[ResponseId, bool] = {}
    for number, response in enumerate(study.responses.all() if wanted else ()):
        if number % REPORT_EVERY == 0:
            told(f"Checking answers: {number:,} read", None)
        own = wanted.get(response.prompt)
        passes = own.passes(own.outcomes(response.text)) if own else None
        if passes is not None:
            correct[response.id] = passes
    return correct


def is_correct(text: str, reference: str, by: CorrectBy) -> bool:
    """Whether an answer is correct by one reference, after normalising both."""
    if by is CorrectBy.EQUALS:
        return normalised(text) == normalised(reference)
    return holds_answer(text, reference)


def answer_confidence(study: StudyFile, told: ProgressCallback = ignore_progress) -> dict[ResponseId, float]:
    """Mean probability (0 to 1) of the tokens of each scored answer, under the system that wrote it.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.LIKELIHOOD, where=study.path.name)
    found: dict[ResponseId, float] = {}
    for number, (response, scores) in enumerate(study.scores.all()):
        if number % REPORT_EVERY == 0:
            told(f"Reading scores: {number:,} read", None)
        if response.system == scores.system and scores.logprobs:
            found[response.id] = sum(map(exp, scores.logprobs)) / len(scores.logprobs)
    return found


@kept_until_changed
def study_calibration(
    study: StudyFile, by: CorrectBy = CorrectBy.HOLDS, told: ProgressCallback = ignore_progress
) -> StudyCalibration:
    """Calibration of all systems against the reference answers or the checks.

    Raises:
        UserError: ``still-blinded``.
    """
    confidence = answer_confidence(study, told)
    correct = _correct(study, by, told) if confidence else {}
    specs = [prompt.spec for prompt in study.prompts.all()]
    answers = confident_answers(study, confidence, correct)
    figures = {system: calibration(own) for system, own in answers.items()}
    return StudyCalibration(
        references=sum(1 for spec in specs if references(spec)),
        checked=sum(1 for spec in specs if asked_checks(spec)),
        scored=len(confidence),
        by=by,
        systems={system: one for system, one in figures.items() if one is not None},
        answers=answers,
    )


def _correct(study: StudyFile, by: CorrectBy, told: ProgressCallback) -> dict[ResponseId, bool]:
    if by is CorrectBy.CHECKS:
        return correct_by_checks(study, told)
    return correct_by_reference(study, by, told)


def confident_answers(
    study: StudyFile, confidence: Mapping[ResponseId, float], correct: Mapping[ResponseId, bool]
) -> dict[str, tuple[ConfidentAnswer, ...]]:
    """The answers with known confidence and correctness, by the name of their system.

    ``correct`` may come from any source that decides whether answers are right.
    """
    by_system: defaultdict[SystemId, list[ConfidentAnswer]] = defaultdict(list)
    known = confidence.keys() & correct.keys()
    for response in study.responses.all() if known else ():
        if response.id in known:
            sure, right = confidence[response.id], correct[response.id]
            by_system[response.system].append(ConfidentAnswer(str(response.prompt), sure, right))
    return {name: tuple(by_system[s]) for s, name in system_names(study).items() if s in by_system}


# --- the document of ``calibration --json`` -------------------------------------------------------


def calibration_json(found: StudyCalibration) -> dict[str, Json]:
    """The ``calibration --json`` document: systems with their bins, and Brier differences of pairs."""
    systems = [*found.systems]
    pairs = [(a, b) for n, a in enumerate(systems) for b in systems[n + 1 :]]
    return {
        "correct_by": "checks" if found.by is CorrectBy.CHECKS else f"reference-{found.by.value}",
        "prompts_with_reference": found.references,
        "prompts_with_checks": found.checked,
        "answers_scored": found.scored,
        "systems": [_system_json(name, one) for name, one in found.systems.items()],
        "brier_differences": [
            {"a": a, "b": b, **difference_json(found.brier_difference(a, b))} for a, b in pairs
        ],
    }


def _system_json(system: str, found: Calibration) -> Json:
    return {
        "system": system,
        "answers": found.answers,
        "prompts": found.prompts,
        "mean_confidence": found.confidence,
        "correct": found.correct,
        "brier": found.brier,
        "ece": found.error,
        "ece_by_chance": found.error_by_chance,
        "bins": [_bin_json(one) for one in found.bins],
    }


def _bin_json(found: CalibrationBin) -> Json:
    return {
        "low": found.low,
        "high": found.high,
        "mean_confidence": found.confidence,
        "correct": found.correct,
        "answers": found.answers,
    }
