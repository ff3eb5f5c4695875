"""Not worse by a margin: the bound, its mirror, the size of a study, against simulation and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from ftcompare.stats.non_inferiority import (
    INTERVAL_LEVEL,
    not_worse,
    power_of_margin,
    prompts_for_margin,
)
from ftcompare.stats.win_rate import Rate, rate_over_prompts

RUNS = 500
"""Of the simulation; benchmarks/non_inferiority.py has more."""


def rate(low: float | None, high: float | None, level: float = INTERVAL_LEVEL) -> Rate:
    return Rate(0.5, low, high, level, "t over prompt means", "prompts", 100)


def test_a_system_is_not_worse_where_the_lower_end_lies_above_the_margin() -> None:
    found = not_worse(rate(0.46, 0.6), 0.05)
    assert (found.low, found.shown) == (0.46, True)
    assert found.worse_by == pytest.approx(0.04)
    assert not not_worse(rate(0.44, 0.6), 0.05).shown
    assert not not_worse(rate(0.45, 0.6), 0.05).shown  # at the margin is not above it


def test_the_other_system_is_read_from_the_upper_end() -> None:
    found = not_worse(rate(0.4, 0.52), 0.05, of_a=True)
    assert found.low == pytest.approx(0.48)
    assert found.shown
    assert not not_worse(rate(0.4, 0.56), 0.05, of_a=True).shown


def test_without_an_interval_nothing_is_shown() -> None:
    for of_a in (False, True):
        found = not_worse(rate(None, None), 0.4, of_a=of_a)
        assert (found.low, found.worse_by, found.shown) == (None, None, False)


def test_one_judgment_a_prompt_gets_the_exact_bound_that_scipy_gives() -> None:
    preference, prompts = np.repeat([1.0, 0.0], [6, 4]), np.arange(10)
    found = not_worse(rate_over_prompts(preference, prompts, INTERVAL_LEVEL), 0.15)
    exact = stats.binomtest(6, 10, alternative="greater").proportion_ci(0.95, method="exact").low
    assert found.low == pytest.approx(exact)
    assert not found.shown  # Wilson's end, 35.2%, would be above 35%: so it is in 9.5% of such studies
    other = not_worse(rate_over_prompts(1 - preference, prompts, INTERVAL_LEVEL), 0.15, of_a=True)
    assert other.low == pytest.approx(exact)


def test_who_won_nothing_may_be_as_bad_as_can_be() -> None:
    lost = rate_over_prompts(np.zeros(10), np.arange(10), INTERVAL_LEVEL)
    assert not_worse(lost, 0.4).low == 0.0


@pytest.mark.parametrize(("margin", "level"), [(0.0, 0.9), (0.5, 0.9), (math.nan, 0.9), (0.1, 0.95)])
def test_a_margin_or_a_level_that_cannot_be_is_refused(margin: float, level: float) -> None:
    with pytest.raises(ValueError, match="margin between 0 and one half"):
        not_worse(rate(0.4, 0.6, level), margin)


@pytest.mark.parametrize(("margin", "true", "raters"), [(0.1, 0.5, 1), (0.05, 0.55, 3), (0.15, 0.45, 5)])
def test_the_power_is_that_of_a_t_test_of_the_prompts_means(margin: float, true: float, raters: int) -> None:
    """statsmodels has the same test with its effect in standard deviations."""
    power = pytest.importorskip("statsmodels.stats.power")
    won = 0.5 + (true - 0.5) / 0.8
    variance = (0.8 * won + 0.05 - true**2) * (0.4 + 0.6 / raters)  # E x² less the square of the mean
    for prompts in (12, 60, 200):
        theirs = power.TTestPower().power(
            (true - 0.5 + margin) / math.sqrt(variance), prompts, 0.05, alternative="larger"
        )
        assert power_of_margin(prompts, margin, rate=true, raters=raters, alike=0.4) == pytest.approx(
            theirs, abs=1e-9
        )


def test_the_size_is_the_least_that_has_the_power() -> None:
    for margin in (0.02, 0.05, 0.1, 0.3):
        for raters in (1, 3):
            needed = prompts_for_margin(margin, raters=raters, alike=0.4)
            assert needed is not None
            assert power_of_margin(needed, margin, raters=raters, alike=0.4) >= 0.8
            assert power_of_margin(needed - 1, margin, raters=raters, alike=0.4) < 0.8


def test_a_system_that_is_worse_by_the_margin_is_never_shown_to_be_better_than_that() -> None:
    assert prompts_for_margin(0.05, rate=0.45, alike=0.4) is None
    assert prompts_for_margin(0.05, rate=0.3, alike=0.4) is None


def test_a_system_that_always_wins_needs_two_prompts_and_one_that_always_loses_has_no_power() -> None:
    assert prompts_for_margin(0.1, rate=1.0, tie_share=0.0, alike=0.4) == 2
    assert power_of_margin(50, 0.1, rate=0.0, tie_share=0.0, alike=0.4) == 0.0
    assert power_of_margin(1, 0.1, alike=0.4) == 0.0


def leans(true: float, prompts: int, runs: int, rng: np.random.Generator) -> np.ndarray:
    """Prompts' means of three judgments, a fifth of them ties, prompts of SD 1 logit."""
    nodes, weights = special.roots_hermitenorm(40)
    grid = np.linspace(-3, 3, 601)
    mean = np.interp(
        0.5 + (true - 0.5) / 0.8, special.expit(grid[:, None] + nodes) @ weights / weights.sum(), grid
    )
    won = rng.random((runs, prompts, 3)) < special.expit(mean + rng.standard_normal((runs, prompts, 1)))
    return np.asarray(np.where(rng.random(won.shape) < 0.2, 0.5, won).mean(axis=2))


def test_simulated_studies_are_wrong_in_5_percent_and_found_as_often_as_planned() -> None:
    rng, codes = np.random.default_rng(1), np.repeat(np.arange(60), 3)
    at_margin = leans(0.4, 60, RUNS, rng)

    def shown(means: np.ndarray) -> float:
        found = [not_worse(rate_over_prompts(np.repeat(m, 3), codes, INTERVAL_LEVEL), 0.1) for m in means]
        return float(np.mean([each.shown for each in found]))

    assert stats.binomtest(round(RUNS * shown(at_margin)), RUNS, 0.05, alternative="greater").pvalue > 0.001
    truly_equal = leans(0.5, 60, RUNS, rng)
    own = float(np.mean([np.var(x, ddof=1) for x in truly_equal]) / 0.2)
    planned = power_of_margin(60, 0.1, raters=3, alike=(own - 1 / 3) / (1 - 1 / 3))
    assert shown(truly_equal) == pytest.approx(planned, abs=0.06)  # three standard errors
