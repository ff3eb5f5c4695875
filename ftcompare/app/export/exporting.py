"""Exports: what would be written, what is left out and why, and the file with its data card."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import ftcompare
from ftcompare.app.export.record_kinds import told_kinds
from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.results.study_results import plain_results
from ftcompare.app.study.altered_study import integrity_json, require_unaltered, shown_refusal
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.core.records import OutputRecord
from ftcompare.core.run_record import newest_reports, read_runs
from ftcompare.core.study import ComparisonKind, GuessRow, JudgedRow, RaterId, Split, System, SystemId
from ftcompare.formats import data_card
from ftcompare.formats.atomic_write import all_or_none
from ftcompare.formats.export_format import AnyExportFormat, ExportContext, RowKind
from ftcompare.formats.judgments import kind_of
from ftcompare.formats.outputs import record_of
from ftcompare.formats.pairs_with_votes import pairs_with_votes
from ftcompare.formats.preference_rows import PreferenceFilters, PreferenceRow, preference_rows
from ftcompare.formats.record_fields import plain_prompt
from ftcompare.store.study.study_file import StudyFile

PREVIEW_ROWS = 3

BY_EXCLUDED = "judgments by excluded raters"
"""Why judgments are left out, where that was asked for; all other reasons leave out pairs."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the user chose.

    Args:
        filters: matter for preference rows only.
        conversational: matters for formats with a plain form only.
        without_excluded: leave out the judgments of excluded raters; else they stay in.
        raw_cells: matters for tables whose cells a spreadsheet might run; as in `ExportContext`.
    """

    format: AnyExportFormat
    filters: PreferenceFilters = field(default_factory=PreferenceFilters)
    conversational: bool = True
    without_excluded: bool = False
    raw_cells: bool = False


@dataclass(frozen=True, slots=True)
class ExportPreview:
    """What an export would hold.

    Args:
        dropped: reason to number of pairs left out, in the order of the filters; for `BY_EXCLUDED`, of
            judgments.
        checks: of ``kept``, the rows that are no votes, by their kind.
        sample: the first rows, as they would stand in the file.
        refused: why it cannot be written now; empty where it can.
        altered: it cannot because the study was altered.
        pairs: of the first training rows, the texts; none for other formats.
        flagged: pairs that a rater flagged, whatever becomes of them.
    """

    kept: int
    dropped: dict[str, int]
    sample: tuple[str, ...]
    refused: str = ""
    altered: bool = False
    checks: dict[str, int] = field(default_factory=dict)
    pairs: tuple[PreferenceRow, ...] = ()
    flagged: int = 0


@dataclass(frozen=True, slots=True)
class ExportDone:
    """What was written and where.

    Args:
        dropped: as in `ExportPreview`; ``checks`` too.
        excluded: names of raters who are excluded from the results and whose judgments are in the file.
    """

    path: Path
    card: Path
    kept: int
    dropped: dict[str, int]
    excluded: tuple[str, ...] = ()
    checks: dict[str, int] = field(default_factory=dict)


def preview(study: StudyFile, request: ExportRequest) -> ExportPreview:
    """Count and show, without writing."""
    if withheld := _withheld(study, request.format):
        return ExportPreview(0, {}, (), withheld.text)
    if altered := shown_refusal(study.verify()):
        return ExportPreview(0, {}, (), altered, altered=True)
    found, context = _rows(study, request), _context(study, request)
    rows = tuple(itertools.islice(found.rows, PREVIEW_ROWS))
    shown = tuple(json.dumps(request.format.to_object(row, context), ensure_ascii=False) for row in rows)
    pairs = rows if request.format.rows is RowKind.PREFERENCE else ()
    return ExportPreview(
        found.kept, found.dropped, shown, checks=found.checks, pairs=pairs, flagged=found.flagged
    )


def export(
    study: StudyFile, path: Path, request: ExportRequest, *, now: datetime, replace: bool = False
) -> ExportDone:
    """Write the file and its data card, and note it in the study's audit log.

    ``replace``: the user has agreed that a file which is there goes, and its card.

    Raises:
        UserError: the study is still blinded or was altered, nothing would be written, or the place is wrong
            (as `require_output`).
        EnvironmentFault: the disk is full.
    """
    if request.format.names_systems:
        study.settings.read().disclosure.require(Subject.NAMED_EXPORT, where=study.path.name)
    require_unaltered(study)
    for place in (path, data_card.card_path(path)):
        require_output(place, inputs=(study.path,), replace=replace)
    with all_or_none(path, replace=replace) as draft:
        found = _rows(study, request)
        if not found.kept:
            raise _nothing_to_write(request.format.rows, found.dropped)
        request.format.write(draft, found.rows, _context(study, request))
        data_card.write(draft, _card(study, request, found, now))
        for file in draft.parent.iterdir():  # a format may write more than one
            require_output(path.with_name(file.name), inputs=(study.path,), replace=replace)
        study.audit.append("exported", {"format": request.format.id, "rows": found.kept}, now=now)
    excluded = _still_in(study, request)
    return ExportDone(path, data_card.card_path(path), found.kept, found.dropped, excluded, found.checks)


def _still_in(study: StudyFile, request: ExportRequest) -> tuple[str, ...]:
    if request.without_excluded or request.format.rows is RowKind.RESPONSE:
        return ()
    excluded = study.raters.excluded()
    return tuple(rater.name for rater in study.raters.all() if rater.id in excluded)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a file is made of.

    Args:
        rows: of the kind that the format takes, read as they are asked for.
        kept: their number.
        dropped: as in `ExportPreview`; ``checks`` and ``flagged`` too.
    """

    rows: Iterable[Any]
    kept: int
    dropped: dict[str, int] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    flagged: int = 0


