"""Typical times of answers, and differences of them between two systems on the same prompts.

Times have rare, large outliers, so everything here is a median. The unit of sampling is the prompt; repeats
of a prompt only make its own value more precise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from scipy import special

from ftcompare.stats.paired_difference import SAME_VALUE, PairedDifference

LEAST_TIMED = 6  # minimum number of prompts for a 95% interval of a median: 2 / 2⁶ = 3.1%

SIGN_INTERVAL = "exact interval of a median over prompts, by the sign test"

Times = Mapping[tuple[str, int], float]  # a value for each prompt key and repeat


@dataclass(frozen=True, slots=True)
class TypicalTime:
    """The median over prompts of each prompt's median over its repeats."""

    value: float
    low: float | None  # lower end of its interval; None, as ``high``, below `LEAST_TIMED` prompts
    high: float | None
    slow: float  # the value that 95% of all answers are at least as fast as
    prompts: int  # number of prompts
    answers: int  # number of answers


def typical_time(times: Times, *, faster_is_higher: bool, level: float = 0.95) -> TypicalTime | None:
    """Return the typical value of one system; None without values."""
    if not times:
        return None
    own = [*_by_prompt(times).values()]
    low, high = median_interval(own, level)
    slow = float(np.quantile([*times.values()], 0.05 if faster_is_higher else 0.95))
    return TypicalTime(median(own), low, high, slow, len(own), len(times))


def time_difference(a: Times, b: Times, level: float = 0.95) -> PairedDifference | None:
    """Return the typical difference of b from a, paired by prompt and repeat; None where they share none.

    The value of a prompt is the median over repeats of b minus a, the difference the median over prompts.
    ``mean_a`` and ``mean_b`` are medians over prompts; their difference may be another.
    """
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return None
    found = [*_by_prompt({key: b[key] - a[key] for key in shared}).values()]
    low, high = median_interval(found, level)
    own, other = (median(_by_prompt({key: of[key] for key in shared}).values()) for of in (a, b))
    differing = sum(abs(one) > SAME_VALUE for one in found)
    method = "" if low is None else SIGN_INTERVAL
    return PairedDifference(own, other, median(found), low, high, len(found), differing, level, method)


def median_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float] | tuple[None, None]:
    """Return the interval of a median by the sign test, which makes no assumption on the distribution.

    Its ends are the k-th smallest and the k-th largest value, with the largest k for which a binomial with
    chance ½ is below k with probability (1 - level) / 2 or less. Source: Thompson 1936, Annals of
    Mathematical Statistics 7:122-128.

    Returns:
        (None, None) where even the smallest and the largest value cover less than ``level``.
    """
    count = len(values)
    ranks = np.arange(count // 2)
    below = int((special.bdtr(ranks, count, 0.5) <= (1 - level) / 2).sum())
    if not below:
        return None, None
    ordered = sorted(values)
    return ordered[below - 1], ordered[-below]


def _by_prompt(times: Times) -> dict[str, float]:
    found = defaultdict[str, list[float]](list)
    for (prompt, _), value in times.items():
        found[prompt].append(value)
    return {prompt: median(own) for prompt, own in found.items()}
