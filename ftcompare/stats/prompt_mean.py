"""The mean of a measure over prompts, with an interval for other prompts like these.

A measure lies between 0 and 1 and has one value for each prompt. The unit is the prompt.
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
    """A mean over prompts.

    Args:
        value: 0 to 1.
        low: lower end of its interval; None, as ``high``, below `LEAST_COMPARED` prompts.
        prompts: how many.
        level: nominal coverage.
        method: name of the interval; empty without one.
    """

    value: float
    low: float | None
    high: float | None
    prompts: int
    level: float
    method: str


def prompt_mean(values: Collection[float], level: float = 0.95) -> PromptMean:
    """The mean of a system's values, one of each prompt, with Student's interval.

    Two prompts are added for the interval alone, one of 0 and one of 1: that all of 20 answers pass does not
    mean that all would, and values that lie close together in a few prompts need not do so in others.
    Sources: Student 1908; adding to both ends as Agresti & Coull 1998, The American Statistician 52:119-126.
    docs/statistics.md has how often it holds the truth.

    Args:
        values: 0 to 1, one or more.
        level: nominal coverage.
    """
    count, mean = len(values), math.fsum(values) / len(values)
    if count < LEAST_COMPARED:
        return PromptMean(mean, None, None, count, level, "")
    low, high = mean_interval(values, level)
    return PromptMean(mean, low, high, count, level, T_WITH_ENDS)


def mean_interval(values: Collection[float], level: float, *, ends: bool = True) -> tuple[float, float]:
    """Student's interval of the mean of some values, within 0 and 1; it holds the mean.

    Args:
        values: of each prompt, 0 to 1, two or more.
        level: nominal coverage.
        ends: whether a value of 0 and one of 1 are added.
    """
    own, more = math.fsum(values) / len(values), [*values, *((0.0, 1.0) if ends else ())]
    count, centre = len(more), math.fsum(more) / len(more)
    variance = math.fsum((value - centre) ** 2 for value in more) / (count - 1)
    margin = float(special.stdtrit(count - 1, (1 + level) / 2)) * math.sqrt(variance / count)
    return max(0.0, min(own, centre - margin)), min(1.0, max(own, centre + margin))
