"""Experts' decisions and corrections, prepared for exports.

What is newer follows from the time of each, which its expert's chain covers, not from the order of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.core.annotations import Adjudication, AnnotationKind
from ftcompare.core.study import ComparisonId
from ftcompare.formats.training.corrected_answers import CorrectedAnswer
from ftcompare.store.study.study_file import StudyFile


def adjudicated_pairs(study: StudyFile) -> dict[ComparisonId, tuple[str, int | None]]:
    """The verdict on each pair that was adjudicated, and how strong it is; of several the newest."""
    stored = sorted(study.annotations.standing(AnnotationKind.ADJUDICATION), key=lambda one: one.at)
    given = (one.given for one in stored)
    return {
        one.comparison: (one.choice.value, one.strength) for one in given if isinstance(one, Adjudication)
    }


def corrected_answers(study: StudyFile) -> Iterator[CorrectedAnswer]:
    """The corrections that stand, oldest first."""
    for one in sorted(study.annotated.corrections(), key=lambda one: one.stored.at):
        yield CorrectedAnswer(one.of.prompt.spec, one.of.response, one.correction.text)
