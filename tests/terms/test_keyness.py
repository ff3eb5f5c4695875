"""Keyness measures, against published figures."""

from __future__ import annotations

from collections import Counter

import pytest
from scipy import stats

from ftcompare.terms.keyness import (
    benjamini_hochberg,
    clopper_pearson,
    g_squared,
    log_odds,
    log_ratio_bound,
    mcnemar,
    mcnemar_statistic,
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


def test_mcnemar_of_the_design_page() -> None:
    assert mcnemar_statistic(121, 59) == pytest.approx(21.356, abs=5e-4)
    assert mcnemar_statistic(121, 59, corrected=True) == pytest.approx(20.672, abs=5e-4)


def test_exact_mcnemar_is_the_binomial_test_of_the_discordant_pairs() -> None:
    assert mcnemar(121, 59) == pytest.approx(2 * stats.binom.cdf(59, 180, 0.5))
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(4, 4) == 1


def test_without_discordant_pairs_there_is_no_difference() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar_statistic(0, 0, corrected=True) == 0


@pytest.mark.parametrize(
    "p_values", [[0.01, 0.04, 0.03, 0.005], [0.5], [1.0, 1.0, 1.0], [0.2, 0.001, 0.2, 0.9, 0.04, 0.04]]
)
def test_benjamini_hochberg_agrees_with_scipy(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(tuple(stats.false_discovery_control(p_values)))


def test_benjamini_hochberg_of_nothing() -> None:
    assert benjamini_hochberg([]) == ()


def test_log_odds_of_the_design_page() -> None:
    first = Counter(["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "pig"])
    second = Counter(["the", "lazy", "purple", "pig", "jumps", "over", "the", "lazier", "donkey"])
    z = log_odds(first, second)
    assert z["brown"] == pytest.approx(0.6894228, abs=5e-8)
    assert z["purple"] == pytest.approx(-0.6894228, abs=5e-8)
    assert z["the"] == pytest.approx(0, abs=1e-12)


def test_a_vocabulary_of_one_word_has_no_odds() -> None:
    assert log_odds({"a": 3}, {"a": 9}) == {"a": 0}
    assert log_odds({}, {}) == {}


def test_g_squared_of_rayson() -> None:
    assert g_squared(52, 50_000, 57, 75_000) == pytest.approx(2.6517, abs=5e-5)
    assert g_squared(0, 100, 5, 100) == pytest.approx(10 * 0.6931471806)
