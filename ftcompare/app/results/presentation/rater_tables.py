"""Tables of raters: automatic raters compared with people, each rater, and agreement of each pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ftcompare.app.raters.quality import RaterQuality
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import decimals, interval_words, name, value_words
from ftcompare.app.results.presentation.trust import agreement_words
from ftcompare.app.results.presentation.value_table import ValueColumn, ValueRow, ValueTable, share_value
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind
from ftcompare.stats.agreement import MAX_PAIRED_RATERS, Agreement
from ftcompare.stats.judge_agreement import AutomaticRater
from ftcompare.stats.summary import RaterSummary, Summary
from ftcompare.stats.win_rate import Rate

EXPLAINED = 5
"""Maximum number of automatic raters whose numbers an explanation contains."""

_MAJORITY = (
    "The human majority is the verdict that most people gave on a pair (both bad is a tie). If two "
    "verdicts share first place, it is a tie. If the automatic rater judged a pair several times, as in "
    "both orders, its votes are combined."
)
_AGREES = (
    "The share of pairs on which it gives the verdict of the human majority, with ties counted as verdicts."
)
_DECIDED = (
    "Of the pairs where neither it nor the human majority says tie, the share on which it prefers the "
    "same answer as most people. Guessing gives one half."
)
_CONSISTENT = (
    "Position consistency: of the pairs that it judged in both orders, the share on which it prefers the "
    "same response both times, or neither."
)


def automatic_table(raters: Sequence[AutomaticRater], *, precise: bool = False) -> blocks.Table:
    """Agreement of each automatic rater with people and itself; ``precise`` adds a decimal."""
    agreed = [rater.agreement for rater in raters]
    decided = [rater.agreement_decided for rater in raters]
    consistent = [rater.consistency for rater in raters]
    sides = tuple(map(_side_words, (rater for rater in raters[:EXPLAINED] if rater.consistency is not None)))
    asked = (
        ("Agrees with people", (_AGREES, _MAJORITY), agreed, ()),
        ("Agrees, ties left out", (_DECIDED, _MAJORITY), decided, ()),
        ("Alike with sides swapped", (_CONSISTENT,), consistent, sides),
    )
    columns = (
        blocks.Column(title, 2.2, numbers=True, explanation=_explanation(title, rule, raters, rates, numbers))
        for title, rule, rates, numbers in asked
    )
    first = (blocks.Column("Automatic rater", 2), blocks.Column("Judgments", numbers=True))
    return blocks.Table(
        "", (*first, *columns), tuple((name(rater.name), *_cells(rater, precise=precise)) for rater in raters)
    )


def _cells(rater: AutomaticRater, *, precise: bool) -> tuple[blocks.Cell, ...]:
    return (
        blocks.Cell(f"{rater.judgments:,}"),
        _rate_cell(rater.agreement, "no pair judged by both", precise=precise),
        _rate_cell(rater.agreement_decided, "no such pair", precise=precise),
        _rate_cell(rater.consistency, "no pair judged in both orders", precise=precise),
    )


def _rate_cell(rate: Rate | None, missing: str, *, precise: bool) -> blocks.Cell:
    if rate is None:
        return blocks.Cell("—", missing)
    figure = blocks.Figure("", "", rate.value, low=rate.low, high=rate.high)
    span = interval_words(figure, precise=precise) or "no interval"
    return blocks.Cell(value_words(figure, precise=precise), f"{span}, n = {rate.n:,} pairs")


def _explanation(
    title: str,
    rule: tuple[str, ...],
    raters: Sequence[AutomaticRater],
    rates: Sequence[Rate | None],
    numbers: tuple[str, ...],
) -> blocks.Explanation:
    known = [(rater, rate) for rater, rate in zip(raters, rates, strict=True) if rate is not None][:EXPLAINED]
    told = (f"{name(rater.name)}: {rate.explanation}" for rater, rate in known)
    methods = ", ".join(dict.fromkeys(rate.method for _, rate in known))
    source = "Zheng et al. 2023, Judging LLM-as-a-judge, section 4"
    return blocks.Explanation(title, rule, methods, source, (*numbers, *told))


def _side_words(rater: AutomaticRater) -> str:
    left, right = counted(rater.left, "pair"), counted(rater.right, "pair")
    return (
        f"{name(rater.name)} took the left answer both times on {left}, the right one both times on {right}."
    )


def automatic_blocks(raters: Sequence[AutomaticRater]) -> Iterator[blocks.Block]:
    """The report's blocks on automatic raters; empty without any."""
    if not raters:
        return
    yield blocks.Paragraph(
        "Automatic raters are programs. Their votes are never pooled with those of people."
    )
    table = automatic_table(raters, precise=True)
    yield table
    explained = [column.explanation for column in table.columns if column.explanation]
    for how in explained:
        yield blocks.Paragraph(f"{how.title}: {how.rule[0]}", blocks.Tone.NOTE)
    sides = " ".join(_side_words(rater) for rater in raters if rater.consistency is not None)
    if sides:
        yield blocks.Paragraph(sides, blocks.Tone.NOTE)


