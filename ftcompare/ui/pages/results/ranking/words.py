"""What the Ranking tab says of all systems together: scores, their order, every pair. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import chain

from ftcompare.app.results import charts
from ftcompare.app.results.many_pairs import further_words
from ftcompare.app.results.presentation.blocks import Cell, Column, Table
from ftcompare.core.study import RaterKind
from ftcompare.stats.ranking import MOST_WITH_INTERVALS, Intervals, Ranking, Scores
from ftcompare.stats.resampling import Interval
from ftcompare.stats.summary import PairCount, PairSummary, Summary
from ftcompare.ui.pages.results.words import (
    Explanation,
    counted,
    name,
    percent,
    range_words,
)
from ftcompare.ui.text.short_names import short_name

EQUAL = 1e-6
"""Scores that differ by less are the same: so exact are the fits."""

LONG = 40
"""Characters of a name in a sentence."""

MOST_RANKED = 60
"""Systems that chart and table show, the best first."""

ENDS = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Where the axis of the chart may end, so that its ticks are whole."""


class Measure(StrEnum):
    """By what systems are ranked."""

    BRADLEY_TERRY = "bradley_terry"
    DAVIDSON = "davidson"
    AVERAGE = "average_win_rate"


def measure_title(measure: Measure) -> str:
    """The measure's name."""
    return {
        Measure.BRADLEY_TERRY: "Bradley-Terry",
        Measure.DAVIDSON: "Davidson",
        Measure.AVERAGE: "Average win rate",
    }[measure]


def scores(ranking: Ranking, measure: Measure) -> Scores:
    """Scores by system."""
    return {
        Measure.BRADLEY_TERRY: ranking.bradley_terry,
        Measure.DAVIDSON: ranking.davidson,
        Measure.AVERAGE: ranking.average_win_rate,
    }[measure]


def _intervals(ranking: Ranking, measure: Measure) -> Intervals:
    found = ranking.intervals
    if found is None:
        return {}
    return {
        Measure.BRADLEY_TERRY: found.bradley_terry,
        Measure.DAVIDSON: found.davidson,
        Measure.AVERAGE: found.average_win_rate,
    }[measure]


def defined(ranking: Ranking, measure: Measure) -> bool:
    """Whether any system has a score."""
    return any(score is not None for score in scores(ranking, measure).values())


def main_measure(ranking: Ranking) -> Measure:
    """Bradley-Terry, which allows for who met whom; average win rates where it has no finite fit."""
    return Measure.BRADLEY_TERRY if defined(ranking, Measure.BRADLEY_TERRY) else Measure.AVERAGE


def order(ranking: Ranking, measure: Measure) -> list[str]:
    """The systems, the best first; those without a score last."""
    first = [system for system, _ in _ranked(ranking, measure)]
    return first + [system for system in scores(ranking, measure) if system not in first]


def main_pairs(summary: Summary) -> tuple[PairSummary, ...]:
    """The comparisons that the ranking is made of: people's, of automatic raters where there are none."""
    people = tuple(pair for pair in summary.comparisons if pair.rater_kind is RaterKind.HUMAN)
    return people or summary.comparisons


def _main_further(summary: Summary) -> tuple[PairCount, ...]:
    """The pairs of the same raters that are counted only."""
    kinds = {pair.rater_kind for pair in main_pairs(summary)}
    return tuple(pair for pair in summary.further if pair.rater_kind in kinds)


# --- the sentence --------------------------------------------------------------------------------


def ranking_headline(summary: Summary) -> str:
    """Who comes first."""
    ranking = summary.ranking
    ranked = _ranked(ranking, main_measure(ranking))
    if len(ranked) < 3:
        return "With two systems the ranking is the win rate."
    if not _connected(summary, tuple(name for name, _ in ranked)):
        return "There is no common order: some systems were never compared, not even through others."
    (first, best), (second, next_best) = ranked[:2]
    if best - next_best < EQUAL:
        told = "{first} and {second} rank equally high among {n} systems."
    else:
        told = "{first} ranks first of {n} systems, then {second}."
    return told.format(first=short_name(first, LONG), second=short_name(second, LONG), n=len(ranked))


