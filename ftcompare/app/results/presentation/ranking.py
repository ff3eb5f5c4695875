"""Blocks on the ranking of all systems: order, scores with intervals, and each pair of systems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from ftcompare.app.results.chosen_pairs import EVEN, clear_preferences, further_words, seen_from
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.chart_data import ForestPlot, ForestRow
from ftcompare.app.results.presentation.number_format import name, percent, range_words
from ftcompare.app.results.presentation.ranking_scores import (
    EQUAL,
    MOST_RANKED,
    NO_FIT,
    RankingMeasure,
    defined,
    interval_ends,
    intervals,
    main_measure,
    order,
    ranked_scores,
    score_explanation,
    score_table,
    score_with_interval,
    scores,
    set_aside,
    tie_paragraph,
)
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind
from ftcompare.stats.ranking import MOST_WITH_INTERVALS, Ranking
from ftcompare.stats.resampling import Interval
from ftcompare.stats.summary import PairCount, PairSummary, Summary

RANKED = 3
"""Minimum number of systems for a ranking; two systems have only a win rate."""
LONG, SHORT = 40, 18
"""Number of characters of a name in a sentence, and above a column."""
NAMED_COLUMNS = 6
"""With more systems than this, columns have numbers instead of names."""
ENDS = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Possible ends of the chart's axis, chosen so that ticks are round."""


def main_pairs(summary: Summary) -> tuple[PairSummary, ...]:
    """The comparisons behind the ranking: people's, or those of programs where no person judged."""
    people = tuple(pair for pair in summary.comparisons if pair.rater_kind is RaterKind.HUMAN)
    return people or summary.comparisons


def _main_further(summary: Summary) -> tuple[PairCount, ...]:
    """The pairs of the same raters that have only counts."""
    kinds = {pair.rater_kind for pair in main_pairs(summary)}
    return tuple(pair for pair in summary.further if pair.rater_kind in kinds)


# --- sentences -------------------------------------------------------------------------------------


def ranking_headline(summary: Summary) -> str:
    """The first system of the ranking."""
    ranking = summary.ranking
    ranked = ranked_scores(ranking, main_measure(ranking))
    if len(ranked) < RANKED:
        return "With two systems the ranking is the win rate."
    if not _connected(summary, tuple(system for system, _ in ranked)):
        return "There is no common order: some systems were never compared, not even through others."
    (first, best), (second, next_best) = ranked[:2]
    if best - next_best < EQUAL:
        both = f"{name(first, LONG)} and {name(second, LONG)}"
        return f"{both} rank equally high among {len(ranked)} systems."
    return f"{name(first, LONG)} ranks first of {len(ranked)} systems, then {name(second, LONG)}."


def _connected(summary: Summary, systems: tuple[str, ...]) -> bool:
    reached, edge = set[str](), set(systems[:1])
    while edge:
        reached |= edge
        told = ({pair.a, pair.b} for pair in summary.comparisons)
        pairs = chain(told, ({pair.a, pair.b} for pair in summary.further))
        edge = set[str]().union(*(pair for pair in pairs if pair & reached)) - reached
    return reached >= set(systems)


def ranking_line(summary: Summary) -> str:
    """What the order is based on; with two systems, their win rate."""
    ranking = summary.ranking
    measure = main_measure(ranking)
    ranked = ranked_scores(ranking, measure)
    if len(ranked) < RANKED:
        return " ".join(map(_win_rate_words, main_pairs(summary)))
    ends = [intervals(ranking, measure).get(system) for system, _ in ranked[:2]]
    first, second = (
        f"{name(system, LONG)} {score_with_interval(score, end)}"
        for (system, score), end in zip(ranked[:2], ends, strict=True)
    )
    return f"{measure.label}: {first}, {second}. {_overlap(*ends)}"


def _win_rate_words(pair: PairSummary) -> str:
    rate = pair.main_rate
    systems = f"{name(pair.b, LONG)} against {name(pair.a, LONG)}"
    span = range_words(rate.low, rate.high) or "no interval"
    return f"Win rate of {systems}: {percent(rate.value)} ({span}), n = {counted(pair.prompts, 'prompt')}."


