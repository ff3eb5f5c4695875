"""How many prompts it takes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ftcompare.stats.planning import (
    crossed_variance,
    detectable_rate,
    expected_margins,
    prompts_for_difference,
    prompts_for_rate,
    prompts_still_needed,
    sign_test_prompts,
    spread_with_raters,
)
from ftcompare.stats.win_rate import PromptCounts, rate_over_prompts, rate_over_raters


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


def test_the_margin_of_one_judgment_a_prompt_is_that_of_a_share() -> None:
    found = expected_margins(100, tie_share=0)
    assert found.over_prompts == pytest.approx(stats.t.ppf(0.975, 99) * 0.05)
    assert found.over_raters is None
    ties = expected_margins(100, tie_share=0.19)
    assert ties.over_prompts == pytest.approx(0.9 * (found.over_prompts or 0))


def test_margins_by_hand_with_raters() -> None:
    # σ² = .8/4 = .2; K = 3: .4 + .6/3 = .6; V = .2 * .6/60 = .002; over raters + .06²/3 = .0032.
    found = expected_margins(60, raters=3, tie_share=0.2, alike=0.4, rater_spread=0.06)
    assert found.over_prompts == pytest.approx(stats.t.ppf(0.975, 59) * 0.002**0.5)
    assert found.over_raters == pytest.approx(stats.t.ppf(0.975, 2) * 0.0032**0.5)
    shared = expected_margins(60, raters=6, each=3, tie_share=0.2, alike=0.4, rater_spread=0.06)
    assert shared.over_prompts == pytest.approx(found.over_prompts)
    assert shared.over_raters == pytest.approx(stats.t.ppf(0.975, 5) * 0.0026**0.5)


@pytest.mark.parametrize(("prompts", "raters"), [(0, 3), (1, 3), (0, 0)])
def test_too_few_prompts_have_no_margins(prompts: int, raters: int) -> None:
    found = expected_margins(prompts, raters=raters)
    assert (found.over_prompts, found.over_raters) == (None, None)


def test_margins_are_those_that_studies_turn_out_to_have() -> None:
    """Judgments by prompt of correlation .4 (a Beta of 3/4 and 3/4), raters of one mind but for chance."""
    rng, prompts, raters = np.random.default_rng(4), 80, 4
    prompt, rater = np.divmod(np.arange(prompts * raters), raters)
    margins = []
    for _ in range(150):
        preference = (rng.random(prompts * raters) < rng.beta(0.75, 0.75, prompts)[prompt]).astype(np.float64)
        one, both = rate_over_prompts(preference, prompt), rate_over_raters(preference, prompt, rater)
        assert both is not None
        margins.append(((one.high or 0) - one.value, (both.high or 0) - both.value))
    expected = expected_margins(prompts, raters=raters, tie_share=0, alike=0.4)
    assert np.median([m[0] for m in margins]) == pytest.approx(expected.over_prompts, rel=0.03)
    assert np.median([m[1] for m in margins]) == pytest.approx(expected.over_raters, rel=0.15)


def test_raters_without_end_leave_what_prompts_differ_in() -> None:
    limit = expected_margins(100, raters=10**6, tie_share=0, rater_spread=0.1)
    assert limit.over_raters == pytest.approx(stats.t.ppf(0.975, 99) * (0.25 * 0.4 / 100) ** 0.5, rel=1e-3)


def complete_table(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = np.indices(values.shape)
    return values.ravel(), rows.ravel(), columns.ravel()


def test_components_of_a_complete_table_are_those_of_the_analysis_of_variance() -> None:
    # Winer 1971, table 4.3-1: five people under four drugs; SS people 680.8, drugs 698.2, residual 112.8.
    table = np.array(
        [[30, 28, 16, 34], [14, 18, 10, 22], [24, 20, 18, 30], [38, 34, 20, 44], [26, 28, 14, 30]], float
    )
    values, people, drugs = complete_table(table)
    assert crossed_variance(values, people, drugs) == pytest.approx((680.8 / 4 - 112.8 / 12) / 4)
    assert crossed_variance(values, drugs, people) == pytest.approx((698.2 / 3 - 112.8 / 12) / 5)


def test_components_are_told_without_bias_where_raters_share_the_prompts() -> None:
    rng, found = np.random.default_rng(8), []
    prompt, rater = np.divmod(np.arange(300), 6)
    asked = (prompt + rater) % 3 != 0
    for _ in range(400):
        values = rng.normal(0, 2, 50)[prompt] + rng.normal(0, 0.5, 6)[rater] + rng.normal(0, 1, 300)
        shown = values[asked], prompt[asked], rater[asked]
        found.append((crossed_variance(*shown), crossed_variance(shown[0], shown[2], shown[1])))
    assert np.mean([x[0] for x in found]) == pytest.approx(4, rel=0.05)
    assert np.mean([x[1] for x in found]) == pytest.approx(0.25, abs=0.03)


def test_a_single_rater_has_no_component() -> None:
    values, codes = np.array([0.0, 1.0, 0.5]), np.arange(3)
    assert crossed_variance(values, codes, codes * 0) is None
    assert crossed_variance(values, codes * 0, codes) is None
    assert crossed_variance(values[:0], codes[:0], codes[:0]) is None