def _connected(summary: Summary, systems: tuple[str, ...]) -> bool:
    """Whether a chain of judged pairs leads from each system to each other."""
    reached, edge = set[str](), set(systems[:1])
    while edge:
        reached |= edge
        told = ({pair.a, pair.b} for pair in summary.comparisons)
        pairs = chain(told, ({pair.a, pair.b} for pair in summary.further))
        edge = set[str]().union(*(pair for pair in pairs if pair & reached)) - reached
    return reached >= set(systems)


def _ranked(ranking: Ranking, measure: Measure) -> list[tuple[str, float]]:
    """The systems that have a score, with it, the best first."""
    known = [(system, score) for system, score in scores(ranking, measure).items() if score is not None]
    return sorted(known, key=lambda pair: -pair[1])


def ranking_line(summary: Summary) -> str:
    """What the order rests on; with two systems, their win rate."""
    ranking, pairs = summary.ranking, main_pairs(summary)
    measure = main_measure(ranking)
    ranked = _ranked(ranking, measure)
    if len(ranked) < 3:
        return " ".join(_two(pair) for pair in pairs)
    (first, best), (second, next_best) = ranked[:2]
    ends = [_intervals(ranking, measure).get(system) for system in (first, second)]
    told = (
        f"{measure_title(measure)}: {short_name(first, LONG)} {_with_range(best, ends[0])}, "
        f"{short_name(second, LONG)} {_with_range(next_best, ends[1])}."
    )
    return f"{told} {_overlap(*ends)}".strip()


def _two(pair: PairSummary) -> str:
    rate = pair.win_rate_over_raters or pair.win_rate
    span = range_words(rate.low, rate.high) or "no interval"
    told = "Win rate of {b} against {a}: {rate} ({range}), n = {prompts}."
    prompts = counted(pair.prompts, "prompt", "prompts")
    return told.format(
        b=short_name(pair.b, LONG),
        a=short_name(pair.a, LONG),
        rate=percent(rate.value),
        range=span,
        prompts=prompts,
    )


def _overlap(best: Interval | None, second: Interval | None) -> str:
    low, high = _ends(best)[0], _ends(second)[1]
    if low is None or high is None:
        return "There is no interval, so their order may be chance."
    if low > high:
        return "Their 95% intervals do not overlap."
    return "Their 95% intervals overlap, so their order may be chance."


def who_judged(summary: Summary) -> str:
    """Whose judgments the ranking is made of."""
    pairs = main_pairs(summary)
    number = sum(p.judgments for p in pairs) + sum(p.counts.judgments for p in _main_further(summary))
    judgments = counted(number, "judgment", "judgments")
    if pairs and pairs[0].rater_kind is RaterKind.AUTOMATIC:
        told = "Of {} by automatic raters: no person has judged."
    elif summary.automatic:
        told = "Of {} by people; automatic raters are kept apart."
    else:
        told = "Of {} by people."
    return f"{told.format(judgments)} {further_words(summary)}".strip()


# --- scores --------------------------------------------------------------------------------------


def ranking_chart(summary: Summary, measure: Measure) -> charts.ForestPlot:
    """The systems under each other, the best first, each with its interval."""
    ranking = summary.ranking
    found, ends, judged = scores(ranking, measure), _intervals(ranking, measure), judgments_of(summary)
    rows = tuple(
        charts.ForestRow(
            "system", system, name(system), found[system], *_ends(ends.get(system)), judged.get(system, 0)
        )
        for system in order(ranking, measure)[:MOST_RANKED]
    )
    reached = max((row.high or row.value or 0.0 for row in rows), default=1.0)
    average = measure is Measure.AVERAGE
    axis = "mean win rate against the others" if average else "share of the strength of all"
    return charts.ForestPlot(
        a="",
        b="",
        rows=rows,
        left_words="",
        right_words="",
        axis_words=axis,
        middle=0.5 if average else None,
        end=1.0 if average else next(end for end in ENDS if end >= min(reached, 1.0)),
        decimals=1,
    )


