"""How much more one of two systems uses a term or word, and whether that is more than chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special, stats


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share of n > 0. Source: Clopper & Pearson 1934."""
    tail = (1 - level) / 2
    low = float(special.betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(special.betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return low, high


def log_ratio_bound(
    first: int, first_total: int, second: int, second_total: int, *, alpha: float = 0.05, tests: int = 1
) -> float:
    """LRC: the end nearer 0 of the interval of log2 of the ratio of relative frequencies.

    The interval of f1 / (f1 + f2) is Clopper-Pearson at 1 - alpha / tests (Bonferroni); a share p
    is a ratio p / (1 - p) · n2 / n1. 0 where the interval holds 1. Source: Evert 2022.

    Args:
        first: documents (or tokens) of the first system with the term.
        first_total: all of the first system's.
        second: the same of the second system.
        second_total: all of the second system's.
        alpha: 1 less the level of the interval.
        tests: how many terms are looked at.
    """
    if first + second == 0:
        return 0.0
    low, high = clopper_pearson(first, first + second, 1 - alpha / tests)
    scale = math.log2(second_total / first_total)
    lower = math.log2(low / (1 - low)) + scale if low > 0 else -math.inf
    upper = math.log2(high / (1 - high)) + scale if high < 1 else math.inf
    return max(lower, 0.0) + min(upper, 0.0)


def mcnemar(first_only: int, second_only: int) -> float:
    """McNemar's exact two-sided p: are discordant prompts as often one way as the other?

    1 where there is none. Source: McNemar 1947; the binomial test of the discordant pairs.
    """
    discordant = first_only + second_only
    return float(stats.binomtest(first_only, discordant).pvalue) if discordant else 1.0


def mcnemar_statistic(first_only: int, second_only: int, *, corrected: bool = False) -> float:
    """McNemar's χ² on one degree of freedom, (b - c)² / (b + c); 0 where there is no discordant pair.

    Args:
        first_only: b, pairs discordant one way.
        second_only: c, pairs discordant the other way.
        corrected: with Edwards's continuity correction, (|b - c| - 1)² / (b + c).
    """
    discordant = first_only + second_only
    difference = max(abs(first_only - second_only) - int(corrected), 0)
    return difference**2 / discordant if discordant else 0.0


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """The q-value of each p-value, in the order given. Source: Benjamini & Hochberg 1995."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    scaled = p[order] * len(p) / np.arange(len(p), 0, -1)
    q = np.empty_like(p)
    q[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return tuple(float(x) for x in q)


def log_odds(first: Mapping[str, int], second: Mapping[str, int], *, prior: float = 0.05) -> dict[str, float]:
    """Each word's log-odds as z: in the first corpus against the second, with a Dirichlet prior.

    δ = log (y1 + α)/(n1 + α0 - y1 - α) - log (y2 + α)/(n2 + α0 - y2 - α), α0 = α · vocabulary,
    z = δ / √(1/(y1 + α) + 1/(y2 + α)). Source: Monroe, Colaresi & Quinn 2008, eq. 15-22.

    Args:
        first: counts by word.
        second: counts by word.
        prior: α > 0, the same for each word. With a vocabulary of one word there is no z: 0.
    """
    vocabulary = list(dict.fromkeys([*first, *second]))
    if len(vocabulary) < 2:
        return dict.fromkeys(vocabulary, 0.0)
    counts = np.array([[side.get(word, 0) for word in vocabulary] for side in (first, second)]) + prior
    odds = np.log(counts) - np.log(counts.sum(axis=1, keepdims=True) - counts)
    z = (odds[0] - odds[1]) / np.sqrt((1 / counts).sum(axis=0))
    return dict(zip(vocabulary, (float(x) for x in z), strict=True))


def g_squared(first: int, first_total: int, second: int, second_total: int) -> float:
    """Dunning's G² over the two cells of the word itself, 2 Σ O ln (O / E).

    Source: Dunning 1993; Rayson & Garside 2000.
    """
    share = (first + second) / (first_total + second_total)
    cells = ((first, first_total * share), (second, second_total * share))
    return 2 * sum(seen * math.log(seen / expected) for seen, expected in cells if seen)
