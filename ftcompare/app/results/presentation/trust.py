"""Blocks on the reliability of the judgments: agreement, side bias, and checks of raters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ftcompare.app.raters.quality import KnownAnswerCheck
from ftcompare.app.results.presentation.blocks import Explanation, Figure, Unit
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.number_format import (
    decimal_span,
    decimals,
    name,
    percent,
    range_words,
)
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.language import english_name
from ftcompare.core.plurals import counted
from ftcompare.core.scale import DEFAULT_QUESTION
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.rater_quality import FAST_SECONDS, Proportion
from ftcompare.stats.resampling import Interval
from ftcompare.stats.win_rate import LEAST_RATERS

MOST_PAIRS = 10
"""Maximum number of pairs of systems with their own agreement; ``results --json`` has all."""

BY_RATER = "Wilson, or t over raters"
"""The interval method for a share of the judgments of several raters."""

TOO_WIDE = 0.7
"""With an interval of this width or more, a share is given as counts that are too few to say."""
MANY_JUDGMENTS = 30
"""From this number of judgments on, a wide interval means that raters differ."""
MOST_MISSED, SHORT_PROMPT = 3, 40
"""Maximum number of missed known-answer checks named one by one, and of characters of their prompts."""


@measure(Group.CHECKS)
def rater_checks(results: PairResults) -> Iterator[Figure]:
    """Repeats, gold items and speed of all people together; none while they are withheld."""
    together = results.checks.together if results.checks else None
    if together is None:
        return
    repeats = (
        "Some pairs came again later, with their sides swapped. This is the share on which the same text was "
        "preferred again, or neither both times."
    )
    gold = "Of pairs with a known better answer, the share on which it was preferred."
    missed = _missed_words([one for one in results.checks.known if one.missed]) if results.checks else ""
    fast = f"Judgments in less than {FAST_SECONDS:g} s, which is too short to read two answers."
    title = f"Judged in under {FAST_SECONDS:g} s"
    asked = (
        share_figure(
            "repeats", "Asked again: same answer", together.repeats, repeats, "repeat", Part(Dimension.REPEAT)
        ),
        share_figure(
            "gold",
            "Known answer: right",
            together.gold,
            gold,
            "check",
            Part(Dimension.GOLD),
            note=missed,
        ),
        share_figure("fast", title, together.fast, fast, "judgment", detail=True),
    )
    yield from (figure for figure in asked if figure.value is not None)


def _missed_words(missed: Sequence[KnownAnswerCheck]) -> str:
    """The missed known-answer checks of each rater; with many, their number."""
    if len(missed) <= MOST_MISSED:
        words = [f"{name(one.rater)} on “{name(one.prompt, SHORT_PROMPT)}”" for one in missed]
    else:
        words = [f"{name(rater)} {n:,} times" for rater, n in Counter(one.rater for one in missed).items()]
    return f"missed by {', '.join(words)}" if missed else ""


def too_few(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and high - low >= TOO_WIDE


def share_figure(
    key: str,
    title: str,
    proportion: Proportion,
    text: str,
    of: str,
    part: Part | None = None,
    *,
    detail: bool = False,
    note: str = "",
) -> Figure:
    """A proportion as a figure, or as counts where these are too few. ``of`` is the noun of the items."""
    n = counted(proportion.n, of)
    told = f"{title}: {proportion.hits:,} of {n}; interval {range_words(proportion.low, proportion.high)}."
    how = Explanation(
        title, (f"{text} The interval accounts for each rater's judgments together.",), BY_RATER, "", (told,)
    )
    figure = Figure(key, title, proportion.value, how, note=note, judged=part, detail=detail)
    if too_few(proportion.low, proportion.high):
        notes = ", ".join(filter(None, ("too few to say", note)))
        return replace(figure, told=f"{proportion.hits:,} of {n}", note=notes)
    return replace(figure, low=proportion.low, high=proportion.high, n=n)


@measure(Group.AGREEMENT)
def agreement(results: PairResults) -> Iterator[Figure]:
    """Agreement over all pairs of systems: α, and measures that are less sensitive to chance correction."""
    found, how = results.summary.agreement, agreement_explanation(results.summary.agreement)
    why = _no_alpha(found)
    n, part = counted(found.units, "pair"), Part(Dimension.AGREEMENT, automatic=results.by_programs)
    alphas = (
        ("ordinal", found.alpha_ordinal, found.alpha_ordinal_interval),
        ("nominal", found.alpha_nominal, found.alpha_nominal_interval),
    )
    few = 0 < found.units < FEW_PAIRS
    for scale, value, ends in alphas:
        words = agreement_words(value, ends, pairs=found.units, raters=len(results.summary.raters))
        title = "Raters disagree" if words == OPPOSITE else "Raters agree"
        note = "" if few else why if value is None else alpha_words(value)
        yield Figure(
            f"alpha_{scale}",
            title if scale == "ordinal" else f"{title}, a tie as far off as the other side",
            value,
            how,
            Unit.COEFFICIENT,
            *((ends.low, ends.high) if ends and not few else (None, None)),
            n if value is not None else "",
            note,
            told=words,
            judged=part if found.units else None,
            detail=scale == "nominal",
        )
    yield Figure("percent_agreement", "Answers to one pair that agree", found.percent, how, n=n, detail=True)
    ac1 = found.gwet_ac1.value if found.gwet_ac1 else None
    shown = TOO_FEW_PAIRS if few else ""
    yield Figure("gwet_ac1", "Gwet's AC1", ac1, how, unit=Unit.COEFFICIENT, n=n, told=shown, detail=True)


@measure(Group.AGREEMENT)
def agreement_by_pair(results: PairResults) -> Iterator[Figure]:
    """Agreement of each pair of systems, where there are several; the window shows the selected pair."""
    front, every = {results.stored.a, results.stored.b}, results.summary.agreement.pairs
    for of in (of for n, of in enumerate(every) if n < MOST_PAIRS or {of.a, of.b} == front):
        found, ends = of.agreement, of.agreement.alpha_ordinal_interval
        yield Figure(
            "alpha_ordinal_pair",
            f"Raters agree on {name(of.b)} against {name(of.a)}",
            found.alpha_ordinal,
            agreement_explanation(found),
            unit=Unit.COEFFICIENT,
            low=ends.low if ends else None,
            high=ends.high if ends else None,
            n=counted(found.units, "pair"),
            note=_no_alpha(found) if found.alpha_ordinal is None else alpha_words(found.alpha_ordinal),
            told=agreement_words(found.alpha_ordinal, ends, pairs=found.units),
            detail={of.a, of.b} != front,
        )


FEW_PAIRS = 10
"""With fewer pairs, agreement has no figure."""
TOO_FEW_PAIRS = "too few pairs to say"


def agreement_words(
    alpha: float | None, ends: Interval | None = None, *, pairs: int = FEW_PAIRS, raters: int = 2
) -> str:
    """Krippendorff's α in words; empty where it is not defined.

    From .667 on α supports tentative conclusions, from .8 on firm ones (Krippendorff 2019, ch. 12); .2 and .4
    are those of Landis & Koch 1977. Below 0, raters contradict each other more often than by chance.
    """
    if alpha is None:
        return ""
    if pairs < FEW_PAIRS:
        return TOO_FEW_PAIRS
    low, high = (ends.low, ends.high) if ends else (None, None)
    if high < 0 if high is not None else alpha < POOR:
        return OPPOSITE if raters == 2 and alpha <= OPPOSED else "less often than by chance"
    if alpha <= 0 or (low is not None and low <= 0):
        return "not clearly beyond chance"
    return next(word for least, word in _AGREEMENT if alpha >= least)


def agreement_lines(agreement: Agreement, raters: int) -> tuple[str, str]:
    """How well all raters agree, and what that is measured by."""
    if not agreement.units or agreement.percent is None:
        nobody = "One rater judged" if raters == 1 else "No pair was judged by two raters"
        return f"{nobody}, so there is no agreement to measure.", "Have two people judge each pair."
    alpha, ends = agreement.alpha_ordinal, agreement.alpha_ordinal_interval
    words = agreement_words(alpha, ends, pairs=agreement.units, raters=raters)
    usual = f"The raters agree {words}" if words else "The raters always gave the same verdict"
    pairs = f"Two raters or more judged {counted(agreement.units, 'pair')}."
    if agreement.units < FEW_PAIRS:
        return "Too few pairs were judged by two raters to say how well they agree.", pairs
    same = f"two raters give the same verdict {percent(agreement.percent)} of the time"
    span = f" ({decimal_span(ends.low, ends.high)})" if ends else ""
    scale = f"Compared with chance (0) and full agreement (1), they reach {decimals(alpha)}{span}. "
    return f"{_SENTENCES.get(words, usual)}: {same}.", f"{scale if alpha is not None else ''}{pairs}"


def alpha_words(alpha: float) -> str:
    return f"α = {decimals(alpha)}"


OPPOSITE = "opposite verdicts"
POOR = -0.2
"""Without an interval, α or κ below this value means agreement less often than by chance."""
_SENTENCES = {
    OPPOSITE: "The two raters give opposite verdicts",
    "hardly": "The raters hardly agree",
    "not clearly beyond chance": "It is not clear that the raters agree more often than by chance",
}
OPPOSED = -0.667
"""Up to this value, α or κ of two raters means opposite verdicts; three or more cannot all be opposed."""
_AGREEMENT = ((0.8, "very well"), (0.667, "well"), (0.4, "moderately"), (0.2, "a little"), (0.0, "hardly"))


def _no_alpha(agreement: Agreement) -> str:
    return "no pair judged twice" if not agreement.units else "all judged alike"


def agreement_explanation(agreement: Agreement) -> Explanation:
    """The explanation of α with its terms, and of the other agreement measures."""
    rule = (
        "α shows how much more often raters agree than by chance: 1 is perfect agreement, 0 is chance. α = "
        "1 − observed disagreement / disagreement expected by chance. A tie, and both bad, is between the "
        "two answers. The interval resamples the pairs of answers that two raters or more judged. Over "
        "several pairs of systems, each counts in both orders, because chance decides which system is named "
        "first. Within one pair, this changes nothing.",
        "Disagreement is the mean of δ² over pairs of verdicts: the observed disagreement over verdicts on "
        "the same pair, the expected one over any two. δ of two different verdicts is the number of verdicts "
        "given from the one to the other in order. Both ends count half. The unit of δ cancels in α.",
        "AC1 = (p − pₑ) / (1 − pₑ) does not fall if one side usually wins. Cohen's κ = (p − pₑ) / (1 − "
        "pₑ) is for two raters, with pₑ from how often each gave each verdict.",
    )
    source = "Krippendorff 2019, ch. 12; Gwet 2014; Cohen 1960"
    told = " ".join(filter(None, _agreement_numbers(agreement)))
    return Explanation("Agreement", rule, "Krippendorff's α", source, (told,))


def _agreement_numbers(agreement: Agreement) -> Iterator[str]:
    value, terms = agreement.alpha_ordinal, agreement.disagreement_ordinal
    if value is not None and terms is not None:
        observed, expected = _term(terms.observed), _term(terms.expected)
        yield (
            f"Over {counted(agreement.units, 'pair')} that two raters or more judged, the observed "
            f"disagreement is {observed} and the expected {expected}: "
            f"α = 1 − {observed} / {expected} = {decimals(value)}."
        )
    if agreement.percent is None:
        yield "α needs pairs that at least two raters judged; there are none yet."
    else:
        yield f"{percent(agreement.percent)} of the pairs of answers to one pair agree."
    if agreement.alpha_nominal is not None:
        yield f"With the answers as unordered categories, α is {decimals(agreement.alpha_nominal)}."
    if agreement.gwet_ac1 is not None:
        ac1, error = decimals(agreement.gwet_ac1.value), agreement.gwet_ac1.standard_error
        by = f" (standard error {decimals(error)})" if error is not None else ""
        yield f"Gwet's AC1, which does not fall when one side usually wins, is {ac1}{by}."


def _term(value: float) -> str:
    """A disagreement with at least four digits, so that the quotient can be checked by hand."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


