"""What is true of a scripted study, beside the interval that is to hold it.

Two kinds of truth: of the population (all prompts, all raters: what "for other raters of this kind"
speaks of), and
of all prompts before the raters at hand (what "for these raters" speaks of). Each is worked out from the
population's effects by normal integrals, not counted from a sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scipy import stats

from ftcompare.core.study import Split
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.position_and_length_bias import PositionBias
from ftcompare.stats.summary import PairSummary
from tests.app.scripted_raters import Panel

OVER_RATERS = "win rate, for other raters of this kind"
THESE_RATERS = "win rate, for these raters"
SEQUENCE = "win rate, confidence sequence"
EQUAL_LENGTH = "win rate at equal length, for these raters"
LEFT = "preference for the left side"
SPLITS = "trained minus unseen, for these raters"
ALPHA = "Krippendorff's α, for these raters"
NOMINAL = 0.95
UNLIKELY = 0.001
"""How seldom a test of an interval that keeps its promise may fail, before its seed is fixed."""


@dataclass(frozen=True)
class Held:
    """An interval and the truth that it is to hold."""

    name: str
    low: float
    high: float
    truth: float

    @property
    def right(self) -> bool:
        """Whether it does."""
        return self.low <= self.truth <= self.high


def intervals(
    panel: Panel, pair: PairSummary, position: PositionBias, agreement: Agreement
) -> Iterator[Held]:
    """Every interval of a study of two systems that has one, with its truth.

    Where length matters, the only truths known are those at equal length and of the side.
    """
    population, raters = panel.population, panel.raters
    assert position.low is not None
    assert position.high is not None
    if population.length:
        rate = pair.length_controlled.over_prompts if pair.length_controlled else None
        if rate is not None and rate.low is not None and rate.high is not None:
            yield Held(EQUAL_LENGTH, rate.low, rate.high, population.rate_for(raters))
        return
    yield Held(LEFT, position.low, position.high, population.left_share())
    for name, rate, truth in (
        (OVER_RATERS, pair.win_rate_over_raters, population.rate()),
        (THESE_RATERS, pair.win_rate, population.rate_for(raters)),
    ):
        if rate is not None and rate.low is not None and rate.high is not None:
            yield Held(name, rate.low, rate.high, truth)
    yield Held(SEQUENCE, *pair.confidence_sequence, population.rate_for(raters))
    for found in pair.split_differences:
        if found.second is Split.HELD_OUT and found.low is not None and found.high is not None:
            yield Held(SPLITS, found.low, found.high, population.split_difference_for(raters))
    alpha = agreement.alpha_nominal_interval
    if alpha is not None and alpha.low is not None and alpha.high is not None:
        yield Held(ALPHA, alpha.low, alpha.high, population.alpha_for(raters))


def least_held(studies: int, nominal: float = NOMINAL) -> int:
    """So many of the studies' intervals hold the truth at least, but for a chance of `UNLIKELY`."""
    return int(stats.binom.ppf(UNLIKELY, studies, nominal))
