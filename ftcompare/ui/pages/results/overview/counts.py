"""What the Results page says of the judgments by answer, and of what was lost. Pure functions."""

from __future__ import annotations

from ftcompare.app.review.result_slice import Part
from ftcompare.stats.summary import PairSummary, SummarySlice
from ftcompare.ui.pages.results.words import (
    Explanation,
    Figure,
    counted,
    name,
    percent,
    range_words,
    slice_name,
    worded,
)
from ftcompare.ui.text.short_names import short_name

COST_DIMENSIONS = ("split", "category")


def count_figures(pair: PairSummary, *, blinded: bool) -> tuple[Figure, ...]:
    """Judgments by answer, the most wanted first.

    While blinded the wins have no judgments to list: whose text won would tie a text to a system.
    """
    wins = "Each judgment that prefers {0} to {1} counts once."
    rows = (
        (_wins(pair.b), pair.wins_b, "b", wins.format(name(pair.b), name(pair.a))),
        (_wins(pair.a), pair.wins_a, "a", wins.format(name(pair.a), name(pair.b))),
        ("About equal", pair.ties, "tie", "Half a win for each in the win rate."),
        (
            "Both bad",
            pair.both_bad,
            "both_bad",
            "The rater would have given neither answer; the win rate takes it as a tie.",
        ),
    )
    return tuple(_count_figure(pair, *row, listed=not blinded or row[2] not in ("a", "b")) for row in rows)


def _wins(system: str) -> str:
    return f"Wins of {short_name(system)}"


def _count_figure(
    pair: PairSummary, title: str, number: int, choice: str, text: str, *, listed: bool
) -> Figure:
    told = "{number} / {all} judgments = {share:.1%}.".format(
        number=f"{number:,}", all=f"{pair.judgments:,}", share=number / pair.judgments
    )
    out = "Judgments that were taken back and pairs that were skipped are not counted."
    part = Part(choice=choice) if listed and number else None
    return worded(title, f"{number:,}", "", Explanation(title, (text, told, out)), part)


def counts_explanation(pair: PairSummary) -> Explanation:
    """What is counted."""
    paragraphs = (
        (
            "Each standing judgment of this pair counts once: {judgments} of {prompts}. Judgments that "
            "were taken back and pairs that were skipped are not counted."
        ).format(
            judgments=counted(pair.judgments, "judgment", "judgments"),
            prompts=counted(pair.prompts, "prompt", "prompts"),
        ),
        "Both bad means that the rater would have given neither answer; the win rate takes it as a tie.",
    )
    return Explanation("Judgments", paragraphs)


# --- what was lost -------------------------------------------------------------------------------


def cost_slice(pair: PairSummary) -> SummarySlice | None:
    """The split or category with the lowest rate whose interval lies below one half."""
    below = [
        part
        for part in pair.slices
        if part.dimension in COST_DIMENSIONS and part.rate.high is not None and part.rate.high < 0.5
    ]
    return min(below, key=lambda part: part.rate.value, default=None)


def cost_sentence(pair: PairSummary, found: SummarySlice | None, *, tuned: bool) -> str:
    """What was lost: where a was preferred to b."""
    lead = "What fine-tuning cost:" if tuned else f"Where {name(pair.b)} falls behind:"
    if found is None:
        told = "no split or category found in which raters preferred {a} beyond doubt."
        return f"{lead} {told.format(a=name(pair.a))}"
    told = "on “{slice}” raters preferred {a} ({rate}, {range})."
    return f"{lead} " + told.format(
        slice=slice_name(found.dimension, found.name),
        a=name(pair.a),
        rate=percent(found.rate.value),
        range=range_words(found.rate.low, found.rate.high),
    )


def cost_explanation(pair: PairSummary, found: SummarySlice | None) -> Explanation:
    """How the sentence of what was lost is found."""
    title = "What was lost"
    looked = [part for part in pair.slices if part.dimension in COST_DIMENSIONS]
    text = (
        "Of the splits and categories whose interval lies wholly below 50%, the one with the lowest win rate "
        "of {}. With {} looked at, one may fall below by chance: at 95%, one in forty does."
    ).format(name(pair.b), counted(len(looked), "part", "parts"))
    if found is None:
        rates = "; ".join(map(_slice_words, looked)) or "none has a name"
        return Explanation(title, (text, f"Here: {rates}."))
    lead = f"{slice_name(found.dimension, found.name)}: win rate of {name(pair.b)}"
    return Explanation(title, (text, f"{lead} = {found.rate.explanation}"), found.rate.method)


def _slice_words(part: SummarySlice) -> str:
    span = range_words(part.rate.low, part.rate.high)
    told = f"{slice_name(part.dimension, part.name)} {percent(part.rate.value)}"
    return f"{told} ({span})" if span else told
