"""What a report says of many systems: all in an order, and each against each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ftcompare.app.report.study_sections import ranked, ranking_section
from ftcompare.app.results.many_pairs import EVEN, seen_from
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.blocks import Block, Column, Paragraph, Picture, Section, Table, Tone
from ftcompare.app.results.presentation.chart_data import ForestPlot, ForestRow
from ftcompare.core.study import RaterKind
from ftcompare.stats.summary import PairSummary, Summary

MOST_ACROSS = 14
"""Systems that a matrix has room for."""

MOST_DRAWN = 60
"""Systems that a chart of the ranking shows."""


def ranking_of_many(summary: Summary) -> Section | None:
    """Their average win rates as a chart, their scores, and each against each."""
    chart, matrix = _ranking_chart(summary), _matrix(summary)
    return ranking_section(summary.ranking, chart=(chart,), matrix=matrix)


def _ranking_chart(summary: Summary) -> Picture:
    order, opponents = ranked(summary.ranking), _opponents(summary)
    rows = tuple(_ranking_row(summary, system, opponents[system]) for system in order[:MOST_DRAWN])
    chart = ForestPlot("", "", rows, left_words="", right_words="", axis_words="average win rate")
    caption = "Average win rate over the opponents, a tie as half, with 95% intervals; n counts opponents."
    if len(order) > MOST_DRAWN:
        caption = f"{caption} The first {MOST_DRAWN} of {len(order):,} systems."
    return Picture(chart, caption)


def _ranking_row(summary: Summary, system: str, opponents: int) -> ForestRow:
    ranking = summary.ranking
    found = ranking.intervals.average_win_rate.get(system) if ranking.intervals else None
    ends = (found.low, found.high) if found else (None, None)
    return ForestRow("system", system, say.name(system), ranking.average_win_rate[system], *ends, opponents)


def _opponents(summary: Summary) -> Counter[str]:
    pairs = _ranked_pairs(summary)
    kinds = {pair.rater_kind for pair in pairs}
    found = Counter(system for pair in pairs for system in (pair.a, pair.b))
    found.update(s for pair in summary.further if pair.rater_kind in kinds for s in (pair.a, pair.b))
    return found


def _matrix(summary: Summary) -> tuple[Block, ...]:
    order = ranked(summary.ranking)
    if len(order) > MOST_ACROSS:
        return (Paragraph("Each system against each other is in the table of all pairs.", Tone.NOTE),)
    pairs = {frozenset((pair.a, pair.b)): pair for pair in _ranked_pairs(summary)}
    heads = (Column("", 2.6), *(Column(str(n), numbers=True) for n in range(1, len(order) + 1)))
    rows = tuple(
        (f"{n}  {say.name(row)}", *(_cell(pairs, row, column) for column in order))
        for n, row in enumerate(order, 1)
    )
    note = Paragraph(
        "Win rate of the system of the row against that of the column, which has its number. A star: the "
        "whole interval lies on one side of 50%. A dash: not judged.",
        Tone.NOTE,
    )
    return Table("Each against each", heads, rows), note


def _ranked_pairs(summary: Summary) -> tuple[PairSummary, ...]:
    """Those that the ranking is of: people's, and where nobody judged those of automatic raters."""
    people = tuple(pair for pair in summary.comparisons if pair.rater_kind is RaterKind.HUMAN)
    return people or summary.comparisons


def _cell(pairs: Mapping[frozenset[str], PairSummary], row: str, column: str) -> str:
    pair = pairs.get(frozenset((row, column)))
    if pair is None:
        return "" if row == column else say.UNDEFINED
    rate = seen_from(pair, row)
    return f"{say.percent(rate[0])}{'*' if _is_clear(*rate) else ''}"


def _is_clear(_: float, low: float | None, high: float | None) -> bool:
    """Whether the whole interval lies on one side of one half."""
    return low is not None and high is not None and (low > EVEN or high < EVEN)
