"""Reasons: what is named, what goes with it, what cannot be separated from the system, and exact p values."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ftcompare.stats.reasons import (
    STABILIZER,
    FeatureResult,
    FeatureStanding,
    feature_signs,
    find_reasons,
)
from ftcompare.stats.vote_table import FloatArray


def found_in(
    outcomes: FloatArray, *columns: FloatArray, length: FloatArray | None = None
) -> list[FeatureResult]:
    """The results by feature."""
    features = np.stack(columns, axis=1).astype(float)
    long = np.zeros(len(outcomes)) if length is None else length
    found = find_reasons(outcomes, features, long, rng=np.random.default_rng(1))
    return sorted(found, key=lambda one: one.feature)


def planted(prompts: int = 120, *, effect: float = 0.6, lead: float = 0.3) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(7)
    signs = rng.choice([-1.0, 0.0, 1.0], prompts)
    return np.clip(lead + effect * signs + rng.normal(0, 0.5, prompts), -1, 1), signs


def test_a_planted_reason_is_named_with_its_rate() -> None:
    outcomes, signs = planted()
    noise = np.random.default_rng(3).choice([-1.0, 1.0], len(signs))
    reason, other = found_in(outcomes, signs, noise)
    assert reason.standing is FeatureStanding.REASON
    assert reason.rate is not None
    expected = 0.5 + (outcomes[signs > 0].mean() - outcomes[signs < 0].mean()) / 4
    assert reason.rate.value == pytest.approx(expected)
    assert reason.rate.low < expected < reason.rate.high
    assert (reason.more_a, reason.more_b) == (int((signs < 0).sum()), int((signs > 0).sum()))
    assert other.standing is FeatureStanding.NOT_SHOWN


def test_a_near_copy_of_a_reason_goes_with_it() -> None:
    outcomes, signs = planted()
    copy = np.where(np.random.default_rng(2).random(len(signs)) < 0.04, -signs, signs)
    results = found_in(outcomes, signs, copy)
    assert [one.standing for one in results] == [FeatureStanding.REASON, FeatureStanding.GOES_WITH]
    assert results[1].goes_with == 0


@pytest.mark.parametrize(
    ("signs", "standing"),
    [
        ([1.0] * 60, FeatureStanding.ONE_SIDED),  # b always has it
        ([1.0] * 58 + [-1.0] * 2, FeatureStanding.ONE_SIDED),  # a has more on two prompts
        ([1.0, -1.0] * 3 + [0.0] * 54, FeatureStanding.RARE),
        ([0.0] * 60, FeatureStanding.RARE),
    ],
)
def test_features_that_cannot_be_tested(signs: list[float], standing: FeatureStanding) -> None:
    """A lead of b on all prompts is no reason, whatever b's answers have."""
    outcomes = np.clip(np.random.default_rng(4).normal(0.8, 0.3, 60), -1, 1)
    (result,) = found_in(outcomes, np.array(signs))
    assert (result.standing, result.p, result.rate) == (standing, None, None)


def test_equal_outcomes_give_no_reason() -> None:
    (result,) = found_in(np.ones(40), np.tile([1.0, -1.0], 20))
    assert (result.standing, result.p) == (FeatureStanding.NOT_SHOWN, 1.0)


def test_what_length_explains_is_no_reason_at_equal_length() -> None:
    rng = np.random.default_rng(5)
    length = rng.normal(0, 400, 200)
    signs = np.where(length + rng.normal(0, 300, 200) > 0, 1.0, -1.0)
    outcomes = np.clip(np.tanh(length / 400) + rng.normal(0, 0.3, 200), -1, 1)
    (by_length,) = found_in(outcomes, signs, length=length)
    assert by_length.standing is FeatureStanding.REASON
    assert not by_length.whatever_the_length
    assert by_length.rate is not None
    assert by_length.equal_length is not None
    assert by_length.equal_length.value < by_length.rate.value
    assert by_length.equal_length.low < 0.5 < by_length.equal_length.high
    outcomes = np.clip(0.7 * signs + rng.normal(0, 0.3, 200), -1, 1)
    (by_itself,) = found_in(outcomes, signs, length=length)
    assert by_itself.whatever_the_length


def test_what_is_the_same_as_length_has_no_rate_at_equal_length() -> None:
    outcomes, signs = planted()
    (result,) = found_in(outcomes, signs, length=1000 * signs)
    assert result.standing is FeatureStanding.REASON
    assert (result.equal_length, result.p_equal_length) == (None, 1.0)


def test_p_agrees_with_every_permutation() -> None:
    """Of 12 pairs there are 924 divisions; the share that exceeds the observed t is counted in full."""
    outcomes = np.array([1, 0.6, 0.2, 1, 0.5, -0.1, -0.3, 0.4, -1, -0.5, 0.1, -0.2])
    signs = np.repeat([1.0, -1.0], 6)

    def t(chosen: tuple[int, ...]) -> float:
        inside = np.isin(np.arange(12), chosen)
        b, a = outcomes[inside], outcomes[~inside]
        variance = b.var(ddof=1) / 6 + a.var(ddof=1) / 6 + STABILIZER * outcomes.var(ddof=1) / 12
        return float(abs(b.mean() - a.mean()) / np.sqrt(variance))

    observed = t(tuple(range(6)))
    exact = np.mean([t(chosen) >= observed - 1e-9 for chosen in combinations(range(12), 6)])
    (result,) = found_in(outcomes, signs)
    assert result.p == pytest.approx(exact, abs=0.005)


def test_the_same_judgments_give_the_same_reasons_whichever_system_is_first() -> None:
    outcomes, signs = planted()
    (one,), (turned,) = found_in(outcomes, signs), found_in(-outcomes, -signs)
    assert one.rate is not None
    assert turned.rate is not None
    assert (one.rate.value, one.rate.low) == pytest.approx((turned.rate.value, turned.rate.low))
    assert (one.more_a, one.more_b) == (turned.more_b, turned.more_a)


@pytest.mark.parametrize(
    ("a", "b", "spread", "sign"),
    [
        (0, 1, None, 1),
        (1, 0, None, -1),
        (10, 11, None, 0),  # 1 of 22
        (100, 130, None, 1),
        (0.0, 1.0, 0.5, 1),
        (0.5, 0.6, 0.5, 0),
        (float("nan"), 1.0, 0.5, 0),
    ],
)
def test_when_two_answers_are_alike(a: float, b: float, spread: float | None, sign: float) -> None:
    assert feature_signs(np.array([a]), np.array([b]), spread) == sign
