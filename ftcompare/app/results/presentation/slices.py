"""The results of a pair by split, category, tag and rater, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftcompare.app.results.presentation.blocks import Column, Table
from ftcompare.app.results.presentation.number_format import name, rate_cells
from ftcompare.app.results.presentation.pair_results import PairResults, slice_name
from ftcompare.app.review.result_slice import Dimension
from ftcompare.stats.summary import SummarySlice

SHORT = 22
"""Characters of a name at the head of a column."""


def slice_tables(told: PairResults) -> Iterator[tuple[Table, str]]:
    """By split, category and tag, then by rater; each with what its rows are. None without parts."""
    labels = told.slices(Dimension.SPLIT, Dimension.CATEGORY, Dimension.TAG)
    if labels:
        yield slice_table(told, "By split, category and tag", labels), "categories"
    raters = told.slices(Dimension.RATER)
    if raters:
        yield slice_table(told, "By rater", raters), "raters"


def slice_table(told: PairResults, caption: str, slices: Iterable[SummarySlice]) -> Table:
    """Counts and win rate of each part."""
    won = [f"{name(system, SHORT)} won" for system in (told.pair.b, told.pair.a)]
    columns = (
        Column("", 2.0),
        Column("Prompts", 1.1, numbers=True),
        Column("Judgm.", 1.0, numbers=True),
        Column(won[0], 1.4, numbers=True),
        Column("Equal", 0.8, numbers=True),
        Column("Both bad", 0.8, numbers=True),
        Column(won[1], 1.4, numbers=True),
        Column("Win rate", 1.0, numbers=True),
        Column("95% interval", 1.9, numbers=True),
    )
    return Table(caption, columns, tuple(map(_row, slices)))


def _row(part: SummarySlice) -> tuple[str, ...]:
    c = part.counts
    numbers = (c.prompts, c.judgments, c.wins_b, c.ties, c.both_bad, c.wins_a)
    return slice_name(part.dimension, part.name), *(f"{n:,}" for n in numbers), *rate_cells(part.rate)
