"""Exports: what would be written, what is left out and why, and the file with its data card."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import ftcompare
from ftcompare.app.output_files import require_output
from ftcompare.app.results.study_results import plain_results
from ftcompare.app.study.alteration import integrity_json, require_unaltered, shown_refusal
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.errors import UserError
from ftcompare.core.study import JudgedRow, Split, System, SystemId
from ftcompare.formats import data_card, judgments, judgments_csv, outputs, trl_preference
from ftcompare.formats.atomic_write import all_or_none
from ftcompare.formats.preference_rows import PreferenceFilters, PreferenceSelection, preference_rows
from ftcompare.store.study.study_file import StudyFile

PREVIEW_ROWS = 3

BY_EXCLUDED = "judgments by excluded raters"
"""Why judgments are left out, where that was asked for; all other reasons leave out pairs."""


class ExportFormat(StrEnum):
    """What can be written."""

    TRL_PREFERENCE = "trl-preference"
    JUDGMENTS = "judgments"
    CSV = "csv"
    OUTPUTS = "outputs"

    @property
    def names_systems(self) -> bool:
        """Whether the file names systems, which may be withheld."""
        return self is not ExportFormat.TRL_PREFERENCE

    @property
    def row(self) -> str:
        """What one row is."""
        rows = {ExportFormat.TRL_PREFERENCE: "pair", ExportFormat.OUTPUTS: "response"}
        return rows.get(self, "judgment")

    @property
    def suffix(self) -> str:
        """The usual end of the file's name."""
        return ".csv" if self is ExportFormat.CSV else ".jsonl"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the user chose.

    Args:
        filters: matter for preference rows only, as does ``conversational``.
        without_excluded: leave out the judgments of excluded raters; else they stay in.
    """

    format: ExportFormat
    filters: PreferenceFilters = field(default_factory=PreferenceFilters)
    conversational: bool = True
    without_excluded: bool = False


@dataclass(frozen=True, slots=True)
class ExportPreview:
    """What an export would hold.

    Args:
        kept: rows that would be written.
        dropped: reason to number of pairs left out, in the order of the filters; for `BY_EXCLUDED`, of
            judgments.
        sample: the first rows, as they would stand in the file.
        refused: why it cannot be written now; empty where it can.
        altered: it cannot because the study was altered.
    """

    kept: int
    dropped: dict[str, int]
    sample: tuple[str, ...]
    refused: str = ""
    altered: bool = False


@dataclass(frozen=True, slots=True)
class ExportDone:
    """What was written and where.

    Args:
        dropped: as in `ExportPreview`.
        excluded: names of raters who are excluded from the results and whose judgments are in the file.
    """

    path: Path
    card: Path
    kept: int
    dropped: dict[str, int]
    excluded: tuple[str, ...] = ()


def preview(study: StudyFile, request: ExportRequest) -> ExportPreview:
    """Count and show, without writing."""
    if withheld := _withheld(study, request.format):
        return ExportPreview(0, {}, (), withheld.text)
    if altered := shown_refusal(study.verify()):
        return ExportPreview(0, {}, (), altered, altered=True)
    if request.format is ExportFormat.TRL_PREFERENCE:
        chosen = _selection(study, request)
        objects = (trl_preference.to_object(r, conversational=request.conversational) for r in chosen.rows)
        return ExportPreview(chosen.kept, chosen.dropped, _sample(objects))
    return _plain_preview(study, request)


def export(
    study: StudyFile, path: Path, request: ExportRequest, *, now: datetime, replace: bool = False
) -> ExportDone:
    """Write the file and its data card, and note it in the study's audit log.

    Args:
        study: open.
        path: of the file.
        request: what the user chose.
        now: stands in card and log.
        replace: the user has agreed that a file which is there goes, and its card.

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
        kept, dropped = _write(study, draft, request)
        data_card.write(draft, _card(study, request, kept, dropped, now))
        study.audit.append("exported", {"format": request.format.value, "rows": kept}, now=now)
    return ExportDone(path, data_card.card_path(path), kept, dropped, _still_in(study, request))


def _still_in(study: StudyFile, request: ExportRequest) -> tuple[str, ...]:
    if request.without_excluded or request.format is ExportFormat.OUTPUTS:
        return ()
    excluded = study.raters.excluded()
    return tuple(rater.name for rater in study.raters.all() if rater.id in excluded)


def _write(study: StudyFile, path: Path, request: ExportRequest) -> tuple[int, dict[str, int]]:
    names = {s.id: s.name for s in study.systems.all()}
    if request.format is ExportFormat.TRL_PREFERENCE:
        return _write_preferences(study, path, request)
    if request.format is ExportFormat.OUTPUTS:
        prompts = {p.id: p for p in study.prompts.all()}
        return outputs.write_outputs(path, study.responses.all(), prompts, names), {}
    rows = _Rows(study, request)
    if not rows.kept:
        raise _nothing_to_write(_why_empty(rows.dropped))
    if request.format is ExportFormat.CSV:
        return judgments_csv.write(path, rows, names, study.settings.read().scale), rows.dropped
    return judgments.write_judgments(path, rows, names), rows.dropped


