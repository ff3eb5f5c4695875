"""What the Ranking tab says of who judged: automatic raters beside people, raters beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ftcompare.app.raters.quality import RaterQuality
from ftcompare.app.results.number_format import decimals
from ftcompare.core.study import RaterKind
from ftcompare.stats.agreement import MAX_PAIRED_RATERS, Agreement
from ftcompare.stats.automatic_raters import AutomaticRater
from ftcompare.stats.summary import RaterSummary, Summary
from ftcompare.stats.win_rate import Rate
from ftcompare.ui.pages.raters.rater_texts import share_cell
from ftcompare.ui.pages.results.grid import GridCell, GridHead, GridTable
from ftcompare.ui.pages.results.words import Explanation, counted, name, percent, range_words
from ftcompare.ui.widgets.table import Cell, Column, Row

EXPLAINED = 5
"""The numbers of so many automatic raters are put into an explanation."""

_JUDGES = "Zheng et al. 2023, Judging LLM-as-a-judge, section 4"


def automatic_table(found: Sequence[AutomaticRater]) -> GridTable:
    """How each automatic rater judges, beside people and beside itself."""
    return GridTable(
        (
            GridHead("Automatic rater"),
            GridHead("Judgments"),
            GridHead("Agrees with people", _agreement_explanation(found)),
            GridHead("Agrees, ties left out", _decided_explanation(found)),
            GridHead("Alike with sides swapped", _consistency_explanation(found)),
        ),
        tuple((name(rater.name), _cells(rater)) for rater in found),
    )


def _cells(found: AutomaticRater) -> tuple[GridCell, ...]:
    return (
        GridCell(f"{found.judgments:,}"),
        _rate_cell(found.agreement, "no pair judged by both"),
        _rate_cell(found.agreement_decided, "no such pair"),
        _rate_cell(found.consistency, "no pair judged in both orders"),
    )


def _rate_cell(rate: Rate | None, missing: str) -> GridCell:
    if rate is None:
        return GridCell("—", missing)
    span = range_words(rate.low, rate.high) or "no interval"
    return GridCell(percent(rate.value), "{range}, n = {n} pairs".format(range=span, n=f"{rate.n:,}"))


def _agreement_explanation(found: Sequence[AutomaticRater]) -> Explanation:
    text = "The share of pairs on which it gives the answer of the human majority, a tie being one."
    rates = {rater.name: rater.agreement for rater in found}
    return _explanation("Agrees with people", (text, _majority()), rates)


def _decided_explanation(found: Sequence[AutomaticRater]) -> Explanation:
    text = (
        "The share of pairs on which it prefers what most people prefer, over the pairs where neither it nor "
        "the human majority says tie. Guessing gives one half."
    )
    rates = {rater.name: rater.agreement_decided for rater in found}
    return _explanation("Agrees, ties left out", (text, _majority()), rates)


def _consistency_explanation(found: Sequence[AutomaticRater]) -> Explanation:
    text = (
        "Position consistency: of the pairs that it judged in both orders, the share on which it prefers the "
        "same response both times, or neither."
    )
    told = "{rater} took the left answer both times on {left}, the right one both times on {right}."
    sides = " ".join(
        told.format(rater=name(rater.name), left=_pairs(rater.left), right=_pairs(rater.right))
        for rater in found[:EXPLAINED]
        if rater.consistency is not None
    )
    rates = {rater.name: rater.consistency for rater in found}
    return _explanation("Alike with sides swapped", (text, sides), rates)


def _majority() -> str:
    return (
        "The human majority is the answer that most people gave to a pair (both bad is a tie); where two "
        "answers share the first place it is a tie. Where the automatic rater judged a pair several times, "
        "as in both orders, its answer is what its votes say on balance."
    )


def _explanation(title: str, texts: tuple[str, ...], rates: Mapping[str, Rate | None]) -> Explanation:
    known = [(rater, rate) for rater, rate in rates.items() if rate is not None][:EXPLAINED]
    numbers = tuple(f"{name(rater)}: {rate.explanation}" for rater, rate in known)
    methods = ", ".join(dict.fromkeys(rate.method for _, rate in known))
    return Explanation(title, (*filter(None, texts), *numbers), methods, _JUDGES)


def _pairs(number: int) -> str:
    return counted(number, "pair", "pairs")


# --- raters --------------------------------------------------------------------------------------


def rater_columns(*, blinded: bool) -> tuple[Column, ...]:
    """While blinded no rater's quality is told: nobody is to be picked for what they prefer."""
    columns = (
        Column("Rater", stretch=1),
        Column("Kind"),
        Column("Judgments", numeric=True),
    )
    tip = "Hidden repeats, sides swapped, on which the rater chose the same again."
    return columns if blinded else (*columns, Column("Repeats alike", numeric=True, tip=tip))


