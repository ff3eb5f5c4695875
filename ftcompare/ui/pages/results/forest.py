"""The forest plots of the Results page: from slices to rows. Imports matplotlib."""

from __future__ import annotations

from ftcompare.app.results import charts
from ftcompare.app.review.result_slice import Dimension
from ftcompare.stats.summary import PairSummary, SummarySlice
from ftcompare.stats.win_rate import Rate
from ftcompare.ui.pages.results import words as say

OVERVIEW = (Dimension.SPLIT, Dimension.CATEGORY)


MOST_DRAWN = 20
"""Of more parts by one dimension those with the most prompts are drawn."""
MOST_BESIDE = 10
"""So many where parts by several dimensions stand below each other."""


def overview_plot(pair: PairSummary, *, blinded: bool) -> charts.ForestPlot:
    """The pair's win rates: all prompts, then each split, then each category.

    While blinded no parts: the rate of a small one, beside the verdicts on its prompts, would tell whose
    text is whose.
    """
    return _plot(pair, () if blinded else OVERVIEW)


def dimension_plot(pair: PairSummary, dimension: Dimension) -> charts.ForestPlot:
    """All prompts, then each part by one dimension."""
    return _plot(pair, (dimension,))


def slices_by(pair: PairSummary, dimension: Dimension) -> tuple[SummarySlice, ...]:
    """The parts of a pair's results by one dimension."""
    return tuple(part for part in pair.slices if part.dimension == dimension.value)


def _plot(pair: PairSummary, dimensions: tuple[Dimension, ...]) -> charts.ForestPlot:
    most = MOST_DRAWN if len(dimensions) == 1 else MOST_BESIDE
    drawn = {by: _drawn(slices_by(pair, by), most) for by in dimensions}
    rows = [*_whole(pair), *(_slice_row(part) for parts in drawn.values() for part in parts)]
    return charts.ForestPlot(
        a=say.name(pair.a),
        b=say.name(pair.b),
        rows=tuple(rows),
        headings={by.value: _heading(by, len(drawn[by]), len(slices_by(pair, by))) for by in dimensions},
        left_words="← {} preferred",
        right_words="{} preferred →",
    )


def _heading(by: Dimension, drawn: int, there: int) -> str:
    heading = {
        Dimension.SPLIT: "BY SPLIT",
        Dimension.CATEGORY: "BY CATEGORY",
        Dimension.TAG: "BY TAG",
        Dimension.RATER: "BY RATER",
    }.get(by, "")
    if drawn == there:
        return heading
    return f"{heading}, {drawn} OF {there:,} WITH THE MOST PROMPTS"


def _drawn(parts: tuple[SummarySlice, ...], most: int) -> tuple[SummarySlice, ...]:
    """In their own order, the largest of many."""
    if len(parts) <= most:
        return parts
    largest = {part.name for part in sorted(parts, key=lambda part: -part.counts.prompts)[:most]}
    return tuple(part for part in parts if part.name in largest)


def _whole(pair: PairSummary) -> list[charts.ForestRow]:
    both, whole = pair.win_rate_over_raters, say.slice_name("all", "")
    rows = [_row("all", "", whole, both or pair.win_rate, pair.prompts)]
    if both is not None:
        alone = "for these raters alone"
        rows.append(_row("these", "", alone, pair.win_rate, pair.prompts))
    return rows


def _slice_row(part: SummarySlice) -> charts.ForestRow:
    label = say.slice_name(part.dimension, part.name)
    return _row(part.dimension, part.name, label, part.rate, part.counts.prompts)


def _row(dimension: str, stored: str, words: str, rate: Rate, prompts: int) -> charts.ForestRow:
    return charts.ForestRow(dimension, stored, words, rate.value, rate.low, rate.high, prompts)
