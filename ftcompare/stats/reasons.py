"""Reasons: which features of answers raters reward, by permutation within the pairs that differ in a feature.

Signs are permuted only among pairs that differ in a feature, so that a system that is ahead on all pairs, or
on all pairs whose answers differ, gives no reason. `benchmarks/reasons.py` simulates how often a reason is
false, and how often a true one is named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from ftcompare.stats.multiple_comparisons import holm
from ftcompare.stats.position_and_length_bias import ALIKE
from ftcompare.stats.vote_table import BoolArray, FloatArray
from ftcompare.stats.win_rate import t_interval

ALPHA = 0.05
LEAST_SIDE = 3  # minimum number of pairs in which each system's answer has more of a tested feature
STABILIZER = 0.08
"""Share of the outcomes' variance added to that of t, so that a few equal outcomes give no large t."""
DRAWS, CONDITIONAL_DRAWS = (99, 999, 9999), (999,)  # numbers of permutations, by stage
MOST_EXCEEDING = 9  # a further stage is drawn if at most this many permutations exceed the observed t
LEAST_LEFT = 0.15  # minimum share of a feature's variance that the reasons named before it leave
ALIKE_LEVELS = 0.25
"""Two levels are alike if they differ by at most this share of their standard deviation over all answers."""
_AT_ONCE = 2_000_000  # maximum number of permuted outcomes in memory

Statistic = Callable[[FloatArray], FloatArray]
"""From permuted outcomes, draws x pairs, to the absolute test statistic of each draw."""


class FeatureStanding(StrEnum):
    REASON = "reason"  # raters reward or punish it, beyond the reasons named before it
    GOES_WITH = "goes_with"  # it passes alone, but not beyond the reasons named before it
    NOT_SHOWN = "not_shown"  # tested, and not significant
    ONE_SIDED = "one_sided"  # one system nearly always has more of it, so it is inseparable from the system
    RARE = "rare"  # too few pairs differ in it for any result to be significant


