"""Figures on experts' marks: scores, differences, counts and agreement, as far as they may be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ftcompare.app.review.marks import MarkedAnswer, StudyMarks, study_marks
from ftcompare.core.disclosure import Subject
from ftcompare.core.error_scheme import MQM_CORE, ErrorScheme
from ftcompare.core.hashing import Json, fields_json
from ftcompare.stats.error_marks import (
    ErrorScore,
    ErrorSpan,
    MarkAgreement,
    ReviewedAnswer,
    ScoreDifference,
    error_counts,
    error_scores,
    mark_agreement,
    score_difference,
)
from ftcompare.stats.resampling import SEED
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.tokens import words


@dataclass(frozen=True, slots=True)
class ErrorMarks:
    scheme: ErrorScheme = MQM_CORE
    # answers that an expert looked through, once for each expert; empty while writers are withheld
    reviewed: tuple[ReviewedAnswer, ...] = ()
    scores: dict[str, ErrorScore] = field(default_factory=dict)  # error score by system name
    # number of marks by system, type and severity
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    agreement: tuple[MarkAgreement, ...] = ()  # agreement of each pair of experts

    def difference(self, a: str, b: str) -> ScoreDifference | None:
        """Score of b minus score of a on the same prompts; None where they share none."""
        return score_difference(self.reviewed, a, b)


def error_marks(study: StudyFile) -> ErrorMarks:
    """The figures of all marks; empty while writers are withheld."""
    if not study.settings.read().disclosure.tells(Subject.ANNOTATIONS):
        return ErrorMarks()
    found = study_marks(study)
    reviewed = tuple(_reviewed(found))
    agreement = mark_agreement(reviewed, np.random.default_rng(SEED))
    return ErrorMarks(found.scheme, reviewed, error_scores(reviewed), error_counts(reviewed), agreement)


def _reviewed(marks: StudyMarks) -> Iterator[ReviewedAnswer]:
    for answer in marks.answers:
        places = tuple((word.start, word.end) for word in words(answer.text))
        for expert in answer.reviewed_by:
            spans = tuple(_spans(answer, expert))
            prompt, key = str(answer.prompt.id), str(answer.response)
            yield ReviewedAnswer(key, prompt, answer.system, expert, places, spans)


def _spans(answer: MarkedAnswer, expert: str) -> Iterator[ErrorSpan]:
    for mark in answer.marks:
        if mark.expert == expert:
            given, weight = mark.given, mark.severity.weight
            yield ErrorSpan(given.start, given.end, given.error_type, given.severity, weight)


def error_marks_json(marks: ErrorMarks) -> Json:
    """``error_marks`` of ``results --json``; null where no answer was reviewed, and while withheld."""
    if not marks.reviewed:
        return None
    systems = [*marks.scores]
    pairs = [(a, b) for n, a in enumerate(systems) for b in systems[n + 1 :]]
    return {
        "error_scheme": marks.scheme.name,
        "systems": [
            {
                "system": name,
                **fields_json(score, "answers", "words", marks="errors", weight="weight", score="score"),
            }
            for name, score in marks.scores.items()
        ],
        "counts": [
            {"system": system, "error_type": kind, "severity": severity, "marks": number}
            for (system, kind, severity), number in sorted(marks.counts.items())
        ],
        "differences": [
            {"a": a, "b": b, **fields_json(difference, *DIFFERENCE)}
            for a, b in pairs
            if (difference := marks.difference(a, b)) is not None
        ],
        "agreement": [_agreement_json(one) for one in marks.agreement],
    }


DIFFERENCE = ("prompts", "score_a", "score_b", "difference", "low", "high", "level")


def _agreement_json(agreement: MarkAgreement) -> Json:
    return {
        **fields_json(agreement, "experts", "answers", "words", "alpha"),
        **fields_json(agreement.alpha_interval, "low", "high"),
        "alpha_by_type": [{"error_type": kind, "alpha": alpha} for kind, alpha in agreement.alpha_by_type],
        **fields_json(agreement, "f1", "f1_same_type", "passages"),
    }
