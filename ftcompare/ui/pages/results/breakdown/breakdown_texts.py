"""What the tab “Where” says: names, columns, and how its figures come about. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.app.review.result_slice import Dimension
from ftcompare.stats.summary import PairSummary, SummarySlice
from ftcompare.ui.pages.results.forest import MOST_DRAWN
from ftcompare.ui.pages.results.words import (
    Explanation,
    counted,
    name,
    percent,
    range_words,
    slice_name,
)
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.widgets.table import Cell, Column, Row

DIMENSIONS = (Dimension.SPLIT, Dimension.CATEGORY, Dimension.TAG, Dimension.RATER)

EXPLAINED = 40
"""So many parts are explained one by one."""


def dimension_name(by: Dimension) -> str:
    """A dimension on its button."""
    return {
        Dimension.SPLIT: "Split",
        Dimension.CATEGORY: "Category",
        Dimension.TAG: "Tag",
        Dimension.RATER: "Rater",
    }[by]


def chart_title(system: str, by: Dimension) -> str:
    """What the chart is called."""
    return f"Win rate of {system} by {dimension_name(by).lower()}"


def after_unblinding() -> str:
    """Why there are no parts while the study is blinded."""
    return (
        "After unblinding the win rate stands here by split, category, tag and rater. Before it, the rate "
        "of a small part beside the verdicts on its prompts would tell whose text is whose."
    )


def nothing_to_part_by() -> str:
    """Where no prompt has a label."""
    return (
        "The prompts have no split, category or tag, so there are no parts to tell apart. Give the prompt "
        "file a column “category”, “split” or “tags” when you set up a study."
    )


def click_words() -> str:
    """What the table can do."""
    return "A click on a row shows its comparisons; Ctrl+C copies the table."


def note(by: Dimension, parts: int, *, over_raters: bool) -> str:
    """What stands below the chart; ``over_raters``: its first row has the interval for raters like these."""
    first = "All prompts has the interval for raters like these; the others are for these raters."
    told = [first if over_raters else "Intervals are for these raters.", "n counts prompts."]
    if by is Dimension.TAG:
        told.append("A prompt counts with each of its tags.")
    if parts > MOST_DRAWN:
        drawn = "Drawn are the {} with the most prompts; the table has all {}."
        told.append(drawn.format(MOST_DRAWN, f"{parts:,}"))
    return " ".join(told)


def columns(pair: PairSummary, by: Dimension) -> tuple[Column, ...]:
    """The titles of the table."""
    return (
        Column(dimension_name(by), stretch=1),
        Column("Prompts", numeric=True, words=_whole),
        Column("Judged", numeric=True, words=_whole),
        Column("Wins", numeric=True, words=_whole, tip=f"Wins of {short_name(pair.b)}"),
        Column("Losses", numeric=True, words=_whole, tip=f"Wins of {short_name(pair.a)}"),
        Column("Ties", numeric=True, words=_whole, tip="About equal, and both bad"),
        Column("Win\nrate", numeric=True, words=_percent),
        Column("Interval", numeric=True),
    )


def row(part: SummarySlice) -> Row:
    """One part."""
    counts = part.counts
    return Row(
        key=part.name,
        cells=(
            slice_name(part.dimension, part.name),
            counts.prompts,
            counts.judgments,
            counts.wins_b,
            counts.wins_a,
            counts.ties + counts.both_bad,
            part.rate.value,
            range_words(part.rate.low, part.rate.high) or "none",
        ),
        tip=part.rate.explanation,
    )


def parts_explanation(pair: PairSummary, by: Dimension, parts: Sequence[SummarySlice]) -> Explanation:
    """How the rates of the parts come about, each with its numbers."""
    text = (
        "The win rate of {0} within each part: the share of its judgments that prefer {0} to {1}, a tie (and "
        "both bad) as half a win for each. The interval is over the prompts of the part, for these raters. "
        "With {2} looked at, some may differ by chance alone: at 95%, one interval in twenty misses."
    ).format(name(pair.b), name(pair.a), counted(len(parts), "part", "parts"))
    told = [f"{slice_name(part.dimension, part.name)}: {part.rate.explanation}" for part in parts[:EXPLAINED]]
    if len(parts) > EXPLAINED:
        told.append(f"And {len(parts) - EXPLAINED:,} more; each row of the table tells its own.")
    methods = "; ".join(dict.fromkeys(part.rate.method for part in parts if part.rate.method != "none"))
    title = chart_title(name(pair.b), by)
    return Explanation(title, (text, *told), methods, "Wilson 1927; Liang & Zeger 1986")


def _whole(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _percent(cell: Cell) -> str:
    return percent(float(cell)) if isinstance(cell, (int, float)) else str(cell)
