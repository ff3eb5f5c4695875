"""Blocks on whether the evidence is sufficient: e-value, sequential interval, further prompts needed."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ftcompare.app.results.claim_sentences import (
    HARDLY_MORE,
    LEAST_PLANNED,
    NEEDED,
    SOME,
    amount_words,
    is_enough,
    planned_prompts,
    whom,
)
from ftcompare.app.results.presentation.blocks import Explanation, Figure, Picture, Unit
from ftcompare.app.results.presentation.chart_data import EvidenceCurve
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.number_format import e_value, range_words
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.review.result_slice import Part
from ftcompare.core.disclosure import Subject
from ftcompare.core.plurals import counted
from ftcompare.stats.claims import ENOUGH_EVIDENCE, NoClaim
from ftcompare.stats.summary import PairSummary

NEW_STUDY = "Prompts that a new study needs"


def highest_words(pair: PairSummary) -> str:
    """The highest e-value so far, and at which prompt it was reached."""
    found = pair.evidence
    if not found.means:
        return "not computed yet"
    return f"{e_value(found.highest)} after {_prompts(found.at)}" if found.at else "never above 1"


def evidence_picture(results: PairResults) -> Picture:
    """The chart of the e-value over prompts."""
    enough = f"enough evidence ({NEEDED})"
    curve = EvidenceCurve(results.path.prompts, results.path.values, ENOUGH_EVIDENCE, enough)
    caption = (
        "The evidence (e-value) after each prompt, in the order in which prompts got their last "
        f"judgment (n = {_prompts(results.pair.prompts)}). You may look at it after every prompt."
    )
    return Picture(curve, caption, "Enough judgments to stop?", evidence_explanation(results.pair))


@measure(Group.EVIDENCE)
def e_values(results: PairResults) -> Iterator[Figure]:
    """The current e-value and the highest one so far."""
    pair, how = results.pair, evidence_explanation(results.pair)
    title, shown = "Evidence so far", amount_words(pair)
    unit, part = Unit.E_VALUE, Part()
    yield Figure(
        "e_value", title, pair.e_value, how, unit, told=shown, judged=part, column=title, detail=True
    )
    highest, title = highest_words(pair), "Most evidence so far"
    yield Figure("e_value_highest", title, None, how, told=highest, detail=True, column=title)
    no = "not yet" if results.disclosure.rating_open else "no"
    reached, title = "yes" if is_enough(pair) else no, f"Enough evidence ({NEEDED})"
    yield Figure("e_value_reached", title, None, how, told=reached, detail=True, column=title)


@measure(Group.EVIDENCE)
def confidence_sequence(results: PairResults) -> Iterator[Figure]:
    """The confidence sequence: an interval that stays valid when checked after every prompt."""
    pair, (low, high) = results.pair, results.pair.confidence_sequence
    if not pair.evidence.means:
        return
    around = f", around a win rate of {pair.win_rate.value:.1%}" if _all_told(results) else ""
    withheld = pair.claims[0].reason is NoClaim.WITHHELD
    title = "Win rate so far, of one system" if withheld else f"Win rate of {pair.b} so far"
    how = Explanation(
        title,
        (
            "The confidence sequence contains every win rate m that the evidence does not refute: {m : "
            f"E(m) < {NEEDED}}}, where E(m) is the e-value of a bettor against “the win rate is m”. In "
            "at least 95% of studies, it contains the true rate at all looks together, so it is wider "
            "than an interval for one look.",
        ),
        "95% confidence sequence of the betting e-process",
        "Waudby-Smith & Ramdas 2024",
        (f"After {_prompts(pair.prompts)}: {range_words(low, high)}{around}. It applies to these raters.",),
    )
    column, note = "95% confidence sequence", f"95% interval for {whom(pair)}, valid at every look"
    note += "; the system is named after unblinding" if withheld else ""
    yield Figure(
        "confidence_sequence", title, None, how, low=low, high=high, note=note, judged=Part(), column=column
    )


@measure(Group.EVIDENCE)
def prompts_still_needed(results: PairResults) -> Iterator[Figure]:
    """The prompts that a new study needs for a claim; shown at the end, since it reveals the difference."""
    if not _all_told(results):
        return
    pair, more = results.pair, results.pair.prompts_still_needed
    how = Explanation(
        NEW_STUDY,
        (
            "The number of prompts of a new study like this in which these raters' claim would be made "
            "with a chance of 80%. It assumes that the win rate found here is the true one and that "
            "prompts differ as they do here. It is the least P for which Student's t over P prompts "
            f"excludes 50% that often, but at least {LEAST_PLANNED}. This uses noncentral t with |rate − "
            "50%| · √P / s, where s is the standard deviation over prompts. It counts one pair of "
            "systems: the correction for several pairs needs more.",
        ),
        "power of the t test over prompts",
        "Julious 2004",
        (_still_needed_numbers(pair), *_other_raters(pair)),
    )
    planned = planned_prompts(pair)
    if planned is None:
        made = pair.claims[0].made
        shown, note = ("not computed", f"the claim for {whom(pair)} is made") if made else ("not defined", "")
    else:
        shown = f"more than {HARDLY_MORE:,}" if planned > HARDLY_MORE else f"about {planned:,}"
        note = f"to claim a preference of {whom(pair)} with a chance of 80%, if the rate seen here is true"
    title = how.title
    yield Figure("prompts_still_needed", title, more, how, told=shown, note=note, judged=Part(), column=title)


def _all_told(results: PairResults) -> bool:
    return results.disclosure.tells(Subject.ALL_FIGURES)


def _other_raters(pair: PairSummary) -> tuple[str, ...]:
    if not pair.speaks_for_others:
        return ()
    return (
        "It applies to these raters. For other raters of this kind, more is needed: if raters differ, more "
        "raters rather than more prompts. The planner in Setup has the figures.",
    )


def _still_needed_numbers(pair: PairSummary) -> str:
    if pair.claims[0].made:
        return "Here the claim is made."
    if pair.prompts_still_needed is None or pair.standard_error is None:
        return "Here it is not defined: neither is ahead, or only one prompt was judged."
    sd, more = 100 * pair.standard_error * math.sqrt(pair.prompts), pair.prompts_still_needed
    return (
        f"Here the win rate is {pair.win_rate.value:.1%} and s = {sd:.1f} points: P = "
        f"{pair.prompts + more:,}, {more:,} more than were judged."
    )


def evidence_explanation(pair: PairSummary) -> Explanation:
    """The explanation of the e-value."""
    rule = (
        "A bettor starts with 1 and bets against “neither is preferred”, one prompt at a time. The "
        f"e-value is what the bettor would have now. If neither is preferred, it reaches {NEEDED} in at "
        "most 5% of studies, however often you look. So you may watch it grow, and stop when it passes "
        f"{NEEDED}; later prompts cannot take that back. Below 1 there is no evidence, below {SOME:.1f} "
        "little, and from there on some.",
        "E = the mean, over bets λ from −1 to 1, of the product of (1 + λ · d) over the prompts, where d "
        "is the mean preference of a prompt's judgments, −1 (all for one system) to 1 (all for the other).",
        "One prompt is one step, starting with its last planned judgment, because its mean may change "
        "until then. It applies to these raters.",
    )
    source = "Waudby-Smith & Ramdas 2024; Ville 1939"
    numbers = (_evidence_numbers(pair),)
    return Explanation("Evidence", rule, "betting e-process, uniform mixture", source, numbers)


def _evidence_numbers(pair: PairSummary) -> str:
    n = len(pair.evidence.means)
    told = f"It was computed from the {pair.judgments:,} judgments of {_prompts(n)}."
    if n < pair.prompts:
        told = f"It was computed from the {_prompts(n)} of {pair.prompts:,} that have all their judgments."
    withheld = pair.claims[0].reason is NoClaim.WITHHELD  # otherwise k would reveal which system leads
    if pair.judgments == n == pair.wins_a + pair.wins_b and not withheld:  # the integral has a closed form
        numbers = f"n = {n}, k = {pair.wins_b}"
        told = f"With one decided judgment a prompt, E = 2ⁿ / ((n + 1) · C(n, k)) with {numbers}."
    best = f"The highest was {highest_words(pair)}." if pair.evidence.at else "It never rose above 1."
    return f"{told} Now it is {e_value(pair.evidence.last)}. {best}"


def _prompts(number: int) -> str:
    return counted(number, "prompt")