@measure(Group.POSITION)
def left_chosen(results: PairResults) -> Iterator[Figure]:
    """How often the left answer was chosen, over all pairs of systems."""
    found, title = results.summary.position, "Preference for the left side"
    rule = (
        "Share of judgments for one side that went to the left answer. Sides are drawn at random, so "
        "raters who do not favor a side choose left half of the time. The interval takes each rater's "
        "judgments together.",
    )
    if found.left_share is None:
        why = Explanation(title, rule, numbers=("No judgment for one side has a known position yet.",))
        won = any(pair.wins_a + pair.wins_b for pair in results.summary.comparisons)
        nothing = "sides not recorded" if won else "no decided judgment"
        yield Figure("left_chosen", title, None, why, told=nothing)
        return
    decided = found.left + found.right
    numbers = f"{found.left} / ({found.left} + {found.right}) = {found.left_share:.1%}."
    figure = Figure(
        "left_chosen",
        title,
        found.left_share,
        Explanation(title, rule, BY_RATER, "", (numbers,)),
        judged=Part(Dimension.POSITION, automatic=results.by_programs),
    )
    n = counted(decided, "judgment")
    if too_few(found.low, found.high):
        note = "raters differ too much to say"
        if decided < MANY_JUDGMENTS or len(results.summary.raters) < LEAST_RATERS:
            note = "too few judgments or raters to say"
        yield replace(figure, told=f"{found.left:,} of {n}", note=note)
    else:
        yield replace(figure, low=found.low, high=found.high, n=n)


