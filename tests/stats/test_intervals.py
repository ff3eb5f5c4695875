"""The small parts that every figure is made of, each against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ftcompare.stats.agreement import observed_agreement
from ftcompare.stats.blinding_index import plain_variance
from ftcompare.stats.position_and_length_bias import interval_by_rater
from ftcompare.stats.resampling import resampled_units
from ftcompare.stats.timing import median_interval, time_difference, typical_time
from ftcompare.stats.vote_table import compact, groups, means_by
from ftcompare.stats.win_rate import (
    cluster_variance,
    probability_b_better,
    standard_error,
    t_interval,
    wilson,
)


def test_students_interval_from_its_table() -> None:
    # t of 9 degrees of freedom, 97.5%: 2.262 in every table.
    low, high = t_interval(0.5, 0.01, 9, 0.95)
    assert (low, high) == pytest.approx((0.5 - 0.2262, 0.5 + 0.2262), abs=5e-5)
    assert t_interval(0.9, 0.01, 9, 0.95) == pytest.approx((0.9 - 0.2262, 1.0), abs=5e-5)
    assert t_interval(0.1, 0.01, 9, 0.95)[0] == 0.0


def test_the_standard_error_of_one_judgment_a_prompt_is_that_of_a_mean() -> None:
    values = np.array([1.0, 0.0, 1.0, 0.5, 1.0])
    assert standard_error(values, np.arange(5)) == pytest.approx(values.std(ddof=1) / math.sqrt(5))
    assert standard_error(values, np.zeros(5, dtype=np.int64)) is None
    # Two prompts of two judgments: their means are .5 and 1, which are .25 from the whole.
    by_two = cluster_variance(np.array([1.0, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))
    assert by_two == pytest.approx(0.0625)


def test_a_share_by_raters_is_wilsons_for_one_and_students_for_several() -> None:
    values, one = np.array([1.0, 1.0, 0.0, 1.0]), np.zeros(4, dtype=np.int64)
    assert interval_by_rater(values, one) == wilson(3, 4)
    # Raters' shares of 1 and 1/2 with the same weight: variance 1/16, above .75 · .25 / 4.
    apart = interval_by_rater(values, np.array([0, 0, 1, 1]))
    assert apart == t_interval(0.75, 0.0625, 1, 0.95)
    # Raters who happen to agree do not make it narrower than chance.
    alike = interval_by_rater(np.tile([1.0, 0.0], 50), np.repeat([0, 1], 50))
    assert alike == t_interval(0.5, 0.25 / 100, 1, 0.95)
    assert interval_by_rater(np.ones(8), np.repeat([0, 1], 4)) == wilson(8, 8)


def test_observed_agreement_is_the_share_of_pairs_that_agree() -> None:
    # Fleiss' example: P̄ = .378.
    upper = "0 0 0 0 14|0 2 6 4 2|0 0 3 5 6|0 3 9 2 0|2 2 8 1 1"
    lower = "7 7 0 0 0|3 2 6 3 0|2 5 3 2 2|6 5 2 1 0|0 2 2 3 7"
    counts = np.array([row.split() for row in f"{upper}|{lower}".split("|")], dtype=np.float64)
    assert observed_agreement(counts) == pytest.approx(0.378, abs=5e-4)
    assert observed_agreement(np.array([[1.0, 0.0, 0.0]])) is None


def test_the_variance_of_bangs_index_is_that_of_its_scores() -> None:
    scores = np.repeat([1, -1, 0], [30, 12, 8])
    assert plain_variance(30, 12, 50) == pytest.approx(scores.var() / 50)


def test_the_posterior_is_that_of_a_uniform_prior() -> None:
    assert probability_b_better(0, 0) == 0.5
    assert probability_b_better(7, 3) == pytest.approx(stats.beta(8, 4).sf(0.5))
    # Beta(2, 1) above one half: 1 - (1/2)².
    assert probability_b_better(1, 0) == pytest.approx(0.75)


def test_resampled_units_are_those_of_the_ordinary_bootstrap() -> None:
    features = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 0.0], [5.0, 1.0]])
    sums = resampled_units(features, np.random.default_rng(2), 20_000)
    assert sums.mean(axis=0) == pytest.approx(features.sum(axis=0), rel=0.02)
    assert np.cov(sums.T) == pytest.approx(4 * np.cov(features.T, bias=True), rel=0.05)


def test_codes_are_grouped_and_averaged() -> None:
    codes = np.array([7, 3, 7, 9])
    assert [(code, rows.tolist()) for code, rows in groups(codes)] == [(3, [1]), (7, [0, 2]), (9, [3])]
    renumbered, count = compact(codes)
    assert (renumbered.tolist(), count) == ([1, 0, 1, 2], 3)
    assert means_by(np.array([1.0, 0.5, 0.0, 0.25]), codes).tolist() == [0.5, 0.5, 0.25]
    assert list(groups(codes[:0])) == []


@pytest.mark.parametrize(
    ("count", "rank"),
    [(5, None), (6, 1), (8, 1), (9, 2), (20, 6), (50, 18)],  # ranks from tables of the sign test
)
def test_the_interval_of_a_median_goes_from_the_kth_value_to_the_kth_last(
    count: int, rank: int | None
) -> None:
    values = [float(value) for value in range(count, 0, -1)]
    expected = (None, None) if rank is None else (rank, count + 1 - rank)
    assert median_interval(values) == expected


def test_a_difference_of_times_is_paired_by_prompt_and_repeat() -> None:
    # Three repeats: the machine is slow in the second, for both systems alike.
    a = {(f"p{p}", turn): p + spell for p in range(6) for turn, spell in enumerate((0.0, 90.0, 0.0))}
    b = {key: value + 0.5 for key, value in a.items()} | {("only", 0): 99.0}
    found = time_difference(a, b)
    assert found is not None
    assert (found.difference, found.low, found.high, found.prompts) == (0.5, 0.5, 0.5, 6)
    assert (found.mean_a, found.mean_b) == (2.5, 3.0)
    assert time_difference(a, {("only", 0): 1.0}) is None
    typical = typical_time(a, faster_is_higher=False)
    assert typical is not None
    assert (typical.value, typical.low, typical.high, typical.answers) == (2.5, 0.0, 5.0, 18)
    assert typical.slow > 90
    assert typical_time({}, faster_is_higher=True) is None
