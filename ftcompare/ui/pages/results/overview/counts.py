"""What the Results page says of the judgments by answer, and of what was lost. Pure functions."""

from __future__ import annotations

from ftcompare.app.results.judged_parts import Part
from ftcompare.app.results.presentation.blocks import Figure as BlockFigure
from ftcompare.stats.summary import PairSummary, Slice
from ftcompare.ui.names import short_name
from ftcompare.ui.pages.results.words import (
    Explanation,
    Figure,
    counted,
    name,
    percent,
    range_words,
    slice_name,
    words,
)

COST_DIMENSIONS = ("split", "category")


def count_figures(pair: PairSummary, *, blinded: bool) -> tuple[BlockFigure, ...]:
    """Judgments by answer, the most wanted first.

    While blinded the wins have no judgments to list: whose text won would tie a text to a system.
    """
    wins = words("Each judgment that prefers {0} to {1} counts once.")
    rows = (
        (_wins(pair.b), pair.wins_b, "b", wins.format(name(pair.b), name(pair.a))),
        (_wins(pair.a), pair.wins_a, "a", wins.format(name(pair.a), name(pair.b))),
        (words("About equal"), pair.ties, "tie", words("Half a win for each in the win rate.")),
        (words("Both bad"), pair.both_bad, "both_bad", words(
            "The rater would have given neither answer; the win rate takes it as a tie."
        )),
    )  # fmt: skip
    return tuple(_count_figure(pair, *row, listed=not blinded or row[2] not in ("a", "b")) for row in rows)


def _wins(system: str) -> str:
    return words("Wins of {}").format(short_name(system))


def _count_figure(
    pair: PairSummary, title: str, number: int, choice: str, text: str, *, listed: bool
) -> BlockFigure:
    told = words("{number} / {all} judgments = {share:.1%}.").format(
        number=f"{number:,}", all=f"{pair.judgments:,}", share=number / pair.judgments
    )
    out = words("Judgments that were taken back and pairs that were skipped are not counted.")
    part = Part(choice=choice) if listed and number else None
    return Figure(title, f"{number:,}", "", Explanation(title, (text, told, out)), part)


def counts_explanation(pair: PairSummary) -> Explanation:
    """What is counted."""
    paragraphs = (
        words(
            "Each standing judgment of this pair counts once: {judgments} of {prompts}. Judgments that "
            "were taken back and pairs that were skipped are not counted."
        ).format(
            judgments=counted(pair.judgments, words("judgment"), words("judgments")),
            prompts=counted(pair.prompts, words("prompt"), words("prompts")),
        ),
        words(
            "Both bad means that the rater would have given neither answer; the win rate takes it as a tie."
        ),
    )
    return Explanation(words("Judgments"), paragraphs)


# --- what was lost -------------------------------------------------------------------------------


def cost_slice(pair: PairSummary) -> Slice | None:
    """The split or category with the lowest rate whose interval lies below one half."""
    below = [
        part
        for part in pair.slices
        if part.dimension in COST_DIMENSIONS and part.rate.high is not None and part.rate.high < 0.5
    ]
    return min(below, key=lambda part: part.rate.value, default=None)


def cost_sentence(pair: PairSummary, found: Slice | None, *, tuned: bool) -> str:
    """What was lost: where a was preferred to b."""
    lead = (
        words("What fine-tuning cost:") if tuned else words("Where {b} falls behind:").format(b=name(pair.b))
    )
    if found is None:
        told = words("no split or category found in which raters preferred {a} beyond doubt.")
        return f"{lead} {told.format(a=name(pair.a))}"
    told = words("on “{slice}” raters preferred {a} ({rate}, {range}).")
    return f"{lead} " + told.format(
        slice=slice_name(found.dimension, found.name),
        a=name(pair.a),
        rate=percent(found.rate.value),
        range=range_words(found.rate.low, found.rate.high),
    )


def cost_explanation(pair: PairSummary, found: Slice | None) -> Explanation:
    """How the sentence of what was lost is found."""
    title = words("What was lost")
    looked = [part for part in pair.slices if part.dimension in COST_DIMENSIONS]
    text = words(
        "Of the splits and categories whose interval lies wholly below 50%, the one with the lowest win rate "
        "of {}. With {} looked at, one may fall below by chance: at 95%, one in forty does."
    ).format(name(pair.b), counted(len(looked), words("part"), words("parts")))
    if found is None:
        rates = "; ".join(map(_slice_words, looked)) or words("none has a name")
        return Explanation(title, (text, words("Here: {}.").format(rates)))
    lead = words("{}: win rate of {}").format(slice_name(found.dimension, found.name), name(pair.b))
    return Explanation(title, (text, f"{lead} = {found.rate.explanation}"), found.rate.method)


def _slice_words(part: Slice) -> str:
    span = range_words(part.rate.low, part.rate.high)
    told = f"{slice_name(part.dimension, part.name)} {percent(part.rate.value)}"
    return f"{told} ({span})" if span else told
