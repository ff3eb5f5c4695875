"""The forest plots of the Results page: from slices to rows. Imports matplotlib."""

from __future__ import annotations

from ftcompare.app import charts
from ftcompare.app.judged_parts import Dimension
from ftcompare.stats.summary import PairSummary, Slice
from ftcompare.stats.win_rate import Rate
from ftcompare.ui.pages.results import words as say

OVERVIEW = (Dimension.SPLIT, Dimension.CATEGORY)


MOST_DRAWN = 40
"""Of more parts by one dimension those with the most prompts are drawn."""


def overview_plot(pair: PairSummary, *, blinded: bool) -> charts.ForestPlot:
    """The pair's win rates: all prompts, then each split, then each category.

    While blinded no parts: the rate of a small one, beside the verdicts on its prompts, would tell whose
    text is whose.
    """
    return _plot(pair, () if blinded else OVERVIEW)


def dimension_plot(pair: PairSummary, dimension: Dimension) -> charts.ForestPlot:
    """All prompts, then each part by one dimension."""
    return _plot(pair, (dimension,))


def slices_by(pair: PairSummary, dimension: Dimension) -> tuple[Slice, ...]:
    """The parts of a pair's results by one dimension."""
    return tuple(part for part in pair.slices if part.dimension == dimension.value)


def _plot(pair: PairSummary, dimensions: tuple[Dimension, ...]) -> charts.ForestPlot:
    rows = [*_whole(pair), *(_slice_row(s) for by in dimensions for s in _drawn(pair, by))]
    return charts.ForestPlot(
        a=say.name(pair.a),
        b=say.name(pair.b),
        rows=tuple(rows),
        headings={
            "split": say.words("BY SPLIT"),
            "category": say.words("BY CATEGORY"),
            "tag": say.words("BY TAG"),
            "rater": say.words("BY RATER"),
        },
        left_words=say.words("← {} preferred"),
        right_words=say.words("{} preferred →"),
    )


def _drawn(pair: PairSummary, by: Dimension) -> tuple[Slice, ...]:
    """In their own order, the largest of many."""
    parts = slices_by(pair, by)
    largest = sorted(parts, key=lambda part: -part.counts.prompts)[:MOST_DRAWN]
    return tuple(part for part in parts if part in largest) if len(parts) > MOST_DRAWN else parts


def _whole(pair: PairSummary) -> list[charts.ForestRow]:
    both, whole = pair.win_rate_over_raters, say.slice_name("all", "")
    rows = [_row("all", "", whole, both or pair.win_rate, pair.prompts)]
    if both is not None:
        alone = say.words("for these raters alone")
        rows.append(_row("these", "", alone, pair.win_rate, pair.prompts))
    return rows


def _slice_row(part: Slice) -> charts.ForestRow:
    label = say.slice_name(part.dimension, part.name)
    return _row(part.dimension, part.name, label, part.rate, part.counts.prompts)


def _row(dimension: str, stored: str, words: str, rate: Rate, prompts: int) -> charts.ForestRow:
    return charts.ForestRow(dimension, stored, words, rate.value, rate.low, rate.high, prompts)
