"""How many prompts it takes."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from ftcompare.stats.planning import (
    detectable_rate,
    prompts_for_difference,
    prompts_for_rate,
    prompts_still_needed,
    sign_test_prompts,
    spread_with_raters,
)
from ftcompare.stats.win_rate import PromptCounts


@pytest.mark.parametrize(("rate", "n"), [(0.55, 786), (0.60, 199), (0.65, 90), (0.70, 49), (1.0, 6)])
def test_sign_test_sizes_of_the_design_page(rate: float, n: int) -> None:
    assert sign_test_prompts(rate) == n
    assert sign_test_prompts(1 - rate) == n


def power(n: int, rate: float) -> float:
    significant = [k for k in range(n + 1) if stats.binomtest(k, n).pvalue <= 0.05]
    return float(sum(stats.binom.pmf(k, n, rate) for k in significant))


@pytest.mark.parametrize("rate", [0.75, 0.8, 0.9])
def test_the_size_is_the_least_with_that_power(rate: float) -> None:
    n = sign_test_prompts(rate)
    assert n is not None
    assert power(n, rate) >= 0.8
    assert all(power(smaller, rate) < 0.8 for smaller in range(1, n))


def test_equal_chances_can_not_be_told_apart() -> None:
    assert sign_test_prompts(0.5) is None


def test_tiny_differences_go_by_the_normal_approximation() -> None:
    assert sign_test_prompts(0.5001) == pytest.approx(1.96221992e8, rel=1e-4)


@pytest.mark.parametrize(
    ("counts", "needed"),
    [
        (PromptCounts(6, 4, 0), 199 - 10),
        (PromptCounts(6, 4, 10), 2 * (199 - 10)),
        (PromptCounts(4, 6, 5), 284),
        (PromptCounts(300, 200, 9), None),
        (PromptCounts(5, 5, 0), None),
        (PromptCounts(0, 0, 7), None),
    ],
)
def test_prompts_still_needed(counts: PromptCounts, needed: int | None) -> None:
    assert prompts_still_needed(counts) == needed


def test_miller_vector() -> None:
    assert prompts_for_difference(1 / 9, 0.03) == pytest.approx(968.997, abs=5e-4)
    assert math.ceil(prompts_for_difference(1 / 9, 0.03)) == 969


def test_sampling_noise_adds_to_the_variance() -> None:
    assert prompts_for_difference(0.1, 0.03, sampling=0.1) == pytest.approx(prompts_for_difference(0.2, 0.03))


def test_one_rater_and_no_ties_is_the_sign_test_itself() -> None:
    assert prompts_for_rate(0.6, tie_share=0) == 199
    assert detectable_rate(199, tie_share=0) == pytest.approx(0.6, abs=0.001)
    assert detectable_rate(786, tie_share=0) == pytest.approx(0.55, abs=0.001)


def test_ties_cost_prompts_and_raters_save_some() -> None:
    assert prompts_for_rate(0.6, tie_share=0.2) == math.ceil(199 / 0.8)
    # Raters who agree on 40% of the variance: five of them leave .4 + .6 / 5 of it.
    assert spread_with_raters(5) == pytest.approx(0.52)
    assert prompts_for_rate(0.6, raters=5) == math.ceil(199 / 0.8 * 0.52)
    assert prompts_for_rate(0.6, raters=1000, alike=1.0) == prompts_for_rate(0.6)


@pytest.mark.parametrize("prompts", [20, 100, 400, 3000])
@pytest.mark.parametrize("raters", [1, 3])
def test_what_is_detectable_needs_no_more_prompts_than_there_are(prompts: int, raters: int) -> None:
    rate = detectable_rate(prompts, raters=raters)
    assert rate is not None
    assert (prompts_for_rate(rate, raters=raters) or 0) <= prompts
    assert (prompts_for_rate(rate - 0.02, raters=raters) or 0) > prompts


def test_too_few_prompts_find_nothing_and_no_difference_is_never_found() -> None:
    assert detectable_rate(4) is None
    assert detectable_rate(0) is None
    assert prompts_for_rate(0.5) is None