def rater_table(summary: Summary, quality: Sequence[RaterQuality], *, shown: bool) -> ValueTable:
    """Every rater with a counted judgment; ``shown``: whether raters' quality may be shown."""
    known = {(each.name, each.rater.kind): each for each in quality}
    programs = any(rater.kind is RaterKind.AUTOMATIC for rater in summary.raters)
    tip = "Hidden repeats with swapped sides on which the rater chose the same again."
    columns = (
        ValueColumn("Rater", share=2),
        ValueColumn("Kind", shown=programs),
        ValueColumn("Judgments", blocks.Unit.COUNT),
    )
    repeats = (ValueColumn("Asked again: same answer", blocks.Unit.SHARE, tip=tip),) if shown else ()
    rows = (_rater_row(rater, known.get((rater.name, rater.kind)), shown=shown) for rater in summary.raters)
    return ValueTable("Raters", (*columns, *repeats), tuple(rows), _REPEATS if shown else None)


def _rater_row(rater: RaterSummary, known: RaterQuality | None, *, shown: bool) -> ValueRow:
    kind = "automatic" if rater.kind is RaterKind.AUTOMATIC else "person"
    left_out = " – left out" if known is not None and known.excluded else ""
    repeats = (share_value(known.figures.repeats) if known is not None else None,) if shown else ()
    values = (f"{rater.name}{left_out}", kind, rater.judgments, *repeats)
    return ValueRow((rater.name, rater.kind), values)


_REPEATS = blocks.Explanation(
    "Asked again: same answer",
    (
        "Some pairs came again later, with their sides swapped. This is the share on which the same "
        "response was preferred again, or neither both times. It shows how far raters agree with "
        "themselves. The 95% interval is in brackets, followed by the number of repeats. Repeats count "
        "nowhere else in the results.",
    ),
    "Wilson",
    "Wilson 1927",
)


_IN_WORDS = "κ in words: 0 is what chance gives, 1 is full agreement"


def kappa_table(agreement: Agreement) -> ValueTable:
    """Each pair of raters, largest number of common items first."""
    columns = (
        ValueColumn("Rater", share=2),
        ValueColumn("and", share=2),
        ValueColumn("They agree", tip=_IN_WORDS),
        ValueColumn("Cohen's κ", blocks.Unit.COEFFICIENT, nothing="all alike"),
        ValueColumn("Pairs judged\nby both", blocks.Unit.COUNT),
    )
    kappas = sorted(agreement.cohen_kappa, key=lambda kappa: -kappa.n)
    rows = (
        ValueRow(k.raters, (*k.raters, agreement_words(k.value, pairs=k.n) or None, k.value, k.n))
        for k in kappas
    )
    return ValueTable("Cohen's κ", columns, tuple(rows), _kappa_explanation(agreement) if kappas else None)


def _kappa_explanation(agreement: Agreement) -> blocks.Explanation:
    """The explanation of κ, with the numbers of the pair that has the most items in common."""
    rule = (
        "κ = (p − pₑ) / (1 − pₑ). p is the share of pairs on which both raters gave the "
        "same verdict (a, b, or a tie; both bad is a tie). pₑ is the share expected by chance, if two "
        "raters gave each verdict as often as these do. 1 is full agreement, 0 is chance. If both gave "
        "the same verdict throughout, κ is not defined.",
        "With few pairs, κ is unreliable. It also falls if one side usually wins, however well raters "
        "agree. Gwet's AC1 and Krippendorff's α, over all raters, are explained in the overview.",
        f"It is computed for the {MAX_PAIRED_RATERS} raters with the most judgments.",
    )
    first = max(agreement.cohen_kappa, key=lambda kappa: kappa.n)
    value = "not defined" if first.value is None else decimals(first.value)
    both = " and ".join(map(name, first.raters))
    numbers = (f"{both}: κ = {value} over {counted(first.n, 'pair')}.",)
    return blocks.Explanation("Cohen's κ", rule, "Cohen's κ, unweighted", "Cohen 1960", numbers)
