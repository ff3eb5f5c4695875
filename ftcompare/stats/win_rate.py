"""Win rates with intervals over the sampled units, and tests of wins against losses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from scipy import special

from ftcompare.stats.rate_intervals import (
    LEAST_JUDGMENTS,
    LEAST_RATERS,
    PromptLean,
    interval_over_raters,
    lean_over_prompts,
    raters_counted,
)
from ftcompare.stats.vote_table import FloatArray, IntArray, compact, means_by

OVER_PROMPTS = "prompts"
OVER_PROMPTS_AND_RATERS = "prompts and raters"
SAME = 1e-12  # differences below this are rounding errors

WILSON, WILSON_OVER_PROMPTS = "Wilson", "Wilson over prompts"
T_OVER_PROMPTS, COMPONENTS, NONE = (
    "t over prompt means",
    "components of variance over prompts and raters",
    "none",
)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval and how it was computed."""

    value: float  # 0 to 1
    low: float | None  # lower end; None, as ``high``, where no interval is defined (a single cluster)
    high: float | None
    level: float  # nominal coverage of the interval, such as .95
    method: str  # name of the interval
    generalises_over: str  # population of the interval: ``prompts`` or ``prompts and raters``
    n: int  # number of judgments
    explanation: str = ""  # the formula in words with the numbers inserted


def farthest(over_raters: Rate | None, over_prompts: Rate) -> Rate:
    """Return the rate with the interval over raters where that is defined, else over prompts."""
    return over_prompts if over_raters is None or over_raters.low is None else over_raters


@dataclass(frozen=True, slots=True)
class PromptCounts:
    """Numbers of prompts by the mean of their judgments."""

    wins: int
    losses: int
    ties: int

    @property
    def total(self) -> int:
        return self.wins + self.losses + self.ties


def wilson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval for `successes` of `n` > 0; half successes are allowed.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson 1927; Newcombe 1998, method 3.
    """
    z = float(special.ndtri((1 + level) / 2))
    p = successes / n
    centre = p + z * z / (2 * n)
    margin = z * math.sqrt(max(p * (1 - p), 0.0) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # The interval must contain p; where p is 0 or 1, rounding could put an end slightly beyond it.
    return min(p, max(0.0, (centre - margin) / scale)), max(p, min(1.0, (centre + margin) / scale))


def t_interval(value: float, variance: float, freedom: int, level: float) -> tuple[float, float]:
    """Return Student's interval for a share, value ± t √variance, clipped to 0 and 1 (Student 1908)."""
    margin = float(special.stdtrit(freedom, (1 + level) / 2)) * math.sqrt(variance)
    return max(0.0, value - margin), min(1.0, value + margin)


def cluster_variance(values: FloatArray, clusters: IntArray) -> float | None:
    """Return the variance of a mean of values correlated within clusters; None for fewer than two.

    G/(G-1) · Σ_g (Σ_{i in g} (x_i - x̄))² / n². For clusters of equal size it is the variance of the mean of
    the cluster means. Source: Liang & Zeger 1986; Cameron & Miller 2015, eq. 11.
    """
    group, count = compact(clusters)
    if count < 2:
        return None
    sums = np.bincount(group, weights=values - values.mean())
    return float(sums @ sums) / len(values) ** 2 * count / (count - 1)


def two_way_variance(values: FloatArray, prompts: IntArray, raters: IntArray) -> float | None:
    """Return the variance of a mean over crossed prompts and raters; None for fewer than two of either.

    V = max(V_prompt + V_rater - V_cell, V_prompt, V_rater). Source: Cameron, Gelbach & Miller 2011; the
    maximum keeps a negative component from shrinking the interval.
    """
    by_prompt, by_rater = cluster_variance(values, prompts), cluster_variance(values, raters)
    if by_prompt is None or by_rater is None:
        return None
    by_cell = cluster_variance(values, prompts * (int(raters.max()) + 1) + raters) or 0.0
    return max(by_prompt + by_rater - by_cell, by_prompt, by_rater)


