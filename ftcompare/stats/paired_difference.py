"""The difference of a measure between two systems on the same prompts.

A measure has one value between 0 and 1 for each prompt and system, such as the share of equal samples. The
unit of sampling is the prompt.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.vote_table import FloatArray

LEAST_COMPARED = 10  # minimum number of prompts for an interval; docs/statistics.md gives the coverage

JUMPS_SEEN_FROM = 50
"""Number of prompts (from simulations) that is enough to show the rare large differences of a measure."""

SAME_VALUE = 1e-12  # values that differ by at most this are equal

T_OVER_PROMPTS = "t over prompts"
T_WITH_TWO = "t over prompts and two more that differ by 1 and by -1"


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of b minus that of a, on the prompts where both have a value."""

    mean_a: float  # mean of a on these prompts, 0 to 1; ``mean_b`` likewise
    mean_b: float
    difference: float  # -1 to 1
    # lower end of its interval, at least -1; None, as ``high``, below `LEAST_COMPARED` prompts
    low: float | None
    high: float | None
    prompts: int  # number of these prompts
    differing: int  # number of prompts on which the two differ
    level: float  # nominal coverage
    method: str  # name of the interval; empty without one

    @property
    def told_apart(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    @property
    def too_large(self) -> bool:
        """Whether the values overflow: the difference or its interval is infinite or NaN."""
        return not math.isfinite(self.difference) or (self.low is None and self.prompts >= LEAST_COMPARED)


def paired_difference(
    a: Mapping[str, float], b: Mapping[str, float], *, coarse: bool, jumps: bool = False, level: float = 0.95
) -> PairedDifference | None:
    """The mean difference of two systems on the prompts that both have.

    d̄ ± t √(s² / P) over the differences of P prompts, t on P - 1 degrees of freedom. For the interval only,
    two prompts are added, one with difference 1 and one with -1, in three cases: the measure has few values,
    so that both systems often have the same one (shares of a few samples: ``coarse``); both systems have the
    same value on more than half of the prompts; or the measure is usually small and occasionally near 1
    (``jumps``, such as the overlap with a reference) and there are fewer than `JUMPS_SEEN_FROM` prompts.
    Without them rare differences are missed: none among 20 prompts does not mean that there are none, and
    rare large differences determine the mean. Source: Student 1908; the two prompts are those that Agresti &
    Min 2005, Statistics in Medicine 24:729-740, add to matched pairs.

    Args:
        a: values of the first system by prompt, 0 to 1.
        coarse: whether the measure has few different values.
        jumps: whether the measure has many values and may differ much on few prompts.

    Returns:
        None where no prompt has values of both.
    """
    prompts = sorted(a.keys() & b.keys())
    if not prompts:
        return None
    values = np.array([[a[prompt], b[prompt]] for prompt in prompts])
    differences: FloatArray = values[:, 1] - values[:, 0]
    differing = int((np.abs(differences) > SAME_VALUE).sum())
    low, high, method = None, None, ""
    mean = float(differences.mean())
    if len(prompts) >= LEAST_COMPARED:
        two_more = adds_two(len(prompts), differing, coarse=coarse, jumps=jumps)
        method = T_WITH_TWO if two_more else T_OVER_PROMPTS
        low, high = difference_interval(differences, level, two_more=two_more)
    means = values.mean(axis=0)
    return PairedDifference(
        float(means[0]), float(means[1]), mean, low, high, len(prompts), differing, level, method
    )


def unbounded_difference(
    a: Mapping[str, float], b: Mapping[str, float], *, level: float = 0.95
) -> PairedDifference | None:
    """The mean difference of two systems in an unbounded measure, such as bits per byte.

    d̄ ± t √(s² / P) over the differences. No prompts are added, because the measure has no largest
    difference. Means, difference and interval have no bounds. Where values overflow when added or squared
    there is no interval, and the difference may be infinite or NaN. Source: Student 1908.

    Args:
        a: values of the first system by prompt or item.

    Returns:
        None where no prompt or item has values of both.
    """
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return None
    values = np.array([[a[one], b[one]] for one in shared])
    low, high, method = None, None, ""
    with np.errstate(over="ignore", invalid="ignore"):
        differences: FloatArray = values[:, 1] - values[:, 0]
        differing = int((np.abs(differences) > SAME_VALUE).sum())
        mean = float(differences.mean())
        if len(shared) >= LEAST_COMPARED:
            ends = difference_interval(differences, level, two_more=False, bounded=False)
            if np.isfinite([mean, *ends]).all():
                (low, high), method = ends, T_OVER_PROMPTS
    mean_a, mean_b = (mean_of_any_size(own) for own in values.T.tolist())
    return PairedDifference(mean_a, mean_b, mean, low, high, len(shared), differing, level, method)


def mean_of_any_size(values: Collection[float]) -> float:
    """The mean of one or more finite values whose sum may overflow.

    Where the sum overflows, each value is divided by their number before adding.
    """
    found = sum(values) / len(values)
    return found if math.isfinite(found) else sum(value / len(values) for value in values)


def adds_two(prompts: int, differing: int, *, coarse: bool, jumps: bool) -> bool:
    """Whether two prompts are added for the interval; see `paired_difference`."""
    return coarse or 2 * differing < prompts or (jumps and prompts < JUMPS_SEEN_FROM)


def difference_interval(
    differences: FloatArray, level: float, *, two_more: bool, bounded: bool = True
) -> tuple[float, float]:
    """The t interval of the mean of differences; it contains the mean, and is clipped to -1 and 1 if bounded.

    Args:
        differences: one for each prompt, -1 to 1 if bounded; at least two.
    """
    own = float(differences.mean())
    values = np.concatenate([differences, [1.0, -1.0]]) if two_more else differences
    t = float(special.stdtrit(len(values) - 1, (1 + level) / 2))
    margin = t * math.sqrt(float(values.var(ddof=1)) / len(values))
    centre = float(values.mean())
    low, high = min(own, centre - margin), max(own, centre + margin)
    return (max(-1.0, low), min(1.0, high)) if bounded else (low, high)
