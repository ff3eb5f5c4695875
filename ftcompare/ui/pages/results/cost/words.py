"""What the Cost tab says: the prompts that one system won clearly, in sentences. Pure functions."""

from __future__ import annotations

from ftcompare.app.results import charts
from ftcompare.app.results.cost import ClearPrompts, ClearShare
from ftcompare.core.study import RaterKind
from ftcompare.stats.summary import PairSummary, SummarySlice
from ftcompare.ui.pages.results.words import (
    Explanation,
    counted,
    percent,
    range_words,
    slice_name,
)
from ftcompare.ui.text.short_names import short_name

NAMED = 5
"""At most so many categories are named in a sentence."""

LONG, SHORT = 40, 20
"""Characters of a name in a sentence, and on a button."""

DIMENSIONS = ("category", "split")


def directions(pair: PairSummary, *, tuned: bool) -> tuple[str, str]:
    """What the switch offers: the wins of a, then those of b."""
    if tuned:
        return "What did it cost?", "What did it gain?"
    won = "Won by {}"
    return won.format(short_name(pair.a, SHORT)), won.format(short_name(pair.b, SHORT))


def winner(found: ClearPrompts, pair: PairSummary) -> str:
    """The name of the system whose wins are shown."""
    return short_name(pair.b if found.gained else pair.a, LONG)


def preference_title(found: ClearPrompts, pair: PairSummary) -> str:
    """The title of the column with the winner's share of the votes."""
    return f"Preference\nfor {short_name(pair.b if found.gained else pair.a, SHORT)}"


def cost_headline(found: ClearPrompts, pair: PairSummary, *, tuned: bool) -> str:
    """How many prompts were lost, or gained."""
    if found.whole is None:
        least = counted(found.clarity.raters, "rater", "raters")
        return f"No prompt was judged by {least} or more."
    told = "{winner} clearly won {clear} of {prompts}: {share} ({range})."
    if tuned:
        told = (
            "Fine-tuning clearly gained on {clear} of {prompts}: {share} ({range})."
            if found.gained
            else "Fine-tuning clearly lost on {clear} of {prompts}: {share} ({range})."
        )
    return told.format(
        winner=winner(found, pair),
        clear=found.whole.clear,
        prompts=_prompts(found.whole.prompts),
        share=percent(found.whole.value),
        range=range_words(found.whole.low, found.whole.high),
    )


def beyond_doubt(pair: PairSummary, *, gained: bool) -> tuple[SummarySlice, ...]:
    """Categories and splits whose win rate has its interval on the winner's side of one half."""
    found = [part for part in pair.slices if part.dimension in DIMENSIONS and _settled(part, gained=gained)]
    return tuple(sorted(found, key=lambda part: part.rate.value, reverse=gained))


def _settled(part: SummarySlice, *, gained: bool) -> bool:
    low, high = part.rate.low, part.rate.high
    if low is None or high is None:
        return False
    return low > 0.5 if gained else high < 0.5


def doubt_sentence(found: ClearPrompts, pair: PairSummary) -> str:
    """Where the win rate itself, and not single prompts, speaks for the winner."""
    if not any(part.dimension in DIMENSIONS for part in pair.slices):
        return "The prompts have neither categories nor splits."
    parts = beyond_doubt(pair, gained=found.gained)
    if not parts:
        told = "In no category or split do raters prefer {} beyond doubt."
        return told.format(winner(found, pair))
    told = "Raters prefer {winner} beyond doubt in {parts}."
    return told.format(winner=winner(found, pair), parts=_listed([_part_words(part, pair) for part in parts]))


def _part_words(part: SummarySlice, pair: PairSummary) -> str:
    return (
        f"“{slice_name(part.dimension, part.name)}” (win rate of {short_name(pair.b, LONG)} "
        f"{percent(part.rate.value)}, {range_words(part.rate.low, part.rate.high)})"
    )


def _listed(parts: list[str]) -> str:
    more = len(parts) - NAMED
    shown = parts[:NAMED] + ([f"{more} more"] if more > 0 else [])
    return ", ".join(shown)


def cost_notes(found: ClearPrompts, pair: PairSummary) -> str:
    """What to know before single prompts are taken for a finding."""
    other = short_name(pair.a if found.gained else pair.b, LONG)
    told = []
    if found.whole is not None:
        told.append(f"{other} won {_prompts(found.other_way)} as clearly.")
        if found.one_rater:
            one = "{} judged by one rater alone: a clear win there is one person's word."
            told.append(one.format(_prompts(found.one_rater)))
    if found.passed_over:
        told.append(f"{_prompts(found.passed_over)} judged by too few raters.")
    if pair.rater_kind is RaterKind.AUTOMATIC:
        told.append("These are judgments of automatic raters.")
    return " ".join(told)


