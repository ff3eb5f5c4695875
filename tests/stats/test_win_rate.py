"""Win rates, their intervals, and the tests on wins against losses."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from ftcompare.stats.rater_interval import interval_over_raters
from ftcompare.stats.vote_table import FloatArray, IntArray
from ftcompare.stats.win_rate import (
    PromptCounts,
    cluster_variance,
    probability_b_better,
    prompt_counts,
    rate_over_prompts,
    rate_over_raters,
    share_over_prompts,
    sign_test_interval,
    sign_test_p,
    standard_error,
    two_way_variance,
    wilson,
)


def array(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float64)


def codes(*values: int) -> IntArray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_reproduces_newcombe_1998(k: int, n: int, low: float, high: float) -> None:
    assert_allclose(wilson(k, n), (low, high), atol=5e-5)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (7, 9), (500, 1000)])
def test_wilson_agrees_with_scipy(k: int, n: int) -> None:
    expected = stats.binomtest(k, n).proportion_ci(0.9, "wilson")
    assert_allclose(wilson(k, n, 0.9), (expected.low, expected.high), atol=1e-12)


def test_half_win_rate_counts_a_tie_as_half() -> None:
    preference = np.repeat(array(1, 0, 0.5), (214, 588, 3))
    rate = rate_over_prompts(preference, np.arange(805))
    assert rate.value == pytest.approx(0.2677018633540373, abs=1e-15)
    assert rate.n == 805
    assert "(214 + 3 / 2) / 805 = 26.8%" in rate.explanation


def test_one_decided_judgment_a_prompt_has_wilsons_interval_and_ties_have_students() -> None:
    decided = rate_over_prompts(np.repeat(array(1, 0), (214, 588)), np.arange(802))
    assert (decided.low, decided.high) == wilson(214, 802)
    assert decided.method == "Wilson"
    assert "802 judgments, one a prompt" in decided.explanation
    values = np.repeat(array(1, 0, 0.5), (13, 3, 61))
    tied = rate_over_prompts(values, np.arange(77))
    assert (tied.low, tied.high) == pytest.approx(
        stats.t.interval(0.95, 76, values.mean(), stats.sem(values))
    )
    assert tied.method == "t over prompt means"


def test_one_judgment_has_a_wide_interval() -> None:
    rate = rate_over_prompts(array(1), codes(0))
    assert (rate.value, rate.high) == (1, 1)
    assert rate.low == pytest.approx(0.2065, abs=1e-4)
    assert "1 judgment, one a prompt" in rate.explanation


def test_several_judgments_a_prompt_give_t_over_prompt_means() -> None:
    means = array(1, 0.5, 0, 1, 0.75, 0, 0.25, 1)
    wins = (4, 2, 0, 4, 3, 0, 1, 4)
    preference = np.concatenate([np.repeat(array(1, 0), (won, 4 - won)) for won in wins])
    rate = rate_over_prompts(preference, np.repeat(np.arange(8), 4))
    expected = stats.t.interval(0.95, 7, means.mean(), stats.sem(means))
    assert rate.value == pytest.approx(means.mean())
    assert rate.low == pytest.approx(expected[0])
    assert rate.high == pytest.approx(expected[1])
    assert rate.method == "t over prompt means"
    assert "7 degrees of freedom" in rate.explanation


def test_a_share_of_anything_but_wins_knows_no_one_half() -> None:
    assert share_over_prompts(np.ones(4), np.arange(4)).low == wilson(4, 4)[0]
    assert share_over_prompts(array(1, 1, 0.5, 0.5), codes(0, 0, 1, 1)).method == "t over prompt means"
    same = share_over_prompts(array(1, 0, 1, 0), codes(0, 0, 1, 1))
    assert (same.low, same.high, same.method) == (*wilson(1, 2), "Wilson over prompts")
    assert share_over_prompts(array(1, 0), codes(2, 2)).low is None


def test_the_rate_is_that_of_the_counts_where_prompts_have_unequal_numbers_of_judgments() -> None:
    rate = rate_over_prompts(array(1, 1, 1, 0), codes(0, 0, 0, 1))
    assert rate.value == 0.75


def test_a_single_prompt_judged_twice_has_a_rate_and_no_interval() -> None:
    rate = rate_over_prompts(array(1, 0), codes(3, 3))
    assert (rate.value, rate.low, rate.high, rate.method) == (0.5, None, None, "none")
    assert rate.explanation.endswith("No interval: all judgments are of one prompt.")
    assert standard_error(array(1, 0), codes(3, 3)) is None


def test_prompts_that_all_agree_do_not_make_the_interval_a_point() -> None:
    rate = rate_over_prompts(np.ones(12), np.repeat(np.arange(6), 2))
    assert (rate.low, rate.high) == pytest.approx(wilson(6, 6))
    assert rate.method == "Wilson over prompts"


def test_fractional_preferences_are_explained_as_a_sum() -> None:
    assert "1.30 / 2 = 65.0%" in rate_over_prompts(array(0.6, 0.7), codes(0, 1)).explanation


def test_standard_error_with_one_judgment_a_prompt_is_that_of_the_mean() -> None:
    values = array(1, 0, 0.5, 1, 1)
    assert standard_error(values, np.arange(5)) == pytest.approx(stats.sem(values))


def test_cluster_variance_agrees_with_its_formula_by_hand() -> None:
    # Mean 1/2; cluster sums of deviations 1 and -1; 2/1 * (1 + 1) / 16.
    assert cluster_variance(array(1, 1, 0, 0), codes(0, 0, 1, 1)) == pytest.approx(0.25)
    assert cluster_variance(array(1, 1), codes(4, 4)) is None


def test_two_way_variance_adds_raters_and_takes_cells_off() -> None:
    values = array(1, 1, 0, 0, 0.5, 0)
    prompts, raters = codes(0, 0, 1, 1, 2, 2), codes(0, 1, 0, 1, 0, 1)
    parts = [cluster_variance(values, c) or 0.0 for c in (prompts, raters, np.arange(6))]
    assert two_way_variance(values, prompts, raters) == pytest.approx(
        max(parts[0] + parts[1] - parts[2], parts[0], parts[1])
    )


@pytest.mark.parametrize("one", ["prompt", "rater"])
def test_one_prompt_or_one_rater_has_no_two_way_variance(one: str) -> None:
    several, same = np.arange(4), np.zeros(4, np.int64)
    prompts, raters = (same, several) if one == "prompt" else (several, same)
    assert two_way_variance(np.array([0.0, 1.0, 1.0, 0.5]), prompts, raters) is None


def test_the_interval_over_raters_reaches_from_the_lowest_to_the_highest_end() -> None:
    values = np.tile(array(1, 1, 0, 1, 0.5), 12)
    prompts, raters = np.divmod(np.arange(60), 5)
    rate = rate_over_raters(values, prompts, raters)
    over_prompts = rate_over_prompts(values, prompts)
    ends = interval_over_raters(2 * values - 1, prompts, raters, 0.95)
    assert rate is not None
    assert ends is not None
    assert over_prompts.low is not None
    assert rate.low == max(0, min(over_prompts.low, (1 + ends[0]) / 2)) == 0
    assert rate.high == 1
    assert rate.generalises_over == "prompts and raters"
    assert "12 prompts" in rate.explanation
    assert "5 raters" in rate.explanation


@pytest.mark.parametrize(("prompts", "raters"), [((0, 1), (0, 0)), ((0, 0), (0, 1))])
def test_there_is_no_interval_over_raters_with_one_prompt_or_rater(
    prompts: tuple[int, ...], raters: tuple[int, ...]
) -> None:
    assert rate_over_raters(array(1, 0), codes(*prompts), codes(*raters)) is None


def test_raters_who_all_agree_do_not_make_the_interval_a_point() -> None:
    rate = rate_over_raters(np.ones(60), np.repeat(np.arange(10), 6), np.tile(np.arange(6), 10))
    assert rate is not None
    assert rate.low == pytest.approx(wilson(10, 10)[0])
    assert rate.high == 1


def test_prompts_are_won_lost_or_tied_by_their_mean() -> None:
    preference = array(1, 1, 0, 0.5, 0.5, 0, 1, 0, 0.1, 0.2, 0.3)
    prompts = codes(0, 0, 0, 1, 1, 2, 3, 3, 4, 4, 4)
    counts = prompt_counts(preference, prompts)
    assert counts == PromptCounts(wins=1, losses=2, ties=2)
    assert counts.total == 5


def test_sign_test_is_exact_and_two_sided() -> None:
    assert sign_test_p(8, 2) == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert sign_test_p(2, 8) == pytest.approx(sign_test_p(8, 2) or 0)
    assert sign_test_p(3, 3) == 1
    assert sign_test_p(0, 0) is None


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (3, 1), (0, 9), (700, 300)])
def test_probability_b_better_is_a_beta_tail(wins: int, losses: int) -> None:
    assert probability_b_better(wins, losses) == pytest.approx(
        stats.beta.sf(0.5, wins + 1, losses + 1), rel=1e-9
    )


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_the_interval_of_the_sign_test_is_that_of_clopper_and_pearson(
    k: int, n: int, low: float, high: float
) -> None:
    assert_allclose(sign_test_interval(k, n - k) or (), (low, high), atol=5e-5)


def test_without_a_decided_prompt_there_is_no_share_of_wins() -> None:
    assert sign_test_interval(0, 0) is None
