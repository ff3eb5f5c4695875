"""What the Ranking tab says of every pair of systems: a matrix of win rates. Pure functions."""

from __future__ import annotations

from ftcompare.app.results.presentation.blocks import Cell, Column, Table
from ftcompare.stats.summary import PairSummary, Summary
from ftcompare.stats.win_rate import Rate
from ftcompare.ui.pages.results.ranking.words import main_measure, main_pairs, order
from ftcompare.ui.pages.results.words import Explanation, name, percent, range_words
from ftcompare.ui.text.short_names import short_name

SHORT = 18
"""Characters of a name above a column."""

MOST_ACROSS = 25
"""Systems of which each is shown against each: more make a table that nobody reads and no window holds."""

NAMED_COLUMNS = 6
"""More columns have numbers for names."""


def pair_matrix(summary: Summary) -> Table:
    """The win rate of each system (row) against each other (column), with its interval and n."""
    ranked = order(summary.ranking, main_measure(summary.ranking))
    columns = _column_names(ranked)
    pairs = {(pair.a, pair.b): pair for pair in main_pairs(summary)}
    elsewhere = {frozenset((pair.a, pair.b)) for pair in summary.comparisons}
    numbered = columns != [short_name(system, SHORT) for system in ranked]
    return Table(
        "",
        (
            Column("Row preferred to column"),
            *(Column(column, whole=name(system)) for column, system in zip(columns, ranked, strict=True)),
        ),
        tuple(
            (
                f"{place}  {name(row)}" if numbered else name(row),
                *(_pair_cell(row, column, pairs, elsewhere) for column in ranked),
            )
            for place, row in enumerate(ranked, 1)
        ),
    )


def _column_names(ranked: list[str]) -> list[str]:
    """Short names; numbers where these are too many, or not to be told apart."""
    short = [short_name(system, SHORT) for system in ranked]
    if len(ranked) > NAMED_COLUMNS or len(set(short)) < len(short):
        return [str(place) for place in range(1, len(ranked) + 1)]
    return short


def _pair_cell(
    row: str,
    column: str,
    pairs: dict[tuple[str, str], PairSummary],
    elsewhere: set[frozenset[str]],
) -> Cell:
    if row == column:
        return Cell("")
    found = pairs.get((row, column)) or pairs.get((column, row))
    if found is None:
        automatic = frozenset((row, column)) in elsewhere
        return Cell("—", "automatic raters only" if automatic else "not judged")
    rate = found.win_rate_over_raters or found.win_rate
    value, low, high = _seen_from(rate, first=found.a == row)
    return Cell(percent(value), f"{range_words(low, high) or 'no interval'}, n = {found.prompts}")


def _seen_from(rate: Rate, *, first: bool) -> tuple[float, float | None, float | None]:
    """A rate of b, or turned to one of a."""
    if not first:
        return rate.value, rate.low, rate.high
    low, high = rate.low, rate.high
    return 1 - rate.value, None if high is None else 1 - high, None if low is None else 1 - low


def matrix_explanation() -> Explanation:
    """How to read the matrix, and its intervals."""
    return Explanation(
        "Every pair",
        (
            (
                "How often the system of the row was preferred to the system of the column: the win rate of "
                "that pair, a tie and both bad being half a win for each. Below it the 95% interval, over "
                "prompts and raters where there are several raters, else over prompts; n counts prompts."
            ),
            (
                "A dash stands for a pair without a judgment. The ranking needs none of every pair, as long "
                "as all systems are linked by pairs that were judged."
            ),
        ),
        "Wilson, t over prompt means, or two-way clustered",
        "Wilson 1927; Cameron, Gelbach & Miller 2011",
    )