def share_over_prompts(shares: FloatArray, prompts: IntArray, level: float = 0.95) -> Rate:
    """Return a share (values 0 to 1, not empty) other than a win rate: one half has no special meaning.

    One value per prompt: `wilson`. Several: t on P - 1 degrees of freedom with the variance of the prompt
    means (`cluster_variance`). If all prompts agree, that variance is 0 and no measure of the error: then
    Wilson with the number of prompts as n. Source: Miller 2024, "Adding error bars to evals", section 2.2,
    errors clustered by prompt.
    """
    value, n, count = float(shares.mean()), len(shares), len(np.unique(prompts))
    variance = cluster_variance(shares, prompts)
    low: float | None
    high: float | None
    if count == n:
        (low, high), method = wilson(value * n, n, level), WILSON
        how = f"Wilson's score interval for {n} {_judgments(n)}, one a prompt"
    elif variance is None:
        low, high, method, how = None, None, NONE, ""
    elif variance < SAME:
        (low, high), method = wilson(value * count, count, level), WILSON_OVER_PROMPTS
        how = f"all {count} prompts have the same mean, so Wilson's score interval for {count} prompts"
    else:
        (low, high), method = t_interval(value, variance, count - 1, level), T_OVER_PROMPTS
        how = _by_t(count, variance)
    return _rate(shares, low, high, level, method, OVER_PROMPTS, how)


def rate_over_prompts(preference: FloatArray, prompts: IntArray, level: float = 0.95) -> Rate:
    """Return the half-win rate with the interval that decides claims, for other prompts and these raters.

    One judgment per prompt, none of them a tie: `wilson`. Otherwise t on P - 1 degrees of freedom with the
    variance of `lean_over_prompts`. If all prompts have the same mean, that variance is 0 and no measure of
    the error: then a share of other prompts, Wilson's upper limit for 0 of P, is assumed all won or all lost.
    Up to `EXACT_PROMPTS` prompts the exact sign-flip test must also be significant; where it is not, the
    interval is widened to include one half. `preference` is the share of each judgment that goes to b; not
    empty.
    """
    n = len(preference)
    found = lean_over_prompts(2 * preference - 1, prompts, level)
    if found is None and n > 1:
        return _rate(preference, None, None, level, NONE, OVER_PROMPTS, "")
    (low, high), method, how = _ends_over_prompts(preference, found, level)
    if found and (found.exact_p or 0.0) >= 1 - level and not low <= 0.5 <= high:
        low, high = min(low, 0.5), max(high, 0.5)
        how += (
            ", extended to 50%, because the exact sign-flip test does not exclude it (p = "
            f"{found.exact_p:.3f})"
        )
    return _rate(preference, low, high, level, method, OVER_PROMPTS, how)


def _ends_over_prompts(
    preference: FloatArray, lean: PromptLean | None, level: float
) -> tuple[tuple[float, float], str, str]:
    """Return the interval, its name, and an explanation of its computation."""
    value, n = float(preference.mean()), len(preference)
    count = lean.prompts if lean else 1
    if lean is None or lean.decided_once:
        how = f"Wilson's score interval for {n} {_judgments(n)}, one a prompt"
        return wilson(value * n, n, level), WILSON, how
    variance = lean.variance / 4
    if variance < SAME:
        how = (
            f"all {count} prompts have the same mean, so Wilson's limit for 0 of {count} prompts is the "
            "share that may differ"
        )
        return _of_equals(value, count, level), WILSON_OVER_PROMPTS, how
    widened = ", the least that is assumed where prompts are nearly alike" if lean.widened else ""
    return t_interval(value, variance, count - 1, level), T_OVER_PROMPTS, _by_t(count, variance) + widened


def _by_t(count: int, variance: float) -> str:
    return (
        f"Student's t with {count - 1} degrees of freedom and the standard error over {count} prompts, "
        f"{100 * math.sqrt(variance):.2f} points"
    )


def _of_equals(value: float, count: int, level: float) -> tuple[float, float]:
    """Return ends where all prompts have the same mean: a share u of others is assumed all lost or won.

    At 95% the ends exclude one half wherever t and the exact test would.
    """
    other = wilson(0, count, level)[1]
    return (1 - other) * value, (1 - other) * value + other


