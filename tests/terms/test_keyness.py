"""Keyness measures, against published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ftcompare.terms.keyness import (
    clopper_pearson,
    log_likelihood,
    log_odds,
    log_ratio,
    log_ratio_bound,
    log_ratio_interval,
    mcnemar,
    mcnemar_of_each,
)


@pytest.mark.parametrize(
    ("k", "n", "expected"),
    [
        (81, 263, (0.2527, 0.3676)),
        (15, 148, (0.0578, 0.1617)),
        (0, 20, (0, 0.1684)),
        (1, 29, (0.0009, 0.1776)),
        (20, 20, (1 - 0.1684, 1)),
    ],
)
def test_clopper_pearson(k: int, n: int, expected: tuple[float, float]) -> None:
    assert clopper_pearson(k, n) == pytest.approx(expected, abs=5e-5)


def test_log_ratio_bound_of_the_design_page() -> None:
    assert log_ratio_bound(100, 10_000, 20, 10_000) == pytest.approx(1.619, abs=5e-4)
    assert log_ratio_bound(100, 10_000, 20, 10_000, tests=1000) == pytest.approx(0.979, abs=5e-4)
    assert log_ratio_bound(30, 10_000, 0, 10_000) == pytest.approx(2.934, abs=5e-4)
    assert log_ratio_bound(5, 10_000, 0, 10_000) == 0


def test_log_ratio_bound_turns_with_the_sides() -> None:
    assert log_ratio_bound(20, 900, 100, 800) == pytest.approx(-log_ratio_bound(100, 800, 20, 900))
    assert log_ratio_bound(0, 900, 30, 900) == pytest.approx(-2.934, abs=5e-4)
    assert log_ratio_bound(0, 900, 0, 900) == 0


def test_exact_mcnemar_is_the_binomial_test_of_the_discordant_pairs() -> None:
    assert mcnemar(121, 59) == pytest.approx(2 * stats.binom.cdf(59, 180, 0.5))
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(4, 4) == 1


def test_without_discordant_pairs_there_is_no_difference() -> None:
    assert mcnemar(0, 0) == 1


def test_log_ratio_is_of_frequencies_and_finite() -> None:
    assert log_ratio(40, 1000, 10, 500) == pytest.approx(math.log2(40.5 / 10.5) - 1)
    assert log_ratio(0, 50, 0, 50) == 0
    assert log_ratio(7, 50, 0, 50) == -log_ratio(0, 50, 7, 50) == pytest.approx(math.log2(15))


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=8))
def test_many_mcnemar_tests_at_once_are_the_binomial_tests(pairs: list[tuple[int, int]]) -> None:
    found = mcnemar_of_each(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
    expected = [stats.binomtest(a, a + b).pvalue if a + b else 1.0 for a, b in pairs]
    assert found == pytest.approx(expected, rel=1e-9)


def test_log_odds_of_the_design_page() -> None:
    first = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "pig"]
    second = ["the", "lazy", "purple", "pig", "jumps", "over", "the", "lazier", "donkey"]
    words = sorted({*first, *second})
    counts = [np.array([text.count(word) for word in words]) for text in (first, second)]
    z = log_odds(counts[1], 9, counts[0], 9, prior=0.05, prior_total=0.05 * len(words))
    of = dict(zip(words, z.tolist(), strict=True))
    assert of["brown"] == pytest.approx(0.6894228, abs=5e-8)
    assert of["purple"] == pytest.approx(-0.6894228, abs=5e-8)
    assert of["the"] == 0


def test_log_likelihood_of_the_design_page() -> None:
    assert log_likelihood(np.array([52]), 50_000, np.array([57]), 75_000)[0] == pytest.approx(
        2.6517, abs=5e-5
    )
    assert log_likelihood(np.array([0]), 10, np.array([0]), 10)[0] == 0


def ends(first_only: int, second_only: int, both: int) -> tuple[float, float]:
    low, high = log_ratio_interval(np.array([first_only]), np.array([second_only]), np.array([both]))
    return float(low[0]), float(high[0])


def test_the_interval_of_a_ratio_of_paired_shares_is_that_of_bonett_and_price() -> None:
    """1, 1, 7 and 12 of 21 children: the data of Bentur et al. 2009 that Fagerland, Lydersen & Laake use."""
    low, high = ends(1, 7, 1)
    assert (2**-high, 2**-low) == pytest.approx((0.068, 0.923), abs=5e-4)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_the_interval_holds_the_ratio_and_turns_with_the_sides(first: int, second: int, both: int) -> None:
    if first + second + both == 0:
        return
    low, high = ends(first, second, both)
    assert low <= log_ratio(second + both, 1, first + both, 1) <= high
    assert ends(second, first, both) == pytest.approx((-high, -low))


def test_what_one_system_never_uses_has_an_interval_without_an_end() -> None:
    low, high = ends(0, 12, 0)
    assert 0 < low < math.log2(25)
    assert high == math.inf


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200))
def test_a_term_that_may_be_told_as_different_has_an_interval_without_0(
    first: int, second: int, both: int
) -> None:
    if mcnemar(first, second) < 0.05:
        low, high = ends(first, second, both)
        assert low > 0 or high < 0
