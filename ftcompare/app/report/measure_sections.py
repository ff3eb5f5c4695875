"""Sections on automatic measures: a table for all systems, then the pairs."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.measures import confidence
from ftcompare.app.measures.judges import judge_blocks
from ftcompare.app.measures.kind import AnyResults
from ftcompare.app.measures.matrix_blocks import matrix_section
from ftcompare.app.measures.measure import AnyStudy
from ftcompare.app.measures.registry import KINDS
from ftcompare.app.measures.retention import task_blocks
from ftcompare.app.report.report_data import ReportData
from ftcompare.app.results.presentation import prediction_powered
from ftcompare.app.results.presentation.blocks import Block, Section, Subheading
from ftcompare.app.results.presentation.pairs import Pairs, by_pair

RESULTS = {kind.results.key: kind.results for kind in KINDS if kind.results}


def measures_section(data: ReportData) -> Section | None:
    """All automatic measures of all systems; None where nothing was measured."""
    return matrix_section(data.measures)


def kind_sections(data: ReportData, pairs: Pairs) -> Iterator[Section]:
    """A section for each kind of measures with evidence."""
    for key, found in data.measured.items():
        blocks = tuple(_blocks(data, pairs, RESULTS[key], found)) if found.prompts else ()
        by_checks = data.calibration_by_checks
        if key == confidence.RESULTS.key and by_checks is not None and by_checks.prompts:
            title = Subheading("Correct by the checks of the prompts")
            blocks = (*blocks, title, *_blocks(data, pairs, RESULTS[key], by_checks))
        if blocks:
            yield Section(key, RESULTS[key].title, blocks)


def _blocks(data: ReportData, pairs: Pairs, results: AnyResults, found: AnyStudy) -> Iterator[Block]:
    """The blocks for all systems, then those for each pair."""
    yield from results.blocks(found)
    yield from pairs.note
    yield from by_pair(
        pairs.answers,
        lambda pair: results.pair_blocks(found, pair.stored.a, pair.stored.b, texts=data.texts),
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
    """Program judges compared with people; None where none has judged."""
    found = data.judges
    return (
        Section("judges", judge_blocks.TITLE, tuple(judge_blocks.judges_blocks(found)))
        if found.judges
        else None
    )


def powered_rate_section(data: ReportData) -> Section | None:
    """People's win rate corrected with a program's judgments; None where none has judged."""
    return next(iter(prediction_powered.powered_section(data.powered)), None)
