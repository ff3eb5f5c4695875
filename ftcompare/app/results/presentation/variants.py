"""The win rate of a pair with everything, and without what is left out."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.presentation.blocks import Column, Explanation, Figure, Table
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.number_format import UNDEFINED, name, number, share, span
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.presentation.win_rate import rate_figure
from ftcompare.app.results.study_results import Variant, VariantKind
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.plurals import counted
from ftcompare.stats.summary import PairSummary


def variant_title(variant: Variant) -> str:
    """What is left out, in a few words."""
    raters, prompts = counted(len(variant.raters), "rater"), counted(variant.prompts, "prompt")
    return {
        VariantKind.EXCLUDED_RATERS: f"Without {raters} left out",
        VariantKind.SELF_NAMING: f"Without {prompts} with self-naming",
        VariantKind.BOTH: "Without both",
    }[variant.kind]


def left_out(variant: Variant) -> str:
    """Who and what is left out, by name, and how much remains."""
    raters = ", ".join(map(name, variant.raters))
    told = (
        f"Left out on the Raters page: {raters}." if raters else "",
        "Without prompts of which an answer says what wrote it." if variant.prompts else "",
        f"{counted(variant.judgments, 'judgment')} remain.",
    )
    return " ".join(filter(None, told))


@measure(Group.VARIANTS)
def variants(told: PairResults) -> Iterator[Figure]:
    """With everything, then without what is left out; nothing where nothing is."""
    if not told.variants:
        return
    yield _variant_figure("everything", "Everything", told.pair, "All raters and all prompts.", Part())
    for variant, kept in told.variants:
        title = variant_title(variant)
        part = Part(Dimension.WITHOUT, title, prompts=variant.prompt_ids, raters=variant.rater_ids)
        yield _variant_figure(variant.kind.value, title, kept, left_out(variant), part)


def _variant_figure(key: str, title: str, pair: PairSummary | None, text: str, part: Part) -> Figure:
    if pair is None:
        return Figure(key, title, None, Explanation(title, (text,)), told="nothing left")
    rate = pair.win_rate_over_raters or pair.win_rate
    how = Explanation(title, (text, rate.explanation), rate.method)
    return rate_figure(key, title, rate, how, judged=part)


def variants_table(told: PairResults) -> Table:
    """The same with counts, both intervals and the e-value."""
    columns = (
        Column(f"Win rate of {told.pair.b}", 2.4),
        Column("Prompts", numbers=True),
        Column("Judgm.", numbers=True),
        Column("Win rate", numbers=True),
        Column("for these raters", 1.5, numbers=True),
        Column("for raters like these", 1.5, numbers=True),
        Column("e-value", 1.1, numbers=True),
    )
    rows = [_row("Everything", told.pair)]
    rows += [_row(variant_title(variant), kept) for variant, kept in told.variants]
    return Table("", columns, tuple(rows))


def _row(title: str, pair: PairSummary | None) -> tuple[str, ...]:
    if pair is None:
        return title, "0", "0", *(UNDEFINED,) * 4
    one, over = pair.win_rate, pair.win_rate_over_raters
    return (
        title,
        f"{pair.prompts:,}",
        f"{pair.judgments:,}",
        share(one.value),
        span(one.low, one.high),
        span(over.low, over.high) if over else UNDEFINED,
        number(pair.e_value),
    )
