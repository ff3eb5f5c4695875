"""Influences on a judgment other than quality (side, length, style), and the win rate without them.

The rate at equal length and style comes from a logistic regression: logit P(b) = β₀ + Σ β_k · x_k + β_s ·
side. The x_k are differences of the two responses' features, 0 for equal values; side is 1 where b was on the
left, -1 where a was and 0 where unknown. A tie is half a win. The rate is expit(β₀).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.core.language import N_, in_own_signs, sentences, tr, true_minus
from ftcompare.stats import win_rate
from ftcompare.stats.vote_table import STYLE_FEATURES, BoolArray, FloatArray, IntArray, VoteTable, compact

STEPS = 30
TOLERANCE = 1e-9
WORST_CONDITION = 1e10


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    coefficients: FloatArray  # in the order of the design's columns
    # observations x parameters: first-order effect of each observation on each coefficient. Each column sums
    # to 0; sums over clusters give the sandwich variance.
    influence: FloatArray


def fit_logistic(design: FloatArray, share: FloatArray) -> LogisticFit | None:
    """Return the maximum likelihood of logit P = design · coefficients.

    `design` is observations x parameters; `share`, 0 to 1, may be a fractional success. None where there is
    no finite or no unique maximum: separated data, dependent columns. Source: McCullagh & Nelder 1989,
    section 4.4; Papke & Wooldridge 1996 for shares.
    """
    coefficients = np.zeros(design.shape[1])
    for _ in range(STEPS):
        fitted = special.expit(design @ coefficients)
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        if not _invertible(information):
            return None
        step = np.linalg.solve(information, design.T @ (share - fitted))
        coefficients = coefficients + step
        if np.abs(step).max() < TOLERANCE:
            scores: FloatArray = design * (share - fitted)[:, None]
            return LogisticFit(coefficients, scores @ np.linalg.inv(information))
    return None


def _invertible(information: FloatArray) -> bool:
    scale = np.sqrt(np.diag(information))
    return bool(scale.min() > 1e-8 and np.linalg.cond(information / np.outer(scale, scale)) < WORST_CONDITION)


RUNAWAY = 15.0  # an intercept beyond this is a rate of 0 or 1 to six digits: an extrapolation, no estimate

ALIKE = 0.1  # maximum normalized difference of alike responses: the smaller is 82% of the larger

FEW_ALIKE = 0.2
"""If fewer prompts than this share have responses that are alike, the rate depends on the assumed form of the
curve. With other forms, 95% intervals from 100 prompts covered the true rate in 94% or more of the studies
above this share, and in as few as 68% where a tenth or fewer are alike (`benchmarks/style_control.py`)."""

LEAST_DIFFERING = 5  # a feature that differs on fewer prompts is left out: these few would decide

LEAST_RATERS = 2.0  # with at most this many `effective_raters` there is no interval over raters


@dataclass(frozen=True, slots=True)
class FeatureEffect:
    """The effect of one feature of a response on raters, other features being equal."""

    feature: str  # one of `STYLE_FEATURES`
    coefficient: float | None  # gain in logits by the typical difference (root mean square)
    low: float | None  # lower end of the coefficient's interval over prompts; ``high`` the upper end
    high: float | None
    differing: int  # number of prompts on which the two responses differ in it
    alike: int  # number of prompts on which they are alike in it, by `ALIKE`
    few_alike: bool  # whether ``alike`` is less than the share `FEW_ALIKE` of all prompts

    @property
    def worth(self) -> tuple[float, float, float] | None:
        """Change of a rate of one half by the typical difference, -.5 to .5, with its interval's ends."""
        if self.coefficient is None or self.low is None or self.high is None:
            return None
        value, low, high = (float(special.expit(x)) - 0.5 for x in (self.coefficient, self.low, self.high))
        return value, low, high


@dataclass(frozen=True, slots=True)
class ControlledRate:
    """The win rate of b for responses alike in all features."""

    over_prompts: win_rate.Rate  # the rate with an interval for other prompts and the same raters
    over_raters: win_rate.Rate | None  # for other raters of this kind; None below `LEAST_RATERS`
    effects: tuple[FeatureEffect, ...]  # effects of the features, including those left out of the model
    prompts: int  # number of judged prompts


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """A fitted model. Columns of the design: 1, the features that are kept, and side if it varies."""

    table: VoteTable
    prompts: int
    fit: LogisticFit
    level: float

    @property
    def freedom(self) -> int:
        return self.prompts - len(self.fit.coefficients)

    def variance(self, column: int) -> float:
        """Return a coefficient's variance over prompts, times P/(P - parameters), as P/(P - 1) for a mean."""
        by_prompt = win_rate.cluster_variance(self._moves(column), self.table.prompt) or 0.0
        return by_prompt * (self.prompts - 1) / self.freedom

    def variance_over_raters(self) -> float:
        both = win_rate.two_way_variance(self._moves(0), self.table.prompt, self.table.rater) or 0.0
        return both * (self.prompts - 1) / self.freedom

    def _moves(self, column: int) -> FloatArray:
        """Return influence values by judgment, scaled so that their mean has the coefficient's variance."""
        return np.asarray(self.fit.influence[:, column] * len(self.table))

    def span(self, column: int, variance: float, freedom: float) -> tuple[float, float, float]:
        """Return a coefficient with the lower and upper end of its interval."""
        value = float(self.fit.coefficients[column])
        margin = float(special.stdtrit(freedom, (1 + self.level) / 2)) * float(np.sqrt(variance))
        return value, value - margin, value + margin


