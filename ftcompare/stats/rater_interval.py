"""The lean of raters like these, estimated from how far these raters agree.

A lean is a win rate on the scale from -1 (all for a) to 1 (all for b). Raters' own leans are assumed to be
distributed symmetrically around that of all raters, with any variance. With six raters or more this
assumption alone gives an interval, by flipping signs. With fewer raters it cannot reach 95%. A margin is
therefore added, under a further assumption: that raters differ by a standard deviation of at most `RATER_SD`.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy import special

from ftcompare.stats.sign_flips import subset_mean
from ftcompare.stats.vote_table import FloatArray, IntArray, compact

RATER_SD = 1.0
"""Assumed maximum standard deviation of raters, in logits of the chance that b wins; below six raters."""

PROMPT_SD = 1.0
"""Assumed standard deviation of prompts, in logits: raters of the same prompts have correlated errors."""

SHARED_PROMPTS, MOST_SHARED = 0.25, 1.2
"""Standard errors in the margin for shared prompts: the first number times √raters, at most the second.
Chosen by simulation (`benchmarks/claims.py`)."""

LEAST_RATERS = 3
"""With two raters, no rule that keeps its error rate has useful power: see docs/statistics.md."""

LEAST_JUDGMENTS = 5
"""Minimum number of judgments of a rater who counts. The others' judgments count only in the rate."""

MOST_GROUPS = 16
"""More raters are put into this many groups of similar numbers of judgments, because there are 2ⁿ subsets."""

LIKELY_SPREAD = 0.2  # standard deviation of leans for which the raters' weights are optimal (.5 logits)


def raters_counted(raters: IntArray) -> int:
    """Number of raters with at least `LEAST_JUDGMENTS` judgments."""
    return int(np.count_nonzero(np.bincount(compact(raters)[0]) >= LEAST_JUDGMENTS))


def interval_over_raters(
    lean: FloatArray,
    prompts: IntArray,
    raters: IntArray,
    level: float,
    *,
    decided: FloatArray | None = None,
) -> tuple[float, float] | None:
    """Ends of the lean of raters like these, as far as raters determine them; prompts add their own interval.

    Of R raters with leans y_j from n_j judgments, a share s_j of them decided, the lower end is the k-th
    smallest of all means of subsets of y_j - c_j, k = ⌊2ᴿ (1 - level) / 2⌋, at least 1; the upper end is
    found symmetrically. c_j = √(m² s_j² + κ² s_j / n_j) + h s_j.

    κ is `short_of_level`, which is 0 for six or more raters at 95%, and m is the lean of κ `RATER_SD`. With
    m, all R raters lean to one side by c_j in (1 - level) of the studies in which nothing is preferred and
    raters differ by `RATER_SD`, and less often where they differ less. h, for the prompts that raters share,
    is min(√R / 4, 1.2) · (lean of `PROMPT_SD`) / √P. One more win never moves an end down: it adds 1 / n_j to
    y_j and less than that to c_j, for κ <= .55.

    Args:
        decided: how far each judgment is decided, 0 to 1; by default its squared lean, 0 for a tie.

    Returns:
        None where fewer than `LEAST_RATERS` raters count. Ends may lie beyond -1 and 1.
    """
    rater, _ = compact(raters)
    judged = np.bincount(rater)
    counted = judged >= LEAST_JUDGMENTS
    n = judged[counted].astype(np.float64)
    if len(n) < LEAST_RATERS:
        return None
    own = np.bincount(rater, weights=lean)[counted] / n
    shares = np.bincount(rater, weights=lean**2 if decided is None else decided)[counted] / n
    margin = margin_of_raters(len(n), compact(prompts)[1], n, shares, level)
    weights = n / (1 + LIKELY_SPREAD**2 * n)
    rank = max(1, math.floor(2 ** min(len(n), MOST_GROUPS) * (1 - level) / 2 + 1e-9))
    low = subset_mean(*_grouped(own - margin, weights), rank)
    return low, -subset_mean(*_grouped(-own - margin, weights), rank)


def margin_of_raters(
    raters: int,
    prompts: int | IntArray | FloatArray,
    judgments: FloatArray,
    decided: FloatArray,
    level: float,
) -> FloatArray:
    """c_j of `interval_over_raters`, as leans.

    Args:
        prompts: number of judged prompts, or an array of numbers for several studies.
        decided: share of these that are no ties.
    """
    short = short_of_level(raters, level)
    apart = np.sqrt((lean_of(short * RATER_SD) * decided) ** 2 + short**2 * decided / judgments)
    shared = min(SHARED_PROMPTS * math.sqrt(raters), MOST_SHARED) * lean_spread(PROMPT_SD)
    return np.asarray(apart + shared * decided / np.sqrt(prompts))


def _grouped(values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """At most `MOST_GROUPS` weighted means and their weights; the grouping depends on weights only."""
    if len(values) <= MOST_GROUPS:
        return values, weights
    group = np.empty(len(values), dtype=np.int64)
    group[np.argsort(-weights, kind="stable")] = np.arange(len(values)) % MOST_GROUPS
    total = np.asarray(np.bincount(group, weights=weights), dtype=np.float64)
    return np.bincount(group, weights=values * weights) / total, total


def short_of_level(raters: int, level: float) -> float:
    """κ: the deviation, in standard deviations, to one side that all raters show by chance in 1 - level.

    2 Φ(-κ)ᴿ = 1 - level; 0 where all raters on one side, by any amount, is already less frequent. At 95% it
    is .546 for three raters, .259 for four, .055 for five.
    """
    return max(0.0, -float(special.ndtri(((1 - level) / 2) ** (1 / raters))))


@cache
def lean_of(logits: float) -> float:
    """The lean of a rater with effect ``logits``, over prompts that differ by `PROMPT_SD`.

    2 E[expit(logits + N(0, PROMPT_SD²))] - 1, by quadrature; the rule is simulated with the same model.
    """
    nodes, weights = special.roots_hermitenorm(40)
    return float(2 * (special.expit(logits + PROMPT_SD * nodes) @ weights) / weights.sum() - 1)


@cache
def lean_spread(sd: float) -> float:
    """Standard deviation of the leans of prompts or raters whose effects have SD ``sd``, in logits."""
    nodes, weights = special.roots_hermitenorm(40)
    leans = np.array([lean_of(float(sd * node)) for node in nodes])
    return math.sqrt(float(leans**2 @ weights / weights.sum()))
