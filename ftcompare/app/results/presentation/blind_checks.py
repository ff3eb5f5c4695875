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
from ftcompare.core.plurals import counted
from ftcompare.stats.rater_quality import BlindingIndex
from ftcompare.stats.summary import PairSummary

WIDE = 0.6
"""An index with a wider interval is inconclusive."""

_BANG = (
    "Raters were asked which side was fine-tuned. Bang's index is (right − wrong) / all guesses: 0 is "
    "chance, 1 always right, −1 always wrong. If its interval lies above 0, raters could identify the "
    "side, and their judgments may follow their guesses."
)


def index_words(index: BlindingIndex) -> str:
    if index.low is None or index.high is None:
        return "too few guesses to say"
    if index.low > 0:
        return "raters could identify it"
    if index.high < 0:
        return "raters took the wrong one for it"
    return "too few guesses to say" if index.high - index.low > WIDE else "raters could not tell"


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
            f"{counted(found.left_out, 'guess', 'guesses')} on pairs without a base and an adapter are "
            "left out, because neither side is the fine-tuned one."
        )
    source = "Bang, Ni & Davis 2004, Controlled Clinical Trials 25:143"
    how = Explanation("Which was fine-tuned? (Bang's index)", (_BANG,), index.method, source, tuple(numbers))
    yield _index_figure("bang_index", how.title, index, how, Part(Dimension.GUESS))
    sides = (("tuned_left", "left", found.tuned_left), ("tuned_right", "right", found.tuned_right))
    for key, side, one in sides:
        if one is not None:
            yield _index_figure(key, f"The same, fine-tuned on the {side}", one, how)


def _unknown_index(given: int, withheld: Withheld | None) -> Figure:
    how = Explanation("Which was fine-tuned?", (_BANG, withheld.explained) if withheld else (_BANG,))
    note = withheld.clause if withheld else "none counts: no pair has a base and a fine-tuned system"
    return Figure("guesses", "Guesses which was fine-tuned", given, how, unit=Unit.COUNT, note=note)


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
    prompts = counted(len(found.prompts), "prompt")
    rule = (
        "Some answers name their author (“as a language model”, “my training data”, a system's own name), "
        "which can end the blinding for a pair. FTCompare finds them by phrases. A match is no proof, so "
        "read these answers. After unblinding, the results are shown with and without these prompts.",
    )
    part, numbers = None, tuple[str, ...]()
    if results.disclosure.tells(Subject.WRITERS):  # the matched text may be the name of a system
        first = "; ".join(f"“{name(flagged.found[0].text)}”" for flagged in found.responses[:3])
        numbers = (f"For example: {first}.",)
        part = Part(Dimension.SELF_NAMING, prompts=found.prompts, automatic=results.by_programs)
    how = Explanation("Answers that name their model", rule, numbers=numbers)
    value = counted(len(found.responses), "answer")
    yield Figure("self_naming", how.title, None, how, told=value, note=f"to {prompts}", judged=part)


@measure(Group.BLIND)
def false_preferences(results: PairResults) -> Iterator[Figure]:
    """Preferences on control pairs; nothing while it is withheld which pairs are controls."""
    found = results.checks.controls if results.checks else None
    if found is None or not found.n:
        return
    text = (
        "Controls are pairs with the same system on both sides. A preference there can come only from a "
        "taste for one wording, or, if both texts are the same, from chance or the side. This is the "
        "share of controls on which a side was preferred."
    )
    part = Part(Dimension.CONTROL) if results.disclosure.tells(Subject.CHECK_ITEMS) else None
    yield share_figure("controls", "Same model on both sides: one preferred", found, text, "control", part)


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
        "On the Live page, anyone can ask and judge. The prompts are not a sample, and the askers choose "
        "them. So the votes are counted separately, and never mixed with the study's own judgments.",
    )
    withheld = disclosure.withheld(Subject.LIVE_RESULTS)
    if withheld is not None:
        how = Explanation("Live votes", rule, numbers=(f"So far: {live.judgments:,}. {withheld.text}",))
        return (Paragraph(f"{votes}: never mixed with these results. {withheld.text}", explanation=how),)
    pairs = tuple(map(shown, live.comparisons))
    sums = "; ".join(f"{_live_words(pair)} = {pair.judgments:,}" for pair in pairs)
    how = Explanation("Live votes", rule, numbers=(f"Votes of each pair: {sums}.",))
    parts = "; ".join(map(_live_words, pairs))
    text = f"{votes}, never mixed with these results: {parts}."
    return Paragraph(text, explanation=how), _live_table(pairs)


def _live_words(pair: PairSummary) -> str:
    rest = pair.ties + pair.both_bad
    return f"{pair.b} {pair.wins_b}, {pair.a} {pair.wins_a}, equal or both bad {rest}"


def _live_table(pairs: tuple[PairSummary, ...]) -> Table:
    rate = ("Win rate of the first", 1.2), ("95% interval", 1.6)
    columns = number_columns("Votes", "First won", "Equal", "Both bad", "Second won", *rate)
    return Table("", (Column("Systems", 2.4), *columns), tuple(map(_live_row, pairs)))


def _live_row(pair: PairSummary) -> tuple[str, ...]:
    counts = (pair.judgments, pair.wins_b, pair.ties, pair.both_bad, pair.wins_a)
    rate = pair.win_rate
    return pair_title(pair), *map(str, counts), share(rate.value), span(rate.low, rate.high)
