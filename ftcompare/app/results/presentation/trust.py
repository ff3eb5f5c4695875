"""Blocks on the reliability of the judgments: agreement, side bias, blinding, and checks of raters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ftcompare.app.raters.quality import KnownAnswerCheck
from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Explanation,
    Figure,
    Figures,
    Paragraph,
    Table,
    Unit,
    number_columns,
)
from ftcompare.app.results.presentation.chart_data import too_few
from ftcompare.app.results.presentation.number_format import (
    decimal_span,
    decimals,
    name,
    percent,
    range_words,
    share,
    span,
)
from ftcompare.app.results.presentation.pair_results import (
    BlindChecks,
    Group,
    PairResults,
    measure,
    pair_title,
    shown,
)
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.disclosure import Disclosure, Subject, Withheld
from ftcompare.core.language import (
    N_,
    counted,
    decimal,
    in_own_signs,
    language_name,
    listed,
    named_value,
    sentences,
    tr,
    trn,
)
from ftcompare.core.scale import QUESTIONS
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.rater_quality import FAST_SECONDS, BlindingIndex, Proportion
from ftcompare.stats.resampling import Interval
from ftcompare.stats.summary import PairSummary
from ftcompare.stats.win_rate import LEAST_RATERS

MOST_PAIRS = 10
"""Maximum number of pairs of systems with their own agreement; ``results --json`` has all."""

BY_RATER = N_("Wilson, or t over raters")
"""The interval method for a share of the judgments of several raters."""

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
    repeats = tr(
        "Some pairs came again later, with their sides swapped. This is the share on which the same text was "
        "preferred again, or neither both times."
    )
    gold = tr("The share of pairs with a known better answer on which that answer was preferred.")
    missed = _missed_words([one for one in results.checks.known if one.missed]) if results.checks else ""
    fast = tr("Judgments in less than {seconds:g} s, which is too short to read two answers.", FAST_SECONDS)
    checked = (
        share_figure(
            "repeats",
            tr("Asked again: same judgment"),
            together.repeats,
            repeats,
            counted(together.repeats.n, "repeat"),
            Part(Dimension.REPEAT),
        ),
        share_figure(
            "gold",
            tr("Known answer: right"),
            together.gold,
            gold,
            counted(together.gold.n, "check"),
            Part(Dimension.GOLD),
            note=missed,
        ),
        share_figure(
            "fast",
            tr("Judged in under {seconds:g} s", FAST_SECONDS),
            together.fast,
            fast,
            counted(together.fast.n, "judgment"),
            detail=True,
        ),
    )
    yield from (figure for figure in checked if figure.value is not None)


def _missed_words(missed: Sequence[KnownAnswerCheck]) -> str:
    """The missed known-answer checks of each rater; with many, their number."""
    if len(missed) <= MOST_MISSED:
        each = [
            tr("{rater} on “{prompt}”", name(one.rater), name(one.prompt, SHORT_PROMPT)) for one in missed
        ]
    else:
        numbers = Counter(one.rater for one in missed)
        each = [trn("{rater} {number} (time|times)", n, name(rater)) for rater, n in numbers.items()]
    return tr("missed by {raters}", ", ".join(each)) if missed else ""


def share_figure(
    key: str,
    title: str,
    proportion: Proportion,
    text: str,
    n: str,
    part: Part | None = None,
    *,
    detail: bool = False,
    note: str = "",
) -> Figure:
    """A proportion as a figure, or as counts where these are too few. ``n``: its total with the noun."""
    hits = tr("{hits} of {judgments}", proportion.hits, n)
    numbers = tr(
        "{title}: {hits}; interval {interval}.", title, hits, range_words(proportion.low, proportion.high)
    )
    rule = sentences(text, tr("The interval accounts for each rater's judgments together."))
    how = Explanation(title, (rule,), tr(BY_RATER), "", (numbers,))
    figure = Figure(key, title, proportion.value, how, note=note, judged=part, detail=detail)
    if too_few(proportion.low, proportion.high):
        notes = ", ".join(filter(None, (tr("too few to say"), note)))
        return replace(figure, words=hits, note=notes)
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
        level = agreement_level(value, ends, pairs=found.units, raters=len(results.summary.raters))
        title = tr("Raters disagree") if level == OPPOSITE else tr("Raters agree")
        note = "" if few else why if value is None else alpha_words(value)
        yield Figure(
            f"alpha_{scale}",
            title if scale == "ordinal" else tr("{measure}, all verdicts equally different", title),
            value,
            how,
            Unit.COEFFICIENT,
            *((ends.low, ends.high) if ends and not few else (None, None)),
            n if value is not None else "",
            note,
            words=tr(level),
            judged=part if found.units else None,
            detail=scale == "nominal",
        )
    yield Figure(
        "percent_agreement", tr("Judgments of the same pair that agree"), found.percent, how, n=n, detail=True
    )
    ac1 = found.gwet_ac1.value if found.gwet_ac1 else None
    shown = tr(TOO_FEW_PAIRS) if few else ""
    yield Figure("gwet_ac1", tr("Gwet's AC1"), ac1, how, unit=Unit.COEFFICIENT, n=n, words=shown, detail=True)


@measure(Group.AGREEMENT)
def agreement_by_pair(results: PairResults) -> Iterator[Figure]:
    """Agreement of each pair of systems, where there are several; the window shows the selected pair."""
    front, every = {results.stored.a, results.stored.b}, results.summary.agreement.pairs
    for of in (of for n, of in enumerate(every) if n < MOST_PAIRS or {of.a, of.b} == front):
        found, ends = of.agreement, of.agreement.alpha_ordinal_interval
        yield Figure(
            "alpha_ordinal_pair",
            tr("Raters agree on {b} against {a}", name(of.b), name(of.a)),
            found.alpha_ordinal,
            agreement_explanation(found),
            unit=Unit.COEFFICIENT,
            low=ends.low if ends else None,
            high=ends.high if ends else None,
            n=counted(found.units, "pair"),
            note=_no_alpha(found) if found.alpha_ordinal is None else alpha_words(found.alpha_ordinal),
            words=agreement_words(found.alpha_ordinal, ends, pairs=found.units),
            detail={of.a, of.b} != front,
        )


FEW_PAIRS = 10
"""With fewer pairs, agreement has no figure."""
TOO_FEW_PAIRS = N_("too few pairs to say")


def agreement_words(
    alpha: float | None, ends: Interval | None = None, *, pairs: int = FEW_PAIRS, raters: int = 2
) -> str:
    """Krippendorff's α in words, as in `agreement_level`."""
    return tr(agreement_level(alpha, ends, pairs=pairs, raters=raters))