def _rows(study: StudyFile, request: ExportRequest) -> _Rows:
    match request.format.rows:
        case RowKind.RESPONSE:
            return _Rows(_outputs(study), sum(study.counts().responses.values()))
        case RowKind.JUDGMENT:
            return _with_checks(_judgments(study, request), study, request)
        case RowKind.VOTE:
            return _judgments(study, request)
        case RowKind.PAIR_WITH_VOTES:
            votes = _judgments(study, request)
            pairs = pairs_with_votes(votes.rows)
            return _Rows(pairs, len(pairs), votes.dropped)
    judged = _judgments(study, request)
    chosen = preference_rows(judged.rows, request.filters, conversational=request.conversational)
    return _Rows(chosen.rows, chosen.kept, {**judged.dropped, **chosen.dropped}, flagged=chosen.flagged)


def _judgments(study: StudyFile, request: ExportRequest) -> _Rows:
    without = _left_out(study, request)
    taken = Counter(row.rater.id not in without for row in study.judgments.votes())
    rows = (row for row in study.judgments.standing() if row.rater.id not in without)
    return _Rows(rows, taken[True], {BY_EXCLUDED: taken[False]} if taken[False] else {})


def _left_out(study: StudyFile, request: ExportRequest) -> frozenset[RaterId]:
    return frozenset(study.raters.excluded()) if request.without_excluded else frozenset()


def _with_checks(votes: _Rows, study: StudyFile, request: ExportRequest) -> _Rows:
    """The votes, then all else that raters answered and that may be told now: few beside them."""
    without = _left_out(study, request)
    checks = [row for row in _check_rows(study) if row.rater.id not in without]
    kinds = dict(Counter(kind_of(row).value for row in checks))
    rows = itertools.chain(votes.rows, checks)
    return _Rows(rows, votes.kept + len(checks), votes.dropped, kinds)


def _check_rows(study: StudyFile) -> Iterator[JudgedRow | GuessRow]:
    told, judged = study.settings.read().disclosure, study.judgments
    if told.tells(Subject.CHECK_ITEMS):
        yield from (again for _, again in judged.repeat_pairs())
        for kind in (ComparisonKind.CONTROL, ComparisonKind.GOLD):
            yield from judged.standing(kind)
    if told.tells(Subject.GUESSES):
        yield from judged.guesses()


def _outputs(study: StudyFile) -> Iterator[OutputRecord]:
    prompts, names = {prompt.id: prompt for prompt in study.prompts.all()}, _names(study)
    return (record_of(response, prompts[response.prompt], names) for response in study.responses.all())


def _context(study: StudyFile, request: ExportRequest) -> ExportContext:
    form = request.format
    several = form.names_systems and any(plain_prompt(m) is None for m in study.prompts.messages())
    scale = study.settings.read().scale
    return ExportContext(_names(study), scale, request.conversational, several, request.raw_cells)


def _names(study: StudyFile) -> dict[SystemId, str]:
    return {system.id: system.name for system in study.systems.all()}


