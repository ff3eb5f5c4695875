"""What the Results page says of the blind, the checks, and the results with and without. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.blind_checks import BlindChecks
from ftcompare.app.results.number_format import decimals
from ftcompare.app.results.study_results import Results, Variant, VariantKind
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.stats.blinding_index import BlindingIndex
from ftcompare.stats.rater_quality import Proportion
from ftcompare.stats.summary import PairSummary
from ftcompare.stats.win_rate import Rate
from ftcompare.ui.pages.raters.rater_texts import index_range
from ftcompare.ui.pages.results.words import Explanation, Figure, counted, name, percent, range_words, worded
from ftcompare.ui.text.short_names import short_name

WIDE = 0.6
"""An index whose interval is wider than this says little either way."""

_BANG = "Bang, Ni & Davis 2004, Controlled Clinical Trials 25:143"


def blind_figures(checks: BlindChecks, *, blinded: bool, automatic: bool = False) -> tuple[Figure, ...]:
    """The section “Is the blind holding?”; nothing where nothing was asked and nothing found.

    Args:
        checks: of the study.
        blinded: whether systems still go by their neutral names.
        automatic: no person has judged, so that what is listed was judged by programs.
    """
    return tuple(_blind_figures(checks, blinded=blinded, automatic=automatic))


def _blind_figures(checks: BlindChecks, *, blinded: bool, automatic: bool) -> Iterator[Figure]:
    if checks.blindness.guesses:
        yield _guess_figure(checks, blinded=blinded)
    if checks.naming.responses:
        yield _naming_figure(checks, blinded=blinded, automatic=automatic)
    if checks.controls.n:
        yield _controls_figure(checks.controls, blinded=blinded)


def index_words(index: BlindingIndex) -> str:
    """What an index says, in words."""
    if index.low is None or index.high is None:
        return "too few guesses to say"
    if index.low > 0:
        return "raters could tell"
    if index.high < 0:
        return "raters took the wrong one for it"
    wide = index.high - index.low > WIDE
    return "too few guesses to say" if wide else "raters could not tell"


def _guess_figure(checks: BlindChecks, *, blinded: bool) -> Figure:
    title, found = "Guesses (Bang's index)", checks.blindness
    text = (
        "Raters were asked which side was fine-tuned. Bang's index is (right − wrong) / all guesses: 0 as by "
        "chance, 1 always right, −1 always wrong. If its interval lies above 0, raters could tell, and their "
        "judgments may follow what they believed."
    )
    if blinded or found.overall is None or found.overall.value is None:
        given = counted(found.guesses, "guess", "guesses")
        why = "The index is told after unblinding: before it, it would say which system is which."
        shown = "no guess that counts" if not blinded else given
        return worded(title, shown, "", Explanation(title, (text, why) if blinded else (text,)))
    index = found.overall
    value = decimals(found.overall.value)
    detail = f"{index_range(index)}: {index_words(index)}"
    left_out = (
        f"{counted(found.left_out, 'guess', 'guesses')} on pairs without a base and an adapter are left out: "
        "no side of theirs is the fine-tuned one."
    )
    paragraphs = (text, index.explanation, *([left_out] if found.left_out else []))
    explained = Explanation(title, paragraphs, index.method, _BANG)
    return worded(title, value, detail, explained, Part(Dimension.GUESS))


def _naming_figure(checks: BlindChecks, *, blinded: bool, automatic: bool) -> Figure:
    title, naming = "Self-naming answers", checks.naming
    prompts = counted(len(naming.prompts), "prompt", "prompts")
    text = (
        "Answers that say what wrote them (“as a language model”, “my training data”, a system's own name) "
        "can end the blind for a pair. They are found by phrases; a find proves nothing, so look at them. "
        "After unblinding the results are shown with these prompts and without."
    )
    shown = counted(len(naming.responses), "answer", "answers")
    first = "For example: {}".format(
        "; ".join(f"“{flagged.found[0].text}”" for flagged in naming.responses[:3])
    )
    # a find may be the very name of a system
    paragraphs = (text,) if blinded else (text, first)
    part = None if blinded else Part(Dimension.SELF_NAMING, prompts=naming.prompts, automatic=automatic)
    return worded(title, shown, f"to {prompts}", Explanation(title, paragraphs), part)


def _controls_figure(found: Proportion, *, blinded: bool) -> Figure:
    """While blinded they are not listed: that both texts are of one system is not to be known yet."""
    title = "False preferences"
    text = (
        "Controls are pairs of the same system twice. Nothing should be preferred there but by taste for one "
        "wording; where both texts are the same, by chance or by side alone. This is the share of controls "
        "on which a side was preferred all the same. The interval takes each rater's judgments together."
    )
    asked = counted(found.n, "control", "controls")
    interval = range_words(found.low, found.high)
    told = f"{found.hits} of {asked}; interval {interval}."
    detail = f"of {asked}"
    explained = Explanation(title, (text, told), "Wilson, or t over raters")
    part = None if blinded else Part(Dimension.CONTROL)
    return worded(title, percent(found.hits / found.n), detail, explained, part)


def check_figures(checks: BlindChecks) -> tuple[Figure, ...]:
    """For “Can they be trusted?”: repeats and gold items of all raters; none while blinded."""
    if checks.together is None:
        return ()
    repeats = (
        "Some pairs came again later, with their sides swapped. This is the share on which the same text was "
        "preferred again, or neither both times."
    )
    gold = "Of pairs with a known better answer, the share on which it was preferred."
    asked = (
        ("Repeats alike", checks.together.repeats, repeats, Part(Dimension.REPEAT)),
        ("Gold right", checks.together.gold, gold, Part(Dimension.GOLD)),
    )
    return tuple(_share_figure(*figure) for figure in asked if figure[1].n)


def _share_figure(title: str, share: Proportion, text: str, part: Part) -> Figure:
    told = f"{share.hits} of {share.n}; interval {range_words(share.low, share.high)}."
    value = percent(share.hits / share.n)
    explained = Explanation(title, (text, told), "Wilson, or t over raters")
    return worded(title, value, f"of {share.n}", explained, part)


def variant_figures(found: Results, pair: PairSummary) -> tuple[Figure, ...]:
    """The win rate with everything, then without what is left out; nothing where nothing is."""
    if not found.variants:
        return ()
    everything = "All raters and all prompts."
    rows = [_rate_figure("Everything", _rate(pair), everything, Part())]
    for variant in found.variants:
        kept, title = variant.of(pair), _without(variant)
        part = Part(Dimension.WITHOUT, title, prompts=variant.prompt_ids, raters=variant.rater_ids)
        rows.append(_rate_figure(title, _rate(kept) if kept else None, _left_out(variant), part))
    return tuple(rows)


def _rate(pair: PairSummary) -> Rate:
    return pair.win_rate_over_raters or pair.win_rate


def _rate_figure(title: str, rate: Rate | None, text: str, part: Part) -> Figure:
    if rate is None:
        return worded(title, "nothing left", "", Explanation(title, (text,)))
    span = range_words(rate.low, rate.high)
    explained = Explanation(title, (text, rate.explanation), rate.method)
    return worded(title, percent(rate.value), span, explained, part)


def _without(variant: Variant) -> str:
    raters = counted(len(variant.raters), "rater", "raters")
    prompts = counted(variant.prompts, "prompt", "prompts")
    return {
        VariantKind.EXCLUDED_RATERS: f"Without {raters} left out",
        VariantKind.SELF_NAMING: f"Without {prompts} with self-naming",
        VariantKind.BOTH: "Without both",
    }[variant.kind]


def _left_out(variant: Variant) -> str:
    raters = ", ".join(name(rater) for rater in variant.raters)
    told = [
        f"Left out on the Raters page: {raters}." if raters else "",
        "Without prompts of which an answer says what wrote it." if variant.prompts else "",
        "{} remain.".format(counted(variant.judgments, "judgment", "judgments")),
    ]
    return " ".join(filter(None, told))


def live_sentence(checks: BlindChecks, *, blinded: bool) -> str:
    """The votes of the live page, apart; empty without any."""
    live = checks.live
    if not live.judgments:
        return ""
    votes = counted(live.judgments, "live vote", "live votes")
    if blinded:
        return f"{votes}: never mixed with these results, shown after unblinding."
    parts = [_live_words(pair) for pair in live.comparisons]
    return "{votes}, never mixed with these results: {parts}.".format(votes=votes, parts="; ".join(parts))


def _live_words(pair: PairSummary) -> str:
    told = "{b} {wins_b}, {a} {wins_a}, equal or both bad {rest}"
    return told.format(
        a=short_name(pair.a),
        b=short_name(pair.b),
        wins_a=pair.wins_a,
        wins_b=pair.wins_b,
        rest=pair.ties + pair.both_bad,
    )


def live_explanation(checks: BlindChecks, *, blinded: bool) -> Explanation:
    """How the votes of the live page are counted."""
    title, live = "Live votes", checks.live
    text = (
        "On the live page anyone asks, and judges what comes. The prompts are nobody's sample and the askers "
        "choose them, so the votes are counted by themselves: judgments for each system, without an interval."
    )
    if blinded:
        told = "So far: {}. How they went is told after unblinding."
        return Explanation(title, (text, told.format(f"{live.judgments:,}")))
    parts = "; ".join(f"{_live_words(pair)} = {pair.judgments:,}" for pair in live.comparisons)
    return Explanation(title, (text, f"Votes of each pair: {parts}."))
