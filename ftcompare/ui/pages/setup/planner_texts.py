"""Texts of the planner: its figures, and how each is computed with the numbers put in. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ftcompare.app.setup.planner import (
    DRAWS,
    ENOUGH,
    SECONDS_PER_ASIDE,
    Assumptions,
    ClaimScope,
    PlanEstimate,
    Question,
    basis_of,
    duration,
    halved,
    of_scope,
    people_of,
)
from ftcompare.app.setup.rating_summary import RaterLoad
from ftcompare.core.plurals import counted
from ftcompare.core.rating_design import RatingDesign

KEYS = ("time", "needed", "margin", "not_worse")
"""Keys of the figures, in the order of the page."""


@dataclass(frozen=True, slots=True)
class PlannerFigure:
    """One figure: its key of `KEYS`, its title, its value, and details."""

    key: str
    name: str
    value: str
    detail: str


def answers(estimate: PlanEstimate) -> tuple[PlannerFigure, ...]:
    return _time(estimate), _needed(estimate), _margin(estimate), _not_worse(estimate)


def how_computed(estimate: PlanEstimate) -> str:
    """Return how the sentence and the figures are computed, with the numbers put in."""
    paragraphs = (
        *(_simulation(estimate), _least_rate(estimate), _chances(estimate), _error(estimate)),
        *(_needed_how(estimate), _margin_how(estimate), *_not_worse_how(estimate), *_time_how(estimate)),
    )
    return "\n\n".join(filter(None, paragraphs))


def source_words(assumed: Assumptions) -> str:
    spread = "the difference between raters"
    if assumed.own:
        if assumed.rater_spread:
            return f"Ties, seconds, and {spread} are your input."
        return f"Ties and seconds are your input. For {spread}, a typical value is used."
    if judgments := assumed.judgments:
        known = f"Ties, seconds, and {spread}" if assumed.rater_spread else "Ties and seconds"
        return f"{known} come from the study's {judgments:,} judgments so far."
    return f"Ties, seconds, and {spread} are typical values until the study has {ENOUGH} judgments."


def changes_anything(opened: Question, question: Question) -> bool:
    return people_of(opened, question) != _people(opened) or basis_of(opened) != basis_of(question)


def use_words(opened: Question, question: Question, present: int, fixed: str = "") -> str:
    """Return what using the numbers does and cannot do; ``fixed``: why Setup accepts none."""
    if fixed:
        return f"These numbers cannot be used in Setup. {fixed}"
    people = people_of(opened, question)
    told = [
        f"Sets in Setup: {people_words(*people)}." if people != _people(opened) else "",
        "Setup then plans with your assumptions." if basis_of(opened) != basis_of(question) else "",
        prompt_words(question.prompts, present),
        stays_words(question.design) if changes_anything(opened, question) else "",
    ]
    return " ".join(filter(None, told)) or "Change a number to use it in Setup."


def stays_words(design: RatingDesign) -> str:
    """Return what a rater gets besides the pairs that count, unchanged by a plan; empty for nothing."""
    shares = shares_words(design)
    return f"{shares} stay unchanged." if shares else ""


def people_words(raters: int, each: int) -> str:
    """``3 raters, 2 judgments a pair``."""
    who = counted(raters, "rater") if raters else "any number of raters"
    what = f"{counted(each, 'judgment')} per pair" if each else "every rater judges all pairs"
    return f"{who}, {what}"


def prompt_words(planned: int, present: int) -> str:
    more = planned - present
    if more > 0:
        return f"Add {counted(more, 'prompt')} in Setup. Prompts cannot be added here."
    return f"Setup has {counted(-more, 'prompt')} more. All of them are used." if more < 0 else ""


def left_words(planned: int, present: int) -> str:
    if planned <= present:
        return ""
    return f"The plan needs {planned:,} prompts. Add {planned - present:,}."


def _people(question: Question) -> tuple[int, int]:
    return question.design.raters, question.design.each


def _own(estimate: PlanEstimate) -> str:
    return "this rater" if estimate.asked.raters == 1 else "these raters"


def _whose(estimate: PlanEstimate, others: str) -> str:
    return f"for {_own(estimate)}" + (f"; {others} for other raters of this kind" if others else "")


def _simulation(estimate: PlanEstimate) -> str:
    assumed = estimate.asked.assumed
    of_raters = (
        f", raters by {_number(assumed.rater_sd)}. The win rate is that over all prompts and raters, so that "
        "of the raters who come may be higher or lower."
    )
    return (
        f"The figures come from simulation. FTCompare simulates {_draws(estimate):,} studies of this plan "
        f"and applies the rule for claims to the complete judgments of each. {_percent(assumed.tie_share)} "
        "of the judgments are ties. Which system wins the others depends on prompt and rater. Prompts "
        f"differ by a standard deviation of {_number(assumed.prompt_sd)} logits"
        + (of_raters if estimate.asked.raters > 1 else ". The win rate is this rater's own over all prompts.")
    )


def _error(estimate: PlanEstimate) -> str:
    power = estimate.asked.power
    error = 196 * math.sqrt(power * (1 - power) / _draws(estimate))
    return f"A probability of {power:.0%} is known to ± {error:.1f} points (95%, Monte Carlo error)."


def _draws(estimate: PlanEstimate) -> int:
    return next((chance.draws for chance in estimate.power.values()), DRAWS)


def _least_rate(estimate: PlanEstimate) -> str:
    return (
        "The smallest difference is a win rate in whole percent of the judgments that have a winner. At this "
        f"rate, the claim is made in {estimate.asked.power:.0%} of these studies (the power). To represent "
        "others, the raters have to agree well enough. If they differ, more raters help, not more prompts."
    )


def _chances(estimate: PlanEstimate) -> str:
    asked, power = estimate.asked, estimate.power
    whose = ((of_scope(power, own=own), own) for own in (True, False))
    told = [
        f"in {chance.share:.0%} of the studies for {_own(estimate) if own else 'other raters of this kind'} "
        f"(± {196 * chance.error:.1f} points)"
        for chance, own in whose
        if chance is not None
    ]
    if not told:
        return ""
    return (
        f"The difference to show is a win rate of {_percent(asked.wanted)} of the judgments that have a "
        f"winner ({_percent(halved(asked))} with ties as half). The claim is made {_joined(told)}."
    )


def _needed(estimate: PlanEstimate) -> PlannerFigure:
    these, others = (of_scope(estimate.needed, own=own) for own in (True, False))
    known = ClaimScope.RATERS_LIKE_THESE in estimate.needed
    name = f"Prompts to show that one model wins {estimate.asked.wanted * 100:.3g} of 100"
    return PlannerFigure("needed", name, _count(these), _whose(estimate, _count(others) if known else ""))


def _needed_how(estimate: PlanEstimate) -> str:
    asked = estimate.asked
    return (
        "The number of prompts is the smallest, to about 2%, at which the claim is made in "
        f"{asked.power:.0%} of the simulated studies. For comparison: the formula for means (Miller 2024), "
        f"which assumes that raters do not differ, gives {estimate.needed_by_miller:,.0f} prompts."
    )


def _margin(estimate: PlanEstimate) -> PlannerFigure:
    these, others = (of_scope(estimate.margins, own=own) for own in (True, False))
    about = _whose(estimate, "" if others is None else _points(others))
    return PlannerFigure("margin", "Uncertainty of the win rate", _points(these), about)


def _margin_how(estimate: PlanEstimate) -> str:
    spread = estimate.asked.assumed.rater_spread
    between = f" The raters' win rates differ by a standard deviation of {spread * 100:.0f} points."
    return (
        "Uncertainty of the win rate: half the median width of its 95% interval (ties as half), if neither "
        f"system is better.{between if spread else ''}"
    )


def _not_worse(estimate: PlanEstimate) -> PlannerFigure:
    (margin, needed), *others = estimate.for_margins
    points = "; ".join(f"by {100 * margin:.0f} points: {needed:,}" for margin, needed in others)
    about = f"for {_own(estimate)}, if both models are equally good; {points}"
    name = f"Prompts to show “not worse by {100 * margin:.0f} points”"
    return PlannerFigure("not_worse", name, _count(needed), about)


def _not_worse_how(estimate: PlanEstimate) -> tuple[str, ...]:
    asked, ties = estimate.asked, _percent(estimate.asked.assumed.tie_share)
    margin = estimate.for_margins[0][0]
    return (
        "“Not worse by a margin” means that the lower end of the one-sided 95% interval of the win rate is "
        "above 50% minus the margin. The figure is the number of prompts at which this holds with "
        f"{asked.power:.0%} power for an equally good system with {ties} ties. It uses the noncentral t "
        "distribution (Julious 2004), with prompts differing as for the other figures. It holds for "
        f"{_own(estimate)}. To show it for other raters of this kind takes more prompts, or more raters.",
        "“No difference was found” is a weaker statement: with few prompts, none is found either. A release "
        f"check requires the stronger one with not_worse_than = {margin:g}.",
    )


def _time(estimate: PlanEstimate) -> PlannerFigure:
    checks = checks_words(estimate.plan.load)
    among = f", including {checks}" if checks else ""
    about = f"{estimate.plan.load.total:,} pairs each{among}; {estimate.judgments:,} judgments in all"
    return PlannerFigure("time", "Time per rater", duration(estimate.plan.minutes), about)


def _time_how(estimate: PlanEstimate) -> tuple[str, ...]:
    return _load(estimate), _within(estimate), _asides(estimate), _as_set(estimate.asked.design)


def checks_words(load: RaterLoad) -> str:
    """``25 hidden repeats and 12 known-answer checks``; empty for none."""
    return _joined(_checks(load))


def _checks(load: RaterLoad) -> list[str]:
    counts = (
        (load.repeats, "hidden repeat"),
        (load.controls, "same-model pair"),
        (load.gold, "known-answer check"),
    )
    return [counted(number, noun) for number, noun in counts if number]


def shares_words(design: RatingDesign) -> str:
    """``10% hidden repeats and 5% pairs with the same model on both sides``; empty for none."""
    shares = (
        (design.repeats, "hidden repeats"),
        (design.controls, "pairs with the same model on both sides"),
        (design.gold, "known-answer checks"),
    )
    return _joined([f"{_percent(share)} {what}" for share, what in shares if share])


def _load(estimate: PlanEstimate) -> str:
    load, seconds = estimate.plan.load, f"{estimate.asked.assumed.seconds:.0f}"
    terms = [f"{load.ordinary:,} pairs that count", *_checks(load)]
    if len(terms) == 1:
        return f"Time per rater: {terms[0]}, {seconds} s each."
    return f"Time per rater: {' + '.join(terms)} = {load.total:,} pairs, {seconds} s each."


def _asides(estimate: PlanEstimate) -> str:
    load, aside = estimate.plan.load, f"{SECONDS_PER_ASIDE:.0f}"
    counts = (
        (load.practice, "practice pair", "practice pairs"),
        (estimate.plan.asides, "criterion per pair", "criteria per pair"),
        (load.guesses, "guess", "guesses"),
    )
    told = _joined([counted(number, one, many) for number, one, many in counts if number])
    if not told:
        return ""
    return f"Added: {told}. A criterion and a guess take {aside} s, a practice pair as long as any pair."


def _within(estimate: PlanEstimate) -> str:
    """Return that measured seconds include the criteria; empty without criteria, or for usual seconds."""
    if not estimate.asked.scale.criteria or estimate.plan.asides:
        return ""
    return "The seconds are measured and include the criteria."


def _as_set(design: RatingDesign) -> str:
    shares = shares_words(design)
    return f"From Setup: {shares} of the pairs that count." if shares else ""


def _joined(parts: list[str]) -> str:
    *first, last = parts or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _percent(share: float) -> str:
    return f"{share:.1%}".replace(".0%", "%")


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _count(number: int | None) -> str:
    return "not reachable" if number is None else f"{number:,}"


def _points(margin: float | None) -> str:
    return "none" if margin is None else f"± {margin * 100:.1f} points"
