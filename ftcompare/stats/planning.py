"""Sample sizes: the number of prompts that a mean over prompts needs. `claim_power` simulates claims."""

from __future__ import annotations

import math

import numpy as np
import scipy
from scipy import special

from ftcompare.stats.claim_power import POWER, PROMPT_SD, TIE_SHARE, win_rate_spread
from ftcompare.stats.vote_table import FloatArray, IntArray, compact
from ftcompare.stats.win_rate import LEAST_PROMPTS, SAME

EVEN = 0.5
MAX_STEPPED = 10_000  # from this many prompts on, t is approximated by the normal distribution


def power_of_mean(prompts: int, beyond: float, spread: float, tail: float) -> float:
    """Return the probability that Student's t over `prompts` prompts shows their mean to be above a bound.

    P(T > t), T noncentral t with P - 1 degrees of freedom and noncentrality `beyond` √P / `spread`. Source:
    Julious 2004, Statistics in Medicine 23:1921-1986, section 6.

    Args:
        prompts: P; below 2 the probability is 0.
        beyond: true mean minus the bound.
        spread: standard deviation of the prompts' means, at least 0.
        tail: upper tail probability of the critical value t: (1 - level) / 2 for a two-sided interval.
    """
    if prompts < 2:
        return 0.0
    if spread == 0:
        return float(beyond > 0)
    bound = float(special.stdtrit(prompts - 1, 1 - tail))
    return float(scipy.stats.nct.sf(bound, prompts - 1, beyond * math.sqrt(prompts) / spread))


def prompts_of_mean(beyond: float, spread: float, tail: float, power: float) -> int:
    """Return the smallest number of prompts, at least 2, for which `power_of_mean` is at least `power`."""
    z = float(special.ndtri(1 - tail) + special.ndtri(power))
    # The normal approximation is a lower bound, because t has heavier tails.
    prompts = max(2, math.floor((z * spread / beyond) ** 2))
    while prompts < MAX_STEPPED and power_of_mean(prompts, beyond, spread, tail) < power:
        prompts += 1
    return prompts


def prompts_still_needed(
    rate: float, standard_error: float | None, prompts: int, *, power: float = POWER, level: float = 0.95
) -> int | None:
    """Return how many further prompts make the claim about these raters with the given power, 1 or more.

    The observed rate and spread are taken as true, for a pair whose claim is not made. By `prompts_of_mean`:
    the claim is made where the t interval over at least `LEAST_PROMPTS` prompts excludes one half. `rate` is
    the half-win rate, 0 to 1, `standard_error` that over the judged `prompts`, None for a single one. None
    where no number is defined: a rate of one half, or a single prompt.
    """
    beyond = abs(rate - EVEN)
    if standard_error is None or beyond < SAME:
        return None
    wanted = prompts_of_mean(beyond, standard_error * math.sqrt(prompts), (1 - level) / 2, power)
    return max(wanted, LEAST_PROMPTS, prompts + 1) - prompts


def prompts_for_difference(
    variance: float,
    difference: float,
    *,
    sampling: float = 0.0,
    power: float = POWER,
    level: float = 0.95,
) -> float:
    """Return the number of prompts needed to detect a difference of mean scores in a paired comparison.

    n = (z_{α/2} + z_β)² (ω² + σ_A²/K_A + σ_B²/K_B) / δ². Source: Miller 2024, "Adding error bars to evals",
    eq. 9.

    Args:
        variance: ω², variance over prompts of the difference of the conditional means.
        difference: δ, not 0.
        sampling: σ_A²/K_A + σ_B²/K_B, the variance from sampling several responses.
    """
    z = float(special.ndtri((1 + level) / 2) + special.ndtri(power))
    return z * z * (variance + sampling) / difference**2


def alike_by_prompt(prompt_sd: float = PROMPT_SD, tie_share: float = TIE_SHARE) -> float:
    """Return ρ, the correlation of judgments of one prompt by several raters, 0 to 1 (all raters agree).

    The variance of the prompts' win rates divided by the variance of one judgment, (1 - ties) / 4, where
    neither system is better. `tie_share`, below 1, includes both bad.
    """
    return win_rate_spread(prompt_sd, tie_share) ** 2 / ((1 - tie_share) / 4)


def spread_with_raters(raters: int, alike: float) -> float:
    """Return the variance of a prompt's mean over several judgments, divided by that of a single one.

    ρ + (1 - ρ) / K: several raters average out their disagreement, but not the differences between prompts.
    ρ, `alike`, is the intraclass correlation of judgments of one prompt, 0 to 1. Source: Kish 1965, the
    design effect, per judgment; Miller 2024, eq. 9, with ω² = ρσ².
    """
    return alike + (1 - alike) / max(raters, 1)


def crossed_variance(values: FloatArray, clusters: IntArray, others: IntArray) -> float | None:
    """Return the variance component of one of two crossed factors, unbiased for any design; may be negative.

    The mean product of two values with the same cluster and different others, minus that of two values with
    different clusters and different others. For a complete table it is the analysis-of-variance estimator
    (MS_cluster - MS_residual) / others. Source: Koch 1967, Technometrics 9:93-118. None where there are no
    such pairs of values: a single cluster, or a single other.
    """
    (cluster, _), (other, count) = compact(clusters), compact(others)
    cells = compact(cluster * count + other)[0]
    centred = values - values.mean() if len(values) else values
    total, one, two, both = (
        np.array([np.sum(np.bincount(group, weights=weights) ** 2) for weights in (centred, None)])
        for group in (np.zeros_like(cluster), cluster, other, cells)
    )
    (same, pairs), (different, far) = one - both, total - one - two + both
    return float(same / pairs - different / far) if pairs > 0 and far > 0 else None
