"""What the Results page says for and against its numbers. Pure functions."""

from __future__ import annotations

from collections.abc import Collection

from ftcompare.app.results.number_format import decimals
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.position_and_length_bias import PositionBias
from ftcompare.stats.summary import PairSummary
from ftcompare.ui.pages.results.words import (
    Explanation,
    Figure,
    counted,
    name,
    p_value,
    percent,
    probability,
    range_words,
    worded,
)
from ftcompare.ui.text.short_names import short_name

USELESS_WIDTH = 0.99
"""An interval wider than this says nothing."""


def trust_figures(
    pair: PairSummary, agreed: Agreement, position: PositionBias, *, automatic: bool = False
) -> tuple[Figure, ...]:
    """What speaks for and against the numbers.

    Args:
        pair: in front.
        agreed: of all pairs of systems.
        position: so too.
        automatic: both are of programs, because no person has judged.
    """
    return (
        _agreement_figure(agreed, automatic=automatic),
        _position_figure(position, automatic=automatic),
        _length_figure(pair),
        _sign_test_figure(pair),
        _probability_figure(pair),
    )


def _agreement_figure(found: Agreement, *, automatic: bool) -> Figure:
    title = "Agreement (α, ordinal)"
    value = found.alpha_ordinal
    told, terms = "", found.disagreement_ordinal
    if value is None or terms is None:
        why = "no pair judged twice" if not found.units else "all judged alike"
        shown, detail = "not defined", why
    else:
        shown, detail = decimals(value), f"n = {found.units} pairs"
        told = (
            "Over {n} that two raters or more judged, the observed disagreement is {observed} and the "
            "expected {expected}: α = 1 − {observed} / {expected} = {value}."
        ).format(
            n=counted(found.units, "pair", "pairs"),
            observed=_term(terms.observed),
            expected=_term(terms.expected),
            value=decimals(value),
        )
    known = [
        told,
        f"{percent(found.percent)} of the pairs of answers to one pair agree."
        if found.percent is not None
        else "α needs pairs that at least two raters judged; there is none yet.",
        f"Taking the answers as mere names, α is {decimals(found.alpha_nominal)}."
        if found.alpha_nominal is not None
        else "",
        f"Gwet's AC1, which does not fall when one side usually wins, is {decimals(found.gwet_ac1.value)}."
        if found.gwet_ac1 is not None
        else "",
    ]
    text = (
        "α = 1 − observed disagreement / disagreement expected by chance. 1 is perfect agreement, 0 is "
        "what chance gives. A tie (and both bad) lies between the two sides. It is of all pairs of systems"
        " together."
    )
    distance = (
        "Disagreement is the mean of δ² over pairs of answers: the observed over those to one and the same "
        "pair, the expected over any two. δ of two different answers is how many answers were given from the "
        "one to the other in order, those at both ends counted half; its unit cancels in α."
    )
    paragraphs = tuple(filter(None, (text, distance if told else "", " ".join(filter(None, known)))))
    method = "Krippendorff's α, ordinal"
    explained = Explanation(title, paragraphs, method, "Krippendorff 2019, ch. 12")
    part = Part(Dimension.AGREEMENT, automatic=automatic) if found.units else None
    return worded(title, shown, detail, explained, part)


