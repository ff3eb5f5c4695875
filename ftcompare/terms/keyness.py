"""How much more one of two systems uses a term or word, and whether that is more than chance."""

from __future__ import annotations

import math

import scipy
from scipy import special


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share of n > 0. Source: Clopper & Pearson 1934.

    By the quantiles of the beta distribution: ``binomtest(...).proportion_ci(method="exact")`` of SciPy 1.17
    searches for them, which takes 900 times as long and is off by 1e-6 in the log ratio of a rare term.
    """
    tail = (1 - level) / 2
    low = float(special.betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(special.betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return low, high


def log_ratio(first: int, first_total: int, second: int, second_total: int) -> float:
    """Log2 of the ratio of relative frequencies of the first and the second system, ½ added to both counts.

    The half keeps it finite where one of them has none. Source: Hardie 2014, "Log Ratio"; Haldane 1956.

    Args:
        first: documents (or tokens) of the first system with the term.
        first_total: all of the first system's.
        second: the same of the second system.
        second_total: all of the second system's.
    """
    return math.log2((first + 0.5) / (second + 0.5)) + math.log2(second_total / first_total)


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
    return float(scipy.stats.binomtest(first_only, discordant).pvalue) if discordant else 1.0
