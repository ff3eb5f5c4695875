"""All figures of one pair, group by group, and the chart that they open with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ftcompare.app.results.presentation import blind_checks, criteria, evidence, trust, variants, win_rate
from ftcompare.app.results.presentation.blocks import Explanation, Figures, Paragraph, Picture
from ftcompare.app.results.presentation.chart_data import ForestPlot, ForestRow
from ftcompare.app.results.presentation.counts import counts_explanation, counts_title
from ftcompare.app.results.presentation.measures import MEASURES, Group
from ftcompare.app.results.presentation.number_format import percent, range_words
from ftcompare.app.results.presentation.pair_results import PairResults, slice_name
from ftcompare.app.results.study_results import Results
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.disclosure import Subject
from ftcompare.core.plurals import counted
from ftcompare.stats.summary import PairSummary, SummarySlice
from ftcompare.stats.win_rate import Rate

__all__ = ["blind_checks", "criteria", "evidence", "trust", "variants", "win_rate"]
"""Modules whose measures are registered by being imported."""

TRUST = (Group.CHECKS, Group.AGREEMENT, Group.POSITION, Group.LENGTH, Group.RATES, Group.TEMPLATES)
"""What the card “Can they be trusted?” shows."""

MOST_DRAWN = 20
"""Of more parts by one dimension those with the most prompts are drawn."""
MOST_BESIDE = 10
"""So many where parts by several dimensions stand below each other."""

EVEN = 0.5


def figures(told: PairResults, *groups: Group) -> Figures:
    """The figures of some groups, one group behind the other."""
    found = tuple(figure for group in groups for maker in MEASURES[group] for figure in maker(told))
    if groups == (Group.COUNTS,):
        explained = counts_explanation(told.pair)
        return Figures(Group.COUNTS.value, counts_title(told.pair), found, explained)
    return Figures("+".join(group.value for group in groups), "", found)


def standing(found: Results) -> str:
    """How much there is, and since when systems are named; for the head of a page."""
    summary, since = found.summary, found.disclosure.named_since
    day = datetime.fromisoformat(since).astimezone() if since else None
    named = f"unblinded {day.day} {day:%b}" if day else "still blinded"
    counts = (counted(summary.judgments, "judgment"), counted(len(summary.raters), "rater"))
    return " · ".join((*counts, named))


# --- what was lost ---------------------------------------------------------------------------------


def lost_slice(told: PairResults) -> SummarySlice | None:
    """The split or category with the lowest rate whose interval lies below one half."""
    parts = told.slices(Dimension.SPLIT, Dimension.CATEGORY)
    below = [part for part in parts if part.rate.high is not None and part.rate.high < EVEN]
    return min(below, key=lambda part: part.rate.value, default=None)


def lost_paragraph(told: PairResults) -> Paragraph:
    """What was lost: where a was preferred to b, with the way to its comparisons; empty while withheld."""
    if not told.disclosure.tells(Subject.SLICES):
        return Paragraph("")
    pair, found = told.pair, lost_slice(told)
    lead = "What fine-tuning cost:" if told.tuned else f"Where {pair.b} falls behind:"
    how = _lost_explanation(told, found)
    if found is None:
        nothing = f"no split or category found in which raters preferred {pair.a} beyond doubt."
        return Paragraph(f"{lead} {nothing}", explanation=how)
    rate = f"{percent(found.rate.value)}, {range_words(found.rate.low, found.rate.high)}"
    part = slice_name(found.dimension, found.name)
    where = f"on “{part}” raters preferred {pair.a} (win rate of {pair.b} {rate})."
    prompts = found.counts.prompts
    return Paragraph(
        f"{lead} {where}",
        explanation=how,
        judged=Part(Dimension(found.dimension), found.name),
        link="Show this prompt" if prompts == 1 else f"Show these {prompts:,} prompts",
    )


def _lost_explanation(told: PairResults, found: SummarySlice | None) -> Explanation:
    looked = told.slices(Dimension.SPLIT, Dimension.CATEGORY)
    rule = (
        "Of the splits and categories whose interval lies wholly below 50%, the one with the lowest win "
        "rate. Where several are looked at, one may fall below by chance: at 95%, one in forty does."
    )
    if found is None:
        rates = "; ".join(map(_slice_words, looked)) or "none has a name"
        numbers = f"{counted(len(looked), 'part')} looked at. Here: {rates}."
        return Explanation("What was lost", (rule,), numbers=(numbers,))
    title = slice_name(found.dimension, found.name)
    numbers = f"{title}: win rate of {told.pair.b} = {found.rate.explanation}"
    return Explanation("What was lost", (rule,), found.rate.method, "", (numbers,))


def _slice_words(part: SummarySlice) -> str:
    span = range_words(part.rate.low, part.rate.high)
    told = f"{slice_name(part.dimension, part.name)} {percent(part.rate.value)}"
    return f"{told} ({span})" if span else told


# --- the forest plot -------------------------------------------------------------------------------


def forest_picture(told: PairResults, *dimensions: Dimension) -> Picture:
    """The win rate of all prompts, then of each part by some dimensions, with the words below it."""
    over = told.pair.win_rate_over_raters is not None
    whole = "All prompts has the interval for raters like these; the others are" if over else "Intervals are"
    caption = (
        f"Share of judgments that prefer {told.pair.b}, a tie as half, with 95% intervals. The broken line "
        f"is 50%: neither preferred. {whole} for these raters. n counts prompts."
    )
    title, explained = f"Win rate of {told.pair.b}", win_rate.rate_explanation(told.pair)
    return Picture(forest_plot(told.pair, dimensions), caption, title, explained)


def forest_plot(pair: PairSummary, dimensions: Iterable[Dimension]) -> ForestPlot:
    """All prompts, then each part by each of the dimensions."""
    wanted = tuple(dimensions)
    most = MOST_DRAWN if len(wanted) == 1 else MOST_BESIDE
    parts = {by: [part for part in pair.slices if part.dimension == by.value] for by in wanted}
    drawn = {by: _drawn(found, most) for by, found in parts.items()}
    rows = [*_whole(pair), *(_slice_row(part) for found in drawn.values() for part in found)]
    return ForestPlot(
        a=pair.a,
        b=pair.b,
        rows=tuple(rows),
        headings={by.value: _heading(by, len(drawn[by]), len(parts[by])) for by in wanted},
    )


def _heading(by: Dimension, drawn: int, there: int) -> str:
    heading = f"BY {by.value.upper()}"
    return heading if drawn == there else f"{heading}, {drawn} OF {there:,} WITH THE MOST PROMPTS"


def _drawn(parts: list[SummarySlice], most: int) -> list[SummarySlice]:
    """In their own order, the largest of many."""
    if len(parts) <= most:
        return parts
    largest = {part.name for part in sorted(parts, key=lambda part: -part.counts.prompts)[:most]}
    return [part for part in parts if part.name in largest]


def _whole(pair: PairSummary) -> list[ForestRow]:
    both, whole = pair.win_rate_over_raters, slice_name("all", "")
    rows = [_row("all", "", whole, both or pair.win_rate, pair.prompts)]
    if both is not None:
        rows.append(_row("these", "", "for these raters alone", pair.win_rate, pair.prompts))
    return rows


def _slice_row(part: SummarySlice) -> ForestRow:
    label = slice_name(part.dimension, part.name)
    return _row(part.dimension, part.name, label, part.rate, part.counts.prompts)


def _row(dimension: str, stored: str, words: str, rate: Rate, prompts: int) -> ForestRow:
    return ForestRow(dimension, stored, words, rate.value, rate.low, rate.high, prompts)
