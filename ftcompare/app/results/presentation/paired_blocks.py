"""Blocks that compare two systems on the same prompts: differences, tests, and prompts that differ."""

from __future__ import annotations

from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import name
from ftcompare.core.language import counted, tr
from ftcompare.stats.paired_difference import LEAST_COMPARED, McNemar, PairedDifference

MOST_LISTED = 12
"""Maximum number of prompts in a report and on the command line."""
LONG, SHORT = 40, 17
"""Number of characters of a name in a sentence, and in a column or row title."""


def difference_figure(
    id_: str,
    label: str,
    difference: PairedDifference,
    how: blocks.Explanation,
    unit: blocks.Unit = blocks.Unit.POINTS,
    *,
    scale: float = 1.0,
    sampled: str = "prompt",
) -> blocks.Figure:
    """A difference with its interval, or the number of prompts that an interval needs.

    Args:
        scale: factor by which difference and interval are multiplied for display.
        sampled: the unit of sampling, in the singular.
    """
    few = difference.low is None
    return blocks.Figure(
        id_,
        label,
        scale * difference.difference,
        how,
        unit,
        None if difference.low is None else scale * difference.low,
        None if difference.high is None else scale * difference.high,
        counted(difference.prompts, sampled),
        tr("an interval needs {number}", LEAST_COMPARED)
        if few
        else ""
        if difference.told_apart
        else tr("no clear difference"),
        method=tr(difference.method),
    )


def difference_numbers(
    label: str,
    a: str,
    b: str,
    values: tuple[str, str, str],
    difference: PairedDifference,
    sampled: str = "prompt",
) -> tuple[str]:
    """The numbers of an explanation: ``values`` are those of b and of a, and their difference, as text."""
    of_b, of_a, less = values
    return (
        tr(
            "{measure}: {equation} on {prompts}, with a difference on {differing}.",
            label,
            f"{name(b)} {of_b} − {name(a)} {of_a} = {less}",
            counted(difference.prompts, sampled),
            difference.differing,
        ),
    )


def mcnemar_figure(
    id_: str, label: str, test: McNemar | None, a: str, b: str, title: str, rule: str
) -> tuple[blocks.Figure, ...]:
    """The p-value of McNemar's test of a measure with this id and label; empty where it is not defined."""
    if test is None or test.p is None:
        return ()
    numbers = tr("{b} alone: {test.only_b}; {a} alone: {test.only_a}.", name(b), test, name(a))
    how = blocks.Explanation(title, (rule,), tr("exact McNemar test"), "McNemar 1947", (numbers,))
    alone = tr("{test.only_b} against {test.only_a}", test)
    return (
        blocks.Figure(
            f"{id_}:mcnemar",
            tr("{measure}: could be chance", label),
            test.p,
            how,
            blocks.Unit.P_VALUE,
            n=alone,
        ),
    )


def first_prompts(table: blocks.Table) -> blocks.Table:
    """The first rows, and a note on further ones."""
    left = len(table.rows) - MOST_LISTED
    caption = table.caption
    if left > 0:
        caption = tr("{caption}; {number} more are not listed here", caption, left)
    return blocks.Table(caption, table.columns, table.rows[:MOST_LISTED])
