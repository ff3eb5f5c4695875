"""The data card of an export: the origin of the rows, and what was included and left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import ftcompare
from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.export_rows import ExportRows, system_digests, told_kinds
from ftcompare.app.generate.settings_history import settings_words
from ftcompare.app.results.study_results import JudgedTwice
from ftcompare.app.study.altered_study import integrity_json
from ftcompare.app.study.shown_names import recipe_words, system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.plurals import counted
from ftcompare.core.run_record import read_runs
from ftcompare.core.study import Split, System
from ftcompare.formats import data_card
from ftcompare.formats.export_format import RowKind
from ftcompare.formats.training.selection import HALF, Corrections, Decision, PairFilters
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The card's facts on the files themselves."""

    rows: Mapping[str, int]  # number of rows by file name
    checksums: Mapping[str, str]  # SHA-256 by file name, in hexadecimal
    leaked: str = ""  # a sentence on unseen prompts that resemble prompts of the rows; may be empty
    agreement: float | None = None
    """Mean share of a row's judgments for its winner, above .5 to 1; None for formats without pairs."""


def card_of(
    study: StudyFile,
    request: ExportRequest,
    rows: ExportRows,
    written: WrittenFiles,
    agreed: JudgedTwice,
    now: datetime,
) -> data_card.DataCard:
    """The card of a written export. ``agreed`` comes first: votes and rows together need much memory."""
    settings = study.settings.read()
    return data_card.DataCard(
        title=settings.title,
        format=_form_words(request),
        written_at=now.isoformat(timespec="seconds"),
        version=ftcompare.__version__,
        systems=_system_lines(study),
        prompts=study.counts().prompts,
        judgments=agreed.judgments,
        raters=study.counts().raters,
        filters=(*_filter_words(request), *_exclusion_words(study, request), *_check_words(rows.checks)),
        kept=rows.kept,
        dropped=rows.dropped,
        agreement=_agreement_words(agreed.agreement, agreed.pairs),
        notice=settings.notice,
        integrity=integrity_json(study.verify()),
        question=settings.scale.question,
        generation=tuple(
            dict.fromkeys(settings_words(run.settings) for run in read_runs(study.runs.all()) if run.settings)
        ),
        rows_agreement=_rows_agreement(written.agreement),
        files=dict(written.rows),
        checksums=dict(written.checksums),
        leaked=written.leaked,
        licence=request.licence,
        language=request.language,
        task=request.format.task,
    )


def _form_words(request: ExportRequest) -> str:
    if not request.format.plain_form:
        return request.format.id
    return f"{request.format.id} ({'conversational' if request.conversational else 'standard'})"


def _rows_agreement(agreement: float | None) -> str:
    if agreement is None:
        return ""
    return f"averaged over the rows, {agreement:.0%} of the judgments of a pair prefer its chosen answer"


def _system_lines(study: StudyFile) -> tuple[tuple[str, str, str], ...]:
    """Name, description and digest of each system; only neutral names while system details are withheld."""
    told = study.settings.read().disclosure
    if not told.tells(Subject.SYSTEM_DETAILS):
        names = told.ordered(system_names(study).values(), str)
        return tuple((name, "not shown while the study is blinded", "") for name in names)
    digests = system_digests(study)
    return tuple((s.name, _description(s), _digests(s, digests[s.id])) for s in study.systems.all())


def _digests(system: System, weights: str) -> str:
    instructions = f"instructions {system.spec.recipe.digest}" if system.spec.recipe else ""
    return "; ".join(filter(None, (weights, instructions)))


def _description(system: System) -> str:
    spec = system.spec
    made_of = " + ".join(Path(part).name for part in (spec.model, spec.adapter) if part) or "imported"
    return f"{made_of}; instructions: {recipe_words(spec.recipe)}" if spec.recipe else made_of


def _filter_words(request: ExportRequest) -> tuple[str, ...]:
    if not request.format.rows.trains:
        return ()
    f = request.filters
    agreed = "more than half" if f.min_agreement <= HALF else f"at least {f.min_agreement:.0%}"
    words = [f"at least {counted(f.min_raters, 'rater')} a pair", f"{agreed} of a pair's judgments agree"]
    words.append("unseen prompts included" if f.include_held_out else "unseen prompts left out")
    words += [f"{words_for} {'included' if taken else 'left out'}" for words_for, taken in _kinds(f).items()]
    if f.categories is not None:
        words.append("categories: " + ", ".join(sorted(f.categories)))
    if f.splits is not None:
        words.append("splits: " + ", ".join(sorted(s.value or Split.NONE.name.lower() for s in f.splits)))
    return (*words, *_expert_words(request), *_further_words(f))


def _expert_words(request: ExportRequest) -> Iterator[str]:
    if request.filters.decided_by is Decision.ADJUDICATED:
        yield "settled disagreements use the expert's verdict, all other pairs the majority of their raters"
        yield "settled pairs need no agreement, and flags do not exclude them"
    else:
        yield "verdicts: the majority of the raters; experts' verdicts are ignored"
    if not request.format.rows.takes_corrections:
        return
    yield {
        Corrections.ADD: "experts' corrections of answers included",
        Corrections.ONLY: "experts' corrections of answers, and no judged pairs",
        Corrections.LEAVE_OUT: "experts' corrections of answers left out",
    }[request.filters.corrections]


def _kinds(f: PairFilters) -> dict[str, bool]:
    return {
        "flagged pairs": f.include_flagged,
        "pairs with an answer cut off at the length limit": f.include_cut,
        "pairs with an empty answer": f.include_empty,
        "pairs of the Live page": f.include_live,
    }


def _further_words(f: PairFilters) -> Iterator[str]:
    if f.one_sided:
        yield "if one answer of a pair is cut off, empty, or too long, the other answer is used"
    if f.tags is not None:
        yield "tags: " + ", ".join(sorted(f.tags))
    if f.raters is not None:
        yield f"only judgments of {counted(len(f.raters), 'chosen rater')}"
    if f.min_strength:
        yield f"mean strength of at least {f.min_strength:g}"
    if f.criterion:
        yield f"also preferred on {f.criterion}"
    if f.reasons is not None:
        yield "with one of the reasons: " + ", ".join(sorted(f.reasons))
    if f.max_characters:
        yield f"answers of at most {f.max_characters:,} characters"
    if f.without:
        yield "rows left out individually"


def _check_words(checks: Mapping[str, int]) -> tuple[str, ...]:
    return (f"rows that are not judgments, marked by their kind: {told_kinds(checks)}",) if checks else ()


def _exclusion_words(study: StudyFile, request: ExportRequest) -> tuple[str, ...]:
    """A sentence on raters who are excluded from the results, even if their judgments are in the file."""
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
