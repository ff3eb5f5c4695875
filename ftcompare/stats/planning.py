"""How many prompts it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from ftcompare.stats.vote_table import FloatArray, IntArray, compact
from ftcompare.stats.win_rate import PromptCounts

POWER = 0.8
MAX_EXACT = 1_000_000
MAX_DETECTABLE = 0.99
PRECISION = 1e-4

TIE_SHARE = 0.2
"""Share of judgments assumed to be ties or both bad."""

ALIKE = 0.4
"""How much judgments of one pair are assumed to be alike, 0 (not at all) to 1 (raters always agree)."""


def sign_test_prompts(rate: float, *, power: float = POWER, level: float = 0.95) -> int | None:
    """Discordant prompts for the two-sided exact sign test to find a win rate with that power.

    Args:
        rate: share of the discordant prompts that the better system wins, 0 to 1.
        power: wanted chance of significance.
        level: 1 less the significance level.

    The least n at which P(significant | n, rate) >= power; by the normal approximation where that
    is above a million. None for a rate of one half. With more prompts the power goes up and down a
    little, as the level that is kept does. Source: Chernick & Liu 2002, The American Statistician
    56:149-155.
    """
    rate = max(rate, 1 - rate)
    if rate - 0.5 < 1e-9:
        return None
    z_power, z_level = (float(special.ndtri(x)) for x in (power, (1 + level) / 2))
    about = ((z_level / 2 + z_power * math.sqrt(rate * (1 - rate))) / (rate - 0.5)) ** 2
    if about > MAX_EXACT:
        return math.ceil(about)
    spread = 6 * math.sqrt(about) + 40
    sizes = np.arange(max(1, math.floor(about - spread)), math.ceil(about + spread), dtype=np.float64)
    return int(sizes[np.argmax(_sign_test_power(sizes, rate, 1 - level) >= power)])


def _sign_test_power(sizes: FloatArray, rate: float, alpha: float) -> FloatArray:
    """Chance of significance at each n: more than k wins either way, for the least k that allows it."""
    k = stats.binom.isf(alpha / 2, sizes, 0.5)
    return np.asarray(stats.binom.sf(k, sizes, rate) + stats.binom.cdf(sizes - k - 1, sizes, rate))


def prompts_still_needed(counts: PromptCounts, *, power: float = POWER, level: float = 0.95) -> int | None:
    """Further prompts until the sign test has that power, if the rates seen so far are the true ones.

    (n - discordant prompts so far) / (1 - tie rate), rounded up, with n from `sign_test_prompts` at
    the present share of wins. None where that many are judged already, and where no n is defined:
    no discordant prompt, or as many wins as losses.
    """
    discordant = counts.wins + counts.losses
    wanted = sign_test_prompts(counts.wins / discordant, power=power, level=level) if discordant else None
    if wanted is None or wanted <= discordant:
        return None
    return math.ceil((wanted - discordant) * counts.total / discordant)


def prompts_for_difference(
    variance: float,
    difference: float,
    *,
    sampling: float = 0.0,
    power: float = POWER,
    level: float = 0.95,
) -> float:
    """Prompts to find a difference of mean scores in a paired comparison.

    n = (z_{α/2} + z_β)² (ω² + σ_A²/K_A + σ_B²/K_B) / δ². Source: Miller 2024, "Adding error bars to
    evals", eq. 9.

    Args:
        variance: ω², of the difference of the conditional means over prompts.
        difference: δ, not 0.
        sampling: σ_A²/K_A + σ_B²/K_B, from drawing several responses.
        power: wanted chance of significance.
        level: 1 less the significance level.
    """
    z = float(special.ndtri((1 + level) / 2) + special.ndtri(power))
    return z * z * (variance + sampling) / difference**2


def spread_with_raters(raters: int, alike: float = ALIKE) -> float:
    """Variance of a prompt's mean of several judgments, as a share of that of a single one.

    ρ + (1 - ρ) / K: several raters average out what they disagree on, not what prompts differ in.
    Source: Kish 1965, the design effect, per judgment; Miller 2024, eq. 9, with ω² = ρσ².

    Args:
        raters: K, who judge each prompt.
        alike: ρ, the intraclass correlation of judgments of one prompt, 0 to 1.
    """
    return alike + (1 - alike) / max(raters, 1)


def crossed_variance(values: FloatArray, clusters: IntArray, others: IntArray) -> float | None:
    """Variance component of one of two crossed factors, unbiased for any design; it may be negative.

    The mean product of two values of one cluster and different others, less that of two values of
    different clusters and different others. For a complete table it is the estimator of the analysis
    of variance, (MS_cluster - MS_residual) / others. Source: Koch 1967, Technometrics 9:93-118.

    Args:
        values: of judgments.
        clusters: a code for each, of the factor whose component is wanted.
        others: a code for each, of the factor that it is crossed with.

    Returns:
        None where there is no such pair of values: a single cluster, or a single other.
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


