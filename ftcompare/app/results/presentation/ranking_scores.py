"""Scores of all systems by three models, with their intervals and explanations."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from ftcompare.app.results.presentation.blocks import Cell, Column, Explanation, Paragraph, Table, Tone
from ftcompare.app.results.presentation.number_format import name, percent
from ftcompare.stats.ranking import Intervals, Ranking, Scores
from ftcompare.stats.resampling import Interval
from ftcompare.stats.summary import Summary

EQUAL = 1e-6
"""Scores that differ by less are equal, given the precision of the fits."""
MOST_RANKED = 60
"""Maximum number of systems in the window, best first."""
METHOD = "maximum likelihood; expanded percentile bootstrap"


class RankingMeasure(StrEnum):
    """The score by which systems are ranked. The value names the field of `Ranking` and of its intervals."""

    BRADLEY_TERRY = "bradley_terry"
    DAVIDSON = "davidson"
    AVERAGE = "average_win_rate"

    @property
    def label(self) -> str:
        return _TITLES[self]


_TITLES = {
    RankingMeasure.BRADLEY_TERRY: "Bradley-Terry",
    RankingMeasure.DAVIDSON: "Davidson",
    RankingMeasure.AVERAGE: "Average win rate",
}
_MODELS = {
    RankingMeasure.BRADLEY_TERRY: (
        "Each system has a strength π, and i is preferred to j with the probability πᵢ / (πᵢ + πⱼ). "
        "A tie, and both bad, is half a win for each. The strengths are those under which the judgments "
        "are likeliest; they are scaled to sum to 100%."
    ),
    RankingMeasure.DAVIDSON: (
        "As Bradley-Terry, but ties are an outcome of their own: win, loss and tie are as "
        "πᵢ : πⱼ : ν √(πᵢ πⱼ). The strengths are scaled to sum to 100%."
    ),
    RankingMeasure.AVERAGE: (
        "The mean of a system's win rates against each of the others it met, each opponent counting "
        "once. A tie, and both bad, is half a win. It does not allow for who was met: a system that met "
        "only weak ones looks strong."
    ),
}
_SOURCES = {
    RankingMeasure.BRADLEY_TERRY: "Bradley & Terry 1952; Ford 1957; Hesterberg 2015; Owen 2007",
    RankingMeasure.DAVIDSON: "Davidson 1970; Hesterberg 2015; Owen 2007",
    RankingMeasure.AVERAGE: "Hesterberg 2015; Owen 2007",
}
NO_FIT = (
    "No finite scores: a system, or a group of them, won or lost everything against the rest, and the "
    "model would put it infinitely far above or below. Go by the average win rate."
)


def scores(ranking: Ranking, measure: RankingMeasure) -> Scores:
    found: Scores = getattr(ranking, measure.value)
    return found


def intervals(ranking: Ranking, measure: RankingMeasure) -> Intervals:
    """Intervals of the scores by system; empty without intervals."""
    found: Intervals = getattr(ranking.intervals, measure.value) if ranking.intervals else {}
    return found


def defined(ranking: Ranking, measure: RankingMeasure) -> bool:
    return any(score is not None for score in scores(ranking, measure).values())


def main_measure(ranking: Ranking) -> RankingMeasure:
    """Bradley-Terry, which accounts for the opponents; average win rates where it has no finite fit."""
    return (
        RankingMeasure.BRADLEY_TERRY
        if defined(ranking, RankingMeasure.BRADLEY_TERRY)
        else RankingMeasure.AVERAGE
    )


def order(ranking: Ranking, measure: RankingMeasure) -> list[str]:
    """The systems, best first; those without a score last."""
    first = [system for system, _ in ranked_scores(ranking, measure)]
    return first + [system for system in scores(ranking, measure) if system not in first]


def ranked_scores(ranking: Ranking, measure: RankingMeasure) -> list[tuple[str, float]]:
    """The systems with a score, and the score, best first."""
    known = [(system, score) for system, score in scores(ranking, measure).items() if score is not None]
    return sorted(known, key=lambda pair: -pair[1])


# --- scores ----------------------------------------------------------------------------------------


def score_table(summary: Summary, most: int | None = MOST_RANKED) -> Table:
    """Every system with its three scores, best first. ``most``: maximum number of rows; None for all."""
    ranking = summary.ranking
    columns = (
        Column(m.label, 1.6, numbers=True, explanation=score_explanation(summary, m)) for m in RankingMeasure
    )
    systems = order(ranking, main_measure(ranking))[:most]
    return Table("Scores", (Column("System", 2), *columns), tuple(_score_row(ranking, s) for s in systems))


def _score_row(ranking: Ranking, system: str) -> tuple[str | Cell, ...]:
    cells = [_score_cell(ranking, system, measure) for measure in RankingMeasure]
    return name(system), *cells


def _score_cell(ranking: Ranking, system: str, measure: RankingMeasure) -> Cell:
    score = scores(ranking, measure)[system]
    if score is None:
        return Cell("—", "no finite score")
    return Cell(f"{score:.1%}", _range(intervals(ranking, measure).get(system)) or "no interval")


def tie_paragraph(ranking: Ranking) -> Paragraph | None:
    """Davidson's tie parameter ν and its meaning; None without a fit."""
    tie = ranking.davidson_tie
    if tie is None:
        return None
    found = ranking.intervals.davidson_tie if ranking.intervals else None
    low, high = interval_ends(found)
    span = "" if low is None or high is None else f" ({low:.2f}–{high:.2f})"
    share = tie / (2 + tie)
    text = (
        f"Davidson's ν is {tie:.2f}{span}: two systems of the same strength are tied in {percent(share)} of "
        "judgments."
    )
    rule = (
        "ν says how readily raters call two systems equal. In Davidson's model win, loss and tie are as "
        "πᵢ : πⱼ : ν √(πᵢ πⱼ). So two systems of the same strength are tied with the probability "
        "ν / (2 + ν). Both bad counts as a tie."
    )
    numbers = f"Here ν / (2 + ν) = {tie:.3f} / {2 + tie:.3f} = {share:.1%}."
    drawn = _resampled(ranking, (found,) if found else ())
    how = Explanation("Davidson's ν", (rule,), METHOD, "Davidson 1970", (numbers, *drawn))
    return Paragraph(text, Tone.NOTE, explanation=how)


