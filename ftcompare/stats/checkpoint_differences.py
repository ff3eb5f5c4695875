"""Two systems held against one base on the same prompts: how much better the second fares."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.vote_table import FloatArray, IntArray, compact, means_by
from ftcompare.stats.win_rate import (
    OVER_PROMPTS,
    OVER_PROMPTS_AND_RATERS,
    SAME,
    cluster_variance,
    two_way_variance,
    wilson,
)


@dataclass(frozen=True, slots=True)
class PreferenceShare:
    """One judgment of a system against the base: the share, 0 to 1, that the system got.

    Args:
        prompt: key that is equal for judgments of the same prompt, whichever system they are of.
        rater: key that is equal for judgments by the same rater.
    """

    prompt: str
    rater: str
    share: float


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the second's win rate is above the first's, on prompts that both were judged on.

    Args:
        value: -1 to 1; above 0 the second is better.
        low: lower end of its interval; None where there is none (one prompt). So for ``high``.
        generalises_over: ``prompts`` or ``prompts and raters``.
        prompts: that both were judged on.
        explanation: the formula in words with the numbers put in.
    """

    value: float
    low: float | None
    high: float | None
    level: float
    method: str
    generalises_over: str
    prompts: int
    explanation: str


def paired_differences(
    first: Iterable[PreferenceShare], second: Iterable[PreferenceShare], level: float = 0.95
) -> tuple[Difference | None, Difference | None]:
    """The difference of two systems' win rates, for other prompts, and for other raters too.

    D = Σ_p d_p / P with d_p the second's mean on prompt p less the first's: each shared prompt counts
    once, however many judged it. Over prompts: t on P - 1 degrees of freedom with the variance of D,
    P/(P-1) · Σ_p ((d_p - D)/P)². Over prompts and raters: each judgment moves D by
    e = ± (x - m)/(P · n_p), where m is its system's mean over the shared prompts and n_p the system's
    judgments of the prompt; V = max(V_prompt + V_rater - V_cell, V_prompt, V_rater) with
    V_g = G/(G-1) · Σ_g (Σ_{i in g} e_i)², t on min(P, R) - 1 degrees of freedom. Source: Cameron,
    Gelbach & Miller 2011, for a statistic linear in the judgments; `win_rate.rate_over_raters`.
    Where all d_p are the same the variance says nothing: then at most Wilson's upper limit u for the
    share of prompts of another difference is, and D lies in (1 - u) · D ± u.

    Returns:
        None for both without a shared prompt; the second is None for fewer than two prompts or raters.
    """
    columns = _columns(tuple(first), tuple(second))
    return (None, None) if columns is None else (_over_prompts(columns, level), _over_both(columns, level))


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """The judgments of the shared prompts.

    Args:
        prompt: codes, as ``rater``.
        parts: by prompt, the second's mean less the first's.
        moves: what each judgment adds to the difference less what it would add at the mean, times their
            number: the variance of their mean is that of the difference. They sum to 0.
    """

    prompt: IntArray
    rater: IntArray
    parts: FloatArray
    moves: FloatArray

    @property
    def value(self) -> float:
        return float(self.parts.mean())


def _columns(first: Sequence[PreferenceShare], second: Sequence[PreferenceShare]) -> _Columns | None:
    shared = {one.prompt for one in first} & {other.prompt for other in second}
    if not shared:
        return None
    rows = [
        (one.prompt, one.rater, one.share, sign)
        for given, sign in ((first, -1), (second, 1))
        for one in given
        if one.prompt in shared
    ]
    prompt = _codes([row[0] for row in rows])
    shares, signs = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    moves, parts = np.zeros(len(rows)), np.zeros(len(shared))
    for sign in (-1, 1):
        of_system = signs == sign
        means = means_by(shares[of_system], prompt[of_system])
        counts = np.bincount(prompt[of_system], minlength=len(shared))[prompt[of_system]]
        moves[of_system] = sign * (shares[of_system] - means.mean()) / (len(shared) * counts)
        parts += sign * means
    return _Columns(prompt, _codes([row[1] for row in rows]), parts, moves * len(rows))


def _codes(keys: Sequence[str]) -> IntArray:
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _over_prompts(columns: _Columns, level: float) -> Difference:
    count, variance = len(columns.parts), cluster_variance(columns.moves, columns.prompt)
    if variance is None:
        return _difference(columns, None, None, level, "none", OVER_PROMPTS)
    if variance < SAME:
        return _of_equals(columns, count, level, OVER_PROMPTS)
    return _by_t(columns, variance, count - 1, level, "t over paired prompts", OVER_PROMPTS)


def _over_both(columns: _Columns, level: float) -> Difference | None:
    variance = two_way_variance(columns.moves, columns.prompt, columns.rater)
    if variance is None:
        return None
    smaller = min(len(columns.parts), compact(columns.rater)[1])
    if variance < SAME:
        return _of_equals(columns, smaller, level, OVER_PROMPTS_AND_RATERS)
    return _by_t(columns, variance, smaller - 1, level, "paired two-way cluster t", OVER_PROMPTS_AND_RATERS)


def _by_t(
    columns: _Columns, variance: float, freedom: int, level: float, method: str, scope: str
) -> Difference:
    margin = float(special.stdtrit(freedom, (1 + level) / 2)) * math.sqrt(variance)
    low, high = max(-1.0, columns.value - margin), min(1.0, columns.value + margin)
    return _difference(columns, low, high, level, method, scope)


def _of_equals(columns: _Columns, n: int, level: float, scope: str) -> Difference:
    other = wilson(0, n, level)[1]
    low, high = (1 - other) * columns.value - other, (1 - other) * columns.value + other
    return _difference(columns, low, high, level, "Wilson's limit for prompts of another difference", scope)


def _difference(
    columns: _Columns, low: float | None, high: float | None, level: float, method: str, scope: str
) -> Difference:
    value, count = columns.value, len(columns.parts)
    prompts = f"{count:,} shared prompt{'' if count == 1 else 's'}"
    words = f"Mean over {prompts} of the second's win rate less the first's: {100 * value:+.1f} points."
    if low is not None and high is not None:
        ends = f"{100 * low:+.1f} to {100 * high:+.1f}"
        words = (
            f"{words} Interval at {level:.0%}: {ends}, by {method}. It speaks for other {scope} like these."
        )
    return Difference(value, low, high, level, method, scope, count, words)
