"""What the planner says: its answers, and how each is computed with the numbers put in. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.app.setup.plan_estimates import SECONDS_PER_ASIDE, Assumptions, RaterLoad, duration
from ftcompare.app.setup.planner import Outlook, Question, basis_of, difference, people_of
from ftcompare.core.rating_design import RatingDesign

KEYS = ("alone", "together", "needed", "margin", "margin_over_raters", "time")
"""Of the answers, in the order of the page."""


@dataclass(frozen=True, slots=True)
class PlannerFigure:
    """One figure: its key of `KEYS`, what it is, its value, what belongs to it, and how it comes about."""

    key: str
    name: str
    value: str
    detail: str
    how: tuple[str, ...]


def answers(found: Outlook) -> tuple[PlannerFigure, ...]:
    """All of it, in the order of the page."""
    together = (_together(found),) if found.asked.each > 1 else ()
    return (
        _alone(found),
        *together,
        _needed(found),
        _margin(found),
        _margin_over_raters(found),
        _time(found),
    )


def source_words(assumed: Assumptions) -> str:
    """Where ties, pace and the likeness and spread of raters come from."""
    if assumed.own:
        if assumed.rater_spread:
            return "Ties, seconds and the spread of raters are as they were put in here."
        return "Ties and seconds are as they were put in here; how far raters differ is not known."
    if judgments := assumed.judgments:
        told = "Ties, seconds and how raters differ are those of the study's {0} judgments so far."
        if not assumed.rater_spread:
            told = "Ties and seconds are those of the study's {0} judgments so far."
        return told.format(f"{judgments:,}")
    return "Ties and seconds are usual ones: there are too few judgments yet to know better."


def changes_anything(opened: Question, asked: Question) -> bool:
    """Whether Setup, or its plan line, would be another with these numbers."""
    return people_of(opened, asked) != _people(opened) or basis_of(opened) != basis_of(asked)


def use_words(opened: Question, asked: Question, present: int, fixed: str = "") -> str:
    """What using the numbers does, and what cannot be set from here.

    Args:
        opened: what Setup holds.
        asked: the numbers.
        present: prompts in Setup.
        fixed: why Setup can take none of them; empty where it can.
    """
    if fixed:
        return f"Setup cannot take these numbers. {fixed}"
    people = people_of(opened, asked)
    told = [
        f"Sets in Setup: {people_words(*people)}." if people != _people(opened) else "",
        "The plan line goes on with these ties, seconds, spread and power."
        if basis_of(opened) != basis_of(asked)
        else "",
        prompt_words(asked.prompts, present),
        stays_words(asked.design) if changes_anything(opened, asked) else "",
    ]
    return " ".join(filter(None, told)) or "Setup has these numbers."


def stays_words(design: RatingDesign) -> str:
    """What a rater gets beside the pairs that count, which a plan leaves as it is; empty for nothing."""
    shares = shares_words(design)
    return f"{shares} stay as they are." if shares else ""


def people_words(raters: int, each: int) -> str:
    """``3 raters, 2 judgments a pair``."""
    who = "1 rater" if raters == 1 else "{} raters".format(f"{raters:,}")
    who = who if raters else "whoever comes"
    if not each:
        return f"{who}, every rater judges all pairs"
    what = "1 judgment a pair" if each == 1 else "{} judgments a pair".format(f"{each:,}")
    return f"{who}, {what}"


def prompt_words(planned: int, present: int) -> str:
    """What is left to do by hand where a plan has other prompts than Setup; empty for nothing."""
    more = planned - present
    if more > 0:
        ask = "Add 1 prompt" if more == 1 else "Add {} prompts".format(f"{more:,}")
        return f"{ask} in Setup: prompts cannot be set from here."
    if more < 0:
        spare = "1 prompt" if more == -1 else "{} prompts".format(f"{-more:,}")
        return f"Setup has {spare} more than this plan: all are used."
    return ""


def left_words(planned: int, present: int) -> str:
    """What is left to do, said in Setup; empty for nothing."""
    if planned <= present:
        return ""
    return "The plan counts on {} prompts: add {}.".format(f"{planned:,}", f"{planned - present:,}")


def _people(asked: Question) -> tuple[int, int]:
    return asked.design.raters, asked.design.each


def _alone(found: Outlook) -> PlannerFigure:
    asked = found.asked
    test = (
        "Exact two-sided sign test at 5%, one judgment a prompt: prompts that a system wins against "
        "prompts that it loses. {} prompts × (1 − {} ties) = {} prompts with a winner."
    ).format(f"{asked.prompts:,}", _percent(asked.assumed.tie_share), f"{found.decided:,}")
    least = "The win rate given is the least, among these, that is found in {0} of such studies."
    marks = ", ".join(f"{rate:.0%} → {needed:,}" for rate, needed in found.landmarks)
    return PlannerFigure(
        "alone",
        "Found with one judgment a pair",
        _rate(found.found),
        "of the prompts with a winner go one way, at {} power".format(f"{asked.power:.0%}"),
        (
            test,
            least.format(f"{asked.power:.0%}"),
            f"Prompts with a winner that the test needs: {marks}.",
        ),
    )


def _together(found: Outlook) -> PlannerFigure:
    asked = found.asked
    return PlannerFigure(
        "together",
        f"Found with all {asked.each} judgments a pair",
        _rate(found.found_together),
        "more raters average out what they disagree on",
        (
            (
                "Several judgments of a prompt make its answer surer. They count as {0} + (1 − {0}) / {1} = "
                "{2} of the prompts that one judgment each would need."
            ).format(_number(asked.assumed.alike), asked.each, _number(_effect(found))),
            (
                f"{_number(asked.assumed.alike)} is how much judgments of one prompt are alike: 0 not "
                "at all, 1 raters always agree. "
                "What prompts differ in is averaged out by more prompts alone. It speaks for these raters."
            ),
        ),
    )


def _needed(found: Outlook) -> PlannerFigure:
    asked, ties = found.asked, _percent(found.asked.assumed.tie_share)
    sign = "The exact sign test needs {0} prompts with a winner: {0} / (1 − {1} ties) = {2} prompts.".format(
        _count(found.discordant), ties, _count(found.needed)
    )
    if found.needed_together is None or found.needed_by_miller is None:
        return PlannerFigure(
            "needed",
            f"Prompts to find {_rate(asked.wanted)}",
            _count(found.needed),
            "",
            (sign,),
        )
    more = (
        f"With {asked.each} judgments a pair: {_count(found.discordant)} × {_number(_effect(found))} / "
        f"(1 − {ties}) = {_count(found.needed_together)} prompts."
    )
    return PlannerFigure(
        "needed",
        f"Prompts to find {_rate(asked.wanted)}",
        _count(found.needed),
        f"with one judgment a pair; {_count(found.needed_together)} with {asked.each}",
        (sign, more, _miller(found), _these_raters()),
    )


def _these_raters() -> str:
    return (
        "These numbers speak for these raters. Whether it holds for raters like these, too, depends on how "
        "many rate and how they differ: see the interval for raters like these."
    )


def _miller(found: Outlook) -> str:
    variance, alike = found.margins.variance, found.asked.assumed.alike
    return (
        "By the formula for means (Miller 2024): n = (z + z')² (ω² + σ² / K) / δ², with ω² = {}, σ² = {}, "
        "K = {} and δ = {}: {} prompts."
    ).format(
        f"{alike * variance:.4f}",
        f"{(1 - alike) * variance:.4f}",
        found.asked.each,
        f"{difference(found.asked):.3f}",
        f"{found.needed_by_miller:,.0f}",
    )


def _margin(found: Outlook) -> PlannerFigure:
    asked, margins = found.asked, found.margins
    how = (
        "A judgment has at most the variance σ² = (1 − {0} ties) / 4 = {1}. Over {2} prompts: V = {1} × {3} "
        "/ {2} = {4}. The interval is t · √V on {5} degrees of freedom."
    ).format(
        _percent(asked.assumed.tie_share),
        _number(margins.variance),
        f"{asked.prompts:,}",
        _number(_effect(found)),
        f"{margins.prompt_variance:.6f}",
        asked.prompts - 1,
    )
    return PlannerFigure(
        "margin",
        "Interval for these raters",
        _points(margins.over_prompts),
        "around the win rate, 95%",
        (how,),
    )


def _margin_over_raters(found: Outlook) -> PlannerFigure:
    asked, name = found.asked, "Interval for raters like these"
    if found.margins.over_raters is None:
        why = "needs two raters and two prompts"
        return PlannerFigure(
            "margin_over_raters",
            name,
            "none",
            why,
            ("One rater says nothing about other raters.",),
        )
    spread = asked.assumed.rater_spread
    how = (
        "V = {} over prompts + {}² / {} for the raters. The interval is t · √V on {} degrees of freedom: "
        "one less than the smaller number of prompts and raters."
    ).format(
        f"{found.margins.prompt_variance:.6f}",
        _number(spread),
        asked.raters,
        min(asked.prompts, asked.raters) - 1,
    )
    known = "95%, raters' own win rates spread by {} points".format(f"{spread * 100:.0f}")
    unknown = "95%, if raters do not differ: give their spread to know better"
    return PlannerFigure(
        "margin_over_raters", name, _points(found.margins.over_raters), known if spread else unknown, (how,)
    )


def _time(found: Outlook) -> PlannerFigure:
    load, judgments = found.plan.load, f"{found.judgments:,}"
    checks = checks_words(load)
    pairs = "{} pairs each".format(f"{load.total:,}")
    pairs = f"{pairs}, {checks} among them" if checks else pairs
    return PlannerFigure(
        "time",
        "Time a rater",
        duration(found.plan.minutes),
        f"{pairs}; {judgments} judgments in all",
        tuple(filter(None, (_load(found), _within(found), _asides(found), _as_set(found.asked.design)))),
    )


def checks_words(load: RaterLoad) -> str:
    """``25 hidden repeats, 12 controls and 12 gold items``; empty for none."""
    return _joined(_checks(load))


def _checks(load: RaterLoad) -> list[str]:
    counts = (
        (load.repeats, "1 hidden repeat", "{0} hidden repeats"),
        (load.controls, "1 control", "{0} controls"),
        (load.gold, "1 gold item", "{0} gold items"),
    )
    return [_counted(number, one, many) for number, one, many in counts if number]


def shares_words(design: RatingDesign) -> str:
    """``10% hidden repeats and 5% controls``; empty for none."""
    shares = (
        (design.repeats, "{0} hidden repeats"),
        (design.controls, "{0} controls"),
        (design.gold, "{0} gold items"),
    )
    return _joined([what.format(_percent(share)) for share, what in shares if share])


def _load(found: Outlook) -> str:
    load, seconds = found.plan.load, f"{found.asked.assumed.seconds:.0f}"
    terms = ["{} pairs that count".format(f"{load.ordinary:,}"), *_checks(load)]
    if len(terms) == 1:
        return f"{terms[0]}, {seconds} s each."
    return "{} = {} pairs, {} s each.".format(" + ".join(terms), f"{load.total:,}", seconds)


def _asides(found: Outlook) -> str:
    """What takes time beside the pairs that are judged; empty for nothing."""
    load, aside = found.plan.load, f"{SECONDS_PER_ASIDE:.0f}"
    counts = (
        (load.practice, "1 practice pair", "{0} practice pairs"),
        (found.plan.asides, "1 criterion a pair", "{0} criteria a pair"),
        (load.guesses, "1 guess", "{0} guesses"),
    )
    told = _joined([_counted(number, one, many) for number, one, many in counts if number])
    if not told:
        return ""
    return f"Added: {told}; a criterion and a guess take {aside} s, a practice pair as long as any."


def _within(found: Outlook) -> str:
    """That measured seconds have the criteria in; empty for none and for usual seconds."""
    if not found.plan.criteria or found.plan.asides:
        return ""
    return "The seconds are measured ones: they have the criteria in."


def _as_set(design: RatingDesign) -> str:
    """Where the checks come from; empty for none."""
    shares = shares_words(design)
    return f"As Setup has them: {shares} of the pairs that count." if shares else ""


def _joined(parts: list[str]) -> str:
    """``a, b and c``."""
    *first, last = parts or [""]
    return "{} and {}".format(", ".join(first), last) if first else last


def _counted(number: int, one: str, many: str) -> str:
    return one if number == 1 else many.format(f"{number:,}")


def _effect(found: Outlook) -> float:
    """Of several judgments on a prompt's variance: `stats.planning.spread_with_raters`, from its result."""
    margins = found.margins
    return margins.prompt_variance * max(found.asked.prompts, 1) / margins.variance


def _rate(rate: float | None) -> str:
    return "none: too few prompts" if rate is None else _percent(rate)


def _percent(share: float) -> str:
    """With a decimal where there is one: what is put into a formula gives what the formula gives."""
    return f"{share:.1%}".replace(".0%", "%")


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _count(number: int | None) -> str:
    return "no number of prompts" if number is None else f"{number:,}"


def _points(margin: float | None) -> str:
    if margin is None:
        return "none"
    return "± {} points".format(f"{margin * 100:.1f}")