def rate_over_raters(
    preference: FloatArray, prompts: IntArray, raters: IntArray, level: float = 0.95
) -> Rate | None:
    """Return the half-win rate with the interval that decides claims, for other raters of this kind.

    The interval is the smallest one that contains those of `rate_over_prompts` and `interval_over_raters`: to
    exclude one half, both must exclude it. No ends where `interval_over_raters` has none. None for fewer than
    two prompts or raters.
    """
    over_prompts = rate_over_prompts(preference, prompts, level)
    p, r = len(np.unique(prompts)), len(np.unique(raters))
    if p < 2 or r < 2 or over_prompts.low is None or over_prompts.high is None:
        return None
    ends, counted = interval_over_raters(2 * preference - 1, prompts, raters, level), raters_counted(raters)
    if ends is None:
        how = (
            f"{counted} of {r} raters have {LEAST_JUDGMENTS} judgments or more, and {LEAST_RATERS} are "
            "needed to generalize to others"
        )
        if counted >= LEAST_RATERS:
            how = (
                "one or two raters have nearly all judgments, so the differences between raters cannot be "
                "estimated"
            )
        return _rate(preference, None, None, level, NONE, OVER_PROMPTS_AND_RATERS, how)
    low, high = max(0.0, (1 + ends[0]) / 2), min(1.0, (1 + ends[1]) / 2)
    how = (
        f"for each end the wider of two: over {p} prompts ({over_prompts.low:.1%} to "
        f"{over_prompts.high:.1%}), and by crossed components of variance for {counted} raters "
        f"({low:.1%} to {high:.1%})"
    )
    low, high = min(low, over_prompts.low), max(high, over_prompts.high)
    return _rate(preference, low, high, level, COMPONENTS, OVER_PROMPTS_AND_RATERS, how)


def _rate(
    preference: FloatArray,
    low: float | None,
    high: float | None,
    level: float,
    method: str,
    scope: str,
    how: str,
) -> Rate:
    value = float(preference.mean())
    interval = f"No interval: {how or 'all judgments are from one prompt'}."
    if low is not None and high is not None:
        reach = f"It applies to other {scope} of this kind."
        interval = f"Interval at {level:.0%}: {low:.1%} to {high:.1%}, by {how}. {reach}"
    words = f"{_share_in_words(preference)} = {value:.1%}. {interval}"
    return Rate(value, low, high, level, method, scope, len(preference), words)


def _share_in_words(preference: FloatArray) -> str:
    wins, ties, losses = (int(np.count_nonzero(preference == x)) for x in (1.0, 0.5, 0.0))
    n = len(preference)
    if wins + ties + losses == n:
        return f"(wins + ties / 2) / judgments = ({wins} + {ties} / 2) / {n}"
    return f"sum of preferences / judgments = {preference.sum():.2f} / {n}"


def _judgments(n: int) -> str:
    return "judgment" if n == 1 else "judgments"


def standard_error(preference: FloatArray, prompts: IntArray) -> float | None:
    """Return the standard error over prompts, √ `cluster_variance` (s / √n for one judgment each)."""
    variance = cluster_variance(preference, prompts)
    return None if variance is None else math.sqrt(variance)


def prompt_counts(preference: FloatArray, prompts: IntArray) -> PromptCounts:
    """Count the prompts whose mean preference is above, below and at one half."""
    lean = means_by(preference, prompts) - 0.5
    wins, losses = int(np.count_nonzero(lean > SAME)), int(np.count_nonzero(lean < -SAME))
    return PromptCounts(wins, losses, len(lean) - wins - losses)


def sign_test_p(wins: int, losses: int) -> float | None:
    """Run the two-sided exact sign test (Dixon & Mood 1946), McNemar's on discordant prompts."""
    if wins + losses == 0:
        return None
    return float(scipy.stats.binomtest(wins, wins + losses).pvalue)


def sign_test_interval(wins: int, losses: int, level: float = 0.95) -> tuple[float, float] | None:
    """Return Clopper and Pearson's exact interval of the share of wins, consistent with the sign test.

    None where both are 0. Source: Clopper & Pearson 1934; Newcombe 1998, method 5.
    """
    if wins + losses == 0:
        return None
    found = scipy.stats.binomtest(wins, wins + losses).proportion_ci(level, method="exact")
    return float(found.low), float(found.high)


def probability_b_better(wins: int, losses: int) -> float:
    """Return the posterior probability that b wins more than half of the discordant prompts.

    Beta(W + 1, L + 1) above one half, from a uniform prior. Source: Gelman et al. 2013, section 2.4.
    """
    return float(special.betainc(losses + 1, wins + 1, 0.5))