def controlled_rate(
    table: VoteTable, features: FloatArray, names: Sequence[str], method: str, level: float = 0.95
) -> ControlledRate | None:
    """Return the win rate of b with all features at 0.

    Interval for these raters: expit(β₀ ± t √V), V the sandwich variance over P prompts, t on P - parameters
    degrees of freedom. Interval for other raters of this kind: V is `two_way_variance` over prompts and
    raters, t has R* - 1 degrees of freedom if that is less, R* from `effective_raters`.
    Source: Dubois et al. 2024, "Length-controlled AlpacaEval"; Li, Angelopoulos & Chiang 2024, "Does style
    matter?"; Cameron, Gelbach & Miller 2011; Carter, Schnepel & Steigerwald 2017 for unequal clusters.

    `features` are votes x features, 0 where the two responses are equal. None where the rate cannot be
    estimated: all features or all votes equal, separated data, too few prompts, prompts that do not differ,
    or features so closely related to the system that the fit diverges (|β₀| above `RUNAWAY`).
    """
    differing = [_prompts(table, column != 0) for column in features.T]
    kept = [place for place, count in enumerate(differing) if count >= LEAST_DIFFERING]
    kept = [place for place in kept if np.ptp(features[:, place]) > win_rate.SAME]
    model = _fitted(table, features[:, kept], level) if kept else None
    if model is None or abs(model.fit.coefficients[0]) > RUNAWAY or model.variance(0) < win_rate.SAME:
        return None
    how = tr("standard error over {prompts} prompts", model.prompts)
    return ControlledRate(
        _rate(model, method, win_rate.OVER_PROMPTS, model.variance(0), model.freedom, how),
        _over_raters(model, method),
        tuple(_effects(model, features, names, differing, kept)),
        model.prompts,
    )


def _fitted(table: VoteTable, features: FloatArray, level: float) -> _Model | None:
    if np.ptp(table.preference) < win_rate.SAME:
        return None
    columns = [np.ones(len(table)), *features.T]
    if np.ptp(table.left) > 0:
        columns.append(-table.left.astype(np.float64))
    prompts = compact(table.prompt)[1]
    fit = fit_logistic(np.stack(columns, axis=1), table.preference) if prompts > len(columns) else None
    return None if fit is None else _Model(table, prompts, fit, level)


def _prompts(table: VoteTable, rows: BoolArray) -> int:
    return len(np.unique(table.prompt[rows]))


def effective_raters(raters: IntArray) -> float:
    """Return the number of raters of equal load with the same weight: (Σ n_j)² / Σ n_j², n_j their judgments.

    Source: Carter, Schnepel & Steigerwald 2017, for clusters that differ only in size.
    """
    loads = np.bincount(compact(raters)[0]).astype(np.float64)
    return float(loads.sum() ** 2 / (loads @ loads))


def _over_raters(model: _Model, method: str) -> win_rate.Rate | None:
    raters, equal = compact(model.table.rater)[1], effective_raters(model.table.rater)
    if equal < LEAST_RATERS + win_rate.SAME:
        return None
    how = tr(
        "standard error over {prompts} prompts and {raters} raters, who count as much as {equal:.1f} "
        "equally active ones",
        model.prompts,
        raters,
        equal,
    )
    freedom = min(float(model.freedom), equal - 1)
    return _rate(model, method, win_rate.OVER_PROMPTS_AND_RATERS, model.variance_over_raters(), freedom, how)


def _rate(model: _Model, method: str, scope: str, variance: float, freedom: float, how: str) -> win_rate.Rate:
    intercept, *ends = model.span(0, variance, freedom)
    value, low, high = (float(special.expit(x)) for x in (intercept, *ends))
    at, turned = (in_own_signs(true_minus(f"{number:.3f}")) for number in (intercept, -intercept))
    fit = tr(
        "Logistic regression of {judgments} judgments: intercept {intercept} ({standard_error} {error:.3f}), "
        "so 1 / (1 + exp({turned})) = {rate:.1%}.",
        len(model.table),
        at,
        how,
        float(np.sqrt(variance)),
        turned,
        value,
    )
    span = tr(
        "Interval at {level:.0%}, Student's t with {freedom:.3g} degrees of freedom: {low:.1%} to "
        "{high:.1%}.",
        model.level,
        freedom,
        low,
        high,
    )
    others = tr("It applies to other prompts and raters of this kind.")
    if scope == win_rate.OVER_PROMPTS:
        others = tr("It applies to other prompts of this kind.")
    words = sentences(fit, span, others)
    return win_rate.Rate(value, low, high, model.level, method, scope, len(model.table), words)


