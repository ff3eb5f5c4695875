"""Sections on automatic measures, on how each figure is computed, and on the data's origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from ftcompare.app.generate.settings_history import uses_words
from ftcompare.app.measures import confidence
from ftcompare.app.measures.judges import judge_blocks
from ftcompare.app.measures.kind import AnyResults
from ftcompare.app.measures.measure import AnyStudy
from ftcompare.app.measures.registry import KINDS
from ftcompare.app.measures.retention import kind as task_blocks
from ftcompare.app.report.report_data import ReportData
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation import prediction_powered
from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Explanation,
    Facts,
    Paragraph,
    Section,
    Subheading,
    Table,
    merged,
)
from ftcompare.app.results.presentation.measures import Group
from ftcompare.app.results.presentation.overview import figures
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.presentation.pairs import Pairs, by_pair, limited

OF_A_PAIR = (Group.RATES, Group.EVIDENCE, Group.LENGTH, Group.CRITERIA, Group.MARKS)
OF_THE_STUDY = (Group.AGREEMENT, Group.POSITION, Group.CHECKS, Group.BLIND)
"""Groups of figures that are explained, in the order of the report."""

RANKING = (
    "Bradley-Terry: P(i beats j) = πᵢ / (πᵢ + πⱼ), a tie half a win each. Davidson: win, loss, and tie "
    "are as πᵢ : πⱼ : ν√(πᵢπⱼ). The average win rate is over opponents. Intervals are by resampling "
    "prompts and raters."
)
CLEAR_WINS = (
    "A prompt is lost by a wide margin if the other system got at least the stated share of its votes. "
    "A tie and both bad count as half. The votes must come from at least the stated number of raters. A "
    "prompt counts once."
)
SPLIT_DIFFERENCE = "The win rate on one split minus that on another, each prompt counting once."


def methods_section(data: ReportData, pairs: Pairs) -> Section:
    """The explanation of every figure; with many pairs, with the numbers of the main one."""
    shown = (pairs.main,) if pairs.many and pairs.main else pairs.full
    given = [(told.title, how) for told in shown for how in _explanations(told, OF_A_PAIR)]
    given += [(told.title, how) for told in shown for how in _differences(told)]
    if any(found.whole is not None for found in pairs.lost.values()):
        clear = Explanation(
            "Prompts lost by a wide margin", (CLEAR_WINS,), "Wilson's interval over prompts", "Wilson 1927"
        )
        given.append(("", clear))
    of_study = (how for told in shown[:1] for how in _explanations(told, OF_THE_STUDY))
    given += [("", how) for how in of_study if how.method]  # figures without a method are plain counts
    if len(data.systems) > 2:
        source = "Bradley & Terry 1952; Davidson 1970; Newman 2023"
        given.append(("", Explanation("Ranking", (RANKING,), "", source)))
    blocks = (*_with_numbers_of(shown, pairs), *merged(given, several=len(shown) > 1))
    return Section("methods", "How each figure is computed", blocks)


def _with_numbers_of(shown: tuple[PairResults, ...], pairs: Pairs) -> tuple[Block, ...]:
    if not pairs.many:
        return ()
    text = (
        f"With the numbers of {shown[0].title}. The numbers of every other pair are on the Results page, "
        "under “How is this computed?”."
    )
    return (Paragraph(text),)


def _explanations(results: PairResults, groups: Iterable[Group]) -> Iterator[Explanation]:
    for group in groups:
        yield from (f.explanation for f in figures(results, group).figures if f.explanation is not None)


def _differences(results: PairResults) -> Iterator[Explanation]:
    for found in results.pair.split_differences:
        rule, source = (SPLIT_DIFFERENCE,), "Welch 1947, Biometrika 34:28"
        numbers = (found.explanation,)
        yield Explanation("Difference between splits", rule, "Welch's t over prompt means", source, numbers)


def reproducibility_section(data: ReportData) -> Section:
    last, uses = data.writing.last_run, data.writing.uses
    facts = [("FTCompare", data.version), ("Report written", say.moment(data.written))]
    if last is not None:
        facts += [
            ("Runs of the engine", f"{data.runs:,}"),
            ("Settings of the last run", ", ".join(f"{k} {v}" for k, v in asdict(last.settings).items())),
            ("Responses differ in their settings", uses_words(uses) if len(uses) > 1 else ""),
            ("Device", say.words(last.device)),
            ("Libraries", say.words(", ".join(f"{k} {v}" for k, v in data.versions.items()))),
        ]
    facts += [
        ("Audit log", f"{data.chains.entries:,} entries"),
        ("Head of the audit log", data.chains.head),
        ("Check of the file", _check_words(data)),
    ]
    known = Facts(tuple((title, text) for title, text in facts if text))
    blocks = (known, *_proofs(data), *_chains(data), *_findings(data))
    return Section("reproducibility", "Where it comes from", blocks)


def _check_words(data: ReportData) -> str:
    findings = data.chains.findings
    wrong = sum(1 for finding in findings if not finding.ok)
    if wrong:
        return f"{wrong} of {len(findings)} checks do NOT hold: see below"
    return f"all {len(findings)} checks hold: nothing was altered outside FTCompare"


def _proofs(data: ReportData) -> Iterator[Block]:
    last = data.writing.last_run
    if last is not None and last.proofs:
        yield Subheading("Verification of the systems")
        yield from (Paragraph(say.words(proof)) for proof in last.proofs)


def _chains(data: ReportData) -> tuple[Block, ...]:
    columns = (Column("Rater", 1.4), Column("Events", 0.6, numbers=True), Column("Head of the chain", 4))
    rows = tuple((say.name(f.rater.name), f"{f.events:,}", f.head) for f in data.raters if f.events)
    return limited(Table("Chains of the raters' events", columns, rows), "chains")


def _findings(data: ReportData) -> tuple[Block, ...]:
    columns = (Column("Check that does not hold", 2), Column("What was found", 4))
    rows = tuple((say.name(f.subject), say.words(f.detail)) for f in data.chains.findings if not f.ok)
    return limited(Table("What is wrong", columns, rows), "checks")


RESULTS = {kind.results.key: kind.results for kind in KINDS if kind.results}


def kind_sections(data: ReportData, pairs: Pairs) -> Iterator[Section]:
    for key, found in data.measured.items():
        blocks = tuple(_blocks(data, pairs, RESULTS[key], found)) if found.prompts else ()
        by_checks = data.calibration_by_checks
        if key == confidence.RESULTS.key and by_checks is not None and by_checks.prompts:
            title = Subheading("Correct by the checks of the prompts")
            blocks = (*blocks, title, *_blocks(data, pairs, RESULTS[key], by_checks))
        if blocks:
            yield Section(key, RESULTS[key].title, blocks)


def _blocks(data: ReportData, pairs: Pairs, results: AnyResults, study: AnyStudy) -> Iterator[Block]:
    yield from results.blocks(study)
    yield from pairs.note
    yield from by_pair(
        pairs.answers,
        lambda pair: results.pair_blocks(study, pair.stored.a, pair.stored.b, texts=data.texts),
    )


def retention_section(data: ReportData) -> Section | None:
    """Cost of fine-tuning in benchmark tasks; None where no system did any."""
    found = data.retention
    if not found.measures:
        return None
    blocks = list(task_blocks.retention_blocks(found))
    for before, after in found.pairs():
        own = tuple(task_blocks.pair_retention_blocks(found, before, after, texts=data.texts))
        blocks += [Subheading(task_blocks.pair_title(before, after)), *own] if own else []
    return Section("retention", task_blocks.TITLE, tuple(blocks))


def judges_section(data: ReportData) -> Section | None:
    found = data.judges
    return (
        Section("judges", judge_blocks.TITLE, tuple(judge_blocks.judges_blocks(found)))
        if found.judges
        else None
    )


def powered_rate_section(data: ReportData) -> Section | None:
    """People's win rate corrected with a program's judgments; None where none has judged."""
    return next(iter(prediction_powered.powered_section(data.powered)), None)
