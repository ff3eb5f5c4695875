"""Experts' adjudications and corrections, prepared for exports.

The newest one is found by its time, which the hash chain of the expert covers, not by the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.core.annotations import Adjudication, AnnotationKind
from ftcompare.core.study import ComparisonId
from ftcompare.formats.training.corrected_answers import CorrectedAnswer
from ftcompare.store.study.study_file import StudyFile


def adjudicated_pairs(study: StudyFile) -> dict[ComparisonId, tuple[str, int | None]]:
    """The verdict and its strength for each adjudicated pair; the newest of several."""
    stored = sorted(study.annotations.standing(AnnotationKind.ADJUDICATION), key=lambda one: one.at)
    given = (one.given for one in stored)
    return {
        one.comparison: (one.choice.value, one.strength) for one in given if isinstance(one, Adjudication)
    }


def corrected_answers(study: StudyFile) -> Iterator[CorrectedAnswer]:
    """The standing corrections, oldest first."""
    for one in sorted(study.annotated.corrections(), key=lambda one: one.stored.at):
        yield CorrectedAnswer(one.of.prompt.spec, one.of.response, one.correction.text)
