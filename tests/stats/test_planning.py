"""How many prompts it takes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ftcompare.stats.claim_power import StudyDesign, least_prompts
from ftcompare.stats.claims import ClaimScope
from ftcompare.stats.planning import (
    alike_by_prompt,
    crossed_variance,
    power_of_mean,
    prompts_for_difference,
    prompts_of_mean,
    prompts_still_needed,
    spread_with_raters,
)

FIRST = (ClaimScope.ONE_RATER, ClaimScope.THESE_RATERS)


@pytest.mark.parametrize(("beyond", "spread"), [(0.1, 0.5), (0.05, 0.4), (0.2, 0.3)])
def test_the_size_is_the_least_with_that_power(beyond: float, spread: float) -> None:
    n = prompts_of_mean(beyond, spread, 0.025, 0.8)
    assert power_of_mean(n, beyond, spread, 0.025) >= 0.8 > power_of_mean(n - 1, beyond, spread, 0.025)


def test_the_power_is_that_of_statsmodels() -> None:
    power = pytest.importorskip("statsmodels.stats.power")
    theirs = power.TTestPower().power(0.1 / 0.4, 60, 0.025, alternative="larger")
    assert power_of_mean(60, 0.1, 0.4, 0.025) == pytest.approx(theirs, abs=1e-9)
    assert power_of_mean(1, 0.1, 0.4, 0.025) == 0.0
    assert (power_of_mean(5, 0.1, 0.0, 0.025), power_of_mean(5, -0.1, 0.0, 0.025)) == (1.0, 0.0)


def test_large_sizes_go_by_the_normal_approximation() -> None:
    assert prompts_of_mean(0.0001, 0.5, 0.025, 0.8) == pytest.approx(1.9622e8, rel=1e-4)


@pytest.mark.parametrize("raters", [1, 3])
def test_prompts_still_needed_are_those_of_the_simulated_claim(raters: int) -> None:
    """A study's own rate and spread, of a few prompts, against studies made up by the claim's own rule."""
    design = StudyDesign(prompts=1, raters=raters, tie_share=0.2, prompt_sd=1.0, rater_sd=0.0)
    (simulated,) = (n for scope, n in least_prompts(0.6, design).items() if scope in FIRST)
    rate = 0.5 + 0.8 * 0.1
    variance = (0.8 / 4 - 0.08**2) * spread_with_raters(raters, alike_by_prompt(1.0, 0.2))
    found = prompts_still_needed(rate, math.sqrt(variance / 10), 10)
    assert simulated is not None
    assert found is not None
    assert found + 10 == pytest.approx(simulated, rel=0.1)


def test_more_prompts_are_needed_until_the_claim_can_be_made() -> None:
    assert prompts_still_needed(1.0, 0.0, 4) == 2, "six prompts at least"
    assert prompts_still_needed(0.9, 0.01, 30) == 1, "where the rate alone would be enough"
    assert prompts_still_needed(0.5, 0.1, 30) is None
    assert prompts_still_needed(0.9, None, 1) is None


def test_judgments_of_one_prompt_are_alike_as_far_as_prompts_differ() -> None:
    assert alike_by_prompt(0.0, 0.2) == pytest.approx(0.0)
    assert alike_by_prompt(1.0, 0.0) == pytest.approx(0.1735, abs=1e-4)
    assert alike_by_prompt(1.0, 0.2) == pytest.approx(0.8 * alike_by_prompt(1.0, 0.0))


def test_miller_vector() -> None:
    assert prompts_for_difference(1 / 9, 0.03) == pytest.approx(968.997, abs=5e-4)
    assert math.ceil(prompts_for_difference(1 / 9, 0.03)) == 969


def test_sampling_noise_adds_to_the_variance() -> None:
    assert prompts_for_difference(0.1, 0.03, sampling=0.1) == pytest.approx(prompts_for_difference(0.2, 0.03))


def complete_table(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = np.indices(values.shape)
    return values.ravel(), rows.ravel(), columns.ravel()


def test_components_of_a_complete_table_are_those_of_the_analysis_of_variance() -> None:
    # Winer 1971, table 4.3-1: five people under four drugs; SS people 680.8, drugs 698.2, residual 112.8.
    table = np.array(
        [[30, 28, 16, 34], [14, 18, 10, 22], [24, 20, 18, 30], [38, 34, 20, 44], [26, 28, 14, 30]], float
    )
    values, people, drugs = complete_table(table)
    assert crossed_variance(values, people, drugs) == pytest.approx((680.8 / 4 - 112.8 / 12) / 4)
    assert crossed_variance(values, drugs, people) == pytest.approx((698.2 / 3 - 112.8 / 12) / 5)


def test_components_are_told_without_bias_where_raters_share_the_prompts() -> None:
    rng, found = np.random.default_rng(8), []
    prompt, rater = np.divmod(np.arange(300), 6)
    asked = (prompt + rater) % 3 != 0
    for _ in range(400):
        values = rng.normal(0, 2, 50)[prompt] + rng.normal(0, 0.5, 6)[rater] + rng.normal(0, 1, 300)
        shown = values[asked], prompt[asked], rater[asked]
        found.append((crossed_variance(*shown), crossed_variance(shown[0], shown[2], shown[1])))
    assert np.mean([x[0] for x in found]) == pytest.approx(4, rel=0.05)
    assert np.mean([x[1] for x in found]) == pytest.approx(0.25, abs=0.03)


def test_a_single_rater_has_no_component() -> None:
    values, codes = np.array([0.0, 1.0, 0.5]), np.arange(3)
    assert crossed_variance(values, codes, codes * 0) is None
    assert crossed_variance(values, codes * 0, codes) is None
    assert crossed_variance(values[:0], codes[:0], codes[:0]) is None