def rater_rows(summary: Summary, quality: tuple[RaterQuality, ...], *, blinded: bool) -> list[Row]:
    """Every rater with a judgment that counts."""
    known = {(each.name, each.rater.kind): each for each in quality}
    return [_rater_row(rater, known.get((rater.name, rater.kind)), blinded) for rater in summary.raters]


def _rater_row(rater: RaterSummary, known: RaterQuality | None, blinded: bool) -> Row:
    kind = "automatic" if rater.kind is RaterKind.AUTOMATIC else "person"
    left_out = " – left out" if known is not None and known.excluded else ""
    cells: tuple[Cell, ...] = (f"{rater.name}{left_out}", kind, rater.judgments)
    if not blinded:
        cells = (*cells, share_cell(known.repeats) if known is not None else None)
    return Row((rater.name, rater.kind), cells)


def repeats_explanation() -> Explanation:
    """Intra-rater consistency."""
    text = (
        "Some pairs came again later, with their sides swapped. Alike means that the same response was "
        "preferred again, or neither both times: how far a rater agrees with themselves. In brackets stands "
        "the 95% interval, then how many repeats it rests on. Repeats count nowhere else in the results."
    )
    return Explanation("Repeats alike", (text,), "Wilson", "Wilson 1927")


def kappa_columns() -> tuple[Column, ...]:
    """Two raters, their κ, and how many pairs both judged."""
    return (
        Column("Rater", stretch=1),
        Column("and", stretch=1),
        Column("Cohen's κ", numeric=True, words=_kappa),
        Column("Pairs judged\nby both", numeric=True),
    )


def _kappa(cell: Cell) -> str:
    return "all alike" if cell is None else decimals(float(cell))


def kappa_rows(found: Agreement) -> list[Row]:
    """Each pair of raters, those with most in common first."""
    ordered = sorted(found.cohen_kappa, key=lambda kappa: -kappa.n)
    return [Row(kappa.raters, (*kappa.raters, kappa.value, kappa.n)) for kappa in ordered]


def kappa_explanation(found: Agreement) -> Explanation:
    """What κ is, with the numbers of the pair that has most in common."""
    text = (
        "κ = (p − pₑ) / (1 − pₑ): p is the share of pairs of responses to which both raters gave the same "
        "answer (a, b, or a tie; both bad is a tie), pₑ what two raters who give each answer as often as "
        "these do would reach by chance. 1 is full agreement, 0 what chance gives. Where both gave one and "
        "the same answer throughout, κ is not defined."
    )
    few = (
        "Of few pairs κ says little. It also falls where one side usually wins, however well raters agree: "
        "Gwet's AC1 and Krippendorff's α, of all raters together, are explained in the overview."
    )
    most = f"It is computed for the {MAX_PAIRED_RATERS} raters with the most judgments."
    rows = kappa_rows(found)
    first = (
        f"{name(str(rows[0].cells[0]))} and {name(str(rows[0].cells[1]))}: κ = "
        f"{_kappa(rows[0].cells[2])} over {_pairs(int(rows[0].cells[3] or 0))}."
    )
    return Explanation("Cohen's κ", (text, first, few, most), "Cohen's κ, unweighted", "Cohen 1960")
