"""What a report says of what fine-tuning cost: splits and categories, then the very prompts."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.cost import Clarity, ClearPrompts, ClearShare, JudgedPrompt
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.blocks import Block, Column, Paragraph, Section, Table, Tone
from ftcompare.app.results.presentation.pair_results import SPLITS, PairResults, slice_name
from ftcompare.app.results.presentation.pairs import Pairs, by_pair, limited
from ftcompare.app.review.result_slice import Dimension
from ftcompare.stats.summary import SummarySlice

EVEN = 0.5
MOST_PROMPTS = 30
"""That are listed by their text; a report is read by people, “results” has them all."""
MOST_PROMPTS_OF_MANY = 5
"""Of each pair, where there are many."""
PROMPT_LENGTH = 160
WITHOUT_CATEGORY = "(no category)"


def cost_section(pairs: Pairs) -> Section:
    """Splits and categories in which a was preferred, and the prompts that it won clearly."""
    title = "What fine-tuning cost" if any(part.tuned for part in pairs.full) else "Where it falls behind"
    listed = MOST_PROMPTS_OF_MANY if pairs.many else MOST_PROMPTS
    return Section(
        "cost", title, (*pairs.note, *by_pair(pairs.full, lambda part: _cost(part, pairs, listed)))
    )


def behind(part: PairResults) -> tuple[SummarySlice, ...]:
    """Splits and categories in which a was preferred, those beyond doubt first, then by rate."""
    found = [
        s for s in part.slices(Dimension.SPLIT, Dimension.CATEGORY, Dimension.TAG) if s.rate.value < EVEN
    ]
    return tuple(sorted(found, key=lambda s: (not beyond_doubt(s), s.rate.value)))


def beyond_doubt(part: SummarySlice) -> bool:
    """Whether its whole interval lies below one half."""
    return part.rate.high is not None and part.rate.high < EVEN


def _cost_words(part: PairResults) -> str:
    pair, lost = part.pair, [s for s in behind(part) if beyond_doubt(s)]
    if not lost:
        return f"no split or category found in which raters preferred {pair.a} beyond doubt."
    worst = min(lost, key=lambda s: s.rate.value)
    rate = f"{say.percent(worst.rate.value)}, {say.range_words(worst.rate.low, worst.rate.high)}"
    where = slice_name(worst.dimension, worst.name)
    return f"on “{where}” raters preferred {pair.a} (win rate of {pair.b} {rate})."


def _cost(part: PairResults, pairs: Pairs, listed: int) -> Iterator[Block]:
    told = _cost_words(part)
    yield Paragraph(f"{told[0].upper()}{told[1:]}")
    yield from _parts_behind(part)
    lost = pairs.lost.get((part.stored.a, part.stored.b, part.stored.rater_kind))
    if lost is not None:
        yield from _prompts_lost(part, lost, listed)


def _parts_behind(part: PairResults) -> Iterator[Block]:
    rows = tuple(
        (
            slice_name(s.dimension, s.name),
            s.dimension,
            f"{s.counts.prompts:,}",
            *say.rate_cells(s.rate),
            "yes" if beyond_doubt(s) else "no",
        )
        for s in behind(part)
    )
    columns = (
        Column("", 2),
        Column("Kind"),
        Column("Prompts", numbers=True),
        Column(f"Win rate of {part.pair.b}", 1.4, numbers=True),
        Column("95% interval", 1.5, numbers=True),
        Column("Beyond doubt"),
    )
    yield from limited(Table(f"Where {part.pair.a} was preferred", columns, rows), "categories")
    if rows:
        yield Paragraph(
            "Beyond doubt: the whole interval lies below 50%. With many categories about one in forty does "
            "so by chance.",
            Tone.NOTE,
        )


def _prompts_lost(part: PairResults, lost: ClearPrompts, listed: int) -> Iterator[Block]:
    if lost.whole is None:
        return
    clearly = _clearly(lost.clarity)
    yield Paragraph(
        f"{part.pair.a} won {say.counted(lost.whole.clear, 'prompt')} of {lost.whole.prompts:,} clearly "
        f"({say.percent(lost.whole.value)}, {say.range_words(lost.whole.low, lost.whole.high)}); "
        f"{part.pair.b} won {lost.other_way:,} as clearly. {clearly}"
    )
    rows = tuple(_share_row(found) for found in lost.categories if found.clear)
    columns = (
        Column("Category", 2),
        Column("Prompts", numbers=True),
        Column("Lost clearly", numbers=True),
        Column("Share", numbers=True),
        Column("95% interval", 1.5, numbers=True),
    )
    yield from limited(Table("Prompts lost clearly, by category", columns, rows), "categories")
    yield from _listed(part, lost, listed)


def _clearly(clarity: Clarity) -> str:
    raters = f" by at least {clarity.raters} raters" if clarity.raters > 1 else ""
    return f"Clearly: at least {say.percent(clarity.at_least)} of the votes on the prompt{raters}."


def _share_row(found: ClearShare) -> tuple[str, ...]:
    name = say.name(found.name) if found.name else WITHOUT_CATEGORY
    counts = f"{found.prompts:,}", f"{found.clear:,}"
    return name, *counts, say.percent(found.value), say.range_words(found.low, found.high)


def _listed(part: PairResults, lost: ClearPrompts, most: int) -> Iterator[Block]:
    rows = tuple(_prompt_row(prompt, lost) for prompt in lost.prompts[:most])
    if not rows:
        return
    columns = (
        Column("Prompt", 4.2),
        Column("Category", 1.5),
        Column("Split", 1.1),
        Column(f"Votes for {say.name(part.pair.a, 22)}", 1.1, numbers=True),
        Column("Raters", 0.8, numbers=True),
    )
    yield Table("The prompts themselves, the clearest of each category first", columns, rows)
    left = len(lost.prompts) - len(rows)
    if left > 0:
        where = "the Results page lists them under “Cost”"
        yield Paragraph(f"{say.counted(left, 'more prompt')} not listed here; {where}.", Tone.NOTE)


def _prompt_row(prompt: JudgedPrompt, lost: ClearPrompts) -> tuple[str, ...]:
    text = say.name(" ".join(prompt.text.split()), PROMPT_LENGTH) or say.name(prompt.key)
    category = say.name(prompt.category) if prompt.category else WITHOUT_CATEGORY
    split = SPLITS.get(prompt.split.value, "")
    return text, category, split, say.percent(lost.share(prompt)), f"{prompt.raters:,}"
