"""What the Results page says for and against its numbers. Pure functions."""

from __future__ import annotations

from collections.abc import Collection

from ftcompare.app.results.figure_words import decimals
from ftcompare.app.results.judged_parts import Dimension, Part
from ftcompare.app.results.presentation.blocks import Figure as BlockFigure
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.bias import PositionBias
from ftcompare.stats.summary import PairSummary
from ftcompare.ui.names import short_name
from ftcompare.ui.pages.results.words import (
    Explanation,
    Figure,
    counted,
    name,
    p_value,
    percent,
    probability,
    range_words,
    words,
)

USELESS_WIDTH = 0.99
"""An interval wider than this says nothing."""


def trust_figures(
    pair: PairSummary, agreed: Agreement, position: PositionBias, *, automatic: bool = False
) -> tuple[BlockFigure, ...]:
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


def _agreement_figure(found: Agreement, *, automatic: bool) -> BlockFigure:
    title = words("Agreement (α, ordinal)")
    value = found.alpha_ordinal
    told, terms = "", found.disagreement_ordinal
    if value is None or terms is None:
        why = words("no pair judged twice") if not found.units else words("all judged alike")
        shown, detail = words("not defined"), why
    else:
        shown, detail = decimals(value), words("n = {} pairs").format(found.units)
        told = words(
            "Over {n} that two raters or more judged, the observed disagreement is {observed} and the "
            "expected {expected}: α = 1 − {observed} / {expected} = {value}."
        ).format(
            n=counted(found.units, words("pair"), words("pairs")),
            observed=_term(terms.observed),
            expected=_term(terms.expected),
            value=decimals(value),
        )
    known = [
        told,
        words("{} of the pairs of answers to one pair agree.").format(percent(found.percent))
        if found.percent is not None
        else words("α needs pairs that at least two raters judged; there is none yet."),
        words("Taking the answers as mere names, α is {}.").format(decimals(found.alpha_nominal))
        if found.alpha_nominal is not None
        else "",
        words("Gwet's AC1, which does not fall when one side usually wins, is {}.").format(
            decimals(found.gwet_ac1.value)
        )
        if found.gwet_ac1 is not None
        else "",
    ]
    text = words(
        "α = 1 − observed disagreement / disagreement expected by chance. 1 is perfect agreement, 0 is "
        "what chance gives. A tie (and both bad) lies between the two sides. It is of all pairs of systems"
        " together."
    )
    distance = words(
        "Disagreement is the mean of δ² over pairs of answers: the observed over those to one and the same "
        "pair, the expected over any two. δ of two different answers is how many answers were given from the "
        "one to the other in order, those at both ends counted half; its unit cancels in α."
    )
    paragraphs = tuple(filter(None, (text, distance if told else "", " ".join(filter(None, known)))))
    method = words("Krippendorff's α, ordinal")
    explained = Explanation(title, paragraphs, method, "Krippendorff 2019, ch. 12")
    part = Part(Dimension.AGREEMENT, automatic=automatic) if found.units else None
    return Figure(title, shown, detail, explained, part)


