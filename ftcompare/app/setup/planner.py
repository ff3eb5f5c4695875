"""What a plan can find, how sure it will be and how long it takes, with what each figure is made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ftcompare.app.setup.plan_estimates import USUAL, Assumptions, Plan, decided_prompts, found_rate, plan
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.stats.planning import (
    POWER,
    ExpectedMargins,
    expected_margins,
    prompts_for_difference,
    prompts_for_rate,
    sign_test_prompts,
)

WANTED = 0.6
EVEN = 0.5
LANDMARKS = (0.55, 0.6, 0.65, 0.7)
"""Win rates whose number of prompts is told beside the one that is wanted."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the planner.

    Args:
        prompts: in the study, at least 1.
        design: raters and judgments a pair, and the checks that take time.
        scale: criteria take time, too.
        systems: how many write.
        samples: answers of each system to a prompt.
        assumed: ties, pace, how raters differ.
        known: the same as far as the study or habit says; what is put in by hand differs from it.
        power: wanted chance to find what is there, below 1.
        wanted: the win rate that is to be found, as a share of the prompts with a winner, above ½.
    """

    prompts: int
    design: RatingDesign = field(default_factory=RatingDesign)
    scale: Scale = field(default_factory=Scale)
    systems: int = 2
    samples: int = 1
    assumed: Assumptions = USUAL
    known: Assumptions = USUAL
    power: float = POWER
    wanted: float = WANTED

    @property
    def raters(self) -> int:
        """Who rate, one where nobody is planned for."""
        return self.design.raters or 1

    @property
    def each(self) -> int:
        """Judgments that a pair gets."""
        return self.design.each or self.raters


@dataclass(frozen=True, slots=True)
class Outlook:
    """The planner's answers. Rates are shares of the prompts with a winner; those found in whole percents.

    Args:
        asked: what these answer.
        plan: load and time.
        decided: prompts with a winner that are expected.
        found: the least win rate that the exact sign test finds with one judgment a prompt; None where
            there are too few prompts for any.
        found_together: the same with all of a pair's judgments; None as well with one judgment a pair.
        discordant: prompts with a winner that the sign test needs for the win rate wanted.
        needed: prompts for it with one judgment a prompt.
        needed_together: prompts for it with all of a pair's judgments.
        needed_by_miller: the same by the formula for means.
        margins: half the widths of the intervals to be expected.
        landmarks: for a few win rates, the prompts with a winner that the sign test needs.
    """

    asked: Question
    plan: Plan
    decided: int
    found: float | None
    found_together: float | None
    discordant: int | None
    needed: int | None
    needed_together: int | None
    needed_by_miller: float | None
    margins: ExpectedMargins
    landmarks: tuple[tuple[float, int], ...] = ()

    @property
    def judgments(self) -> int:
        """By all raters, checks and repeats included."""
        return self.plan.load.total * self.asked.raters


def difference(asked: Question) -> float:
    """How far from one half the wanted rate is where ties count half."""
    return (asked.wanted - EVEN) * (1 - asked.assumed.tie_share)


def outlook(asked: Question) -> Outlook:
    """Answer all of it."""
    assumed, together = asked.assumed, asked.each > 1
    margins = expected_margins(
        asked.prompts,
        raters=asked.raters,
        each=asked.each,
        tie_share=assumed.tie_share,
        alike=assumed.alike,
        rater_spread=assumed.rater_spread,
    )
    return Outlook(
        asked=asked,
        plan=plan(
            asked.prompts,
            asked.design,
            asked.scale,
            systems=asked.systems,
            samples=asked.samples,
            assumed=assumed,
            power=asked.power,
        ),
        decided=decided_prompts(asked.prompts, assumed),
        found=_found(asked, 1),
        found_together=_found(asked, asked.each) if together else None,
        discordant=sign_test_prompts(asked.wanted, power=asked.power),
        needed=_needed(asked, 1),
        needed_together=_needed(asked, asked.each) if together else None,
        needed_by_miller=_by_miller(asked, margins.variance) if together else None,
        margins=margins,
        landmarks=_landmarks(asked.power),
    )


def _found(asked: Question, each: int) -> float | None:
    return found_rate(asked.prompts, assumed=asked.assumed, power=asked.power, each=each)


def _needed(asked: Question, each: int) -> int | None:
    tie_share, alike = asked.assumed.tie_share, asked.assumed.alike
    return prompts_for_rate(asked.wanted, raters=each, tie_share=tie_share, alike=alike, power=asked.power)


def _landmarks(power: float) -> tuple[tuple[float, int], ...]:
    found = ((rate, sign_test_prompts(rate, power=power)) for rate in LANDMARKS)
    return tuple((rate, needed) for rate, needed in found if needed is not None)


def _by_miller(asked: Question, variance: float) -> float:
    """With ω² = ρσ², the part of a judgment's variance that comes from prompts, and the rest over K."""
    alike = asked.assumed.alike
    return prompts_for_difference(
        alike * variance,
        difference(asked),
        sampling=(1 - alike) * variance / asked.each,
        power=asked.power,
    )


def with_people(design: RatingDesign, raters: int, each: int) -> RatingDesign:
    """A design with other numbers of raters and of judgments a pair.

    Raises:
        UserError: ``rating-design``, where they do not go together.
    """
    return replace(design, raters=raters, each=each)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan is reckoned with beside the numbers of the study.

    Args:
        assumed: as put in by hand; None for what the study or habit says.
    """

    assumed: Assumptions | None = None
    power: float = POWER
    wanted: float = WANTED


def basis_of(asked: Question) -> Basis:
    """What of a question is not kept in the study."""
    return Basis(asked.assumed if asked.assumed.own else None, asked.power, asked.wanted)


def based(asked: Question, basis: Basis) -> Question:
    """The question reckoned with a basis."""
    assumed = basis.assumed or asked.known
    return replace(asked, assumed=assumed, power=basis.power, wanted=basis.wanted)


def people_of(before: Question, after: Question) -> tuple[int, int]:
    """Raters and judgments a pair that Setup gets from a plan; raters stay open if nobody was counted."""
    stay_open = not before.design.raters and after.raters == 1 and not after.design.each
    return (0 if stay_open else after.raters), after.design.each
