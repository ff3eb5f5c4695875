"""The results of a study in which raters grade one answer at a time, as far as they may be shown now."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Disclosure, Subject
from ftcompare.core.hashing import Json
from ftcompare.core.study import Study
from ftcompare.stats.grades import Grade, summarise_grades
from ftcompare.stats.grades import GradeDifference as GradeDifference
from ftcompare.stats.grades import GradeInterval as GradeInterval
from ftcompare.stats.grades import GradeSummary as GradeSummary
from ftcompare.stats.grades import SystemGrade as SystemGrade
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class GradeResults:
    """The grades of a study. Systems and differences are missing while they are withheld."""

    study: Study
    summary: GradeSummary
    criteria: tuple[tuple[str, GradeSummary], ...] = ()

    @property
    def disclosure(self) -> Disclosure:
        return self.study.disclosure


def grade_results(study: StudyFile) -> GradeResults | None:
    """Summarize the standing grades, without hidden repeats; None in a study of pairs."""
    settings = study.settings.read()
    if not settings.scale.graded:
        return None
    names, scale = system_names(study), settings.scale
    overall: list[Grade] = []
    of_criteria: dict[str, list[Grade]] = {name: [] for name in scale.criteria}
    for row in study.grades.standing():
        where = str(row.prompt.id), row.rater.name, names[row.response.system]
        overall.append(Grade(*where, row.grade))
        for name, grade in row.notes.grades:
            of_criteria[name].append(Grade(*where, grade))
    order = settings.disclosure.ordered(names.values(), str)
    summarised = partial(summarise_grades, systems=order, low=scale.low, high=scale.high)
    summary = summarised(overall)
    if not settings.disclosure.tells(Subject.ALL_FIGURES):
        return GradeResults(settings, replace(summary, systems=(), differences=()))
    each = ((name, summarised(given, together=len(of_criteria))) for name, given in of_criteria.items())
    return GradeResults(settings, summary, tuple(each))


def grades_json(results: GradeResults) -> dict[str, Json]:
    """Return the part ``grades`` of ``results --json``, which is null in a study of pairs."""
    summary, scale = results.summary, results.study.scale
    return {
        "lowest": summary.low,
        "highest": summary.high,
        "labels": [*scale.end_labels],
        "grades": summary.grades,
        "raters": summary.raters,
        "prompts": summary.prompts,
        **_figures_json(summary),
        "criteria": [{"criterion": name, **_figures_json(of)} for name, of in results.criteria],
    }


def _figures_json(summary: GradeSummary) -> dict[str, Json]:
    return {
        "systems": [_system_json(one) for one in summary.systems],
        "differences": [_difference_json(one) for one in summary.differences],
    }


def _system_json(one: SystemGrade) -> dict[str, Json]:
    return {
        "system": one.system,
        "mean": one.value,
        "these_raters": _ends_json(one.these),
        "other_raters": _ends_json(one.others),
        "counts": [*one.counts],
        "prompts": one.prompts,
        "raters": one.raters,
    }


def _difference_json(one: GradeDifference) -> dict[str, Json]:
    return {
        "a": one.a,
        "b": one.b,
        "difference": one.value,
        "these_raters": _ends_json(one.these),
        "other_raters": _ends_json(one.others),
        "level": one.level,
        "prompts": one.prompts,
    }


def _ends_json(ends: GradeInterval | None) -> Json:
    return None if ends is None else asdict(ends)