def _term(value: float) -> str:
    """A disagreement with four figures or more, so that the quotient can be checked by hand."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _position_figure(found: PositionBias, *, automatic: bool) -> BlockFigure:
    title = words("Left chosen")
    if found.left_share is None:
        shown, detail = words("not defined"), words("no side known")
        told = words("No judgment for one side has a known place yet.")
    else:
        shown, detail = percent(found.left_share), range_words(found.low, found.high)
        told = words("{left} / ({left} + {right}) = {share:.1%}.").format(
            left=found.left, right=found.right, share=found.left_share
        )
    text = words(
        "Share of judgments for one side that went to the left text. Sides are drawn at random, so raters "
        "who do not favour a side choose left half of the time. The interval takes each rater's judgments "
        "together."
    )
    explained = Explanation(title, (text, told), words("Wilson, or t over raters"))
    part = None if found.left_share is None else Part(Dimension.POSITION, automatic=automatic)
    return Figure(title, shown, detail, explained, part)


def _length_figure(pair: PairSummary) -> BlockFigure:
    title = words("At equal length")
    rate = pair.length_controlled
    text = words(
        "Longer answers are often preferred for their length. This is the win rate of {} that would be "
        "expected if both answers were equally long and stood on no side."
    ).format(name(pair.b))
    if rate is None or rate.low is None or rate.high is None or rate.high - rate.low > USELESS_WIDTH:
        why = words(
            "It cannot be told here: the lengths do not vary enough, or there are too few prompts, or length "
            "and preference go together without exception."
        )
        return Figure(title, words("not defined"), "", Explanation(title, (text, why)))
    explained = Explanation(
        title, (text, rate.explanation), rate.method, "Dubois et al. 2024, Length-controlled AlpacaEval"
    )
    return Figure(title, percent(rate.value), range_words(rate.low, rate.high), explained, Part())


def _sign_test_figure(pair: PairSummary) -> BlockFigure:
    title = words("Sign test")
    text = words(
        "Each prompt counts once, for the side that most of its judgments favour; prompts without a "
        "favourite are left out. p is the chance of a split at least this uneven if neither were better: "
        "p = 2 · P(X ≥ the greater number), at most 1, where X counts heads of as many fair coins. It is "
        "valid for one look at the end, not for looking as you go."
    )
    method = words("exact sign test, two-sided (= exact McNemar)")
    explained = Explanation(title, (text, _sign_test_told(pair), *_scope(pair)), method, "Dixon & Mood 1946")
    if pair.sign_test_p is None:
        return Figure(title, words("not defined"), "", explained)
    p = p_value(pair.sign_test_p)
    return Figure(title, f"p {p}" if p.startswith("<") else f"p = {p}", _these(pair), explained, Part())


def _sign_test_told(pair: PairSummary) -> str:
    found = pair.by_prompt
    if pair.sign_test_p is None:
        return words("Here no prompt has a favourite.")
    told = words(
        "Here {b} is ahead on {wins}, {a} on {losses}, and {ties} without a favourite: p = 2 · P(X ≥ {most} "
        "of {all}) = {p}. The share of {b} is {share:.1%}, its exact interval {range}."
    )
    decided = found.wins + found.losses
    return told.format(
        a=name(pair.a),
        b=name(pair.b),
        wins=counted(found.wins, words("prompt"), words("prompts")),
        losses=f"{found.losses:,}",
        ties=words("{:,} are").format(found.ties) if found.ties != 1 else words("1 is"),
        most=max(found.wins, found.losses),
        all=decided,
        p=f"{pair.sign_test_p:.3g}",
        share=found.wins / decided,
        range=range_words(*(pair.sign_test_interval or (None, None))),
    )


def _probability_figure(pair: PairSummary) -> BlockFigure:
    title, found = words("P({} better)").format(short_name(pair.b, 20)), pair.by_prompt
    text = words(
        "Probability that {} wins more than half of the prompts with a favourite, starting from no opinion: "
        "the upper half of Beta(wins + 1, losses + 1), prompts counted once each."
    ).format(name(pair.b))
    told = words("Beta({a}, {b}) above one half = {p}.").format(
        a=found.wins + 1, b=found.losses + 1, p=probability(pair.probability_b_better)
    )
    counted_here = words(
        "It counts prompts won, here {wins} : {losses}. The headline and the win rate count judgments, so "
        "the two can point to different sides."
    ).format(wins=f"{found.wins:,}", losses=f"{found.losses:,}")
    method = words("Beta posterior, uniform prior")
    paragraphs = (text, told, counted_here, *_scope(pair))
    explained = Explanation(title, paragraphs, method, "Gelman et al. 2013, ch. 2")
    detail = words("of prompts won; the headline counts judgments")
    return Figure(title, probability(pair.probability_b_better), detail, explained, Part())


def _these(pair: PairSummary) -> str:
    """Whom a figure speaks for that counts each prompt once; empty where one rater makes it plain."""
    return words("for these raters") if pair.win_rate_over_raters else ""


def _scope(pair: PairSummary) -> tuple[str, ...]:
    if not pair.win_rate_over_raters:
        return ()
    told = words(
        "It speaks for these raters on other prompts. Other raters may judge otherwise: see the win rate."
    )
    return (told,)


def template_figures(pair: PairSummary, own: Collection[str]) -> tuple[BlockFigure, ...]:
    """That a system of the pair is asked with another chat template; nothing where none is.

    Args:
        pair: in front.
        own: names of systems that are asked with their adapter's own template; none while blinded.
    """
    asked = [system for system in (pair.b, pair.a) if system in own]
    if not asked:
        return ()
    title = words("Chat templates")
    text = words(
        "The study asks {} with the chat template of the adapter's own folder, and not with the base's. The "
        "same prompt can then be other tokens for it than for other systems. Part of what raters preferred "
        "may come of the template, and not of the weights."
    )
    told = [
        text.format(name(asked[0])),
        words("So it asks {}.").format(name(asked[1])) if len(asked) > 1 else "",
        words("Setup says with which template each system is asked."),
    ]
    shown = words("own of both") if len(asked) > 1 else words("own of one")
    who = ", ".join(short_name(system, 20) for system in asked)
    return (Figure(title, shown, who, Explanation(title, tuple(filter(None, told)))),)
