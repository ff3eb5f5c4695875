"""Mean grades of systems whose answers raters saw one at a time, and their differences.

Grades are converted to 0 (the lowest grade) to 1 (the highest) for every interval, and back to grades for
people. A prompt has the same weight however many raters graded its answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from ftcompare.core.grouping import grouped
from ftcompare.stats.paired_difference import paired_difference, prompt_mean
from ftcompare.stats.vote_table import FloatArray
from ftcompare.stats.win_rate import OVER_PROMPTS, OVER_PROMPTS_AND_RATERS, interval_over_raters

_Key = TypeVar("_Key", bound=Hashable)

LEVEL = 0.95
STRICTER = 0.5
"""The interval of a mean for other raters leaves out this part of 1 - `LEVEL`. Without it, the interval holds
the truth in 92.5% of simulated studies with three raters whose severity differs as much as single grades."""


class Grade(NamedTuple):
    """One current grade of an answer."""

    prompt: str  # key that is equal for grades of answers to the same prompt
    rater: str  # key that is equal for grades by the same rater
    system: str  # name of the system whose answer was graded
    grade: int


@dataclass(frozen=True, slots=True)
class GradeInterval:
    low: float
    high: float
    generalises_over: str  # ``prompts`` or ``prompts and raters``


@dataclass(frozen=True, slots=True)
class SystemGrade:
    system: str
    value: float  # mean over prompts of the mean grade of each prompt's answers
    these: GradeInterval | None  # interval for these raters; None with few prompts
    others: GradeInterval | None  # interval for other raters of this kind; None with few raters
    counts: tuple[int, ...]  # number of grades, from the lowest to the highest grade
    prompts: int
    raters: int

    @property
    def grades(self) -> int:
        return sum(self.counts)

    @property
    def widest(self) -> GradeInterval | None:
        return self.others or self.these


@dataclass(frozen=True, slots=True)
class GradeDifference:
    """The mean grade of `b` minus that of `a`, on the prompts on which both were graded."""

    a: str
    b: str
    value: float
    these: GradeInterval | None  # interval for these raters; None with few prompts
    others: GradeInterval | None  # interval for other raters of this kind; None with few raters
    prompts: int
    level: float  # nominal coverage of both intervals: 95% for all pairs of systems together

    @property
    def widest(self) -> GradeInterval | None:
        return self.others or self.these

    @property
    def found(self) -> str:
        """The population for which the interval excludes 0: ``prompts and raters``, ``prompts``, or none."""
        for ends in (self.others, self.these):
            if ends is not None and not ends.low <= 0 <= ends.high:
                return ends.generalises_over
        return ""


@dataclass(frozen=True, slots=True)
class GradeSummary:
    low: int  # the lowest and the highest grade of the scale
    high: int
    grades: int  # number of grades
    raters: int
    prompts: int
    systems: tuple[SystemGrade, ...] = ()
    differences: tuple[GradeDifference, ...] = ()


def summarise_grades(
    given: Iterable[Grade], systems: Sequence[str], *, low: int, high: int, together: int = 1
) -> GradeSummary:
    """Return the mean of each of the `systems` that was graded, and the difference of each two, in order.

    `low` and `high` are the ends of the scale. The intervals of the differences are all true together with a
    probability of `LEVEL`, also if there are `together` such summaries.
    """
    grades = tuple(given)
    of_system = grouped((one.system, one) for one in grades)
    order = [name for name in systems if name in of_system]
    pairs = [*combinations(order, 2)]
    level = 1 - (1 - LEVEL) / max(1, len(pairs) * together)
    scale = _Scale(low, high)
    return GradeSummary(
        low,
        high,
        len(grades),
        len({one.rater for one in grades}),
        len({one.prompt for one in grades}),
        tuple(_of_system(name, of_system[name], scale) for name in order),
        tuple(_difference(a, b, of_system[a], of_system[b], scale, level) for a, b in pairs),
    )


class _Scale(NamedTuple):
    low: int
    high: int

    @property
    def width(self) -> int:
        return self.high - self.low

    def share(self, grade: int) -> float:
        return (grade - self.low) / self.width

    def grade(self, share: float) -> float:
        return self.low + self.width * share


def _of_system(name: str, grades: Sequence[Grade], scale: _Scale) -> SystemGrade:
    """Return the mean with its intervals.

    These raters: Student's interval over the means of the prompts, with one prompt of the lowest and one of
    the highest grade added (`prompt_mean`). Other raters: the smallest interval that contains it and that of
    the components of variance over prompts and raters (`interval_over_raters`).
    """
    mean = prompt_mean([*_by_prompt(grades, scale).values()], LEVEL)
    these = others = None
    if mean.low is not None and mean.high is not None:
        these = GradeInterval(scale.grade(mean.low), scale.grade(mean.high), OVER_PROMPTS)
        leans = {cell: 2 * share - 1 for cell, share in _by_cell(grades, scale).items()}
        if ends := _over_raters(leans, 1 - STRICTER * (1 - LEVEL)):
            low, high = ((1 + end) / 2 for end in ends)
            both = max(0.0, min(mean.low, low)), min(1.0, max(mean.high, high))
            others = GradeInterval(scale.grade(both[0]), scale.grade(both[1]), OVER_PROMPTS_AND_RATERS)
    counts = Counter(one.grade for one in grades)
    every = tuple(counts[grade] for grade in range(scale.low, scale.high + 1))
    raters = len({one.rater for one in grades})
    return SystemGrade(name, scale.grade(mean.value), these, others, every, mean.prompts, raters)


def _difference(
    a: str, b: str, first: Sequence[Grade], second: Sequence[Grade], scale: _Scale, level: float
) -> GradeDifference:
    """Return the difference paired by prompt with its intervals.

    These raters: Student's interval over the differences of the prompts (`paired_difference`). Other raters:
    the smallest interval that contains it and that of `interval_over_raters` for the differences of raters
    who graded both systems on a prompt.
    """
    coarse = scale.width == 1  # then both systems often have the same mean on a prompt
    found = paired_difference(_by_prompt(first, scale), _by_prompt(second, scale), coarse=coarse, level=level)
    if found is None:
        return GradeDifference(a, b, 0.0, None, None, 0, level)
    these = others = None
    if found.low is not None and found.high is not None:
        these = GradeInterval(found.low * scale.width, found.high * scale.width, OVER_PROMPTS)
        own, other = _by_cell(first, scale), _by_cell(second, scale)
        shared = {cell: other[cell] - own[cell] for cell in own if cell in other}
        if ends := _over_raters(shared, level):
            both = max(-1.0, min(found.low, ends[0])), min(1.0, max(found.high, ends[1]))
            others = GradeInterval(both[0] * scale.width, both[1] * scale.width, OVER_PROMPTS_AND_RATERS)
    return GradeDifference(a, b, found.difference * scale.width, these, others, found.prompts, level)


_Cell: TypeAlias = tuple[str, str]  # prompt key and rater key


def _by_prompt(grades: Iterable[Grade], scale: _Scale) -> dict[str, float]:
    return _means((one.prompt, scale.share(one.grade)) for one in grades)


def _by_cell(grades: Iterable[Grade], scale: _Scale) -> dict[_Cell, float]:
    """Return the mean of each rater's grades on each prompt, which has several with several samples."""
    return _means(((one.prompt, one.rater), scale.share(one.grade)) for one in grades)


def _means(shares: Iterable[tuple[_Key, float]]) -> dict[_Key, float]:
    return {key: fmean(of) for key, of in grouped(shares).items()}


def _over_raters(leans: Mapping[_Cell, float], level: float) -> tuple[float, float] | None:
    """Return the ends of `interval_over_raters` for values of -1 to 1 by prompt and rater."""
    if not leans:
        return None
    values: FloatArray = np.array([*leans.values()])
    prompts, raters = (np.unique(keys, return_inverse=True)[1] for keys in zip(*leans, strict=True))
    return interval_over_raters(values, prompts, raters, level)
