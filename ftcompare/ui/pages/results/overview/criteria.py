"""What the Results page says of each criterion of the scale. Pure functions."""

from __future__ import annotations

from ftcompare.app.results.study_results import DetailedResults
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.stats.criteria import CriterionResult
from ftcompare.stats.summary import PairSummary
from ftcompare.ui.pages.results.words import (
    Explanation,
    Figure,
    counted,
    name,
    percent,
    range_words,
    worded,
)


def criterion_figures(found: DetailedResults, pair: PairSummary) -> tuple[Figure, ...]:
    """The card “By criterion”: nothing while blinded, and where nobody was asked for any."""
    if found.results.study.blinded:
        return ()
    results = found.details.of(pair.a, pair.b, pair.rater_kind).criteria
    return tuple(_figure(result, pair) for result in results)


def _figure(found: CriterionResult, pair: PairSummary) -> Figure:
    title, counts = name(found.name), found.counts
    rate = found.rate_over_raters or found.rate
    span = range_words(rate.low, rate.high) or "no interval"
    text = (
        "The win rate of {b} on this criterion alone: the share of its answers that prefer {b} to {a}. A "
        "tie, and both bad, is half a win for each."
    ).format(a=name(pair.a), b=name(pair.b))
    told = (
        f"{name(pair.b)} {counts.wins_b}, {name(pair.a)} {counts.wins_a}, about equal {counts.ties}, "
        f"both bad {counts.both_bad}."
    )
    paragraphs = [
        text,
        told,
        "For these raters, and prompts like these:" + f" {found.rate.explanation}",
    ]
    if found.rate_over_raters is not None:
        paragraphs.append("For raters like these, too:" + f" {found.rate_over_raters.explanation}")
    n = counted(counts.judgments, "judgment", "judgments")
    detail = f"{span}, n = {n}"
    explained = Explanation(title, tuple(paragraphs), rate.method)
    return worded(title, percent(rate.value), detail, explained, Part(Dimension.CRITERION, found.name))
