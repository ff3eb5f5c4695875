"""Texts of the planner: its figures, and how each is computed with the numbers put in. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ftcompare.app.setup.planner import (
    DRAWS,
    LEAST_JUDGMENTS,
    LEAST_PROMPTS,
    LEAST_RATERS,
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

KEYS = ("these", "others", "needed", "not_worse", "margin", "margin_over_raters", "time")
"""Keys of the figures, in the order of the page."""

MEDIAN = "Half the median width of the win rate's interval (ties as half), if neither system is better."


@dataclass(frozen=True, slots=True)
class PlannerFigure:
    """One figure: its key of `KEYS`, its title, its value, details, and how it is computed."""

    key: str
    name: str
    value: str
    detail: str
    how: tuple[str, ...]


def answers(estimate: PlanEstimate) -> tuple[PlannerFigure, ...]:
    return (
        _these(estimate),
        _others(estimate),
        _needed(estimate),
        _not_worse(estimate),
        _margin(estimate),
        _margin_over_raters(estimate),
        _time(estimate),
    )


def source_words(assumed: Assumptions) -> str:
    if assumed.own:
        if assumed.rater_spread:
            return "Ties, seconds, and the spread of raters are your input."
        return "Ties and seconds are your input. The spread of raters is not known."
    if judgments := assumed.judgments:
        known = "Ties, seconds, and the spread of raters" if assumed.rater_spread else "Ties and seconds"
        return f"{known} come from the study's {judgments:,} judgments so far."
    return "Ties and seconds are typical values, because there are too few judgments yet."


def changes_anything(opened: Question, question: Question) -> bool:
    return people_of(opened, question) != _people(opened) or basis_of(opened) != basis_of(question)


def use_words(opened: Question, question: Question, present: int, fixed: str = "") -> str:
    """Return what using the numbers does and cannot do; ``fixed``: why Setup accepts none."""
    if fixed:
        return f"These numbers cannot be used in Setup. {fixed}"
    people = people_of(opened, question)
    told = [
        f"Sets in Setup: {people_words(*people)}." if people != _people(opened) else "",
        "The plan line in Setup then uses these ties, seconds, spread, and power."
        if basis_of(opened) != basis_of(question)
        else "",
        prompt_words(question.prompts, present),
        stays_words(question.design) if changes_anything(opened, question) else "",
    ]
    return " ".join(filter(None, told)) or "Setup already has these numbers."


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


def _these(estimate: PlanEstimate) -> PlannerFigure:
    name, rate = f"Detectable for {_own(estimate)}", of_scope(estimate.plan.found, own=True)
    how = _simulation(estimate), _least_rate(estimate), _error(estimate), *_chance(estimate, own=True)
    return PlannerFigure("these", name, _rate(rate), _of_decided(estimate, rate), how)


def _others(estimate: PlanEstimate) -> PlannerFigure:
    rate = of_scope(estimate.plan.found, own=False)
    value, about = (
        ("none", _too_few(estimate)) if rate is None else (_percent(rate), _of_decided(estimate, rate))
    )
    more = (
        "To represent others, these raters have to agree well enough. If raters differ, more "
        "raters help, not more prompts."
    )
    how = _simulation(estimate), _least_rate(estimate), more, _error(estimate), *_chance(estimate, own=False)
    return PlannerFigure("others", "Detectable for other raters of this kind", value, about, how)


def _of_decided(estimate: PlanEstimate, rate: float | None) -> str:
    power = f"{estimate.asked.power:.0%}"
    return "" if rate is None else f"of decided judgments favor one system; found in {power} of such studies"


def _own(estimate: PlanEstimate) -> str:
    return "this rater" if estimate.asked.raters == 1 else "these raters"


def _too_few(estimate: PlanEstimate) -> str:
    if estimate.asked.raters < LEAST_RATERS:
        few = "one rater cannot" if estimate.asked.raters == 1 else "two raters cannot"
        return f"{few} represent others: {LEAST_RATERS} are needed"
    if ClaimScope.RATERS_LIKE_THESE not in estimate.plan.found:
        return f"needs {LEAST_PROMPTS} prompts and {LEAST_JUDGMENTS} judgments per rater"
    return "with more raters"


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
        "The figure is the smallest win rate, in whole percent of the decided judgments, at which the claim "
        f"is made in {estimate.asked.power:.0%} of these studies."
    )


def _chance(estimate: PlanEstimate, *, own: bool) -> tuple[str, ...]:
    chance, asked = of_scope(estimate.power, own=own), estimate.asked
    if chance is None:
        return ()
    return (
        f"The win rate to detect is {_percent(asked.wanted)} of the decided judgments "
        f"({_percent(halved(asked))} with ties as half). At this rate, the claim is made in "
        f"{chance.share:.0%} of the studies (± {196 * chance.error:.1f} points).",
    )


def _needed(estimate: PlanEstimate) -> PlannerFigure:
    asked, name = estimate.asked, f"Prompts to detect {_rate(estimate.asked.wanted)}"
    these, others = (of_scope(estimate.needed, own=own) for own in (True, False))
    about = f"for {_own(estimate)}"
    if ClaimScope.RATERS_LIKE_THESE in estimate.needed:
        about += f"; {_count(others)} for other raters of this kind"
    how = (
        f"The smallest number of prompts, to about 2%, at which the claim is made in {asked.power:.0%} of "
        f"the simulated studies. In these, {_percent(asked.wanted)} of decided judgments favor one system.",
        "For comparison: the formula for means (Miller 2024), which assumes that raters do not differ, "
        f"gives {estimate.needed_by_miller:,.0f} prompts.",
        _error(estimate),
    )
    return PlannerFigure("needed", name, _count(these), about, (_simulation(estimate), *how))


def _not_worse(estimate: PlanEstimate) -> PlannerFigure:
    asked, ties = estimate.asked, _percent(estimate.asked.assumed.tie_share)
    (margin, needed), *others = estimate.for_margins
    points = (f"by {100 * margin:.0f} points: {needed:,}" for margin, needed in others)
    more = "; ".join((f"for {_own(estimate)}", *points))
    how = (
        "“Not worse by a margin” means that the lower end of the one-sided 95% interval of the win rate is "
        "above 50% minus the margin. The figure is the number of prompts at which this holds with "
        f"{asked.power:.0%} power for an equally good system with {ties} ties. It uses the noncentral t "
        "distribution (Julious 2004), with prompts differing as for the other figures.",
        f"It holds for {_own(estimate)}. To show it for other raters of this kind takes more prompts, or "
        "more raters.",
        "“No difference was found” is a weaker statement: with few prompts, none is found either. A release "
        f"check requires the stronger one with not_worse_than = {margin:g}.",
    )
    name = f"Prompts to show “not worse by {100 * margin:.0f} points”"
    return PlannerFigure("not_worse", name, _count(needed), more, how)


def _margin(estimate: PlanEstimate) -> PlannerFigure:
    name, margin = f"Interval for {_own(estimate)}", of_scope(estimate.margins, own=True)
    about = "around the win rate, 95%"
    return PlannerFigure("margin", name, _points(margin), about, (_simulation(estimate), MEDIAN))


def _margin_over_raters(estimate: PlanEstimate) -> PlannerFigure:
    margin = of_scope(estimate.margins, own=False)
    about = "95%, assuming a typical spread of raters. Enter their spread for a better figure"
    if estimate.asked.assumed.rater_spread:
        about = f"95%, for a spread of raters of {estimate.asked.assumed.rater_spread * 100:.0f} points"
    about = _too_few(estimate) if margin is None else about
    name, how = "Interval for other raters of this kind", (_simulation(estimate), MEDIAN)
    return PlannerFigure("margin_over_raters", name, _points(margin), about, how)


def _time(estimate: PlanEstimate) -> PlannerFigure:
    checks = checks_words(estimate.plan.load)
    among = f", including {checks}" if checks else ""
    about = f"{estimate.plan.load.total:,} pairs each{among}; {estimate.judgments:,} judgments in all"
    how = (_load(estimate), _within(estimate), _asides(estimate), _as_set(estimate.asked.design))
    return PlannerFigure(
        "time", "Time per rater", duration(estimate.plan.minutes), about, tuple(filter(None, how))
    )


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
        return f"{terms[0]}, {seconds} s each."
    return f"{' + '.join(terms)} = {load.total:,} pairs, {seconds} s each."


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


def _rate(rate: float | None) -> str:
    return "none (too few prompts)" if rate is None else _percent(rate)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace(".0%", "%")


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _count(number: int | None) -> str:
    return "not reachable" if number is None else f"{number:,}"


def _points(margin: float | None) -> str:
    return "none" if margin is None else f"± {margin * 100:.1f} points"
