"""The win rate with a judge's further answers: the published formula, its interval, and its ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ftcompare.stats.prediction_powered import ADDED, LEAST_POWERED, powered_interval, prediction_powered

Y = (1, 0, 1, 1, 0.5, 0, 1, 1, 0, 1)
F = (0.9, 0.2, 0.8, 0.4, 0.6, 0.1, 0.7, 0.9, 0.5, 0.8)
FURTHER = (
    *(0.7, 0.3, 0.9, 0.6, 0.4, 0.8, 0.2, 0.95, 0.55, 0.65),
    *(0.35, 0.75, 0.85, 0.45, 0.5, 0.6, 0.7, 0.3, 0.9, 0.8),
)


def test_the_estimate_of_the_formula() -> None:
    found = prediction_powered(Y, F, FURTHER)
    assert found.tuning == pytest.approx(1.1375, abs=1e-4)
    assert found.used == 1
    assert found.rate == pytest.approx(0.6725)
    margin = stats.norm.ppf(0.975) * math.sqrt(found.variance)
    assert (found.rate - margin, found.rate + margin) == pytest.approx((0.470225, 0.874775), abs=1e-6)
    assert found.effective_prompts == pytest.approx(np.var(Y) / found.variance)
    assert found.effective_prompts is not None
    assert found.effective_prompts > 10
    assert (found.people, found.judge_same) == pytest.approx((0.65, 0.59))
    assert found.judge_further == pytest.approx(np.mean(FURTHER))
    assert (found.prompts, found.further) == (10, 20)


def test_without_further_prompts_it_is_what_people_said() -> None:
    found = prediction_powered(Y, F, ())
    assert found.rate == pytest.approx(0.65)
    assert (found.tuning, found.judge_further) == (0, None)
    assert (found.low, found.high) == (found.people_low, found.people_high)
    assert not found.narrower
    more = [*Y, *[1.0] * ADDED, *[0.0] * ADDED]
    margin = stats.t.ppf(0.975, 9) * math.sqrt(np.var(more, ddof=2) / len(more))
    centre = np.mean(more)
    assert (found.low, found.high) == pytest.approx((centre - margin, centre + margin))


def test_a_judge_of_equal_answers_or_against_people_is_not_used() -> None:
    found = prediction_powered(Y, [0.5] * 10, [0.5] * 30)
    assert found.rate == pytest.approx(0.65)
    assert found.used == 0
    assert (found.low, found.high) == pytest.approx((found.people_low, found.people_high))
    found = prediction_powered(Y, [1 - value for value in F], FURTHER)
    assert found.tuning < 0
    assert found.used == 0
    assert found.rate == pytest.approx(0.65)


def test_a_biased_judge_that_orders_prompts_as_people_do_is_corrected() -> None:
    """It sees b .2 too good throughout; the rate is that of people's level."""
    y = np.tile([0.0, 0.25, 0.5, 0.75], 10)
    further = np.tile([0.2, 0.45, 0.7, 0.95], 100)
    found = prediction_powered([*y], [*(y + 0.2)], [*further])
    assert found.rate == pytest.approx(0.375)
    assert found.narrower
    assert found.effective_prompts is not None
    assert found.effective_prompts > 10 * 40


def test_few_prompts_have_no_interval() -> None:
    few = LEAST_POWERED - 1
    found = prediction_powered(Y[:few], F[:few], FURTHER)
    assert (found.low, found.high, found.people_low, found.people_high) == (None, None, None, None)
    assert not found.narrower
    one = prediction_powered([1], [0.5], [0.25])
    assert (one.rate, one.effective_prompts) == (1, None)


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_where_all_agree_the_interval_is_no_point_and_holds_the_rate(answer: float) -> None:
    found = prediction_powered([answer] * 20, [answer] * 20, [answer] * 100)
    assert (found.rate, found.effective_prompts) == (answer, None)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= answer <= found.high <= 1
    assert found.high - found.low > 0.1


def test_a_rate_stays_within_what_is_possible() -> None:
    """The further prompts are so much better by the judge that the plain sum is over 1."""
    y = [0.5, *[1.0] * 19]
    f = [0.0, *[0.5] * 19]
    found = prediction_powered(y, f, [1.0] * 400)
    assert found.rate == 1
    low, high = powered_interval(np.array(y), np.array(f), np.ones(400), 0.95)
    assert low <= found.rate <= high == 1


@pytest.mark.parametrize(("people", "same"), [((), ()), ((1.0,), (0.5, 0.5))])
def test_each_prompt_has_both(people: tuple[float, ...], same: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="each prompt"):
        prediction_powered(people, same, FURTHER)
