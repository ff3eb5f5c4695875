"""The e-process and the confidence sequence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, special

from ftcompare.stats import sequential
from ftcompare.stats.sequential import Evidence, confidence_sequence, e_value, evidence
from ftcompare.stats.vote_table import FloatArray


def votes(wins: int, n: int) -> FloatArray:
    return np.repeat([1.0, 0.0], (wins, n - wins))


@pytest.mark.parametrize(
    ("k", "n", "expected"),
    [(8, 8, 256 / 9), (9, 10, 9.3091), (60, 100, 0.9130), (70, 100, 427.307), (300, 500, 1292.54)],
)
def test_e_values_of_the_design_page(k: int, n: int, expected: float) -> None:
    digits = len(str(expected).partition(".")[2])
    assert e_value(votes(k, n)) == pytest.approx(expected, abs=0.5 * 10.0 ** -min(digits, 8))


@pytest.mark.parametrize(("k", "n"), [(8, 8), (0, 5), (60, 100), (1010, 2000), (50400, 100_000)])
def test_decisive_votes_give_the_closed_form(k: int, n: int) -> None:
    log_e = n * math.log(2) + float(special.betaln(k + 1, n - k + 1))
    assert math.log(e_value(votes(k, n))) == pytest.approx(log_e, abs=1e-8)


def test_ties_leave_the_evidence_as_it_is() -> None:
    assert e_value(np.append(votes(9, 10), np.full(50, 0.5))) == pytest.approx(e_value(votes(9, 10)))


def test_prompt_means_between_give_the_mixture_by_quadrature() -> None:
    means = np.array([1, 2 / 3, 1 / 3, 0.9, 0.8])
    expected, _ = integrate.quad(lambda bet: float(np.prod(1 + bet * (2 * means - 1))) / 2, -1, 1)
    assert e_value(means) == pytest.approx(expected)


@pytest.mark.parametrize(("k", "n", "low", "high"), [(60, 100, 0.4408, 0.7460), (300, 500, 0.5236, 0.6733)])
def test_confidence_sequences_of_the_design_page(k: int, n: int, low: float, high: float) -> None:
    assert_allclose(confidence_sequence(votes(k, n)), (low, high), atol=5e-5)


def test_no_prompts_prove_nothing() -> None:
    assert e_value(np.zeros(0)) == pytest.approx(1)
    assert confidence_sequence(np.zeros(0)) == (0, 1)


@pytest.mark.parametrize(("vote", "low", "high"), [(1, 0.025, 1), (0, 0, 0.975)])
def test_one_vote_leaves_nearly_all_open(vote: float, low: float, high: float) -> None:
    assert_allclose(confidence_sequence(np.array([vote])), (low, high), atol=1e-9)


def test_all_ties_stay_around_one_half() -> None:
    low, high = confidence_sequence(np.full(40, 0.5))
    assert 0 < low < 0.5 < high < 1
    assert low == pytest.approx(1 - high)


def test_evidence_beyond_all_floats_is_the_largest() -> None:
    assert math.isfinite(e_value(np.ones(5000)))


def test_a_mean_next_to_nothing_has_no_lower_end() -> None:
    assert confidence_sequence(np.append(np.zeros(3000), 1e-6))[0] == 0


def test_many_distinct_means_are_grouped_and_change_little() -> None:
    rng = np.random.default_rng(7)
    means = rng.random(1500)
    parts = np.array([means[:1000], means[500:]])
    assert e_value(means) == pytest.approx(e_value(np.rint(means * 1000) / 1000))
    assert all(math.isfinite(e_value(part)) for part in parts)
    assert e_value(means) == pytest.approx(e_value(1 - means))


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_sequence_holds_the_mean_and_refutes_one_half_only_with_evidence(means: list[float]) -> None:
    values = np.array(means)
    low, high = confidence_sequence(values)
    assert 0 <= low <= values.mean() + 1e-9
    assert values.mean() - 1e-9 <= high <= 1
    if not low - 1e-6 < 0.5 < high + 1e-6:
        assert e_value(values) >= 20 * (1 - 1e-3)


def test_peeking_after_every_prompt_seldom_deceives() -> None:
    """Ville's inequality on fair coins: at most 5% of runs may ever reach 20; here about 3%."""
    rng = np.random.default_rng(5)
    wins = np.cumsum(rng.random((2000, 300)) < 0.5, axis=1)
    sizes = np.arange(1, 301)
    log_e = sizes * math.log(2) + special.betaln(wins + 1, sizes - wins + 1)
    assert np.mean(log_e.max(axis=1) >= math.log(20)) <= 0.05


def test_evidence_that_was_reached_stays_reached() -> None:
    found = evidence(np.append(votes(10, 10), votes(0, 10)))
    assert found.highest == pytest.approx(e_value(votes(10, 10)))
    assert (found.at, found.lead) == (10, 1.0)
    assert found.last == pytest.approx(e_value(votes(10, 20)))
    assert found.last < 1 < found.highest


def test_evidence_is_the_e_value_after_every_prompt() -> None:
    means = np.random.default_rng(3).choice([0, 0.5, 2 / 3, 0.9, 1], 1300)
    each = [e_value(means[: n + 1]) for n in range(len(means))]
    found = evidence(means)
    assert found.last == e_value(means)
    assert found.highest == pytest.approx(max(each))
    assert found.at == np.argmax(each) + 1


@pytest.mark.parametrize("means", [np.zeros(0), np.full(9, 0.5), votes(0, 1)[:0]])
def test_without_evidence_the_highest_is_that_before_the_first(means: FloatArray) -> None:
    found = evidence(means)
    assert found.last == pytest.approx(1)
    assert found == Evidence(found.last, 1, 0)


def test_many_prompts_are_looked_at_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    means = np.random.default_rng(3).random(3000)
    assert evidence(means).highest == pytest.approx(evidence(np.rint(means * 1000) / 1000).highest)
    monkeypatch.setattr(sequential, "LOOKS", 40)
    in_steps = evidence(votes(70, 101))
    assert in_steps.at == 69  # The greatest multiple of three with wins alone.
    assert in_steps.last == e_value(votes(70, 101))