def judgments_of(summary: Summary) -> dict[str, int]:
    """How many judgments each system took part in."""
    found: dict[str, int] = {}
    for pair in main_pairs(summary):
        for system in (pair.a, pair.b):
            found[system] = found.get(system, 0) + pair.judgments
    for further in _main_further(summary):
        for system in (further.a, further.b):
            found[system] = found.get(system, 0) + further.counts.judgments
    return found


def chart_note(ranking: Ranking, measure: Measure) -> str:
    """What n and the lines are; or why there is nothing to draw."""
    if not defined(ranking, measure):
        return no_fit()
    n = "n counts a system's judgments."
    systems = len(ranking.average_win_rate)
    if systems > MOST_RANKED:
        told = "The first {0} of {1} systems; “ftcompare results STUDY --json” has all."
        n = f"{n} {told.format(MOST_RANKED, f'{systems:,}')}"
    if ranking.intervals is None and systems > MOST_WITH_INTERVALS:
        told = "No intervals: there are none for more than {} systems."
        return f"{n} {told.format(MOST_WITH_INTERVALS)}"
    ends = tuple(_intervals(ranking, measure).values())
    if ranking.intervals is None:
        return n + " " + "No intervals: only one prompt was judged."
    lines = f"The lines are 95% intervals over {_over(ranking)}."
    known = any(_ends(end) != (None, None) for end in ends)
    return " ".join(filter(None, (n, lines if known else _no_interval(ends), _set_aside(ends))))


def no_fit() -> str:
    """Why a model has no scores."""
    return (
        "No finite scores: a system, or a group of them, won or lost everything against the rest, and the "
        "model would put it infinitely far above or below. Go by the average win rate."
    )


def _no_interval(ends: Iterable[Interval]) -> str:
    if any(2 * end.set_aside > end.resamples for end in ends):
        return "No intervals: more than half of the resamples have no finite scores."
    return "No intervals: every resample gives the same scores, which is not certainty."


def _over(ranking: Ranking) -> str:
    both = ranking.intervals is not None and "raters" in ranking.intervals.generalises_over
    return "prompts and raters" if both else "prompts"


def _set_aside(ends: Iterable[Interval]) -> str:
    most = max(ends, key=lambda end: end.set_aside, default=None)
    if most is None or not most.set_aside:
        return ""
    told = "{aside} of {all} resamples were set aside: a system never won, or never lost, in them."
    return told.format(aside=f"{most.set_aside:,}", all=f"{most.resamples:,}")


def score_table(summary: Summary) -> Table:
    """Every system with its three scores."""
    ranking = summary.ranking
    return Table(
        "",
        (
            Column("System"),
            *(Column(measure_title(m), explanation=score_explanation(summary, m)) for m in Measure),
        ),
        tuple(
            (name(system), *(_score_cell(ranking, system, m) for m in Measure))
            for system in order(ranking, main_measure(ranking))[:MOST_RANKED]
        ),
    )


def _score_cell(ranking: Ranking, system: str, measure: Measure) -> Cell:
    score = scores(ranking, measure)[system]
    if score is None:
        return Cell("—", "no finite score")
    return Cell(f"{score:.1%}", _range(_intervals(ranking, measure).get(system)) or "no interval")


def tie_sentence(ranking: Ranking) -> str:
    """What Davidson's ν comes to; empty without a fit."""
    tie = ranking.davidson_tie
    if tie is None:
        return ""
    end = ranking.intervals.davidson_tie if ranking.intervals else None
    low, high = _ends(end)
    span = "" if low is None or high is None else f" ({low:.2f}–{high:.2f})"
    told = "Davidson's ν is {nu}: two systems of the same strength are tied in {share} of judgments."
    return told.format(nu=f"{tie:.2f}{span}", share=percent(tie / (2 + tie)))


def tie_explanation(ranking: Ranking) -> Explanation | None:
    """What Davidson's ν is; None without a fit."""
    tie = ranking.davidson_tie
    if tie is None:
        return None
    text = (
        "ν says how readily raters call two systems equal. In Davidson's model win, loss and tie are as "
        "πᵢ : πⱼ : ν √(πᵢ πⱼ). So two systems of the same strength are tied with the probability "
        f"ν / (2 + ν) = {tie:.3f} / {2 + tie:.3f} = {tie / (2 + tie):.1%}. Both bad counts as a tie."
    )
    ends = (ranking.intervals.davidson_tie,) if ranking.intervals else ()
    return Explanation("Davidson's ν", (text, *_resampled(ranking, ends)), _method(), "Davidson 1970")