def _effects(
    model: _Model, features: FloatArray, names: Sequence[str], differing: list[int], kept: list[int]
) -> Iterator[FeatureEffect]:
    for place, name in enumerate(names):
        normalised = model.table.style[:, STYLE_FEATURES.index(name)]
        alike = _prompts(model.table, np.abs(normalised) <= ALIKE)
        few = alike < FEW_ALIKE * model.prompts
        value, low, high = _per_typical_difference(model, features[:, place], place, kept)
        yield FeatureEffect(name, value, low, high, differing[place], alike, few)


def _per_typical_difference(
    model: _Model, feature: FloatArray, place: int, kept: list[int]
) -> tuple[float, float, float] | tuple[None, None, None]:
    """Return a feature's coefficient and interval ends, times the feature's root mean square."""
    if place not in kept:
        return None, None, None
    typical, column = float(np.sqrt(np.mean(feature**2))), 1 + kept.index(place)
    value, low, high = model.span(column, model.variance(column), model.freedom)
    return typical * value, typical * low, typical * high


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How often the left answer won among decisive judgments with known sides."""

    left: int  # number of judgments for the left answer
    right: int  # number of judgments for the right answer
    left_share: float | None  # left / (left + right); one half means no bias
    low: float | None  # lower end of its interval, clustered by rater; ``high`` the upper end
    high: float | None


def position_bias(table: VoteTable, level: float = 0.95) -> PositionBias:
    """Return P(left wins) = left / (left + right) among decisive judgments, with `interval_by_rater`."""
    known = (table.left != 0) & (table.outcome != 0)
    # A vote for b (outcome 1) with b on the left (-1) is a vote for the left side; likewise for a.
    left_won = (table.outcome[known] * table.left[known] == -1).astype(np.float64)
    n, left = len(left_won), int(left_won.sum())
    if n == 0:
        return PositionBias(0, 0, None, None, None)
    low, high = interval_by_rater(left_won, table.rater[known], level)
    return PositionBias(left, n - left, left / n, low, high)


def interval_by_rater(values: FloatArray, raters: IntArray, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share of judgments (0 or 1, not empty) that are correlated within raters.

    One rater: `wilson`. Several: t on R - 1 degrees of freedom with the larger of the variance clustered by
    rater and p(1-p)/n, so that the interval is not too narrow where raters agree by chance. Where all values
    are equal: Wilson. Source: Cameron & Miller 2015, cluster-robust variance with t on one degree of freedom
    less than the number of clusters.
    """
    n, share = len(values), float(values.mean())
    by_rater = win_rate.cluster_variance(values, raters)
    if by_rater is None or min(share, 1 - share) < win_rate.SAME:
        return win_rate.wilson(share * n, n, level)
    variance = max(by_rater, share * (1 - share) / n)
    return win_rate.t_interval(share, variance, compact(raters)[1] - 1, level)


def length_controlled_rate(table: VoteTable, level: float = 0.95) -> ControlledRate | None:
    """Estimate the win rate of b for two answers of equal length, averaged over both sides.

    `controlled_rate` on tanh(Δlength / sd Δlength), Δlength in characters. Source: after Dubois et al. 2024,
    "Length-controlled AlpacaEval". It differs from the figure of AlpacaEval's leaderboard, which also fits
    the difficulty of each instruction from the judgments of many models, and penalizes the coefficients.
    """
    spread = float(table.length_difference.std()) if len(table) else 0.0
    if spread < win_rate.SAME:
        return None
    length = np.tanh(table.length_difference / spread)[:, None]
    method = N_("logistic regression at equal length")
    return controlled_rate(table, length, STYLE_FEATURES[:1], method, level)


def style_controlled_rate(table: VoteTable, level: float = 0.95) -> ControlledRate | None:
    """Estimate the win rate of b for answers equal in length, headers, lists and bold, over both sides.

    `controlled_rate` on all of `VoteTable.style`. Source: after Li, Angelopoulos & Chiang 2024, "Does style
    matter?", the style control of LMArena. It differs from the figure of that leaderboard, which fits one
    model to all pairs of systems, counts tokens, and centers each difference over the pairs.
    """
    if not len(table):
        return None
    method = N_("logistic regression at equal length and style")
    return controlled_rate(table, table.style, STYLE_FEATURES, method, level)
