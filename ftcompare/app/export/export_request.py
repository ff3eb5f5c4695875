"""The user's choices for an export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from ftcompare.app.study.shown_names import require_known_names
from ftcompare.core.annotations import Adjudication, AnnotationKind
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, tr
from ftcompare.core.study import ComparisonId, RaterId, RaterKind
from ftcompare.formats.export_format import AnyExportFormat, RowKind
from ftcompare.formats.training.corrected_answers import CorrectedAnswer
from ftcompare.formats.training.selection import Corrections, PairFilters
from ftcompare.formats.training.train_test_parts import Parts
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """The user's choices for an export."""

    format: AnyExportFormat
    filters: PairFilters = field(default_factory=PairFilters)  # for training rows only
    conversational: bool = True  # prompts as chat messages; only for formats that also have a plain form
    without_excluded: bool = False  # whether the judgments of excluded raters are left out
    parts: Parts | None = None  # how training rows are divided into files; None for one file
    raw_cells: bool = False  # cells without protection against formulas, for tables; as in `ExportContext`
    reasoning: bool = False  # whether to include the reasoning of answers, in formats that can hold it
    licence: str = ""  # license of the texts as an SPDX id, for the data card; may be empty
    language: str = ""  # language of the texts as a BCP 47 tag, for the data card; may be empty


def prompt_filters(filters: PairFilters) -> PairFilters:
    """The filters of prompts alone, without those of judgments and answers."""
    kept = ("include_held_out", "categories", "splits", "tags", "drop_leaked")
    return PairFilters(**{name: getattr(filters, name) for name in kept})


def require_known(request: ExportRequest) -> None:
    form = request.format
    if not request.conversational and not form.plain_form:
        raise _not_known(form, N_("The format {format} has no plain form."), "Leave out --standard.")
    if request.raw_cells and not form.takes_raw_cells:
        raise _not_known(form, N_("The format {format} does not mark cells."), "Leave out --raw-cells.")
    if request.reasoning and not form.takes_reasoning:
        how = "Choose outputs, or leave out --reasoning."
        raise _not_known(form, N_("The format {format} contains no reasoning."), how)
    if form.rows is RowKind.PROMPT and request.filters != prompt_filters(request.filters):
        how = "Leave out all filters but --category, --split, --tag, --include-held-out, and --drop-leaked."
        raise _not_known(form, N_("The format {format} contains prompts and no judgments."), how)
    if request.filters.corrections is Corrections.ONLY and not form.rows.takes_corrections:
        how = "Choose trl-preference or trl-sft."
        raise _not_known(form, N_("The format {format} contains no corrections."), how)
    if form.rows is RowKind.TABLE and request != ExportRequest(form):
        what = N_("The format {format} contains the whole study and takes no filters.")
        raise _not_known(form, what, "Leave out the options.")
    if not form.rows.trains and (request.filters != PairFilters() or request.parts):
        what = N_("The format {format} contains every {row} and takes no pair filters and no parts.")
        raise _not_known(form, what, "Leave out the filters, or choose a format of training rows.")


def _not_known(form: AnyExportFormat, what: str, how: str) -> UserError:
    said = tr(what, format=form.id, row=tr(form.rows.value))
    return UserError(said, how=how, code="filter-not-known")


REMEMBERED = "export"  # key under which the study stores the choices


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """The available filter values."""

    tags: tuple[str, ...] = ()  # tags of the prompts, in alphabetical order
    raters: tuple[tuple[RaterId, str], ...] = ()
    """Ids and names of people, in the order in which they were added."""
    criteria: tuple[str, ...] = ()  # criteria of the scale, in its order; ``reasons`` likewise
    reasons: tuple[str, ...] = ()
    strengths: int = 1  # number of strengths in the scale; 1 for none
    corrections: int = 0  # number of answers that experts corrected
    adjudicated: int = 0  # number of pairs that a senior rater decided


def filter_choices(study: StudyFile) -> FilterChoices:
    scale = study.settings.read().scale
    live = study.raters.live_only()
    people = (r for r in study.raters.all() if r.kind is RaterKind.HUMAN and r.id not in live)
    return FilterChoices(
        tags=tuple(sorted({tag for prompt in study.prompts.all() for tag in prompt.spec.tags})),
        raters=tuple((rater.id, rater.name) for rater in people),
        criteria=scale.criteria,
        reasons=scale.reasons,
        strengths=scale.strengths,
        corrections=len({one.key for one in corrected_answers(study)}),
        adjudicated=len(adjudicated_pairs(study)),
    )


def require_offered(study: StudyFile, filters: PairFilters) -> None:
    """Refuse a category, tag, criterion or reason that the study does not have."""
    offered, prompts = filter_choices(study), study.prompts.all()
    require_known_names("category", filters.categories, {prompt.spec.category for prompt in prompts})
    require_known_names("tag", filters.tags, offered.tags)
    require_known_names("criterion", {filters.criterion} if filters.criterion else None, offered.criteria)
    require_known_names("reason", filters.reasons, offered.reasons)


def remember(study: StudyFile, chosen: dict[str, Json]) -> None:
    text = json.dumps(chosen, ensure_ascii=False, sort_keys=True)
    if study.state.get(REMEMBERED) != text:
        study.state.put(REMEMBERED, text)


def remembered(study: StudyFile) -> dict[str, Json]:
    try:
        found = json.loads(study.state.get(REMEMBERED) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def adjudicated_pairs(study: StudyFile) -> dict[ComparisonId, tuple[str, int | None]]:
    """The verdict and its strength for each adjudicated pair; the newest of several."""
    stored = sorted(study.annotations.standing(AnnotationKind.ADJUDICATION), key=lambda one: one.at)
    given = (one.given for one in stored)
    return {
        one.comparison: (one.choice.value, one.strength) for one in given if isinstance(one, Adjudication)
    }


def corrected_answers(study: StudyFile) -> Iterator[CorrectedAnswer]:
    for one in sorted(study.annotated.corrections(), key=lambda one: one.stored.at):
        yield CorrectedAnswer(one.of.prompt.spec, one.of.response, one.correction.text)