def score_explanation(summary: Summary, measure: Measure) -> Explanation:
    """The model, its scores put in, and how its intervals come about."""
    ranking = summary.ranking
    model = {
        Measure.BRADLEY_TERRY: (
            "Each system has a strength π, and i is preferred to j with the probability πᵢ / (πᵢ + πⱼ). "
            "A tie, and both bad, is half a win for each. The strengths are those under which the judgments "
            "are likeliest; they are scaled to sum to 100%."
        ),
        Measure.DAVIDSON: (
            "As Bradley-Terry, but ties are an outcome of their own: win, loss and tie are as "
            "πᵢ : πⱼ : ν √(πᵢ πⱼ). The strengths are scaled to sum to 100%."
        ),
        Measure.AVERAGE: (
            "The mean of a system's win rates against each of the others it met, each opponent counting "
            "once. A tie, and both bad, is half a win. It does not allow for who was met: a system that met "
            "only weak ones looks strong."
        ),
    }[measure]
    source = {
        Measure.BRADLEY_TERRY: "Bradley & Terry 1952; Ford 1957; Hesterberg 2015; Owen 2007",
        Measure.DAVIDSON: "Davidson 1970; Hesterberg 2015; Owen 2007",
        Measure.AVERAGE: "Hesterberg 2015; Owen 2007",
    }[measure]
    numbers = _scores_in(summary, measure) if defined(ranking, measure) else no_fit()
    ends = tuple(_intervals(ranking, measure).values())
    return Explanation(
        measure_title(measure), (model, numbers, *_resampled(ranking, ends)), _method(), source
    )


def _scores_in(summary: Summary, measure: Measure) -> str:
    ranking, found = summary.ranking, scores(summary.ranking, measure)
    told = ", ".join(
        f"{name(system)} {found[system]:.1%}" for system in order(ranking, measure) if found[system]
    )
    if measure is Measure.AVERAGE:
        return f"{told}."
    first, second = order(ranking, measure)[:2]
    x, y = found[first], found[second]
    if not x or not y or measure is Measure.DAVIDSON:
        return f"{told}."
    odds = "So {first} is expected to be preferred to {second} in {x:.3f} / ({x:.3f} + {y:.3f}) = {p:.0%}."
    return f"{told}. " + odds.format(first=name(first), second=name(second), x=x, y=y, p=x / (x + y))


def _resampled(ranking: Ranking, ends: Iterable[Interval]) -> tuple[str, ...]:
    found = tuple(ends)
    if ranking.intervals is None or not found:
        return ("No interval: only one prompt was judged.",)
    drawn = (
        "Interval at {level}: {over} are drawn anew {n} times, with all their judgments, and the scores "
        "computed from each. Its ends are the percentiles of these, widened for few prompts or raters. Where "
        "all are the same, nothing varied and there is no interval."
    ).format(level=percent(found[0].level), over=_over(ranking), n=f"{found[0].resamples:,}")
    other = (
        "The interval of a win rate is not resampled, so the two differ, most of all with few raters. Go by "
        "the wider one."
    )
    return tuple(filter(None, (drawn, _set_aside(found), other)))


def _method() -> str:
    return "maximum likelihood; expanded percentile bootstrap"


# --- small parts ---------------------------------------------------------------------------------


def _ends(end: Interval | None) -> tuple[float | None, float | None]:
    """None where every resample gives the same score: that nothing varied is not certainty."""
    if end is None or end.low is None or end.high is None or end.high - end.low < EQUAL:
        return None, None
    return end.low, end.high


def _range(end: Interval | None) -> str:
    low, high = _ends(end)
    return "" if low is None or high is None else f"{low * 100:.1f}–{high * 100:.1f}%"


def _with_range(score: float, end: Interval | None) -> str:
    span = _range(end)
    return f"{score:.1%} ({span})" if span else f"{score:.1%}"
