"""Sample sizes: the number of prompts that a mean over prompts needs. `claim_power` simulates claims."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy
from scipy import special

from ftcompare.stats import claims, win_rate
from ftcompare.stats.claim_power import POWER, PROMPT_SD, TIE_SHARE, win_rate_spread
from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, compact, means_by

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
    if standard_error is None or beyond < win_rate.SAME:
        return None
    wanted = prompts_of_mean(beyond, standard_error * math.sqrt(prompts), (1 - level) / 2, power)
    return max(wanted, win_rate.LEAST_PROMPTS, prompts + 1) - prompts


LEAST_FORECAST = 5
"""With fewer raters, how much raters differ is too uncertain for a forecast about others."""


@dataclass(frozen=True, slots=True)
class MoreJudgments:
    """Expected half-widths of a win rate's intervals, 0 to 1, if twice as much had been judged.

    None where a half-width is not defined or cannot be estimated.
    """

    prompts: float | None = None  # twice as many prompts by the same raters; the interval for these raters
    raters: float | None = None  # twice as many raters of the same prompts; the same interval
    prompts_for_others: float | None = None  # likewise, the interval for other raters of this kind
    raters_for_others: float | None = None


def more_judgments(
    lean: FloatArray,
    prompts: IntArray,
    raters: IntArray,
    rate: win_rate.Rate,
    over_raters: win_rate.Rate | None,
) -> MoreJudgments:
    """Return the intervals of a win rate that twice the prompts or twice the raters would have given.

    The variance V of the mean over prompts has a part that more judgments of the same prompts reduce: S / N,
    where S is the mean square of judgments within prompts, about their raters' means, with N - P - R + 1
    degrees of freedom. Twice the prompts give V / 2, twice the raters V - S / 2N but at least V / 2; the
    interval shrinks with √V and with t. For other raters, the components of `ends_over_raters` stay as they
    are estimated, and the loads are those of twice the prompts or raters. From `LEAST_FORECAST` raters.

    Args:
        lean: -1, 0 or 1 of each judgment, or a mean of several; 1 prefers b.
        rate: `rate_over_prompts` of these judgments, and `over_raters` that of `rate_over_raters`.
    """
    variance = win_rate.cluster_variance(lean, prompts)
    if rate.low is None or rate.high is None or variance is None or variance < win_rate.SAME:
        return MoreJudgments()
    (prompt, count), (rater, number) = compact(prompts), compact(raters)
    half, total = (rate.high - rate.low) / 2, len(lean)

    def expected(changed: float, freedom: int) -> float:
        t = special.stdtrit([freedom, count - 1], (1 + rate.level) / 2)
        return float(half * math.sqrt(changed / variance) * t[0] / t[1])

    with_prompts, with_raters = expected(variance / 2, 2 * count - 1), None
    freedom = total - count - number + 1
    if total > count and freedom > 0:
        own = lean - means_by(lean, rater)[rater]
        square = float(np.sum((own - means_by(own, prompt)[prompt]) ** 2)) / freedom
        with_raters = expected(max(variance - square / (2 * total), variance / 2), count - 1)
    judged = win_rate.judged_by_raters(lean, prompts, raters)
    if judged is None or len(judged.own) < LEAST_FORECAST or over_raters is None or over_raters.low is None:
        return MoreJudgments(with_prompts, with_raters)
    prompt, rater = np.tile(judged.prompts, 2), np.tile(judged.raters, 2)
    again = np.repeat((0, 1), len(judged.prompts))
    of_prompts = _margin_of(judged, prompt + again * judged.loads.prompts, rater, rate.level)
    others = None
    if with_raters is not None:
        of_raters = _margin_of(judged, prompt, rater + again * len(judged.own), rate.level)
        others = max(with_raters, of_raters)
    return MoreJudgments(with_prompts, with_raters, max(with_prompts, of_prompts), others)


@dataclass(frozen=True, slots=True)
class FurtherJudgments:
    """Numbers of judgments until the evidence is enough, by how further prompts are judged."""

    as_so_far: claims.FurtherSteps  # as many judgments of each prompt as so far, on the average
    one_each: claims.FurtherSteps  # one judgment of each prompt


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts of the figures of a pair of systems with more judgments, computed when they are read."""

    table: VoteTable  # the judgments, and the ties of identical answers
    rate: win_rate.Rate  # over prompts; ``over_raters`` over prompts and raters
    over_raters: win_rate.Rate | None
    evidence: claims.Evidence

    @cached_property
    def until_enough(self) -> FurtherJudgments | None:
        """None if the evidence is enough, or if it has fewer than `claims.LEAST_STEPS` prompts."""
        means = np.array(self.evidence.means)
        if self.evidence.highest >= claims.ENOUGH_EVIDENCE or len(means) < claims.LEAST_STEPS:
            return None
        judged = self.table.judged
        each = len(judged) / compact(judged.prompt)[1]
        return FurtherJudgments(
            claims.further_steps(means, means, np.arange(len(means)), each),
            claims.further_steps(means, judged.preference, judged.prompt),
        )

    @cached_property
    def half_widths(self) -> MoreJudgments:
        """Half-widths of the intervals with twice the prompts, and with twice the raters."""
        lean, table = 2 * self.table.preference - 1, self.table
        return more_judgments(lean, table.prompt, table.rater, self.rate, self.over_raters)


def _margin_of(judged: win_rate.JudgedByRaters, prompts: IntArray, raters: IntArray, level: float) -> float:
    """Return the half-width for other raters, 0 to 1, if these prompts and raters had been judged."""
    loads, shared, rest = judged.loads, judged.shared, judged.within - judged.shared
    deviations = (judged.own - judged.own @ loads.shares) ** 2 @ loads.squares
    explained = shared * loads.of_prompts[1] + rest * loads.of_rest[1]
    between = np.maximum(deviations - explained, 0) / loads.of_raters[1]
    other = win_rate.loads_of(prompts, raters)
    expected = between * other.of_raters[1] + shared * other.of_prompts[1] + rest * other.of_rest[1]
    return float(win_rate.margin_over_raters(other, expected, judged.within, shared, level)) / 2


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