@dataclass(frozen=True, slots=True)
class FeatureRate:
    """How often the answer with more of a feature is preferred, ties as half, with its 95% interval.

    Pairs in which b has more and pairs in which a has more have equal weight, so that a system's lead on all
    pairs does not count.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FeatureResult:
    feature: int  # its column
    more_a: int  # number of pairs in which a's answer has more of it; ``more_b`` likewise
    more_b: int
    standing: FeatureStanding
    p: float | None = None  # None, as the others, where it is not tested
    p_adjusted: float | None = None  # by Holm's method over the tested features
    rate: FeatureRate | None = None
    goes_with: int | None = None  # the reason that it goes with
    # at equal length; None for features that pass no test alone, and where length varies too little beside it
    equal_length: FeatureRate | None = None
    p_equal_length: float | None = None

    @property
    def differing(self) -> int:
        return self.more_a + self.more_b

    @property
    def whatever_the_length(self) -> bool:
        return self.p_equal_length is not None and self.p_equal_length <= ALPHA


def feature_signs(a: FloatArray, b: FloatArray, spread: float | None = None) -> FloatArray:
    """Return 1 where b has more, -1 where a has more, and 0 where both are alike or one is unknown (NaN).

    ``a`` and ``b``: values of the two answers of each pair. Counts are alike by `ALIKE` of their normalized
    difference (b - a) / (a + b + 1), levels with the standard deviation ``spread`` by `ALIKE_LEVELS`.
    """
    limit = ALIKE * (a + b + 1) if spread is None else ALIKE_LEVELS * spread
    return np.where(np.abs(b - a) > limit, np.sign(b - a), 0.0)


def find_reasons(
    outcomes: FloatArray,
    features: FloatArray,
    length: FloatArray,
    *,
    rng: np.random.Generator,
    of_length: Sequence[int] = (),
) -> tuple[FeatureResult, ...]:
    """Test every feature, reasons first in the order in which they are named.

    Within the n pairs that differ in feature j, t = (ȳ₊ - ȳ₋) / √(s₊²/n₊ + s₋²/n₋ + 0.08 s²/n) is compared
    with t after permutations of y; Holm's method over the tested features gives candidates. The candidate
    with the largest |t| is a reason. Each further one must also pass a test of its residuals on the reasons
    before it. It is tested if the smaller side has k ≥ 3 pairs and 2 / C(n, k) ≤ 0.05 / (number of features).
    Source: Chung & Romano 2013, Annals of Statistics 41:484-507, for permuting a studentized difference;
    Freedman & Lane 1983 for residuals.

    Args:
        outcomes: by pair, -1 to 1: mean of the judgments for b (1), ties (0), and for a (-1).
        features: pairs x features: 1 where b's answer has more, -1 where a's has, 0 where they are alike.
        length: by pair, length of b's answer minus that of a's.
        rng: draws the permutations.
        of_length: the features that are lengths, for which nothing is computed at equal length.
    """
    tests = [_Test(outcomes, column, number) for number, column in enumerate(features.T)]
    tested = [one for one in tests if one.testable(ALPHA / len(tests))]
    p_values = [_p_value(one.t, one.outcomes, rng) for one in tested]
    adjusted = holm(p_values)
    found = {
        one.number: replace(one.result(FeatureStanding.NOT_SHOWN), p=p, p_adjusted=corrected, rate=one.rate())
        for one, p, corrected in zip(tested, p_values, adjusted, strict=True)
    }
    candidates = [one for one in tested if (found[one.number].p_adjusted or 0.0) <= ALPHA]
    candidates.sort(key=lambda one: -one.observed)
    reasons: list[_Test] = []
    for one in candidates:
        controls = [reason.column for reason in reasons]
        passes = not reasons or one.conditional_p(controls, rng) <= ALPHA
        goes_with = None if passes else max(reasons, key=one.correlation).number
        standing = FeatureStanding.REASON if passes else FeatureStanding.GOES_WITH
        found[one.number] = replace(found[one.number], standing=standing, goes_with=goes_with)
        reasons += [one] if passes else []
        if one.number not in of_length and np.ptp(length) > 0:
            scaled = np.tanh(length / np.sqrt(np.mean(length**2)))
            p = one.conditional_p([scaled], rng)
            found[one.number] = replace(
                found[one.number], equal_length=one.rate_beside(scaled), p_equal_length=p
            )
    untested = [one for one in tests if one.number not in found]
    return (
        *(found.pop(one.number) for one in candidates),
        *sorted(found.values(), key=lambda one: one.p or 0.0),
        *(one.result(one.why_untested(ALPHA / len(tests))) for one in untested),
    )


class _Test:
    """The pairs that differ in one feature."""

    def __init__(self, outcomes: FloatArray, column: FloatArray, number: int) -> None:
        self.number, self.column = number, column
        self._rows: BoolArray = column != 0
        # b's first, so that the first rows of a permutation are those of pairs in which b has more
        self._order = np.argsort(-column[self._rows], kind="stable")
        self.outcomes = self._within(outcomes)
        self._signs = self._within(column)
        self.more_b = int((self._signs > 0).sum())
        self.more_a = len(self._signs) - self.more_b

    def result(self, standing: FeatureStanding) -> FeatureResult:
        return FeatureResult(self.number, self.more_a, self.more_b, standing)

    def testable(self, alpha: float) -> bool:
        """Whether the counts, without the outcomes, allow a p of at most alpha."""
        return _smallest_p(self.more_a, self.more_b) <= alpha

    def why_untested(self, alpha: float) -> FeatureStanding:
        half = len(self.outcomes) // 2
        return FeatureStanding.ONE_SIDED if _smallest_p(half, half) <= alpha else FeatureStanding.RARE

    @property
    def observed(self) -> float:
        return float(self.t(self.outcomes[None])[0])

    def t(self, outcomes: FloatArray) -> FloatArray:
        b, a = outcomes[:, : self.more_b], outcomes[:, self.more_b :]
        difference, variance = b.mean(axis=1) - a.mean(axis=1), self._variance(outcomes)
        return np.asarray(np.abs(difference) / np.sqrt(np.where(variance > 0, variance, math.inf)))

    def _variance(self, outcomes: FloatArray) -> FloatArray:
        b, a = outcomes[:, : self.more_b], outcomes[:, self.more_b :]
        within = b.var(axis=1, ddof=1) / self.more_b + a.var(axis=1, ddof=1) / self.more_a
        return np.asarray(within + STABILIZER * outcomes.var(axis=1, ddof=1) / outcomes.shape[1])

    def rate(self) -> FeatureRate:
        """½ + (ȳ₊ - ȳ₋) / 4, with Welch's degrees of freedom."""
        b, a = self.outcomes[: self.more_b], self.outcomes[self.more_b :]
        parts = np.array([b.var(ddof=1) / len(b), a.var(ddof=1) / len(a)])
        weights = np.array([len(b) - 1, len(a) - 1])
        squares = float((parts**2 / weights).sum())
        freedom = float(parts.sum() ** 2 / squares) if squares else float(weights.min())
        value = 0.5 + float(b.mean() - a.mean()) / 4
        variance = float(self._variance(self.outcomes[None])[0]) / 16
        return FeatureRate(value, *t_interval(value, variance, freedom, 1 - ALPHA))

    def rate_beside(self, control: FloatArray) -> FeatureRate | None:
        """½ + β/2 of y = α + βx + γz, z another difference; variance HC3 (MacKinnon & White 1985)."""
        if self._beyond([control]) is None:
            return None
        design = np.column_stack([self._signs, np.ones(len(self._signs)), self._within(control)])
        inverse = np.linalg.pinv(design.T @ design)
        coefficients = inverse @ (design.T @ self.outcomes)
        leverage = np.minimum(np.einsum("ij,jk,ik->i", design, inverse, design), 0.99)
        errors = (self.outcomes - design @ coefficients) / (1 - leverage)
        variance = float(((design @ inverse[0] * errors) ** 2).sum()) / 4
        value = min(1.0, max(0.0, 0.5 + float(coefficients[0]) / 2))
        return FeatureRate(value, *t_interval(value, variance, len(design) - 3, 1 - ALPHA))

    def conditional_p(self, controls: Sequence[FloatArray], rng: np.random.Generator) -> float:
        """Return p beyond controls; 1 where they leave less than `LEAST_LEFT` of its variance."""
        beyond = self._beyond(controls)
        if beyond is None:
            return 1.0
        feature, basis = beyond
        stabilizer = STABILIZER / 4 * float(feature @ feature) ** 2 / len(feature)

        def statistic(outcomes: FloatArray) -> FloatArray:
            left = outcomes - (outcomes @ basis) @ basis.T
            variance = left**2 @ feature**2 + stabilizer * left.var(axis=1)
            return np.asarray(np.abs(left @ feature) / np.sqrt(np.where(variance > 0, variance, math.inf)))

        residuals = self.outcomes - basis @ (basis.T @ self.outcomes)
        return _p_value(statistic, residuals, rng, CONDITIONAL_DRAWS)

    def _beyond(self, controls: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray] | None:
        """Return the signs without controls, and a basis of these; None if too little is left."""
        columns = [np.ones(len(self._signs)), *map(self._within, controls)]
        basis = _orthonormal(np.column_stack(columns))
        left = self._signs - basis @ (basis.T @ self._signs)
        whole = float(((self._signs - self._signs.mean()) ** 2).sum())
        return (left, basis) if float(left @ left) >= LEAST_LEFT * whole else None

    def correlation(self, other: _Test) -> float:
        """Absolute correlation of the signs with another feature's, where this one differs."""
        beside = self._within(other.column)
        return abs(float(np.corrcoef(self._signs, beside)[0, 1])) if np.ptp(beside) else 0.0

    def _within(self, values: FloatArray) -> FloatArray:
        return np.asarray(values[self._rows][self._order], dtype=np.float64)


