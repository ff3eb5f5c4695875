"""Prediction-powered win rate: people's judgments of some prompts, and a judge's judgments of many more.

People judged some prompts drawn at random; the judge judged these and further prompts. The judge's result on
the further prompts is corrected by its difference from people where both judged. Source: Angelopoulos et al.
2023, "Prediction-powered inference", Science 382:669-674; Angelopoulos, Duchi & Zrnic 2023, "PPI++"; for
pairwise evaluation Boyeau et al. 2024, "AutoEval done right". The unit is the prompt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.core.language import N_
from ftcompare.stats.vote_table import FloatArray

LEAST_POWERED = 10  # minimum number of prompts of both for an interval: docs/explanation/automatic-raters.md

ADDED = 2  # number of won prompts, and of lost prompts, that are added for the interval

T_WITH_ADDED = N_("t over prompts and {more} more, {added} won and {added} lost")


@dataclass(frozen=True, slots=True)
class PredictionPowered:
    """A win rate from prompts that people judged and prompts that only a judge judged."""

    prompts: int  # number of prompts that both people and the judge judged
    further: int  # number of prompts that only the judge judged
    people: float  # mean of people's preferences, 0 to 1
    judge_same: float  # mean of the judge's preferences on the same prompts
    judge_further: float | None  # mean of the judge's preferences on the further prompts; None without any
    tuning: float  # λ̂ before clipping to 0 to 1: the weight of the judge's answers
    rate: float  # θ̂, the win rate, 0 to 1
    variance: float  # V, the variance of the rate
    low: float | None  # lower end, 0 to 1; None, as the others, below `LEAST_POWERED` prompts
    high: float | None
    people_low: float | None  # lower end of the interval from people's answers only, found in the same way
    people_high: float | None
    level: float  # nominal coverage
    people_variance: float  # variance of ``people``

    @property
    def used(self) -> float:
        """λ: 0 where the judge's answers are not used, 1 where they have full weight."""
        return min(1.0, max(0.0, self.tuning))

    @property
    def effective_prompts(self) -> float | None:
        """Number of prompts judged by people only with equal precision; None for a variance of 0."""
        return self.prompts * self.people_variance / self.variance if self.variance > 0 else None

    @property
    def narrower(self) -> bool:
        """Whether the judge makes the interval shorter."""
        ends = self.low, self.high, self.people_low, self.people_high
        low, high, people_low, people_high = (math.nan if end is None else end for end in ends)
        return high - low < people_high - people_low


def prediction_powered(
    people: Sequence[float], same: Sequence[float], further: Sequence[float], level: float = 0.95
) -> PredictionPowered:
    """Return the win rate from people's answers y, the judge's f on the same prompts and f̃ on N others.

    θ̂ = λ mean(f̃) + mean(y - λ f), V = λ² var(f̃) / N + var(y - λ f) / n,
    λ̂ = cov(y, f) / ((1 + n / N) var(f and f̃)), with population variances. θ̂ is clipped to 0 and 1.

    Args:
        people: y, people's mean preference on each of n prompts that both judged, 0 to 1.
        same: f, the judge's preference on the same prompts in the same order.
        further: f̃, the judge's preference on the N others; empty gives the mean of people's answers.

    Raises:
        ValueError: no prompt was judged by both, or y and f have different lengths.
    """
    if not people or len(people) != len(same):
        raise ValueError(
            "each prompt that people judged needs a value of the judge, and there must be at least one"
        )
    y, f, others = (np.asarray(values, dtype=np.float64) for values in (people, same, further))
    tuning = power_tuning(y, f, others)
    rate, variance = _estimate(y, f, others, tuning)
    nobody = np.empty(0)
    low, high = powered_interval(y, f, others, level) if len(y) >= LEAST_POWERED else (None, None)
    alone = powered_interval(y, f, nobody, level) if len(y) >= LEAST_POWERED else (None, None)
    return PredictionPowered(
        prompts=len(y),
        further=len(others),
        people=float(y.mean()),
        judge_same=float(f.mean()),
        judge_further=float(others.mean()) if len(others) else None,
        tuning=tuning,
        rate=min(1.0, max(0.0, rate)),
        variance=variance,
        low=low,
        high=high,
        people_low=alone[0],
        people_high=alone[1],
        level=level,
        people_variance=float(y.var()) / len(y),
    )


def power_tuning(y: FloatArray, f: FloatArray, further: FloatArray) -> float:
    """Return λ̂ before clipping; 0 without further prompts, or where all answers of the judge are equal."""
    variance = float(np.concatenate([f, further]).var())
    if not len(further) or variance <= 0:
        return 0.0
    covariance = float(((y - y.mean()) * (f - f.mean())).mean())
    return covariance / ((1 + len(y) / len(further)) * variance)


def powered_interval(y: FloatArray, f: FloatArray, further: FloatArray, level: float) -> tuple[float, float]:
    """Return the interval of θ̂, within 0 and 1; it contains θ̂.

    As in the intervals of Agresti & Coull 1998 for a share, prompts are added for the interval: `ADDED` won
    and as many lost, on which the judge gives its mean. They are needed for rates near 0 and 1, and for few
    prompts, because λ̂ is estimated from the same prompts: θ̂ ± t √V without them covers the true rate too
    rarely (the table in docs/explanation/automatic-raters.md). The variance of y - λ f has the divisor n + 2
    `ADDED` - 2, because its mean and λ̂ are both estimated from it; t has n - 1 degrees of freedom.

    y has two prompts or more, 0 to 1; without `further`, only people's answers count.
    """
    own = _estimate(y, f, further, power_tuning(y, f, further))[0]
    more_y = np.concatenate([y, np.ones(ADDED), np.zeros(ADDED)])
    more_f = np.concatenate([f, np.full(2 * ADDED, np.concatenate([f, further]).mean())])
    tuning = power_tuning(more_y, more_f, further)
    centre, variance = _estimate(more_y, more_f, further, tuning, count=2)
    margin = float(special.stdtrit(len(y) - 1, (1 + level) / 2)) * math.sqrt(variance)
    own = min(1.0, max(0.0, own))
    return max(0.0, min(own, centre - margin)), min(1.0, max(own, centre + margin))


def _estimate(
    y: FloatArray, f: FloatArray, further: FloatArray, tuning: float, *, count: int = 0
) -> tuple[float, float]:
    """Return θ̂ and V; `count` quantities estimated from y - λ f are subtracted from its divisor."""
    used = min(1.0, max(0.0, tuning))
    rest = y - used * f
    rate, variance = float(rest.mean()), float(rest.var(ddof=count)) / len(rest)
    if len(further):
        rate += used * float(further.mean())
        variance += used**2 * float(further.var()) / len(further)
    return rate, variance