def score_explanation(summary: Summary, measure: RankingMeasure) -> Explanation:
    """The model with its scores filled in, and how its intervals are computed."""
    ranking = summary.ranking
    numbers = _score_words(ranking, measure) if defined(ranking, measure) else NO_FIT
    drawn = _resampled(ranking, tuple(intervals(ranking, measure).values()))
    return Explanation(measure.label, (_MODELS[measure],), METHOD, _SOURCES[measure], (numbers, *drawn))


def _score_words(ranking: Ranking, measure: RankingMeasure) -> str:
    found, systems = scores(ranking, measure), order(ranking, measure)
    told = ", ".join(f"{name(system)} {found[system]:.1%}" for system in systems if found[system])
    first, second = systems[:2]
    x, y = found[first], found[second]
    if measure is not RankingMeasure.BRADLEY_TERRY or not x or not y:
        return f"{told}."
    odds = f"{x:.3f} / ({x:.3f} + {y:.3f}) = {x / (x + y):.0%}"
    return f"{told}. So {name(first)} is expected to be preferred to {name(second)} in {odds}."


def _resampled(ranking: Ranking, ends: tuple[Interval, ...]) -> tuple[str, ...]:
    if ranking.intervals is None or not ends:
        return ("No interval: only one prompt was judged.",)
    drawn = (
        f"Interval at {percent(ends[0].level)}: {ranking.intervals.generalises_over} are drawn anew "
        f"{ends[0].resamples:,} times, with all their judgments, and the scores computed from each. Its ends "
        "are the percentiles of these, widened for few prompts or raters. Where all are the same, nothing "
        "varied and there is no interval."
    )
    other = (
        "The interval of a win rate is not resampled, so the two differ, most of all with few raters. Go by "
        "the wider one."
    )
    return tuple(filter(None, (drawn, set_aside(ends), other)))


def set_aside(ends: Iterable[Interval]) -> str:
    """Number of resamples without scores; empty where all have scores."""
    most = max(ends, key=lambda end: end.set_aside, default=None)
    if most is None or not most.set_aside:
        return ""
    told = "resamples were set aside: a system never won, or never lost, in them."
    return f"{most.set_aside:,} of {most.resamples:,} {told}"


def interval_ends(end: Interval | None) -> tuple[float | None, float | None]:
    """The ends of an interval; None where all resamples give the same score, which is not certainty."""
    if end is None or end.low is None or end.high is None or end.high - end.low < EQUAL:
        return None, None
    return end.low, end.high


def _range(end: Interval | None) -> str:
    low, high = interval_ends(end)
    return "" if low is None or high is None else f"{low * 100:.1f}–{high * 100:.1f}%"


def score_with_interval(score: float, end: Interval | None) -> str:
    """A score, with its interval if there is one."""
    span = _range(end)
    return f"{score:.1%} ({span})" if span else f"{score:.1%}"
