"""Keyness measures, against published figures."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from ftcompare.terms.keyness import clopper_pearson, log_ratio, log_ratio_bound, mcnemar


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