def _smallest_p(more_a: int, more_b: int) -> float:
    """The smallest p that permuting can give; 1 where a side has fewer than `LEAST_SIDE` pairs."""
    few = min(more_a, more_b)
    return 2 / math.comb(more_a + more_b, few) if few >= LEAST_SIDE else 1.0


def _orthonormal(design: FloatArray) -> FloatArray:
    left, singular, _ = np.linalg.svd(design, full_matrices=False)
    return np.asarray(left[:, singular > 1e-9 * singular[0]])


def _p_value(
    statistic: Statistic,
    outcomes: FloatArray,
    rng: np.random.Generator,
    stages: tuple[int, ...] = DRAWS,
) -> float:
    """(1 + number of permutations with as large a statistic) / (draws + 1); few draws where p is large."""
    observed, exceeding, drawn = float(statistic(outcomes[None])[0]) - 1e-9, 0, 0
    for draws in stages:
        while drawn < draws:
            count = min(draws - drawn, max(1, _AT_ONCE // len(outcomes)))
            permuted = rng.permuted(np.broadcast_to(outcomes, (count, len(outcomes))), axis=1)
            exceeding += int((statistic(permuted) >= observed).sum())
            drawn += count
        if exceeding > MOST_EXCEEDING:
            break
    return (1 + exceeding) / (drawn + 1)
