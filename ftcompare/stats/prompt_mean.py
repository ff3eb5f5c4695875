"""The mean of a measure over prompts, with an interval for other prompts like these.

A measure has one value between 0 and 1 for each prompt. The unit of sampling is the prompt.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from scipy import special

from ftcompare.stats.paired_difference import LEAST_COMPARED

T_WITH_ENDS = "t over prompts and two more, one of 0 and one of 1"


@dataclass(frozen=True, slots=True)
class PromptMean:
    """A mean over prompts."""

    value: float  # 0 to 1
    low: float | None  # lower end of its interval; None, as ``high``, below `LEAST_COMPARED` prompts
    high: float | None
    prompts: int  # number of prompts
    level: float  # nominal coverage
    method: str  # name of the interval; empty without one


def prompt_mean(values: Collection[float], level: float = 0.95) -> PromptMean:
    """The mean of a system's values, one for each prompt, with Student's interval.

    Two prompts are added for the interval only, one with value 0 and one with 1: 20 passes of 20 answers do
    not show that every answer passes, and a few close values do not show that all prompts have close values.
    Sources: Student 1908; adding to both ends as in Agresti & Coull 1998, The American Statistician
        52:119-126.
    docs/statistics.md gives the coverage.

    Args:
        values: 0 to 1, at least one.
    """
    count, mean = len(values), math.fsum(values) / len(values)
    if count < LEAST_COMPARED:
        return PromptMean(mean, None, None, count, level, "")
    low, high = mean_interval(values, level)
    return PromptMean(mean, low, high, count, level, T_WITH_ENDS)


def mean_interval(values: Collection[float], level: float, *, ends: bool = True) -> tuple[float, float]:
    """Student's interval of the mean of values, clipped to 0 and 1; it contains the mean.

    Args:
        values: one for each prompt, 0 to 1, at least two.
        ends: whether a value of 0 and one of 1 are added.
    """
    own, more = math.fsum(values) / len(values), [*values, *((0.0, 1.0) if ends else ())]
    count, centre = len(more), math.fsum(more) / len(more)
    variance = math.fsum((value - centre) ** 2 for value in more) / (count - 1)
    margin = float(special.stdtrit(count - 1, (1 + level) / 2)) * math.sqrt(variance / count)
    return max(0.0, min(own, centre - margin)), min(1.0, max(own, centre + margin))