class _Rows:
    """The judgments of an export, read as they are asked for, without those that are to stay out."""

    def __init__(self, study: StudyFile, request: ExportRequest) -> None:
        self._study = study
        self._without = frozenset(study.raters.excluded()) if request.without_excluded else frozenset()
        taken = Counter(row.rater.id not in self._without for row in study.judgments.votes())
        self.kept = taken[True]
        self.dropped = {BY_EXCLUDED: taken[False]} if taken[False] else {}

    def __iter__(self) -> Iterator[JudgedRow]:
        return (row for row in self._study.judgments.standing() if row.rater.id not in self._without)


def _write_preferences(study: StudyFile, path: Path, request: ExportRequest) -> tuple[int, dict[str, int]]:
    chosen = _selection(study, request)
    if not chosen.kept:
        raise _nothing_to_write(_why_empty(chosen.dropped))
    trl_preference.write(path, chosen.rows, conversational=request.conversational)
    return chosen.kept, chosen.dropped


def _why_empty(dropped: Mapping[str, int]) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
    return f"every row was dropped: {reasons}" if reasons else "there is no judgment yet"


def _nothing_to_write(reason: str) -> UserError:
    return UserError(
        f"Nothing was written, because {reason}.",
        how="Judge more pairs, or loosen the filters.",
        code="nothing-to-export",
    )


def _selection(study: StudyFile, request: ExportRequest) -> PreferenceSelection:
    rows = _Rows(study, request)
    chosen = preference_rows(rows, request.filters, conversational=request.conversational)
    return replace(chosen, dropped={**rows.dropped, **chosen.dropped})


def _withheld(study: StudyFile, form: ExportFormat) -> Withheld | None:
    """Why a format cannot be written now."""
    return study.settings.read().disclosure.withheld(Subject.NAMED_EXPORT) if form.names_systems else None


def _plain_preview(study: StudyFile, request: ExportRequest) -> ExportPreview:
    names = {s.id: s.name for s in study.systems.all()}
    if request.format is ExportFormat.OUTPUTS:
        prompts = {p.id: p for p in study.prompts.all()}
        objects = (outputs.to_object(r, prompts[r.prompt], names) for r in study.responses.all())
        return ExportPreview(sum(study.counts().responses.values()), {}, _sample(objects))
    rows, scale = _Rows(study, request), study.settings.read().scale
    if request.format is ExportFormat.CSV:
        shown = _sample(judgments_csv.to_object(row, names, scale) for row in rows)
    else:
        shown = _sample(judgments.to_object(row, names) for row in rows)
    return ExportPreview(rows.kept, rows.dropped, shown)


def _sample(objects: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    first = itertools.islice(objects, PREVIEW_ROWS)
    return tuple(json.dumps(entry, ensure_ascii=False) for entry in first)


def _card(
    study: StudyFile, request: ExportRequest, kept: int, dropped: dict[str, int], now: datetime
) -> data_card.DataCard:
    found = plain_results(study)
    return data_card.DataCard(
        title=found.study.title,
        format=request.format.value,
        written_at=now.isoformat(timespec="seconds"),
        version=ftcompare.__version__,
        systems=_system_lines(study),
        prompts=found.prompts,
        judgments=found.summary.judgments,
        raters=study.counts().raters,
        filters=(*_filter_words(request), *_exclusion_words(study, request)),
        kept=kept,
        dropped=dropped,
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
    digests = _digests(study)
    return tuple((s.name, _description(s), digests.get(s.id, "")) for s in study.systems.all())


def _description(system: System) -> str:
    spec = system.spec
    return " + ".join(Path(part).name for part in (spec.model, spec.adapter) if part) or "imported"


def _digests(study: StudyFile) -> dict[SystemId, str]:
    """From the records of the runs: the digest of the weights that each system was loaded from."""
    found: dict[SystemId, str] = {}
    for run in study.runs.all():
        # The record is what GenerationRun wrote: the engine's Loaded message as JSON.
        engine: Any = run.get("engine") or {}
        for report in engine.get("systems", []):
            found[SystemId(int(report["key"]))] = str(report["digest"])
    return found


def _filter_words(request: ExportRequest) -> tuple[str, ...]:
    if request.format is not ExportFormat.TRL_PREFERENCE:
        return ()
    f = request.filters
    words = [f"at least {f.min_raters} judgments a pair", f"agreement above {f.min_agreement:.0%}"]
    words.append("held-out prompts included" if f.include_held_out else "held-out prompts left out")
    if not f.include_flagged:
        words.append("flagged pairs left out")
    if f.categories is not None:
        words.append("categories: " + ", ".join(sorted(f.categories)))
    if f.splits is not None:
        words.append("splits: " + ", ".join(sorted(s.value or Split.NONE.name.lower() for s in f.splits)))
    return tuple(words)


def _exclusion_words(study: StudyFile, request: ExportRequest) -> tuple[str, ...]:
    """That raters are excluded from the results, whatever became of their judgments here."""
    count = len(study.raters.excluded())
    if not count or request.format is ExportFormat.OUTPUTS:
        return ()
    who = "1 rater is" if count == 1 else f"{count} raters are"
    where = "left out" if request.without_excluded else "included"
    return (f"{who} excluded from the results of the study; their judgments are {where} here",)


def _agreement_words(percent: float | None, units: int) -> str:
    if percent is None:
        return "not defined: no pair was judged twice"
    return f"{percent:.0%} of {units} pairs judged by several raters"