def agreement_level(
    alpha: float | None, ends: Interval | None = None, *, pairs: int = FEW_PAIRS, raters: int = 2
) -> str:
    """Krippendorff's α in words, to be translated; empty where it is not defined.

    From .667 on α supports tentative conclusions, from .8 on firm ones (Krippendorff 2019, ch. 12); .2 and .4
    are those of Landis & Koch 1977. Below 0, raters contradict each other more often than by chance.
    """
    if alpha is None:
        return ""
    if pairs < FEW_PAIRS:
        return TOO_FEW_PAIRS
    low, high = (ends.low, ends.high) if ends else (None, None)
    if high < 0 if high is not None else alpha < POOR:
        return OPPOSITE if raters == 2 and alpha <= OPPOSED else LESS_THAN_CHANCE
    if alpha <= 0 or (low is not None and low <= 0):
        return NOT_BEYOND_CHANCE
    return next(word for least, word in _AGREEMENT if alpha >= least)


def agreement_lines(agreement: Agreement, raters: int, *, rating_open: bool = False) -> tuple[str, str]:
    """How well all raters agree, and what that is measured by, or what to do so that it can be."""
    if not agreement.units or agreement.percent is None:
        if raters == 1:
            nothing = tr("One rater judged, so there is no agreement to measure.")
        else:
            nothing = tr("No pair was judged by two raters, so there is no agreement to measure.")
        if rating_open:
            return nothing, tr("Have two people judge each pair.")
        return nothing, tr("In the next study, have two people judge some pairs.")
    alpha, ends = agreement.alpha_ordinal, agreement.alpha_ordinal_interval
    pairs = tr("Two raters or more judged {pairs}.", counted(agreement.units, "pair"))
    if agreement.units < FEW_PAIRS:
        return tr("Too few pairs were judged by two raters to say how well they agree."), pairs
    level = agreement_level(alpha, ends, pairs=agreement.units, raters=raters)
    same = tr("two raters give the same verdict {rate} of the time", percent(agreement.percent))
    span = f" ({decimal_span(ends.low, ends.high)})" if ends else ""
    scale = tr(
        "Agreement beyond chance is {alpha}. 0 is chance, 1 full agreement.", f"{decimals(alpha)}{span}"
    )
    agrees = named_value(tr(_SENTENCES[level]), f"{same}.")
    return agrees, sentences(scale if alpha is not None else "", pairs)


