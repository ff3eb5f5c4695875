"""Influences on a judgment other than quality: the side of an answer, its length, its Markdown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ftcompare.stats.controlled_rate import ControlledRate, controlled_rate
from ftcompare.stats.vote_table import STYLE_FEATURES, FloatArray, IntArray, VoteTable, compact
from ftcompare.stats.win_rate import SAME, cluster_variance, t_interval, wilson


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How often the left answer won among decisive judgments with known sides."""

    left: int  # number of judgments for the left answer
    right: int  # number of judgments for the right answer
    # left / (left + right); one half means no bias. None where there are no such judgments.
    left_share: float | None
    low: float | None  # lower end of its interval, clustered by rater; ``high`` the upper end
    high: float | None


def position_bias(table: VoteTable, level: float = 0.95) -> PositionBias:
    """P(left wins) = left / (left + right) among decisive judgments, with `interval_by_rater`."""
    known = (table.left != 0) & (table.outcome != 0)
    # A vote for b (outcome 1) with b on the left (-1) is a vote for the left side; likewise for a.
    left_won = (table.outcome[known] * table.left[known] == -1).astype(np.float64)
    n, left = len(left_won), int(left_won.sum())
    if n == 0:
        return PositionBias(0, 0, None, None, None)
    low, high = interval_by_rater(left_won, table.rater[known], level)
    return PositionBias(left, n - left, left / n, low, high)


def interval_by_rater(values: FloatArray, raters: IntArray, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share of judgments that are correlated within raters.

    One rater: `wilson`. Several: t on R - 1 degrees of freedom with the larger of the variance
    clustered by rater and p(1-p)/n, so that the interval is not too narrow where raters agree by chance.
    Where all values are equal: Wilson. Source: Cameron & Miller 2015, cluster-robust variance with t on one
    degree of freedom less than the number of clusters.

    Args:
        values: 0 or 1 for each judgment; not empty.
    """
    n, share = len(values), float(values.mean())
    by_rater = cluster_variance(values, raters)
    if by_rater is None or min(share, 1 - share) < SAME:
        return wilson(share * n, n, level)
    variance = max(by_rater, share * (1 - share) / n)
    return t_interval(share, variance, compact(raters)[1] - 1, level)


def length_controlled_rate(table: VoteTable, level: float = 0.95) -> ControlledRate | None:
    """Estimated win rate of b for two answers of equal length, averaged over both sides.

    `controlled_rate` on tanh(Δlength / sd Δlength), Δlength in characters. Source: after Dubois et al. 2024,
    "Length-controlled AlpacaEval". It differs from the figure of AlpacaEval's leaderboard, which also fits
    the difficulty of each instruction from the judgments of many models, and penalises the coefficients.

    Returns:
        None where it cannot be estimated: see `controlled_rate`.
    """
    spread = float(table.length_difference.std()) if len(table) else 0.0
    if spread < SAME:
        return None
    length = np.tanh(table.length_difference / spread)[:, None]
    return controlled_rate(table, length, STYLE_FEATURES[:1], "logistic regression at equal length", level)


def style_controlled_rate(table: VoteTable, level: float = 0.95) -> ControlledRate | None:
    """Estimated win rate of b for answers equal in length, headers, lists and bold, averaged over both sides.

    `controlled_rate` on all of `VoteTable.style`. Source: after Li, Angelopoulos & Chiang 2024, "Does style
    matter?", the style control of LMArena. It differs from the figure of that leaderboard, which fits one
    model to all pairs of systems, counts tokens, and centres each difference over the pairs.

    Returns:
        None where it cannot be estimated: see `controlled_rate`.
    """
    if not len(table):
        return None
    method = "logistic regression at equal length and style"
    return controlled_rate(table, table.style, STYLE_FEATURES, method, level)