def chart_title(found: ClearPrompts, pair: PairSummary) -> str:
    """What the chart shows."""
    return f"Prompts clearly won by {short_name(pair.b if found.gained else pair.a, SHORT)}"


def chart_of(found: ClearPrompts) -> charts.ForestPlot:
    """The share of prompts won clearly: of all, of each category, of each split."""
    rows = [_row("all", "All prompts", found.whole)] if found.whole is not None else []
    if any(part.name for part in found.categories):
        rows += [_row("category", part_name("category", part.name), part) for part in found.categories]
    rows += [_row("split", part_name("split", part.name), part) for part in found.splits]
    return charts.ForestPlot(
        a="",
        b="",
        rows=tuple(rows),
        headings={"split": "BY SPLIT", "category": "BY CATEGORY"},
        left_words="",
        right_words="",
        axis_words="share of the prompts judged",
        middle=None,
    )


def part_name(dimension: str, stored: str) -> str:
    """A category or split as it is shown; those without one, too."""
    if not stored:
        return "No category"
    return slice_name(dimension, stored)


def _row(dimension: str, title: str, part: ClearShare) -> charts.ForestRow:
    count = "{clear} of {prompts}".format(clear=part.clear, prompts=f"{part.prompts:,}")
    return charts.ForestRow(
        dimension, part.name, title, part.value, part.low, part.high, part.prompts, count=count
    )


def cost_explanation(found: ClearPrompts, pair: PairSummary) -> Explanation:
    """When a prompt is won clearly, and the shares with their numbers."""
    title = chart_title(found, pair)
    rule = (
        "A prompt counts as clearly won by {winner} where {winner} got at least {least} of its votes (a tie, "
        "and both bad, is half a vote for each) from at least {raters}. Both can be set above. The share is "
        "the prompts clearly won / the prompts judged by that many."
    ).format(
        winner=winner(found, pair),
        least=percent(found.clarity.at_least),
        raters=counted(found.clarity.raters, "rater", "raters"),
    )
    whom = (
        "The interval is Wilson's at 95%, each prompt counting once: it says what to expect of other prompts "
        "before these raters."
    )
    chance = (
        "Few votes a prompt make some prompts clear by chance alone, also between equal systems. So compare "
        f"with what was clearly won the other way, {_prompts(found.other_way)}, and read the prompts."
    )
    return Explanation(title, (rule, _numbers(found), whom, chance), "Wilson", "Wilson 1927; Newcombe 1998")


def _numbers(found: ClearPrompts) -> str:
    parts = [("All prompts", found.whole)] if found.whole is not None else []
    parts += [(part_name("category", part.name), part) for part in found.categories[:NAMED]]
    told = "{title}: {clear} / {prompts} = {share:.1%}, interval {low:.1%} to {high:.1%}."
    return " ".join(
        told.format(
            title=title, clear=p.clear, prompts=p.prompts, share=p.clear / p.prompts, low=p.low, high=p.high
        )
        for title, p in parts
    )


def doubt_explanation(found: ClearPrompts, pair: PairSummary) -> Explanation:
    """What “beyond doubt” means, with the rates of the categories and splits."""
    rule = (
        "{winner} is preferred beyond doubt in a category or split where the whole 95% interval of the win "
        "rate of {b} lies {side} 50%. It is the interval over prompts, for these raters."
    ).format(
        winner=winner(found, pair),
        b=short_name(pair.b, LONG),
        side="above" if found.gained else "below",
    )
    many = (
        "Where many categories are looked at, about one in forty without any difference still lies on this "
        "side by chance. A category found here is a reason to look, and to test it on new prompts."
    )
    numbers = " ".join(_explained(part) for part in beyond_doubt(pair, gained=found.gained)[:NAMED])
    paragraphs = tuple(filter(None, (rule, numbers, many)))
    return Explanation("Beyond doubt", paragraphs, "Wilson, or t over prompt means", "Wilson 1927")


def _explained(part: SummarySlice) -> str:
    return f"“{slice_name(part.dimension, part.name)}”: {part.rate.explanation}"


def _prompts(number: int) -> str:
    return counted(number, "prompt", "prompts")