def poor_agreement(agreement: Agreement, raters: int) -> str:
    """How well the raters agree, if it is poorly or not known; empty otherwise.

    Holds with and without an interval, so that it contradicts no page that has one.
    """
    if not agreement.units or agreement.percent is None:
        return agreement_lines(agreement, raters)[0]
    level = agreement_level(agreement.alpha_ordinal, pairs=agreement.units, raters=raters)
    if level not in (OPPOSITE, LESS_THAN_CHANCE, NOT_BEYOND_CHANCE, HARDLY):
        return ""
    same = N_("Two raters give the same verdict {rate} of the time, little or no more often than by chance.")
    return tr(same, percent(agreement.percent))


def alpha_words(alpha: float) -> str:
    return tr("Krippendorff's alpha {number}", decimals(alpha))


OPPOSITE = N_("opposite verdicts")
LESS_THAN_CHANCE = N_("less often than by chance")
NOT_BEYOND_CHANCE = N_("not clearly beyond chance")
HARDLY = N_("hardly")
POOR = -0.2
"""Without an interval, α or κ below this value means agreement less often than by chance."""
_SENTENCES = {
    "": N_("The raters always gave the same verdict"),
    OPPOSITE: N_("The two raters give opposite verdicts"),
    LESS_THAN_CHANCE: N_("The raters agree less often than by chance"),
    NOT_BEYOND_CHANCE: N_("It is not clear that the raters agree more often than by chance"),
    HARDLY: N_("The raters hardly agree"),
    "a little": N_("The raters agree a little"),
    "moderately": N_("The raters agree moderately"),
    "well": N_("The raters agree well"),
    "very well": N_("The raters agree very well"),
}
OPPOSED = -0.667
"""Up to this value, α or κ of two raters means opposite verdicts; three or more cannot all be opposed."""
_AGREEMENT = (
    (0.8, N_("very well")),
    (0.667, N_("well")),
    (0.4, N_("moderately")),
    (0.2, N_("a little")),
    (0.0, HARDLY),
)


def _no_alpha(agreement: Agreement) -> str:
    return tr("no pair judged twice") if not agreement.units else tr("all judgments are the same")


def agreement_explanation(agreement: Agreement) -> Explanation:
    rule = (
        tr(
            "α shows how much more often raters agree than by chance: 1 is perfect agreement, 0 is chance. α "
            "= 1 − observed disagreement / disagreement expected by chance. A tie, and both bad, is between "
            "the two answers. The interval resamples the pairs of answers that two raters or more judged. "
            "Over several pairs of systems, each counts in both orders, because chance decides which system "
            "is named first. Within one pair, this changes nothing."
        ),
        tr(
            "Disagreement is the mean of δ² over pairs of verdicts: the observed disagreement over verdicts "
            "on the same pair, the expected one over any two. δ of two different verdicts is the number of "
            "verdicts given from the one to the other in order. Both ends count half. The unit of δ cancels "
            "in α."
        ),
        tr(
            "AC1 = (p − pₑ) / (1 − pₑ) does not fall if one side usually wins. Cohen's κ = (p − pₑ) / (1 − "
            "pₑ) is for two raters, with pₑ from how often each gave each verdict."
        ),
    )
    source = "Krippendorff 2019, ch. 12; Gwet 2014; Cohen 1960"
    numbers = sentences(*_agreement_numbers(agreement))
    return Explanation(tr("Agreement"), rule, tr("Krippendorff's α"), source, (numbers,))


