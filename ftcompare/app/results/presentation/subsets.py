"""Blocks on win rates by subset of the prompts and by rater, and on differences between splits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import NAME_LENGTH, name
from ftcompare.app.results.presentation.overview import MOST_DRAWN, forest_plot
from ftcompare.app.results.presentation.pair_results import SPLITS, PairResults, slice_name, slice_phrase
from ftcompare.app.results.presentation.value_table import ValueColumn, ValueRow, ValueTable
from ftcompare.app.review.result_slice import Dimension
from ftcompare.core.plurals import counted
from ftcompare.core.study import Split
from ftcompare.stats.slices import SplitDifference
from ftcompare.stats.summary import SummarySlice

LABELS = (
    *(Dimension.SPLIT, Dimension.CATEGORY, Dimension.TAG),
    *(Dimension.TASK, Dimension.CONTEXT_KIND),
)
"""The dimensions by which prompts may be labeled."""
DIMENSIONS = (*LABELS, Dimension.RATER, Dimension.LANGUAGE)
EXPLAINED = 40
"""Maximum number of subsets that are explained one by one."""
EXPECTED = (
    "What more prompts would probably show: the win rate, moved toward the mean of all parts, most if "
    "few prompts were judged"
)
PLURALS = {
    Dimension.CATEGORY: "categories",
    Dimension.SPLIT: "splits",
    Dimension.TAG: "tags",
    Dimension.TASK: "tasks",
    Dimension.CONTEXT_KIND: "kinds of context",
    Dimension.RATER: "raters",
    Dimension.LANGUAGE: "languages",
}
EVEN = 0.5
MOST_NAMED = 4
"""Maximum number of subsets that are named in a sentence."""
SHORT = 22
"""Number of characters of a name in a column title."""

NO_PARTS = (
    "The prompts have no split, category, tag, task, or kind of context, so there are no parts to "
    "compare. Add a column “category”, “split”, “tags”, “task”, or “context_kind” to the prompts file "
    "when you set up a study."
)


def dimensions_of(results: PairResults) -> tuple[Dimension, ...]:
    """The dimensions by which a pair's results can be divided; none while that is withheld."""
    return tuple(by for by in DIMENSIONS if results.slices(by))


def parts_picture(results: PairResults, by: Dimension) -> blocks.Picture:
    """The win rate over all prompts and over each subset by one dimension."""
    parts, over = results.slices(by), results.pair.speaks_for_others
    first = "All prompts has the interval for other raters of this kind; the others are for these raters."
    words = [first if over else "Intervals are for these raters.", "Bars count judgments, n counts prompts."]
    if by is Dimension.TAG:
        words.append("A prompt counts with each of its tags.")
    if len(parts) > MOST_DRAWN:
        words.append(
            f"The chart shows the {MOST_DRAWN} with the most prompts. The table has all {len(parts):,}."
        )
    how = _parts_explanation(results, by, parts)
    return blocks.Picture(forest_plot(results.pair, (by,)), " ".join(words), how.title, how)


def parts_lines(results: PairResults, by: Dimension) -> tuple[str, str]:
    """The parts in which one system is clearly preferred, and what that means."""
    pair, of_rater = results.pair, by is Dimension.RATER
    by_whom = {Dimension.RATER: "by", Dimension.LANGUAGE: "by raters whose window is in"}.get(by, "on")
    clear = [part for part in results.slices(by) if part.beyond_doubt]
    preferred = [
        f"{system} is clearly preferred {by_whom} {_listed(parts)}"
        for system, parts in (
            (pair.b, [part for part in clear if part.rate.value > EVEN]),
            (pair.a, [part for part in clear if part.rate.value < EVEN]),
        )
        if parts
    ]
    headline = f"{', and '.join(preferred)}."
    if not preferred and of_rater:
        headline = "No rater clearly prefers one of the systems."
    elif not preferred:
        headline = f"No {by.words} shows a clear preference for one of the systems."
    family = "parts of the prompts" if by in LABELS else PLURALS[by]
    return headline, f"“Clear” means more than chance would give when all {family} are looked at."


