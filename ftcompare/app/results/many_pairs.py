"""Which pairs of many systems are told in full, and what is said of a pair in a few words. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ftcompare.core.study import RaterKind
from ftcompare.stats.summary import PairSummary, Summary

FEW = 3
"""Pairs of systems, as many as three systems have: they are all told in full."""
MOST_IN_FULL = 10
"""Pairs of many that are told in full."""
EVEN = 0.5


def further_words(summary: Summary) -> str:
    """Which pairs have no figures, and where their counts are; empty where all have."""
    left = len(summary.further)
    if not left:
        return ""
    are = "pair is" if left == 1 else "pairs are"
    told = f"{left:,} further {are} counted only: "
    if summary.asked:
        number = len(summary.comparisons)
        return f"{told}the figures are of the {'pair' if number == 1 else f'{number:,}'} asked for."
    return (
        f"{told}the {len(summary.comparisons):,} with most judgments have figures. `ftcompare results STUDY "
        "--json` lists the counts of the rest, and `--pair A B` gives the figures of any two systems."
    )


def told_in_full(
    pairs: Sequence[PairSummary], bases: Collection[str] | None, *, asked: bool = False
) -> tuple[PairSummary, ...]:
    """All of a few pairs; of many those that matter: the main pair, and the bases against each other system.

    Args:
        pairs: of a study, in the order of its results.
        bases: names of the systems that others were made from; None where they may not be told: no pair of
            many is then told in full, for which have the base must not be seen.
        asked: whether these pairs were asked for: all of them are told in full.
    """
    if asked or len({(pair.a, pair.b) for pair in pairs}) <= FEW:
        return tuple(pairs)
    if bases is None:
        return ()
    judged = [pair for pair in pairs if pair.rater_kind is RaterKind.HUMAN] or list(pairs)
    wanted = (pair for pair in judged if pair is judged[0] or {pair.a, pair.b} & set(bases))
    return tuple(wanted)[:MOST_IN_FULL]


def verdict(pair: PairSummary) -> str:
    """What the interval allows to be said, in the words of a table."""
    rate = pair.win_rate_over_raters or pair.win_rate
    if rate.low is None or rate.high is None:
        return "too little to say"
    if rate.low > EVEN:
        return f"{pair.b} better"
    return f"{pair.a} better" if rate.high < EVEN else "not enough to tell"


def seen_from(pair: PairSummary, name: str) -> tuple[float, float | None, float | None]:
    """The win rate of one of the two systems with its interval, for raters like these where it is defined."""
    rate = pair.win_rate_over_raters or pair.win_rate
    if name == pair.b:
        return rate.value, rate.low, rate.high
    low, high = (None if end is None else 1 - end for end in (rate.high, rate.low))
    return 1 - rate.value, low, high
