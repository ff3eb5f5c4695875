"""The planner: what a plan can detect, with which probability, how long it takes, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ftcompare.app.setup.plan_estimates import USUAL, Assumptions, Plan, plan, raters_of, study_design
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.stats.claim_power import DRAWS as DRAWS
from ftcompare.stats.claim_power import (
    POWER,
    ClaimPower,
    claim_power,
    half_widths,
    least_prompts,
    win_rate_spread,
)
from ftcompare.stats.claims import ClaimScope as ClaimScope
from ftcompare.stats.non_inferiority import prompts_for_margin
from ftcompare.stats.planning import alike_by_prompt, prompts_for_difference
from ftcompare.stats.rate_intervals import LEAST_JUDGMENTS as LEAST_JUDGMENTS
from ftcompare.stats.rate_intervals import LEAST_PROMPTS as LEAST_PROMPTS
from ftcompare.stats.rate_intervals import LEAST_RATERS as LEAST_RATERS
from ftcompare.stats.resampling import SEED

WANTED = 0.6
EVEN = 0.5
MARGINS = (0.05, 0.1, 0.15)  # margins for "not worse" claims, as differences of the win rate


@dataclass(frozen=True, slots=True)
class Question:
    """The input of the planner."""

    prompts: int  # number of prompts, at least 1
    design: RatingDesign = field(default_factory=RatingDesign)
    """raters, judgments per pair, and checks that take time."""
    scale: Scale = field(default_factory=Scale)  # the scale; criteria take time
    systems: int = 2
    samples: int = 1
    assumed: Assumptions = USUAL  # assumptions on ties, pace and differences between raters
    known: Assumptions = USUAL
    """The same assumptions from the study or defaults, without the values that the user entered."""
    power: float = POWER  # required probability of detection, below 1
    wanted: float = WANTED  # the win rate to detect, as a share of decided judgments, above ½

    @property
    def raters(self) -> int:
        return raters_of(self.design, self.assumed)

    @property
    def each(self) -> int:
        return self.design.each or self.raters


@dataclass(frozen=True, slots=True)
class PlanEstimate:
    """The planner's results by claim: for the present raters, and for other raters of this kind."""

    asked: Question
    plan: Plan  # the plan with the smallest detectable win rates
    power: Mapping[ClaimScope, ClaimPower]  # probability of each claim at the wanted win rate
    needed: Mapping[ClaimScope, int | None]
    """Number of prompts for the wanted win rate; None where no number suffices."""
    needed_by_miller: float  # number of prompts from the formula for means, for the present raters
    margins: Mapping[ClaimScope, float]
    """Expected half-widths of the win rate's intervals, ties counting half."""
    for_margins: tuple[tuple[float, int], ...] = ()
    """For some margins, the number of prompts that show an equally good system to be not worse by that
    margin, for the present raters and with all judgments of a pair."""

    @property
    def judgments(self) -> int:
        return self.plan.load.total * self.asked.raters


def plan_of(question: Question) -> Plan:
    return plan(
        question.prompts,
        question.design,
        question.scale,
        systems=question.systems,
        samples=question.samples,
        assumed=question.assumed,
        power=question.power,
    )


def plan_estimate(question: Question) -> PlanEstimate:
    design = study_design(question.prompts, question.design, question.assumed)
    rng = np.random.default_rng(SEED)
    return PlanEstimate(
        asked=question,
        plan=plan_of(question),
        power=claim_power(question.wanted, design, rng=rng),
        needed=least_prompts(question.wanted, replace(design, prompts=1), power=question.power),
        needed_by_miller=_by_miller(question),
        margins=half_widths(design),
        for_margins=tuple(_for_margins(question)),
    )


def halved(question: Question) -> float:
    return EVEN + (question.wanted - EVEN) * (1 - question.assumed.tie_share)


def _for_margins(question: Question) -> Iterator[tuple[float, int]]:
    ties = question.assumed.tie_share
    alike = alike_by_prompt(question.assumed.prompt_sd, ties)
    for margin in MARGINS:
        yield (
            margin,
            prompts_for_margin(
                margin, raters=question.each, tie_share=ties, alike=alike, power=question.power
            ),
        )


def _by_miller(question: Question) -> float:
    """Number of prompts by the formula for means: ω² is the variance of prompts' win rates."""
    assumed = question.assumed
    ours = win_rate_spread(assumed.prompt_sd, assumed.tie_share) ** 2
    rest = (1 - assumed.tie_share) / 4 - ours
    return prompts_for_difference(
        ours, halved(question) - EVEN, sampling=rest / question.each, power=question.power
    )


@dataclass(frozen=True, slots=True)
class PlanAssumptions:
    """The assumptions behind a plan that are not numbers of the study."""

    assumed: Assumptions | None = None
    """Values that the user entered; None for those of the study or the defaults."""
    power: float = POWER
    wanted: float = WANTED


def basis_of(question: Question) -> PlanAssumptions:
    """The part of a question that is not stored in the study."""
    return PlanAssumptions(
        question.assumed if question.assumed.own else None, question.power, question.wanted
    )


def based(question: Question, basis: PlanAssumptions) -> Question:
    assumed = basis.assumed or question.known
    return replace(question, assumed=assumed, power=basis.power, wanted=basis.wanted)


def people_of(before: Question, after: Question) -> tuple[int, int]:
    """Raters and judgments per pair that Setup takes from a plan; raters stay open if none were given."""
    stay_open = not before.design.raters and after.raters == before.raters and not after.design.each
    return (0 if stay_open else after.raters), after.design.each