def _listed(parts: Sequence[SummarySlice]) -> str:
    """The names of the first parts, and how many more there are."""
    told = [slice_phrase(part.dimension, part.name) for part in parts[:MOST_NAMED]]
    if len(parts) > MOST_NAMED:
        told.append(f"{len(parts) - MOST_NAMED} more")
    return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0]


def part_tables(results: PairResults) -> Iterator[tuple[blocks.Table, str]]:
    """Tables by prompt label, by rater, and by language, each with the name of its rows."""
    further = [by for by in LABELS[3:] if results.slices(by)]
    *most, last = ("split", "category", "tag", *(by.words for by in further))
    for caption, what, by in (
        (f"By {', '.join(most)} and {last}", "categories", LABELS),
        ("By rater", "raters", (Dimension.RATER,)),
        ("By language", "languages", (Dimension.LANGUAGE,)),
    ):
        if results.slices(*by):
            yield parts_table(results, caption, *by).written, what


def parts_table(results: PairResults, caption: str, *dimensions: Dimension) -> ValueTable:
    """Counts and win rate of each subset by the given dimensions."""
    a, b = (name(system, SHORT) for system in (results.pair.a, results.pair.b))
    first = "Part" if len(dimensions) > 1 else dimensions[0].words.capitalize()
    columns = (
        ValueColumn(first, share=2.0, length=NAME_LENGTH),
        ValueColumn("Prompts", blocks.Unit.COUNT, 1.1),
        ValueColumn("Wins", blocks.Unit.COUNT, 1.4, paper=f"{b} won", shown=False),
        ValueColumn("Equal", blocks.Unit.COUNT, 0.8, shown=False),
        ValueColumn("Both bad", blocks.Unit.COUNT, 1.1, shown=False),
        ValueColumn("Losses", blocks.Unit.COUNT, 1.4, paper=f"{a} won", shown=False),
        ValueColumn("Win\nrate", blocks.Unit.SHARE),
        ValueColumn("Interval", blocks.Unit.SHARE, 1.7, paper="95% interval", nothing="none"),
        ValueColumn("Expected\nrate", blocks.Unit.SHARE, 1.2, tip=EXPECTED),
        ValueColumn("Clear", nothing="no", shown=False),
    )
    return ValueTable(caption, columns, tuple(map(_part_row, results.slices(*dimensions))))


def _part_row(part: SummarySlice) -> ValueRow:
    counts, rate = part.counts, part.rate
    won = (counts.wins_b, counts.ties, counts.both_bad, counts.wins_a)
    values = (counts.prompts, *won, rate.value, (rate.low, rate.high))
    of_many = part.pooled, "yes" if part.beyond_doubt else None
    words = slice_name(part.dimension, part.name)
    return ValueRow(part.name, (words, *values, *of_many), _part_words(part))


def _part_words(part: SummarySlice) -> str:
    """How the rate is computed, and the correction for looking at all subsets."""
    told = part.rate.explanation
    if part.p is None or part.p_adjusted is None:
        return told
    beyond = "Clear" if part.beyond_doubt else "Not clear"
    return f"{told} {beyond}: p = {part.p:.3g}, corrected for looking at all {part.p_adjusted:.3g}."


