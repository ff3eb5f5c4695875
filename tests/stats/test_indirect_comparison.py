"""The comparison of two systems through their base."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ftcompare.stats.checkpoint_differences import PreferenceShare
from ftcompare.stats.claims import ClaimScope
from ftcompare.stats.indirect_comparison import (
    CAUTION,
    Judged,
    NoInterval,
    contrast,
    fewest_pairs,
    indirect_comparison,
    judged,
)
from ftcompare.stats.win_rate import interval_over_raters
from tests.builders import present


def drawn(rate: float, prompts: int = 40, raters: int = 4, seed: int = 1, *, first_rater: int = 0) -> Judged:
    """Each rater's judgments of all prompts, with ties."""
    rng = np.random.default_rng(seed)
    share = (rng.random(prompts * raters) < rate).astype(float)
    share[rng.random(len(share)) < 0.1] = 0.5
    return Judged(
        share,
        np.repeat(np.arange(prompts), raters),
        np.tile(np.arange(raters) + first_rater, prompts),
    )


def test_of_a_single_comparison_with_equal_loads_the_interval_is_that_of_the_win_rate() -> None:
    part = drawn(0.7)
    found = present(contrast([part], [2.0]))
    low, high = present(interval_over_raters(2 * part.share - 1, part.prompt, part.rater, 1 - 0.05 / CAUTION))
    lower, upper = present(interval_over_raters(2 * part.share - 1, part.prompt, part.rater, 0.95))
    margin = found.margin(0.95)
    assert found.value - 1 == pytest.approx((low + high) / 2)
    assert margin > (upper - lower) / 2  # by the caution alone
    wider = replace(found, tail=found.tail / CAUTION).margin(0.95)
    assert wider == pytest.approx((upper - lower) / 2, rel=0.02)


def test_raters_and_prompts_of_both_comparisons_are_paired() -> None:
    """Raters who lean alike in both, and prompts that are hard in both, leave the difference exact."""
    leaning, hardness = np.array([0.0, 0.1, 0.2, 0.3]), np.linspace(0, 0.6, 40)
    part = drawn(0.5)
    part = replace(part, share=hardness[part.prompt] + leaning[part.rater])
    assert present(contrast([part, part], [1.0, -1.0])).error == pytest.approx(0, abs=1e-6)
    others = replace(part, rater=part.rater + 10)
    of_raters = present(contrast([part, others], [1.0, -1.0]))
    assert of_raters.error == pytest.approx(np.sqrt(2 * np.var(leaning, ddof=1) / 4))
    assert of_raters.freedom == pytest.approx(6)  # Welch's, for two samples of four
    elsewhere = replace(part, prompt=part.prompt + 100)
    of_prompts = present(contrast([part, elsewhere], [1.0, -1.0]))
    assert of_prompts.error == pytest.approx(np.sqrt(2 * np.var(hardness, ddof=1) / 40), rel=0.02)


def test_the_other_way_round_everything_is_mirrored() -> None:
    first, second = drawn(0.75), drawn(0.5, seed=2, first_rater=2)
    one, other = present(indirect_comparison(first, second)), present(indirect_comparison(second, first))
    assert one.difference.value == pytest.approx(-other.difference.value)
    assert present(one.difference.low) == pytest.approx(-present(other.difference.high))
    assert one.implied.value == pytest.approx(1 - other.implied.value)
    assert present(one.implied.low) == pytest.approx(1 - present(other.implied.high))
    assert one.raters == (4, 4, 2)


def test_the_implied_rate_subtracts_log_odds() -> None:
    """70% and 50% against the base: 70% side by side."""
    even = Judged(np.tile([0.0, 1.0], 50), np.repeat(np.arange(20), 5), np.tile(np.arange(5), 20))
    better = replace(even, share=np.tile([1, 1, 1, 0, 1, 0, 1, 1, 0, 1], 10).astype(float))
    found = present(indirect_comparison(better, even))
    assert list(found.rates) == pytest.approx([0.7, 0.5])
    assert found.implied.value == pytest.approx(0.7, abs=0.005)
    assert found.implied.low is not None


