"""What a report says of criteria, strengths and reasons: what raters said beside the whole."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.report import number_format as say
from ftcompare.app.report.blocks import Block, Column, Facts, Paragraph, Section, Table, Tone
from ftcompare.app.report.pair_names import PairPart, Pairs, by_pair, limited
from ftcompare.stats.criteria import CriterionResult, StrengthCount
from ftcompare.stats.summary import Counts

NOTE = (
    "A criterion has the win rate of the judgments that answer it, its interval over prompts for these "
    "raters, and beside it for raters like these. Several criteria are several "
    "looks: one may stand out by chance. A reason is counted by the answer to the whole that it stands "
    "beside; which of the two texts it is about is not said."
)


def beside_section(pairs: Pairs) -> Section | None:
    """By criterion, how much better, and why; None where raters were asked for nothing of it."""
    blocks = by_pair(pairs.full, _beside)
    if not blocks:
        return None
    return Section(
        "beside", "By criterion, strength and reason", (*pairs.note, *blocks, Paragraph(NOTE, Tone.NOTE))
    )


def _beside(part: PairPart) -> Iterator[Block]:
    yield from _criteria(part)
    if part.beside.strengths:
        yield Facts((("Strengths of the wins", "; ".join(map(_strength, part.beside.strengths))),))
    yield from _reasons(part)


def _criteria(part: PairPart) -> tuple[Block, ...]:
    columns = (
        Column("Criterion", 1.6),
        Column("Judgm.", 1.0, numbers=True),
        Column("Prompts", 1.15, numbers=True),
        Column("Win rate", 1.0, numbers=True),
        Column("95% interval, these raters", 1.7, numbers=True),
        Column("95% interval, raters like these", 1.7, numbers=True),
        *_answers(part),
    )
    rows = tuple(_criterion_row(result) for result in part.beside.criteria)
    return limited(Table(f"By criterion: win rate of {part.pair.b}", columns, rows), "criteria")


def _criterion_row(found: CriterionResult) -> tuple[str, ...]:
    counts = found.counts
    return (
        say.name(found.name),
        f"{counts.judgments:,}",
        f"{counts.prompts:,}",
        *say.rate_cells(found.rate),
        say.rate_cells(found.rate_over_raters)[1],
        *_cells(counts),
    )


def _reasons(part: PairPart) -> tuple[Block, ...]:
    columns = (Column("Reason", 2.4), Column("Ticked", 0.8, numbers=True), *_answers(part))
    rows = tuple(
        (say.name(count.name), f"{count.counts.judgments:,}", *_cells(count.counts))
        for count in part.beside.reasons
    )
    return limited(Table("Reasons, by the answer that they stand beside", columns, rows), "reasons")


def _answers(part: PairPart) -> tuple[Column, ...]:
    """Heads for `_cells`."""
    return part.heads[2:6]


def _cells(counts: Counts) -> tuple[str, ...]:
    return tuple(f"{n:,}" for n in (counts.wins_b, counts.ties, counts.both_bad, counts.wins_a))


def _strength(found: StrengthCount) -> str:
    told = found.name or ("not given" if found.strength is None else f"strength {found.strength}")
    a, b, _ = found.pair
    return f"{told}: {say.name(b)} {found.wins_b:,}, {say.name(a)} {found.wins_a:,}"