def _overlap(best: Interval | None, second: Interval | None) -> str:
    low, high = interval_ends(best)[0], interval_ends(second)[1]
    if low is None or high is None:
        return "There is no interval, so their order may be chance."
    if low > high:
        return "Their 95% intervals do not overlap."
    return "Their 95% intervals overlap, so their order may be chance."


def who_judged(summary: Summary) -> str:
    """Whose judgments the ranking is based on."""
    pairs = main_pairs(summary)
    number = sum(p.judgments for p in pairs) + sum(p.counts.judgments for p in _main_further(summary))
    whom = "people"
    if pairs and pairs[0].rater_kind is RaterKind.AUTOMATIC:
        whom = "automatic raters: no person has judged"
    elif summary.automatic:
        whom = "people; automatic raters are kept apart"
    return f"Of {counted(number, 'judgment')} by {whom}. {further_words(summary)}".strip()


# --- the chart -------------------------------------------------------------------------------------


def ranking_picture(summary: Summary, measure: RankingMeasure) -> blocks.Picture:
    """The chart of the systems, best first, each with its interval; no rows without scores."""
    there = defined(summary.ranking, measure)
    rows = tuple(_rows(summary, measure)) if there else ()
    reached = max((row.high or row.value or 0.0 for row in rows), default=1.0)
    average = measure is RankingMeasure.AVERAGE
    chart = ForestPlot(
        a="",
        b="",
        rows=rows,
        left_words="",
        right_words="",
        axis_words="mean win rate against the others" if average else "share of the strength of all",
        middle=EVEN if average else None,
        end=1.0 if average else next(end for end in ENDS if end >= min(reached, 1.0)),
        decimals=1,
    )
    caption = _chart_words(summary.ranking, measure) if there else NO_FIT
    return blocks.Picture(chart, caption, "Ranking", score_explanation(summary, measure))


def _rows(summary: Summary, measure: RankingMeasure) -> Iterator[ForestRow]:
    ranking, judged = summary.ranking, judgments_by_system(summary)
    found, ends = scores(ranking, measure), intervals(ranking, measure)
    for system in order(ranking, measure)[:MOST_RANKED]:
        low, high = interval_ends(ends.get(system))
        yield ForestRow("system", system, name(system), found[system], low, high, judged[system])


def judgments_by_system(summary: Summary) -> Counter[str]:
    """Number of judgments in which each system took part."""
    found = Counter[str]()
    for pair in main_pairs(summary):
        found.update({pair.a: pair.judgments, pair.b: pair.judgments})
    for further in _main_further(summary):
        found.update({further.a: further.counts.judgments, further.b: further.counts.judgments})
    return found


def _chart_words(ranking: Ranking, measure: RankingMeasure) -> str:
    n, systems = "n counts a system's judgments.", len(ranking.average_win_rate)
    if systems > MOST_RANKED:
        has_all = "“ftcompare results STUDY --json” has all."
        n = f"{n} The first {MOST_RANKED} of {systems:,} systems; {has_all}"
    if ranking.intervals is None:
        many = f"there are none for more than {MOST_WITH_INTERVALS} systems."
        why = many if systems > MOST_WITH_INTERVALS else "only one prompt was judged."
        return f"{n} No intervals: {why}"
    ends = tuple(intervals(ranking, measure).values())
    lines = f"The lines are 95% intervals over {ranking.intervals.generalises_over}."
    known = any(interval_ends(end) != (None, None) for end in ends)
    return " ".join(filter(None, (n, lines if known else _no_interval(ends), set_aside(ends))))


def _no_interval(ends: Iterable[Interval]) -> str:
    if any(2 * end.set_aside > end.resamples for end in ends):
        return "No intervals: more than half of the resamples have no finite scores."
    return "No intervals: every resample gives the same scores, which is not certainty."


# --- each against each -----------------------------------------------------------------------------


