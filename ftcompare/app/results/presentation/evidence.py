"""Is it enough: the e-value, the interval that may be watched, and how many more prompts."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.presentation.blocks import Explanation, Figure, Picture, Unit
from ftcompare.app.results.presentation.chart_data import EvidenceCurve
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.number_format import e_value, percent, range_words
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.study_results import EVIDENCE_NEEDED
from ftcompare.app.review.result_slice import Part
from ftcompare.core.plurals import counted
from ftcompare.stats.planning import sign_test_prompts
from ftcompare.stats.summary import PairSummary

NEEDED = f"{EVIDENCE_NEEDED:.0f}"


def is_enough(pair: PairSummary) -> bool:
    """Whether the evidence reached what is needed; what was reached stays reached."""
    return pair.evidence.highest >= EVIDENCE_NEEDED


def evidence_sentence(pair: PairSummary) -> str:
    """Whether one may stop now."""
    found = pair.evidence
    if not is_enough(pair):
        return f"Not enough yet if you look as you go: e-value {e_value(found.last)}, needed {NEEDED}."
    reached = e_value(found.last)
    if found.last < EVIDENCE_NEEDED:
        reached = f"was {highest_words(pair)}"
    return f"Enough for these raters, however often you looked: e-value {reached}, needed {NEEDED}."


def highest_words(pair: PairSummary) -> str:
    """The highest e-value so far, and when it was."""
    found = pair.evidence
    return f"{e_value(found.highest)} after {_prompts(found.at)}" if found.at else "never above 1"


def evidence_picture(told: PairResults) -> Picture:
    """How the evidence grew."""
    curve = EvidenceCurve(
        prompts=told.path.prompts,
        values=told.path.values,
        threshold=EVIDENCE_NEEDED,
        threshold_words=f"enough evidence ({NEEDED})",
    )
    caption = (
        "The e-value after each prompt, in the order in which prompts were first judged "
        f"(n = {_prompts(told.pair.prompts)}). It may be looked at after every prompt."
    )
    return Picture(curve, caption, "Is it enough?", evidence_explanation(told.pair))


@measure(Group.EVIDENCE)
def e_values(told: PairResults) -> Iterator[Figure]:
    """Where the evidence stands, and the highest it reached."""
    pair, how = told.pair, evidence_explanation(told.pair)
    note = f"highest {e_value(pair.evidence.highest)}, needed {NEEDED}"
    yield Figure(
        "e_value", "E-value", pair.e_value, how, unit=Unit.E_VALUE, note=note, judged=Part(), column="E-value"
    )
    highest = highest_words(pair)
    yield Figure(
        "e_value_highest", "Highest so far", None, how, told=highest, detail=True, column="Highest so far"
    )
    reached = "yes" if is_enough(pair) else "not yet"
    title = f"Reached {NEEDED}"
    yield Figure("e_value_reached", title, None, how, told=reached, detail=True, column=title)


@measure(Group.EVIDENCE)
def confidence_sequence(told: PairResults) -> Iterator[Figure]:
    """The interval that may be looked at after every prompt."""
    pair, (low, high) = told.pair, told.pair.confidence_sequence
    how = Explanation(
        "Win rate so far, safe to watch",
        (
            "The confidence sequence holds every win rate m that the evidence does not refute: "
            f"{{m : E(m) < {NEEDED}}}, where E(m) is the e-value of a bettor against “the win rate is m”. It "
            "holds the true rate at all looks together in at least 95% of studies, so it is wider than an "
            "interval for one look.",
        ),
        "95% confidence sequence of the betting e-process",
        "Waudby-Smith & Ramdas 2024",
        (
            f"After {_prompts(pair.prompts)}: {range_words(low, high)}, around a win rate of "
            f"{pair.win_rate.value:.1%}. It speaks for these raters.",
        ),
    )
    title, column = "Win rate so far, safe to watch", "95% confidence sequence"
    yield Figure("confidence_sequence", title, None, how, low=low, high=high, judged=Part(), column=column)


@measure(Group.EVIDENCE)
def prompts_still_needed(told: PairResults) -> Iterator[Figure]:
    """How many prompts more the sign test would take."""
    pair, more = told.pair, told.pair.prompts_still_needed
    how = Explanation(
        "Prompts still needed",
        (
            "How many prompts more until the sign test would find the present rate with 80% power, if it "
            "is the true one: (n − decided prompts so far) / (1 − share of prompts without a favourite), "
            "where n is the number of decided prompts that the exact test takes for it at 5%.",
        ),
        "power of the exact sign test",
        "",
        (_still_needed_numbers(pair), *_other_raters(pair)),
    )
    even = pair.by_prompt.wins == pair.by_prompt.losses
    shown, note = f"about {more:,}" if more is not None else "", "for 80% power"
    if more is None:
        shown = "not defined" if even else "none"
        note = "" if even or not pair.win_rate_over_raters else "by the sign test, for these raters"
    yield Figure(
        "prompts_still_needed",
        "Prompts still needed",
        more,
        how,
        told=shown,
        note=note,
        judged=Part(),
        column="Prompts still needed",
    )


def _other_raters(pair: PairSummary) -> tuple[str, ...]:
    """Why "none" and "not enough" may stand beside each other."""
    if not pair.win_rate_over_raters:
        return ()
    return (
        "It speaks for these raters. The sentence at the top goes by the interval for raters like these: "
        "where raters differ, it takes more raters to narrow that, not more prompts.",
    )


def _still_needed_numbers(pair: PairSummary) -> str:
    found = pair.by_prompt
    decided = found.wins + found.losses
    wanted = sign_test_prompts(found.wins / decided) if decided else None
    if wanted is None:
        return "Here it is not defined: as many prompts are won as lost."
    lead = (
        f"Here {found.wins} of {decided} decided prompts are won ({percent(found.wins / decided)}), for "
        f"which n = {wanted:,}"
    )
    if pair.prompts_still_needed is None:
        return f"{lead}: as many are judged already."
    how = f"({wanted} − {decided}) / (1 − {found.ties} / {found.total})"
    return f"{lead}: {how} = {pair.prompts_still_needed:,}, rounded up."


def evidence_explanation(pair: PairSummary) -> Explanation:
    """The e-value."""
    rule = (
        "The e-value is what a bettor would have made of 1 by betting against “neither is preferred”, one "
        f"prompt at a time. If neither is, it reaches {NEEDED} in at most 5% of studies, however often you "
        f"look. So you may watch it grow and stop when it passes {NEEDED}: what was reached stays reached.",
        "E = the mean, over bets λ from −1 to 1, of the product of (1 + λ · d) over the prompts, where d "
        "is the mean preference of a prompt's judgments, −1 (all for one system) to 1 (all for the other).",
        "One prompt is one step: with several raters a prompt counts as finished, so look when its "
        "judgments are in. It speaks for these raters.",
    )
    source = "Waudby-Smith & Ramdas 2024; Ville 1939"
    numbers = (_evidence_numbers(pair),)
    return Explanation("Evidence", rule, "betting e-process, uniform mixture", source, numbers)


def _evidence_numbers(pair: PairSummary) -> str:
    n = pair.prompts
    told = f"It was computed from the {pair.judgments:,} judgments of {_prompts(n)}."
    if pair.judgments == n == pair.wins_a + pair.wins_b:  # the integral has a closed form
        numbers = f"n = {n}, k = {pair.wins_b}"
        told = f"With one decided judgment a prompt, E = 2ⁿ / ((n + 1) · C(n, k)) with {numbers}."
    best = f"The highest was {highest_words(pair)}." if pair.evidence.at else "It never rose above 1."
    return f"{told} Now it is {e_value(pair.evidence.last)}. {best}"


def _prompts(number: int) -> str:
    return counted(number, "prompt")