@pytest.mark.parametrize(
    ("first", "second", "finished", "why", "counted"),
    [
        (drawn(0.9), drawn(0.5), True, NoInterval.NONE, True),
        (drawn(0.9), drawn(0.5), False, NoInterval.ENDED_EARLY, True),
        (drawn(0.9, 9), drawn(0.5, 9), True, NoInterval.FEW_PROMPTS, True),
        (drawn(0.9, 10), drawn(0.5, 10), True, NoInterval.NONE, True),
        (drawn(0.9, raters=1), drawn(0.5, raters=1), True, NoInterval.NONE, False),
        (drawn(0.9, raters=2), drawn(0.5, raters=2), True, NoInterval.NONE, False),
        (drawn(0.9, raters=1), drawn(0.5, raters=1, first_rater=1), True, NoInterval.FEW_RATERS, False),
        (drawn(0.9, raters=2), drawn(0.5, raters=3), True, NoInterval.FEW_RATERS, False),
    ],
)
def test_without_enough_prompts_or_raters_or_judgments_nothing_is_claimed(
    first: Judged, second: Judged, finished: bool, why: NoInterval, counted: bool
) -> None:
    found = present(indirect_comparison(first, second, finished=finished))
    assert (found.no_interval, found.raters_counted) == (why, counted)
    assert (found.difference.low is None) is (why is not NoInterval.NONE)
    assert (found.implied.low is None) is (why is not NoInterval.NONE)
    if why:
        assert not found.claimed


def test_only_common_prompts_count_and_without_any_there_is_no_comparison() -> None:
    first, second = drawn(0.9), drawn(0.5, seed=3)
    elsewhere = replace(second, prompt=second.prompt + 20)
    found = present(indirect_comparison(first, elsewhere))
    assert found.prompts == 20
    assert found.rates[0] == pytest.approx(first.share[first.prompt >= 20].mean())
    assert indirect_comparison(first, replace(second, prompt=second.prompt + 40)) is None


@pytest.mark.parametrize(("rate", "contradicted"), [(0.75, False), (0.2, True)])
def test_pairs_judged_side_by_side_check_the_comparison(rate: float, contradicted: bool) -> None:
    first, second, direct = drawn(0.75), drawn(0.5, seed=2), drawn(rate, seed=3)
    found = present(present(indirect_comparison(first, second, direct)).consistency)
    assert found.contradicted is contradicted
    assert found.direct == pytest.approx(direct.share.mean())
    assert (found.high - found.low) / 2 < found.detectable < found.high - found.low
    few = direct.on(np.arange(9))
    assert present(indirect_comparison(first, second, few)).consistency is None
    of_two_raters = drawn(rate, raters=2, seed=3)
    assert present(indirect_comparison(first, second, of_two_raters)).consistency is None


def test_where_one_rater_judged_nearly_everything_raters_cannot_be_counted() -> None:
    equal = drawn(0.7, 60, raters=3)
    mostly_one = equal.on(np.arange(5))
    rest = (equal.rater == 0) | np.isin(equal.prompt, np.arange(5))
    uneven = Judged(equal.share[rest], equal.prompt[rest], equal.rater[rest])
    assert contrast((equal,), (1.0,)) is not None
    assert contrast((mostly_one,), (1.0,)) is not None
    assert contrast((uneven,), (1.0,)) is None


@pytest.mark.parametrize(
    ("rates", "raters", "expected"),
    [
        ((0.75, 0.5), 5, ClaimScope.RATERS_LIKE_THESE),
        ((0.75, 0.5), 1, ClaimScope.ONE_RATER),
        ((0.6, 0.6), 5, None),
    ],
)
def test_the_fewest_pairs_are_those_of_a_direct_claim(
    rates: tuple[float, float], raters: int, expected: ClaimScope | None
) -> None:
    parts = [drawn(rate, 200, raters, seed=4) for rate in rates]
    scope, pairs = fewest_pairs(present(indirect_comparison(*parts)))
    if expected is None:
        assert pairs is None
    else:
        assert scope is expected
        assert 8 <= present(pairs) <= 80


def test_raters_and_prompts_are_known_by_their_keys() -> None:
    one, other = judged(
        [PreferenceShare("q1", "Ada", 1.0), PreferenceShare("q2", "Ben", 0.5)],
        [PreferenceShare("q2", "Ada", 0.0)],
    )
    assert (one.prompt.tolist(), one.rater.tolist(), one.share.tolist()) == ([0, 1], [0, 1], [1.0, 0.5])
    assert (other.prompt.tolist(), other.rater.tolist()) == ([1], [0])
