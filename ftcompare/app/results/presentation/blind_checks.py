"""Blocks on the blinding: guesses, answers that name their model, and controls; also live votes."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Explanation,
    Figure,
    Paragraph,
    Table,
    Unit,
    number_columns,
)
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.number_format import name, share, span
from ftcompare.app.results.presentation.pair_results import BlindChecks, PairResults, pair_title, shown
from ftcompare.app.results.presentation.trust import share_figure
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.disclosure import Disclosure, Subject, Withheld
from ftcompare.core.language import N_, counted, decimal, sentences, tr, trn
from ftcompare.stats.rater_quality import BlindingIndex
from ftcompare.stats.summary import PairSummary

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
        return tr("raters took the wrong one for it")
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
        quoted = (name(flagged.found[0].text) for flagged in found.responses[:3])
        first = "; ".join(tr("“{quotation}”", words) for words in quoted)
        numbers = (tr("For example: {phrases}.", first),)
        part = Part(Dimension.SELF_NAMING, prompts=found.prompts, automatic=results.by_programs)
    how = Explanation(tr("Answers that name their model"), rule, numbers=numbers)
    value = counted(len(found.responses), "answer")
    yield Figure("self_naming", how.title, None, how, told=value, note=note, judged=part)


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
    return Paragraph(text, explanation=how), _live_table(pairs)


def _live_words(pair: PairSummary) -> str:
    rest = pair.ties + pair.both_bad
    return tr("{pair.b} {pair.wins_b}, {pair.a} {pair.wins_a}, equal or both bad {rest}", pair, rest)


def _live_table(pairs: tuple[PairSummary, ...]) -> Table:
    rate = (tr("Win rate of the first"), 1.2), (tr("95% interval"), 1.6)
    columns = number_columns(
        tr("Votes"), tr("First won"), tr("Equal"), tr("Both bad"), tr("Second won"), *rate
    )
    return Table("", (Column(tr("Systems"), 2.4), *columns), tuple(map(_live_row, pairs)))


def _live_row(pair: PairSummary) -> tuple[str, ...]:
    counts = (pair.judgments, pair.wins_b, pair.ties, pair.both_bad, pair.wins_a)
    rate = pair.win_rate
    return pair_title(pair), *map(str, counts), share(rate.value), span(rate.low, rate.high)