def _nothing_to_write(kind: RowKind, dropped: Mapping[str, int]) -> UserError:
    reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
    nothing, how = "there is no judgment yet", "Judge more pairs, or loosen the filters."
    if kind is RowKind.RESPONSE:
        nothing, how = "there is no response yet", "Generate or import responses first."
    reason = f"every row was dropped: {reasons}" if reasons else nothing
    return UserError(f"Nothing was written, because {reason}.", how=how, code="nothing-to-export")


def _withheld(study: StudyFile, form: AnyExportFormat) -> Withheld | None:
    return study.settings.read().disclosure.withheld(Subject.NAMED_EXPORT) if form.names_systems else None


def _card(study: StudyFile, request: ExportRequest, rows: _Rows, now: datetime) -> data_card.DataCard:
    found = plain_results(study)
    return data_card.DataCard(
        title=found.study.title,
        format=request.format.id,
        written_at=now.isoformat(timespec="seconds"),
        version=ftcompare.__version__,
        systems=_system_lines(study),
        prompts=found.prompts,
        judgments=found.summary.judgments,
        raters=study.counts().raters,
        filters=(*_filter_words(request), *_exclusion_words(study, request), *_check_words(rows.checks)),
        kept=rows.kept,
        dropped=rows.dropped,
        agreement=_agreement_words(found.summary.agreement.percent, found.summary.agreement.units),
        notice=found.study.notice,
        integrity=integrity_json(found.integrity),
    )


def _system_lines(study: StudyFile) -> tuple[tuple[str, str, str], ...]:
    """Name, description and digest; the neutral names alone while system details are withheld."""
    told = study.settings.read().disclosure
    if not told.tells(Subject.SYSTEM_DETAILS):
        names = told.ordered(system_names(study).values(), str)
        return tuple((name, "not told while the study is blinded", "") for name in names)
    loaded = newest_reports(read_runs(study.runs.all()))
    digests = {key: report.digest for key, report in loaded.items()}
    return tuple((s.name, _description(s), digests.get(str(s.id), "")) for s in study.systems.all())


def _description(system: System) -> str:
    spec = system.spec
    return " + ".join(Path(part).name for part in (spec.model, spec.adapter) if part) or "imported"


def _filter_words(request: ExportRequest) -> tuple[str, ...]:
    if request.format.rows is not RowKind.PREFERENCE:
        return ()
    f = request.filters
    words = [f"at least {f.min_raters} judgments a pair", f"agreement above {f.min_agreement:.0%}"]
    words.append("held-out prompts included" if f.include_held_out else "held-out prompts left out")
    words.append("flagged pairs included" if f.include_flagged else "flagged pairs left out")
    if f.categories is not None:
        words.append("categories: " + ", ".join(sorted(f.categories)))
    if f.splits is not None:
        words.append("splits: " + ", ".join(sorted(s.value or Split.NONE.name.lower() for s in f.splits)))
    return (*words, *_further_words(f))


def _further_words(f: PreferenceFilters) -> Iterator[str]:
    if f.tags is not None:
        yield "tags: " + ", ".join(sorted(f.tags))
    if f.raters is not None:
        yield f"judgments of {counted(len(f.raters), 'chosen rater')} alone"
    if f.min_strength:
        yield f"mean strength of at least {f.min_strength:g}"
    if f.criterion:
        yield f"preferred on {f.criterion}, too"
    if f.reasons is not None:
        yield "with one of the reasons: " + ", ".join(sorted(f.reasons))
    if f.max_characters:
        yield f"answers of at most {f.max_characters:,} characters"


def _check_words(checks: Mapping[str, int]) -> tuple[str, ...]:
    return (f"rows that are no votes, marked by their kind: {told_kinds(checks)}",) if checks else ()


def _exclusion_words(study: StudyFile, request: ExportRequest) -> tuple[str, ...]:
    """That raters are excluded from the results, whatever became of their judgments here."""
    count = len(study.raters.excluded())
    if not count or request.format.rows is RowKind.RESPONSE:
        return ()
    who = "1 rater is" if count == 1 else f"{count} raters are"
    where = "left out" if request.without_excluded else "included"
    return (f"{who} excluded from the results of the study; their judgments are {where} here",)


def _agreement_words(percent: float | None, units: int) -> str:
    if percent is None:
        return "not defined: no pair was judged twice"
    return f"{percent:.0%} of {units} pairs judged by several raters"