def pair_matrix(summary: Summary, *, brief: bool = False) -> blocks.Table:
    """Win rate of each system (row) against each other (column), with its interval and n.

    With ``brief``, columns have numbers, and cells have only the rate, with a star where one system is
    clearly better.
    """
    ranked = order(summary.ranking, main_measure(summary.ranking))
    heads = _numbers(ranked) if brief else _column_names(ranked)
    pairs = {frozenset((pair.a, pair.b)): pair for pair in main_pairs(summary)}
    clear = {frozenset((a, b)) for a, b, _ in clear_preferences(main_pairs(summary))}
    elsewhere = {frozenset((pair.a, pair.b)) for pair in summary.comparisons}
    numbered = heads == _numbers(ranked)
    columns = (blocks.Column(h, numbers=True, whole=name(s)) for h, s in zip(heads, ranked, strict=True))
    rows = tuple(
        _matrix_row(
            f"{place}  {name(row)}" if numbered else name(row),
            (_pair_cell(row, column, pairs, elsewhere, clear if brief else None) for column in ranked),
        )
        for place, row in enumerate(ranked, 1)
    )
    first = blocks.Column("Row preferred to column", 2.6)
    return blocks.Table("Every pair", (first, *columns), rows, _matrix_explanation())


def _matrix_row(system: str, cells: Iterable[blocks.Cell]) -> tuple[str | blocks.Cell, ...]:
    return system, *cells


def _numbers(ranked: list[str]) -> list[str]:
    return [str(place) for place in range(1, len(ranked) + 1)]


def _column_names(ranked: list[str]) -> list[str]:
    """Short names; numbers where there are too many systems or the short names are equal."""
    short = [name(system, SHORT) for system in ranked]
    alike = len(set(short)) < len(short)
    return _numbers(ranked) if alike or len(ranked) > NAMED_COLUMNS else short


def _pair_cell(
    row: str,
    column: str,
    pairs: Mapping[frozenset[str], PairSummary],
    elsewhere: set[frozenset[str]],
    starred: set[frozenset[str]] | None,
) -> blocks.Cell:
    """One cell. ``starred``: pairs that get a star instead of an interval; None to show intervals."""
    both = frozenset((row, column))
    found, brief = pairs.get(both), starred is not None
    if row == column:
        return blocks.Cell("")
    if found is None:
        why = "automatic raters only" if both in elsewhere else "not judged"
        return blocks.Cell("—", "" if brief else why)
    value, low, high = seen_from(found, row)
    if starred is not None:
        return blocks.Cell(f"{percent(value)}{'*' if both in starred else ''}")
    return blocks.Cell(percent(value), f"{range_words(low, high) or 'no interval'}, n = {found.prompts}")


def _matrix_explanation() -> blocks.Explanation:
    return blocks.Explanation(
        "Every pair",
        (
            "How often the system of the row was preferred to the system of the column: the win rate of "
            "that pair, a tie and both bad being half a win for each. Its 95% interval is over prompts and "
            "raters where there are several raters, else over prompts; n counts prompts.",
            "A dash stands for a pair without a judgment. The ranking needs none of every pair, as long "
            "as all systems are linked by pairs that were judged.",
        ),
        "Wilson, t over prompt means, or two-way clustered",
        "Wilson 1927; Cameron, Gelbach & Miller 2011",
    )


# --- as a report tells it --------------------------------------------------------------------------


def ranking_blocks(summary: Summary, most_across: int) -> Iterator[blocks.Block]:
    """All blocks for a report; empty for two systems. ``most_across``: maximum number of columns."""
    systems = len(summary.ranking.average_win_rate)
    if systems < RANKED:
        return
    yield blocks.Paragraph(f"{ranking_headline(summary)} {ranking_line(summary)} {who_judged(summary)}")
    yield ranking_picture(summary, main_measure(summary.ranking))
    yield score_table(summary, None)
    tie = tie_paragraph(summary.ranking)
    if tie is not None:
        yield tie
    if not defined(summary.ranking, RankingMeasure.BRADLEY_TERRY):
        yield blocks.Paragraph(f"Bradley-Terry, Davidson: {NO_FIT}", blocks.Tone.NOTE)
    if systems > most_across:
        yield blocks.Paragraph(
            "Each system against each other is in the table of all pairs.", blocks.Tone.NOTE
        )
        return
    yield pair_matrix(summary, brief=True)
    star = (
        "A star: one is clearly preferred, corrected for looking at all pairs. Columns have the number of "
        "their system."
    )
    yield blocks.Paragraph(f"{' '.join(_matrix_explanation().rule)} {star}", blocks.Tone.NOTE)
