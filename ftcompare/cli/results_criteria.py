"""Criteria, strengths and reasons as lines of ``results``."""

from __future__ import annotations

from collections.abc import Callable

from ftcompare.stats.criteria import CriteriaResults, CriterionResult, StrengthCount
from ftcompare.stats.summary import Counts
from ftcompare.stats.win_rate import Rate

Line = tuple[str, str]


RateWords = Callable[[Rate, int, int], str]
"""A rate and the numbers of its prompts and of its judgments, in words."""


def details_lines(found: CriteriaResults, rate_words: RateWords) -> list[Line]:
    """The lines of one pair; none where its raters said nothing beside the whole.

    Args:
        found: of that pair alone.
        rate_words: puts a rate in words.
    """
    criteria = [line for result in found.criteria for line in _criterion(result, rate_words)]
    strengths = [(f"  wins: {_strength(count)}", _wins(count)) for count in found.strengths]
    reasons = [(f"  reason: {count.name}", _beside(count.counts, *count.pair[:2])) for count in found.reasons]
    return [*criteria, *strengths, *reasons]


def _criterion(found: CriterionResult, rate_words: RateWords) -> list[Line]:
    lines = [
        (f"  criterion: {found.name}", _rate(found.rate, found, rate_words)),
        ("    its answers", _beside(found.counts, *found.pair[:2])),
    ]
    if found.rate_over_raters is not None:
        lines.insert(1, ("    for raters like these", _rate(found.rate_over_raters, found, rate_words)))
    return lines


def _rate(rate: Rate | None, found: CriterionResult, rate_words: RateWords) -> str:
    return "not defined" if rate is None else rate_words(rate, found.counts.prompts, found.counts.judgments)


def _strength(found: StrengthCount) -> str:
    if found.strength is None:
        return "strength not given"
    return found.name or f"strength {found.strength}"


def _wins(found: StrengthCount) -> str:
    a, b, _ = found.pair
    return f"{a} {found.wins_a}, {b} {found.wins_b}"


def _beside(counts: Counts, a: str, b: str) -> str:
    return f"{a} {counts.wins_a}, {b} {counts.wins_b}, equal {counts.ties}, both bad {counts.both_bad}"