@measure(Group.CHECKS)
def languages(results: PairResults) -> Iterator[Figure]:
    """A caution where people judged in different languages."""
    found = sorted(results.summary.languages, key=lambda one: -one[1])
    if len(found) < 2:
        return
    title = "Raters judged in different languages"
    shown = ", ".join(f"{english_name(code)} {n:,}" for code, n in found)
    scale = results.found.results.study.scale
    if scale.translations or scale.question == DEFAULT_QUESTION:
        note = "the question may not mean quite the same in each"
        wording = "The question and criteria may not mean quite the same in each language."
    else:
        note = "the question and criteria were the same for all"
        wording = "All raters read the same question and criteria, because they are not translated."
    rule = (f"{wording} Judgments whose language is unknown count as English.",)
    how = Explanation(title, rule, numbers=(f"{title} ({shown}).",))
    yield Figure("languages", title, None, how, told=shown, note=note)


@measure(Group.TEMPLATES)
def chat_templates(results: PairResults) -> Iterator[Figure]:
    """A note that a system of the pair uses a different chat template; nothing where none does."""
    asked = results.own_templates
    if not asked:
        return
    rule = (
        "A system may use the chat template of the adapter's own folder instead of the base's. The same "
        "prompt can then have other tokens than for other systems. Part of raters' preference may come "
        "from the template, and not from the weights. Setup shows the template of each system.",
    )
    told_of = f"The study asks {' and '.join(asked)} with the chat template of the adapter's own folder."
    how = Explanation("Chat templates", rule, numbers=(told_of,))
    shown = "own of both" if len(asked) > 1 else "own of one"
    yield Figure("chat_templates", "Chat templates", None, how, told=shown, note=", ".join(asked))