def _agreement_numbers(agreement: Agreement) -> Iterator[str]:
    value, terms = agreement.alpha_ordinal, agreement.disagreement_ordinal
    if value is not None and terms is not None:
        observed, expected = _term(terms.observed), _term(terms.expected)
        yield tr(
            "Over {pairs} that two raters or more judged, the observed disagreement is {observed} and "
            "the expected {expected}: α = 1 − {observed} / {expected} = {alpha}.",
            counted(agreement.units, "pair"),
            observed,
            expected,
            decimals(value),
        )
    if agreement.percent is None:
        yield tr("α needs pairs that at least two raters judged; there are none yet.")
    else:
        yield tr("{share} of judgments of the same pair agree.", percent(agreement.percent))
    if agreement.alpha_nominal is not None:
        yield tr("With the answers as unordered categories, α is {alpha}.", decimals(agreement.alpha_nominal))
    if agreement.gwet_ac1 is not None:
        ac1, error = decimals(agreement.gwet_ac1.value), agreement.gwet_ac1.standard_error
        if error is not None:
            ac1 = tr("{ac1} (standard error {error})", ac1, decimals(error))
        yield tr("Gwet's AC1, which does not fall when one side usually wins, is {ac1}.", ac1)


def _term(value: float) -> str:
    """A disagreement with at least four digits, so that the quotient can be checked by hand."""
    return in_own_signs(f"{value:,.0f}" if value >= 1000 else f"{value:.4g}")


@measure(Group.POSITION)
def left_chosen(results: PairResults) -> Iterator[Figure]:
    """How often the left answer was chosen, over all pairs of systems."""
    found, title = results.summary.position, tr("Preference for the left side")
    rule = (
        tr(
            "Share of judgments for one side that went to the left answer. Sides are drawn at random, so "
            "raters who do not favor a side choose left half of the time. The interval takes each rater's "
            "judgments together."
        ),
    )
    if found.left_share is None:
        why = Explanation(title, rule, numbers=(tr("No judgment for one side has a known position yet."),))
        won = any(pair.wins_a + pair.wins_b for pair in results.summary.comparisons)
        nothing = tr("sides not recorded") if won else tr("no decided judgment")
        yield Figure("left_chosen", title, None, why, words=nothing)
        return
    decided = found.left + found.right
    numbers = in_own_signs(f"{found.left} / ({found.left} + {found.right}) = {found.left_share:.1%}") + "."
    figure = Figure(
        "left_chosen",
        title,
        found.left_share,
        Explanation(title, rule, tr(BY_RATER), "", (numbers,)),
        judged=Part(Dimension.POSITION, automatic=results.by_programs),
    )
    n = counted(decided, "judgment")
    if too_few(found.low, found.high):
        note = tr("raters differ too much to say")
        if decided < MANY_JUDGMENTS or len(results.summary.raters) < LEAST_RATERS:
            note = tr("too few judgments or raters to say")
        yield replace(figure, words=tr("{hits} of {judgments}", found.left, n), note=note)
    else:
        yield replace(figure, low=found.low, high=found.high, n=n, note=tr("50% is neutral"))


@measure(Group.CHECKS)
def languages(results: PairResults) -> Iterator[Figure]:
    """A caution where people judged in different languages."""
    found = sorted(results.summary.languages, key=lambda one: -one[1])
    if len(found) < 2:
        return
    title = tr("Raters judged in different languages")
    shown = ", ".join(f"{language_name(code)} {decimal(n)}" for code, n in found)
    scale = results.found.results.study.scale
    if scale.translations or scale.question in QUESTIONS.values():
        note = tr("the question may not mean quite the same in each")
        wording = tr("The question and criteria may not mean quite the same in each language.")
    else:
        note = tr("the question and criteria were the same for all")
        wording = tr("All raters read the same question and criteria, because they are not translated.")
    rule = (sentences(wording, tr("Judgments whose language is unknown count as English.")),)
    how = Explanation(title, rule, numbers=(f"{title} ({shown}).",))
    yield Figure("languages", title, None, how, words=shown, note=note)