def _parts_explanation(
    results: PairResults, by: Dimension, parts: Iterable[SummarySlice]
) -> blocks.Explanation:
    pair, found = results.pair, tuple(parts)
    of_family = "parts of the prompts at once" if by in LABELS else PLURALS[by]
    rule = (
        "The win rate within each part: the share of its judgments that prefer one system to the other. "
        "A tie, and both bad, is half a win for each. The interval is over the prompts of the part, for "
        "these raters. With several parts, some may differ by chance alone: at 95%, one interval in "
        "twenty misses the true value.",
        f"Expected rate: the win rate moved toward the mean of the {PLURALS[by]} (shrunk), most if it "
        "has few prompts. It is m + (rate − m) · τ² / (τ² + v), where v is the variance of the rate and "
        "τ² that of parts beyond chance. Parts with few prompts have the most extreme rates, so this is "
        "the better prediction for more prompts.",
        f"A preference is clear if p, corrected by Holm's method for looking at all {of_family}, is "
        "below 5%.",
    )
    numbers = [f"Here for {pair.b} against {pair.a}, in {counted(len(found), 'part')}."]
    numbers += [f"{slice_name(p.dimension, p.name)}: {_part_words(p)}" for p in found[:EXPLAINED]]
    if len(found) > EXPLAINED:
        numbers.append(f"And {len(found) - EXPLAINED:,} more; each row of the table has its own explanation.")
    methods = "; ".join(dict.fromkeys(part.rate.method for part in found if part.rate.method != "none"))
    title = f"Win rate of {pair.b} by {by.words}"
    return blocks.Explanation(title, rule, methods, "Wilson 1927; Liang & Zeger 1986", tuple(numbers))


def difference_figures(results: PairResults) -> blocks.Figures:
    """Trained minus held-out and minus paraphrase, for splits with judgments."""
    figures = (_difference_figure(results, found) for found in results.pair.split_differences)
    return blocks.Figures("split_differences", "Trained and unseen prompts", tuple(figures))


def _difference_figure(results: PairResults, difference: SplitDifference) -> blocks.Figure:
    title = f"{SPLITS[difference.first.value]} minus {SPLITS[difference.second.value].lower()}"
    rule = (
        f"The win rate on {_plainly(difference.first)} prompts minus that on "
        f"{_plainly(difference.second)} prompts. Each prompt counts once, with the mean of its judgments. "
        "The interval is for prompts like these before these raters.",
    )
    source = "Welch 1947, Biometrika 34:28" if difference.low is not None else ""
    numbers = (f"For {results.pair.b}: {difference.explanation}",)
    key, n = (
        f"{difference.first}_less_{difference.second}",
        f"{difference.prompts_first:,} and {difference.prompts_second:,}",
    )
    how = blocks.Explanation(title, rule, difference.method, source, numbers)
    note, ends = "" if difference.low is not None else "no interval", (difference.low, difference.high)
    return blocks.Figure(key, title, difference.difference, how, blocks.Unit.POINTS, *ends, n, note)


def difference_paragraphs(results: PairResults) -> Iterator[blocks.Paragraph]:
    """A sentence on each difference; where it is missing, why, and what is needed."""
    if not results.pair.split_differences:
        yield blocks.Paragraph(
            "If you label prompts as trained, paraphrase, or held_out (unseen), their win rates are compared "
            "here. A preference only on trained prompts is memorized. One on unseen prompts carries over."
        )
    for found in results.pair.split_differences:
        yield blocks.Paragraph(_difference_words(results.pair.b, found))


def difference_blocks(results: PairResults) -> Iterator[blocks.Block]:
    """The differences for reports, where there are splits to compare; another section explains the method."""
    found = difference_figures(results)
    if found.figures:
        yield replace(found, figures=tuple(replace(figure, explanation=None) for figure in found.figures))
        yield blocks.Paragraph(" ".join(paragraph.text for paragraph in difference_paragraphs(results)))


def _difference_words(system: str, difference: SplitDifference) -> str:
    first, second = _plainly(difference.first), _plainly(difference.second)
    if difference.low is None or difference.high is None:
        return f"Too few {first} or {second} prompts, or all alike: the difference cannot be determined."
    if difference.low <= 0 <= difference.high:
        return f"A difference between {first} and {second} prompts could be chance."
    if difference.high < 0:
        return f"{system} is preferred more on {second} than on {first} prompts."
    return (
        f"{system} is preferred more on {first} than on {second} prompts. The two kinds of prompts may also "
        "differ in other ways, such as difficulty."
    )


def _plainly(split: Split) -> str:
    return SPLITS[split.value].lower()
