"""A measure of two systems on the same prompts: differences and intervals by hand.

The mean of a measure over prompts and its interval.

McNemar's exact test of passed prompts.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ftcompare.stats.paired_difference import (
    JUMPS_SEEN_FROM,
    LEAST_COMPARED,
    T_OVER_PROMPTS,
    T_WITH_ENDS,
    T_WITH_TWO,
    McNemar,
    difference_interval,
    mcnemar,
    mean_interval,
    paired_difference,
    prompt_mean,
    unbounded_difference,
)


def by_prompt(*values: float) -> dict[str, float]:
    return {f"p{number}": value for number, value in enumerate(values)}


def test_only_prompts_of_both_count() -> None:
    found = paired_difference({"x": 0.2, "y": 0.5}, {"y": 0.75, "z": 1.0}, coarse=False)
    assert found is not None
    assert (found.mean_a, found.mean_b, found.difference) == (0.5, 0.75, 0.25)
    assert (found.prompts, found.differing) == (1, 1)
    assert paired_difference({"x": 0.2}, {"y": 0.3}, coarse=False) is None


def test_few_prompts_have_no_interval() -> None:
    a = by_prompt(*([0.2] * (LEAST_COMPARED - 1)))
    found = paired_difference(a, dict.fromkeys(a, 0.9), coarse=False)
    assert found is not None
    assert (found.low, found.high, found.method, found.told_apart) == (None, None, "", False)


def test_the_interval_of_fine_values_is_student_s() -> None:
    a = by_prompt(*np.linspace(0.1, 0.5, 12))
    b = by_prompt(*(np.linspace(0.1, 0.5, 12) + np.tile([0.1, 0.2, 0.3], 4)))
    found = paired_difference(a, b, coarse=False)
    assert found is not None
    theirs = stats.ttest_rel([*b.values()], [*a.values()]).confidence_interval(0.95)
    assert found.low == pytest.approx(theirs.low)
    assert found.high == pytest.approx(theirs.high)
    assert (found.method, found.told_apart) == (T_OVER_PROMPTS, True)


@pytest.mark.parametrize("coarse", [True, False])
def test_rare_differences_have_an_interval_that_counts_the_unseen(coarse: bool) -> None:
    """One of 20 prompts differs by -1; with 1 and -1 added Σd = -1 and Σd² = 3 over 22."""
    b = by_prompt(*([1.0] * 19), 0.0)
    found = paired_difference(by_prompt(*([1.0] * 20)), b, coarse=coarse)
    assert found is not None
    margin = stats.t.ppf(0.975, 21) * math.sqrt((3 - 1 / 22) / 21 / 22)
    assert found.difference == pytest.approx(-0.05)
    assert found.low == pytest.approx(-1 / 22 - margin)
    assert found.high == pytest.approx(-1 / 22 + margin)
    assert (found.differing, found.method, found.told_apart) == (1, T_WITH_TWO, False)


def test_without_any_difference_the_interval_is_no_point() -> None:
    same = by_prompt(*([1.0] * 30))
    found = paired_difference(same, same, coarse=True)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < -0.09 < 0.09 < found.high


def test_an_interval_holds_the_difference_and_stays_within_what_is_possible() -> None:
    found = paired_difference(by_prompt(*([0.0] * 40)), by_prompt(*([1.0] * 40)), coarse=True)
    assert found is not None
    assert found.low is not None
    assert found.low < 1.0 == found.high
    assert difference_interval(np.full(10, 0.5), 0.95, two_more=False) == (0.5, 0.5)


def test_where_large_differences_may_be_rare_few_prompts_get_two_more() -> None:
    for prompts, method in ((JUMPS_SEEN_FROM - 1, T_WITH_TWO), (JUMPS_SEEN_FROM, T_OVER_PROMPTS)):
        a = by_prompt(*np.linspace(0.1, 0.5, prompts))
        found = paired_difference(a, by_prompt(*np.linspace(0.2, 0.5, prompts)), coarse=False, jumps=True)
        assert found is not None
        assert found.method == method


def test_of_a_measure_of_any_size_the_interval_is_students_alone() -> None:
    a = {str(n): float(n) for n in range(12)}
    b = {str(n): n + 2.0 + n % 3 for n in range(12)}
    found = unbounded_difference(a, b)
    assert found is not None
    differences = np.array([2.0 + n % 3 for n in range(12)])
    margin = stats.t.ppf(0.975, 11) * differences.std(ddof=1) / np.sqrt(12)
    assert (found.mean_a, found.mean_b, found.difference) == (5.5, 8.5, 3.0)
    assert found.low == pytest.approx(3 - margin)
    assert found.high == pytest.approx(3 + margin)
    assert (found.prompts, found.differing, found.method, found.told_apart) == (12, 12, T_OVER_PROMPTS, True)
    few = unbounded_difference({"x": 1.0}, {"x": 3.0, "y": 1.0})
    assert few is not None
    assert (few.difference, few.low, few.high, few.method) == (2.0, None, None, "")
    assert unbounded_difference({"x": 1.0}, {"y": 1.0}) is None


def test_two_prompts_are_added_for_the_interval_by_hand() -> None:
    """Eight of ten pass: twelve values with nine ones, mean .75, t of 11 degrees 2.20099."""
    found = prompt_mean([1.0] * 8 + [0.0] * 2)
    assert (found.value, found.prompts, found.level, found.method) == (0.8, 10, 0.95, T_WITH_ENDS)
    margin = 2.2009852 * (0.75 * 0.25 / 11) ** 0.5
    assert found.low == pytest.approx(0.75 - margin)
    assert found.high == 1.0
    assert mean_interval([0.25, 0.75], 0.95, ends=False) == (0.0, 1.0)


def test_an_interval_of_equal_values_has_a_width_and_holds_them() -> None:
    found = prompt_mean([1.0] * 20)
    assert found.low is not None
    assert 0.7 < found.low < 0.95
    assert found.high == 1.0


def test_few_prompts_have_a_mean_and_no_interval() -> None:
    found = prompt_mean([0.5, 1.0])
    assert (found.value, found.low, found.high, found.method) == (0.75, None, None, "")


def test_twelve_against_four() -> None:
    """2 × P(X ≤ 4) of 16 at one half: 2 × 2,517 / 65,536."""
    a = {str(n): float(n < 12 or n >= 16) for n in range(20)}
    b = {str(n): float(n >= 12) for n in range(20)}
    found = mcnemar(a, b)
    assert found is not None
    assert (found.only_a, found.only_b) == (12, 4)
    assert found.p == pytest.approx(0.0768127, abs=1e-7)


def test_shares_are_left_out_and_without_prompts_there_is_none() -> None:
    assert mcnemar({"p": 0.5, "q": 1.0}, {"p": 1.0, "q": 1.0}) == McNemar(0, 0, None)
    assert mcnemar({"p": 0.5}, {"p": 1.0}) is None
    assert mcnemar({"p": 1.0}, {"q": 1.0}) is None