@measure(Group.TEMPLATES)
def chat_templates(results: PairResults) -> Iterator[Figure]:
    """A note that a system of the pair uses a different chat template; nothing where none does."""
    asked = results.own_templates
    if not asked:
        return
    rule = (
        tr(
            "A system may use the chat template of the adapter's own folder instead of the base's. The same "
            "prompt can then have other tokens than for other systems. Part of raters' preference may come "
            "from the template, and not from the weights. Setup shows the template of each system."
        ),
    )
    numbers = tr(
        "The study asks {systems} with the chat template of the adapter's own folder.", listed(asked)
    )
    how = Explanation(tr("Chat templates"), rule, numbers=(numbers,))
    shown = tr("own of both") if len(asked) > 1 else tr("own of one")
    yield Figure("chat_templates", tr("Chat templates"), None, how, words=shown, note=", ".join(asked))


WIDE = 0.6
"""An index with a wider interval is inconclusive."""

_BANG = N_(
    "Raters were asked which side was fine-tuned. Bang's index is (right − wrong) / all guesses: 0 is "
    "chance, 1 always right, −1 always wrong. If its interval lies above 0, raters could identify the "
    "side, and their judgments may follow their guesses."
)


def index_words(index: BlindingIndex) -> str:
    if index.low is None or index.high is None:
        return tr("too few guesses to say")
    if index.low > 0:
        return tr("raters could identify it")
    if index.high < 0:
        return tr("raters mistook the other one for it")
    return tr("too few guesses to say") if index.high - index.low > WIDE else tr("raters could not tell")


@measure(Group.BLIND)
def guesses(results: PairResults) -> Iterator[Figure]:
    """Bang's blinding index of all guesses, and by the side of the fine-tuned system."""
    found = results.checks.blindness if results.checks else None
    if found is None or not found.guesses:
        return
    index = found.overall
    if index is None or index.value is None:
        yield _unknown_index(found.guesses, results.disclosure.withheld(Subject.GUESSES))
        return
    numbers = [index.explanation]
    if found.left_out:
        numbers.append(
            tr(
                "{guesses} on pairs without a base and an adapter are left out, because neither side is the "
                "fine-tuned one.",
                counted(found.left_out, "guess", "guesses"),
            )
        )
    source = "Bang, Ni & Davis 2004, Controlled Clinical Trials 25:143"
    title = tr("Which was fine-tuned? (Bang's index)")
    how = Explanation(title, (tr(_BANG),), tr(index.method), source, tuple(numbers))
    yield _index_figure("bang_index", how.title, index, how, Part(Dimension.GUESS))
    sides = (
        ("tuned_left", tr("The same, fine-tuned on the left"), found.tuned_left),
        ("tuned_right", tr("The same, fine-tuned on the right"), found.tuned_right),
    )
    for key, title, one in sides:
        if one is not None:
            yield _index_figure(key, title, one, how)


def _unknown_index(guesses: int, withheld: Withheld | None) -> Figure:
    rule = (tr(_BANG), withheld.explained) if withheld else (tr(_BANG),)
    how = Explanation(tr("Which was fine-tuned?"), rule)
    note = withheld.clause if withheld else tr("none counts: no pair has a base and a fine-tuned system")
    return Figure("guesses", tr("Guesses which was fine-tuned"), guesses, how, unit=Unit.COUNT, note=note)


def _index_figure(
    key: str, title: str, index: BlindingIndex, how: Explanation, part: Part | None = None
) -> Figure:
    n, note = counted(index.guesses, "guess", "guesses"), index_words(index)
    ends = (index.low, index.high)
    return Figure(
        key, title, index.value, how, Unit.COEFFICIENT, *ends, n, note, judged=part, detail=part is None
    )


