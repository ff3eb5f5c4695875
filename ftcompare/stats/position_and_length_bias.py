"""What else may move a judgment: the side an answer stands on, and its length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.logistic_regression import LogisticFit, fit_logistic
from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, compact
from ftcompare.stats.win_rate import OVER_PROMPTS, SAME, Rate, cluster_variance, t_interval, wilson

RUNAWAY = 15.0
"""An intercept beyond this is a rate of 0 or 1 to six digits: not an estimate but an extrapolation."""


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How often the left answer won among decisive judgments whose sides are known.

    Args:
        left: judgments for the left answer.
        right: judgments for the right answer.
        left_share: left / (left + right); one half means no bias. None where there are none.
        low: lower end of its interval, clustered by rater.
    """

    left: int
    right: int
    left_share: float | None
    low: float | None
    high: float | None


def position_bias(table: VoteTable, level: float = 0.95) -> PositionBias:
    """P(left wins) = left / (left + right) among decisive judgments, with `interval_by_rater`."""
    known = (table.left != 0) & (table.outcome != 0)
    # A vote for b (outcome 1) with b on the left (-1) is a vote for the left, and so for a.
    left_won = (table.outcome[known] * table.left[known] == -1).astype(np.float64)
    n, left = len(left_won), int(left_won.sum())
    if n == 0:
        return PositionBias(0, 0, None, None, None)
    low, high = interval_by_rater(left_won, table.rater[known], level)
    return PositionBias(left, n - left, left / n, low, high)


def interval_by_rater(values: FloatArray, raters: IntArray, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share of judgments that are alike within raters.

    One rater: `wilson`. Several: t on R - 1 degrees of freedom with the greater of the variance
    clustered by rater and p(1-p)/n, so that raters who happen to agree do not make it too narrow.
    Where all values are the same: Wilson. Source: Cameron & Miller 2015, the variance of
    clusters with t on one less than their number.

    Args:
        values: 0 or 1 for each judgment; not empty.
        raters: a code for each judgment.
        level: nominal coverage.
    """
    n, share = len(values), float(values.mean())
    by_rater = cluster_variance(values, raters)
    if by_rater is None or min(share, 1 - share) < SAME:
        return wilson(share * n, n, level)
    variance = max(by_rater, share * (1 - share) / n)
    return t_interval(share, variance, compact(raters)[1] - 1, level)


def length_controlled_rate(table: VoteTable, level: float = 0.95) -> Rate | None:
    """Win rate of b if both answers were of one length and stood on neither side.

    logit P(b) = β₀ + β₁ · side + β₂ · tanh(Δlength / sd Δlength), Δlength in characters, side 1
    where b stood left, -1 where a did and 0 where unknown; a tie is half a win. The rate is
    expit(β₀); its interval is expit(β₀ ± t · se) with the sandwich variance over prompts and
    P - parameters degrees of freedom. Source: Dubois et al. 2024, "Length-controlled AlpacaEval".

    Returns:
        None where it cannot be told: equal lengths or equal votes throughout, separated data,
        too few prompts, prompts that do not differ, lengths that follow the system so closely that
        the fit runs away (|β₀| above `RUNAWAY`).
    """
    spread = float(table.length_difference.std()) if len(table) else 0.0
    if spread < SAME or np.ptp(table.preference) < SAME:
        return None
    columns = [np.ones(len(table)), np.tanh(table.length_difference / spread)]
    if np.ptp(table.left) > 0:
        columns.append(-table.left.astype(np.float64))
    freedom = compact(table.prompt)[1] - len(columns)
    fit = fit_logistic(np.stack(columns, axis=1), table.preference, table.prompt) if freedom > 0 else None
    return (
        None
        if fit is None or fit.covariance[0, 0] < SAME or abs(fit.coefficients[0]) > RUNAWAY
        else _rate_at_equal_length(fit, freedom, len(table), level)
    )


def _rate_at_equal_length(fit: LogisticFit, freedom: int, n: int, level: float) -> Rate:
    intercept, error = float(fit.coefficients[0]), float(np.sqrt(fit.covariance[0, 0]))
    margin = float(special.stdtrit(freedom, (1 + level) / 2)) * error
    value, low, high = (float(special.expit(intercept + x)) for x in (0.0, -margin, margin))
    words = (
        f"Logistic regression of {n} judgments on side and length: intercept {intercept:.3f} "
        f"(standard error over prompts {error:.3f}), length {fit.coefficients[1]:+.3f}; at equal length "
        f"1 / (1 + exp({-intercept:.3f})) = {value:.1%}. Interval at {level:.0%}: {low:.1%} to {high:.1%}."
    )
    return Rate(value, low, high, level, "logistic regression at equal length", OVER_PROMPTS, n, words)
