"""Categories side by side: what is claimed, what is shown, and how much more is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ftcompare.stats.claims import ClaimScope
from ftcompare.stats.multiple_comparisons import partially_pooled, pooled_intervals
from ftcompare.stats.planned_tests import PlannedTest
from ftcompare.stats.slices import MOST_NEEDED, category_results

MARGIN = 0.15


def category(won: int, prompts: int = 24, raters: int = 5) -> PlannedTest:
    """Raters prefer the system on `won` of every eight prompts, in turn."""
    prompt, rater = np.repeat(np.arange(prompts), raters), np.tile(np.arange(raters), prompts)
    preference = np.where((prompt + rater) % 8 < won, 1.0, 0.0)
    return PlannedTest(preference, prompt, rater, ClaimScope.THESE_RATERS)


def test_each_category_has_its_claims_and_what_it_still_needs() -> None:
    better, even, worse = category_results([category(7), category(4, 7), category(1)], MARGIN)
    assert (better.better.confirmed, better.not_worse.confirmed, better.needed) == (True, True, None)
    assert (even.better.confirmed, even.better.opposite, even.not_worse.confirmed) == (False, False, False)
    assert even.needed is not None
    assert 0 < even.needed < MOST_NEEDED
    assert (worse.better.opposite, worse.needed) == (True, None)
    assert better.rate.generalises_over == "prompts and raters"


def test_a_claim_of_one_rater_is_about_that_rater() -> None:
    (found,) = category_results([category(8, raters=1)], MARGIN)
    assert found.rate.generalises_over == "prompts"
    assert found.not_worse.confirmed
    assert found.pooled is None


def test_few_judgments_need_more_and_a_rate_at_the_margin_needs_too_many() -> None:
    one = replace(category(4, 1), preference=np.array([1.0, 0, 1, 0, 0.5]))
    assert [found.needed for found in category_results([one], MARGIN)] == [350]
    close = category_results([category(3, 80)], 0.126)
    assert [found.needed for found in close] == [None]
    assert category_results([], MARGIN) == ()


def test_pooled_rates_lie_between_their_own_and_the_mean_within_their_intervals() -> None:
    rates, variances = [0.8, 0.5, 0.4, 0.6], [0.01, 0.01, 0.02, 0.001]
    found = pooled_intervals(rates, variances, [0.0] * 4)
    assert [one and one[0] for one in found] == list(partially_pooled(rates, variances))
    for one, rate, variance in zip(found, rates, variances, strict=True):
        assert one is not None
        value, low, high = one
        assert low < value < high
        assert min(rate, 0.6) - 0.05 < value < max(rate, 0.6) + 0.05
        assert high - low < 2 * 1.96 * variance**0.5 + 1e-9
    shared = pooled_intervals(rates, variances, [0.01] * 4)
    assert shared[0] is not None
    assert found[0] is not None
    assert shared[0][2] > found[0][2]
    assert pooled_intervals([0.5], [0.01], [0.0]) == (None,)


def test_the_interval_of_one_category_among_many_by_hand() -> None:
    (first, *_) = pooled_intervals([0.5, 0.5, 0.5, 0.5, 0.5], [0.01] * 5, [0.0] * 5)
    # no variance between: all of the part's own is drawn to the mean, whose variance is a fifth
    assert first == pytest.approx((0.5, 0.5 - 1.96 * (0.01 / 5) ** 0.5, 0.5 + 1.96 * (0.01 / 5) ** 0.5))