@dataclass(frozen=True, slots=True)
class ExpectedMargins:
    """Half the widths that the intervals of a planned study's win rate will have, as shares.

    Args:
        variance: of one judgment, worth 0, ½ or 1.
        prompt_variance: of the win rate over prompts.
        over_prompts: for these raters; None for fewer than two prompts.
        over_raters: for raters like these; None for fewer than two prompts or raters.
    """

    variance: float
    prompt_variance: float
    over_prompts: float | None
    over_raters: float | None


def expected_margins(
    prompts: int,
    *,
    raters: int = 1,
    each: int = 0,
    tie_share: float = TIE_SHARE,
    alike: float = ALIKE,
    rater_spread: float = 0.0,
    level: float = 0.95,
) -> ExpectedMargins:
    """What `win_rate.rate_over_prompts` and `rate_over_raters` are to be expected to give.

    σ² = (1 - tie share) / 4, one judgment's variance where neither is better;
    V_prompt = σ² (ρ + (1 - ρ)/K) / P; over prompts t_{P-1} √V_prompt; over prompts and raters
    t_{min(P, R)-1} √(V_prompt + τ²/R). Source: expectations of the variances of Cameron, Gelbach &
    Miller 2011 under crossed effects of prompts and raters (Searle, Casella & McCulloch 1992, ch. 4).

    Args:
        prompts: P.
        raters: R.
        each: K, judgments a prompt; 0 for one by each rater.
        tie_share: share of judgments that are ties or both bad, 0 to 1.
        alike: ρ, see `spread_with_raters`.
        rater_spread: τ, standard deviation of the raters' own win rates, 0 to ½.
        level: nominal coverage.
    """
    variance = (1 - tie_share) / 4
    by_prompt = variance * spread_with_raters(each or raters, alike) / max(prompts, 1)
    both = by_prompt + rater_spread**2 / max(raters, 1)
    return ExpectedMargins(
        variance=variance,
        prompt_variance=by_prompt,
        over_prompts=_margin(by_prompt, prompts, level),
        over_raters=_margin(both, min(prompts, raters), level),
    )


def _margin(variance: float, clusters: int, level: float) -> float | None:
    if clusters < 2:
        return None
    return float(special.stdtrit(clusters - 1, (1 + level) / 2)) * math.sqrt(variance)


def prompts_for_rate(
    rate: float,
    *,
    raters: int = 1,
    tie_share: float = TIE_SHARE,
    alike: float = ALIKE,
    power: float = POWER,
    level: float = 0.95,
) -> int | None:
    """Prompts to find a win rate: n · (ρ + (1 - ρ)/K) / (1 - tie share), n of `sign_test_prompts`.

    Args:
        rate: share of the decisive judgments that the better system wins, 0 to 1.
        raters: who judge each prompt, the same ones for all: the plan is for these raters.
        tie_share: share of judgments that are ties or both bad, below 1.
        alike: see `spread_with_raters`.
        power: wanted chance of significance.
        level: 1 less the significance level.

    None for a rate of one half. Source: Kish 1965, the design effect, on the size of the sign test.
    """
    wanted = sign_test_prompts(rate, power=power, level=level)
    return None if wanted is None else math.ceil(wanted * spread_with_raters(raters, alike) / (1 - tie_share))


def detectable_rate(
    prompts: int,
    *,
    raters: int = 1,
    tie_share: float = TIE_SHARE,
    alike: float = ALIKE,
    power: float = POWER,
    level: float = 0.95,
) -> float | None:
    """The least win rate (above one half, to `PRECISION`) for which so many prompts are enough.

    The inverse of `prompts_for_rate`, with the same arguments. None where not even `MAX_DETECTABLE`
    would be found.
    """
    decisive = prompts * (1 - tie_share) / spread_with_raters(raters, alike)

    def enough(rate: float) -> bool:
        wanted = sign_test_prompts(rate, power=power, level=level)
        return wanted is not None and wanted <= decisive

    low, high = 0.5, MAX_DETECTABLE
    if not enough(high):
        return None
    while high - low > PRECISION:
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