@measure(Group.BLIND)
def self_naming(results: PairResults) -> Iterator[Figure]:
    """Answers that name the model that wrote them."""
    found = results.checks.naming if results.checks else None
    if found is None or not found.responses:
        return
    note = trn("to {number} (prompt|prompts)", len(found.prompts))
    rule = (
        tr(
            "Some answers name their author (“as a language model”, “my training data”, a system's own "
            "name), which can end the blinding for a pair. FTCompare finds them by phrases. A match is no "
            "proof, so read these answers. After unblinding, the results are shown with and without these "
            "prompts."
        ),
    )
    part, numbers = None, tuple[str, ...]()
    if results.disclosure.tells(Subject.WRITERS):  # the matched text may be the name of a system
        quoted = (name(flagged.giveaways[0].text) for flagged in found.responses[:3])
        first = "; ".join(tr("“{quotation}”", words) for words in quoted)
        numbers = (tr("For example: {phrases}.", first),)
        part = Part(Dimension.SELF_NAMING, prompts=found.prompts, automatic=results.by_programs)
    how = Explanation(tr("Answers that name their model"), rule, numbers=numbers)
    value = counted(len(found.responses), "answer")
    yield Figure("self_naming", how.title, None, how, words=value, note=note, judged=part)


@measure(Group.BLIND)
def false_preferences(results: PairResults) -> Iterator[Figure]:
    """Preferences on control pairs; nothing while it is withheld which pairs are controls."""
    found = results.checks.controls if results.checks else None
    if found is None or not found.n:
        return
    text = tr(
        "Controls are pairs with the same system on both sides. A preference there can come only from a "
        "taste for one wording, or, if both texts are the same, from chance or the side. This is the "
        "share of controls on which a side was preferred."
    )
    part = Part(Dimension.CONTROL) if results.disclosure.tells(Subject.CHECK_ITEMS) else None
    title, n = tr("Same model on both sides: one preferred"), counted(found.n, "control")
    yield share_figure("controls", title, found, text, n, part)


def live_blocks(checks: BlindChecks, disclosure: Disclosure) -> tuple[Block, ...]:
    """The votes of the live page, separate from the study's; empty without votes.

    Returns:
        A sentence with its explanation and, where systems may be shown, a table of the pairs.
    """
    live = checks.live
    if not live.judgments:
        return ()
    votes = counted(live.judgments, "live vote")
    rule = (
        tr(
            "On the Live page, anyone can ask and judge. The prompts are not a sample, and the askers choose "
            "them. So the votes are counted separately, and never mixed with the study's own judgments."
        ),
        tr(
            "The votes on the turns of a conversation depend on each other. So the interval counts a "
            "conversation once, however many turns it has."
        ),
    )
    withheld = disclosure.withheld(Subject.LIVE_RESULTS)
    if withheld is not None:
        numbers = sentences(tr("So far: {number}.", live.judgments), tr(withheld.text))
        apart = sentences(tr("{votes}: never mixed with these results.", votes), tr(withheld.text))
        return (Paragraph(apart, explanation=Explanation(tr("Live votes"), rule, numbers=(numbers,))),)
    pairs = tuple(map(shown, live.comparisons))
    sums = "; ".join(f"{_live_words(pair)} = {decimal(pair.judgments)}" for pair in pairs)
    how = Explanation(tr("Live votes"), rule, numbers=(tr("Votes of each pair: {pairs}.", sums),))
    text = tr("{votes}, never mixed with these results: {pairs}.", votes, "; ".join(map(_live_words, pairs)))
    rate = (tr("Win rate of the first"), 1.2), (tr("95% interval"), 1.6)
    counts = tr("Conversations"), tr("Votes"), tr("First won"), tr("Equal"), tr("Both bad"), tr("Second won")
    columns = (Column(tr("Systems"), 2.4), *number_columns(*counts, *rate))
    listed = Figure(
        "live_votes", tr("Live votes"), live.judgments, how, Unit.COUNT, judged=Part(Dimension.LIVE)
    )
    table = Table("", columns, tuple(map(_live_row, pairs)))
    return Paragraph(text, explanation=how), Figures("live", "", (listed,)), table


def _live_words(pair: PairSummary) -> str:
    rest = pair.ties + pair.both_bad
    return tr("{pair.b} {pair.wins_b}, {pair.a} {pair.wins_a}, equal or both bad {rest}", pair, rest)


def _live_row(pair: PairSummary) -> tuple[str, ...]:
    counts = (pair.prompts, pair.judgments, pair.wins_b, pair.ties, pair.both_bad, pair.wins_a)
    rate = pair.win_rate
    return pair_title(pair), *map(str, counts), share(rate.value), span(rate.low, rate.high, pair.prompts)