def _term(value: float) -> str:
    """A disagreement with four figures or more, so that the quotient can be checked by hand."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _position_figure(found: PositionBias, *, automatic: bool) -> Figure:
    title = "Left chosen"
    if found.left_share is None:
        shown, detail = "not defined", "no side known"
        told = "No judgment for one side has a known place yet."
    else:
        shown, detail = percent(found.left_share), range_words(found.low, found.high)
        told = f"{found.left} / ({found.left} + {found.right}) = {found.left_share:.1%}."
    text = (
        "Share of judgments for one side that went to the left text. Sides are drawn at random, so raters "
        "who do not favour a side choose left half of the time. The interval takes each rater's judgments "
        "together."
    )
    explained = Explanation(title, (text, told), "Wilson, or t over raters")
    part = None if found.left_share is None else Part(Dimension.POSITION, automatic=automatic)
    return worded(title, shown, detail, explained, part)


def _length_figure(pair: PairSummary) -> Figure:
    title = "At equal length"
    rate = pair.length_controlled
    text = (
        f"Longer answers are often preferred for their length. This is the win rate of {name(pair.b)} "
        "that would be "
        "expected if both answers were equally long and stood on no side."
    )
    if rate is None or rate.low is None or rate.high is None or rate.high - rate.low > USELESS_WIDTH:
        why = (
            "It cannot be told here: the lengths do not vary enough, or there are too few prompts, or length "
            "and preference go together without exception."
        )
        return worded(title, "not defined", "", Explanation(title, (text, why)))
    explained = Explanation(
        title, (text, rate.explanation), rate.method, "Dubois et al. 2024, Length-controlled AlpacaEval"
    )
    return worded(title, percent(rate.value), range_words(rate.low, rate.high), explained, Part())


def _sign_test_figure(pair: PairSummary) -> Figure:
    title = "Sign test"
    text = (
        "Each prompt counts once, for the side that most of its judgments favour; prompts without a "
        "favourite are left out. p is the chance of a split at least this uneven if neither were better: "
        "p = 2 · P(X ≥ the greater number), at most 1, where X counts heads of as many fair coins. It is "
        "valid for one look at the end, not for looking as you go."
    )
    method = "exact sign test, two-sided (= exact McNemar)"
    explained = Explanation(title, (text, _sign_test_told(pair), *_scope(pair)), method, "Dixon & Mood 1946")
    if pair.sign_test_p is None:
        return worded(title, "not defined", "", explained)
    p = p_value(pair.sign_test_p)
    return worded(title, f"p {p}" if p.startswith("<") else f"p = {p}", _these(pair), explained, Part())


def _sign_test_told(pair: PairSummary) -> str:
    found = pair.by_prompt
    if pair.sign_test_p is None:
        return "Here no prompt has a favourite."
    told = (
        "Here {b} is ahead on {wins}, {a} on {losses}, and {ties} without a favourite: p = 2 · P(X ≥ {most} "
        "of {all}) = {p}. The share of {b} is {share:.1%}, its exact interval {range}."
    )
    decided = found.wins + found.losses
    return told.format(
        a=name(pair.a),
        b=name(pair.b),
        wins=counted(found.wins, "prompt", "prompts"),
        losses=f"{found.losses:,}",
        ties=f"{found.ties:,} are" if found.ties != 1 else "1 is",
        most=max(found.wins, found.losses),
        all=decided,
        p=f"{pair.sign_test_p:.3g}",
        share=found.wins / decided,
        range=range_words(*(pair.sign_test_interval or (None, None))),
    )


def _probability_figure(pair: PairSummary) -> Figure:
    title, found = f"P({short_name(pair.b, 20)} better)", pair.by_prompt
    text = (
        f"Probability that {name(pair.b)} wins more than half of the prompts with a favourite, starting "
        "from no opinion: "
        "the upper half of Beta(wins + 1, losses + 1), prompts counted once each."
    )
    told = (
        f"Beta({found.wins + 1}, {found.losses + 1}) above one half = "
        f"{probability(pair.probability_b_better)}."
    )
    counted_here = (
        "It counts prompts won, here {wins} : {losses}. The headline and the win rate count judgments, so "
        "the two can point to different sides."
    ).format(wins=f"{found.wins:,}", losses=f"{found.losses:,}")
    method = "Beta posterior, uniform prior"
    paragraphs = (text, told, counted_here, *_scope(pair))
    explained = Explanation(title, paragraphs, method, "Gelman et al. 2013, ch. 2")
    detail = "of prompts won; the headline counts judgments"
    return worded(title, probability(pair.probability_b_better), detail, explained, Part())


def _these(pair: PairSummary) -> str:
    """Whom a figure speaks for that counts each prompt once; empty where one rater makes it plain."""
    return "for these raters" if pair.win_rate_over_raters else ""


def _scope(pair: PairSummary) -> tuple[str, ...]:
    if not pair.win_rate_over_raters:
        return ()
    told = "It speaks for these raters on other prompts. Other raters may judge otherwise: see the win rate."
    return (told,)


def template_figures(pair: PairSummary, own: Collection[str]) -> tuple[Figure, ...]:
    """That a system of the pair is asked with another chat template; nothing where none is.

    Args:
        pair: in front.
        own: names of systems that are asked with their adapter's own template; none while blinded.
    """
    asked = [system for system in (pair.b, pair.a) if system in own]
    if not asked:
        return ()
    title = "Chat templates"
    text = (
        "The study asks {} with the chat template of the adapter's own folder, and not with the base's. The "
        "same prompt can then be other tokens for it than for other systems. Part of what raters preferred "
        "may come of the template, and not of the weights."
    )
    told = [
        text.format(name(asked[0])),
        f"So it asks {name(asked[1])}." if len(asked) > 1 else "",
        "Setup says with which template each system is asked.",
    ]
    shown = "own of both" if len(asked) > 1 else "own of one"
    who = ", ".join(short_name(system, 20) for system in asked)
    return (worded(title, shown, who, Explanation(title, tuple(filter(None, told)))),)
