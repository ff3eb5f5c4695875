"""The results of a study in which raters grade one answer at a time, as far as they may be shown now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Disclosure, Subject
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.scale import Scale
from ftcompare.core.study import Study
from ftcompare.stats.agreement import Rating, rating_agreement
from ftcompare.stats.agreement import RatingAgreement as RatingAgreement
from ftcompare.stats.grades import Grade, summarise_grades
from ftcompare.stats.grades import GradeDifference as GradeDifference
from ftcompare.stats.grades import GradeInterval as GradeInterval
from ftcompare.stats.grades import GradeSummary as GradeSummary
from ftcompare.stats.grades import SystemGrade as SystemGrade
from ftcompare.stats.resampling import SEED
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class GradeResults:
    """The grades of a study. Systems, differences, and repeats are missing while they are withheld."""

    study: Study
    summary: GradeSummary
    criteria: tuple[tuple[str, GradeSummary], ...] = ()
    agreement: tuple[tuple[str, RatingAgreement], ...] = ()  # of raters, by criterion; empty: overall
    repeats: tuple[tuple[str, RatingAgreement], ...] = ()  # of raters with themselves, on hidden repeats

    @property
    def disclosure(self) -> Disclosure:
        return self.study.disclosure


def grade_results(study: StudyFile) -> GradeResults | None:
    """Summarize the standing grades, without hidden repeats; None in a study of pairs."""
    settings = study.settings.read()
    if not settings.scale.graded:
        return None
    names, scale = system_names(study), settings.scale
    given: dict[str, list[Grade]] = {name: [] for name in ("", *scale.criteria)}
    ratings: dict[str, list[Rating]] = {name: [] for name in given}
    twice: dict[str, list[Rating]] = {name: [] for name in given}
    rows = list(study.grades.standing(repeats=True))
    again = {row.repeat_of for row in rows}
    for row in rows:
        where = str(row.prompt.id), row.rater.name, names[row.response.system]
        for name, grade in (("", row.grade), *row.notes.grades):
            if row.repeat_of is None:
                given[name].append(Grade(*where, grade))
                ratings[name].append(Rating(row.prompt.id, row.response.id, grade))
            if row.repeat_of is not None or row.allocation in again:
                twice[name].append(Rating(row.prompt.id, row.repeat_of or row.allocation, grade))
    order = settings.disclosure.ordered(names.values(), str)
    summarised = partial(summarise_grades, systems=order, low=scale.low, high=scale.high)
    overall, agreement = summarised(given.pop("")), _agreement(ratings, scale)
    if not settings.disclosure.tells(Subject.ALL_FIGURES):
        withheld = replace(overall, systems=(), differences=())
        return GradeResults(settings, withheld, agreement=agreement)
    each = ((name, summarised(of, together=len(given))) for name, of in given.items())
    return GradeResults(settings, overall, tuple(each), agreement, _agreement(twice, scale))


def _agreement(
    ratings: Mapping[str, Sequence[Rating]], scale: Scale
) -> tuple[tuple[str, RatingAgreement], ...]:
    """Return the agreement overall and on each criterion, as far as two numbers are about one answer."""
    rng = np.random.default_rng(SEED)
    found = ((name, rating_agreement(of, scale.low, scale.high, rng)) for name, of in ratings.items())
    return tuple((name, one) for name, one in found if one.units)


def grades_json(results: GradeResults) -> dict[str, Json]:
    """Return the part ``grades`` of ``results --json``, which is null in a study of pairs."""
    summary, scale = results.summary, results.study.scale
    return {
        **fields_json(summary, lowest="low", highest="high"),
        "labels": [*scale.end_labels],
        **fields_json(summary, "grades", "raters", "prompts"),
        **_figures_json(summary),
        "criteria": [{"criterion": name, **_figures_json(of)} for name, of in results.criteria],
        "agreement": [_agreement_json(*one) for one in results.agreement],
        "repeats": [_agreement_json(*one) for one in results.repeats],
    }


def _agreement_json(criterion: str, agreement: RatingAgreement) -> dict[str, Json]:
    return {
        "criterion": criterion or None,
        **fields_json(agreement, "alpha", level_of_measurement="level_of"),
        **fields_json(agreement.interval, "low", "high"),
        **fields_json(agreement, answers="units", prompts="clusters"),
    }


def _figures_json(summary: GradeSummary) -> dict[str, Json]:
    return {
        "systems": [_system_json(one) for one in summary.systems],
        "differences": [_difference_json(one) for one in summary.differences],
    }


def _system_json(grade: SystemGrade) -> dict[str, Json]:
    return {
        **fields_json(grade, "system", mean="value"),
        "these_raters": _ends_json(grade.these),
        "other_raters": _ends_json(grade.others),
        "counts": [*grade.counts],
        **fields_json(grade, "prompts", "raters"),
    }


def _difference_json(difference: GradeDifference) -> dict[str, Json]:
    return {
        **fields_json(difference, "a", "b", difference="value"),
        "these_raters": _ends_json(difference.these),
        "other_raters": _ends_json(difference.others),
        **fields_json(difference, "level", "prompts"),
    }


def _ends_json(ends: GradeInterval | None) -> Json:
    return None if ends is None else asdict(ends)
