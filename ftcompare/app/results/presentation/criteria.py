"""What raters said beside the whole: each criterion of the scale, how much better, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ftcompare.app.results.presentation.blocks import Block, Column, Explanation, Facts, Figure, Table
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.presentation.win_rate import rate_figure
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.plurals import counted
from ftcompare.stats.criteria import CriterionResult, StrengthCount
from ftcompare.stats.summary import Counts, PairSummary

NOTE = (
    "Several criteria are several looks: one may stand out by chance. A reason is counted by the answer "
    "to the whole that it stands beside; which of the two texts it is about is not said."
)
RULE = (
    "The win rate on one criterion alone: the share of its answers that prefer the system to the other. A "
    "tie, and both bad, is half a win for each. The first interval is for raters like these, where "
    "several judged."
)


@measure(Group.CRITERIA)
def criteria(told: PairResults) -> Iterator[Figure]:
    """Each criterion; none where nobody was asked for any, or where they may not be told yet."""
    for found in told.details.criteria:
        yield from _figures(found, told.pair)


def _figures(found: CriterionResult, pair: PairSummary) -> Iterator[Figure]:
    title, over = name(found.name), found.rate_over_raters
    whom = [("", over or found.rate)] + ([(", for these raters alone", found.rate)] if over else [])
    how = Explanation("By criterion", (RULE, NOTE), (over or found.rate).method, "", _numbers(found, pair))
    n = f"{counted(found.counts.judgments, 'judgment')}, {counted(found.counts.prompts, 'prompt')}"
    for place, (alone, rate) in enumerate(whom):
        key = f"criterion:{found.name}{':these' if place else ''}"
        part = Part(Dimension.CRITERION, found.name)
        shown = rate_figure(key, f"{title}{alone}", rate, how, n=n, judged=part)
        yield replace(shown, detail=bool(place))


def _numbers(found: CriterionResult, pair: PairSummary) -> tuple[str, ...]:
    title, over = name(found.name), found.rate_over_raters
    told = [
        f"{title}: {answer_words(found.counts, pair)}.",
        f"For these raters, and prompts like these: {found.rate.explanation}",
    ]
    return (*told, f"For raters like these, too: {over.explanation}") if over else tuple(told)


def answer_words(counts: Counts, pair: PairSummary) -> str:
    """How often each answer was given."""
    return (
        f"{pair.b} {counts.wins_b:,}, {pair.a} {counts.wins_a:,}, about equal {counts.ties:,}, both bad "
        f"{counts.both_bad:,}"
    )


def strength_blocks(told: PairResults) -> tuple[Block, ...]:
    """How much better the winners were, and why; nothing where raters were not asked."""
    found, rows = told.details, list[tuple[str, str]]()
    if found.strengths:
        strengths = "; ".join(_strength(count, told.pair) for count in found.strengths)
        rows.append(("Strengths of the wins", strengths))
    answers = [(name(c.name), answer_words(c.counts, told.pair)) for c in found.criteria]
    facts = (*((f"Answers for {criterion}", words) for criterion, words in answers), *rows)
    return (*((Facts(facts),) if facts else ()), *_reasons(told))


def _strength(found: StrengthCount, pair: PairSummary) -> str:
    told = found.name or ("not given" if found.strength is None else f"strength {found.strength}")
    return f"{told}: {pair.b} {found.wins_b:,}, {pair.a} {found.wins_a:,}"


def _reasons(told: PairResults) -> tuple[Block, ...]:
    if not told.details.reasons:
        return ()
    titles = (f"{told.pair.b} won", "Equal", "Both bad", f"{told.pair.a} won")
    counts = (Column(title, 1.0, numbers=True) for title in titles)
    columns = (Column("Reason", 2.4), Column("Ticked", 0.8, numbers=True), *counts)
    rows = tuple(
        (
            name(reason.name),
            *(f"{n:,}" for n in (c.judgments, c.wins_b, c.ties, c.both_bad, c.wins_a)),
        )
        for reason in told.details.reasons
        for c in (reason.counts,)
    )
    return (Table("Reasons, by the answer that they stand beside", columns, rows),)
