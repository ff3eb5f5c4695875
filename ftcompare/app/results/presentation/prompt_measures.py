"""Blocks on measures with a value for each prompt: for all systems, then for a pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ftcompare.app.results.presentation.blocks import (
    Block,
    Cell,
    Column,
    Explanation,
    Figure,
    Figures,
    Paragraph,
    Table,
    Tone,
    number_columns,
)
from ftcompare.app.results.presentation.number_format import (
    UNDEFINED,
    name,
    percent,
    point_span,
    points,
    range_words,
)
from ftcompare.app.results.presentation.pair_results import slice_name
from ftcompare.app.results.presentation.paired_blocks import (
    SHORT,
    difference_figure,
    difference_numbers,
    first_prompts,
    mcnemar_figure,
)
from ftcompare.app.results.prompt_measures import MeasuredPrompt, PromptMeasure, PromptMeasures
from ftcompare.stats.paired_difference import LEAST_COMPARED, PairedDifference

DIFFERENCE_RULE = (
    "The difference is over prompts that both have; its interval is Student's t over prompts and two "
    f"more, one that differs wholly each way. Of fewer than {LEAST_COMPARED} prompts none is given."
)
MCNEMAR_RULE = "McNemar's exact test is of the prompts that one system has right and the other not."
GROUPS_RULE = "Groups are looked at side by side: a difference in one of many may be chance."
FIELDS = {"category": "Category", "split": "Split", "context_kind": "Kind of context"}
TEXTS = (1, 2, 3)
"""The columns of the table of prompts that contain texts of prompts and answers."""
SHOWN = 80
"""Number of characters of a prompt, and of a description of an answer, in a table."""


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """The texts on a kind of measures.

    Args:
        id: identifier of its figures.
        title: title in words.
        rule: how they are computed, in one or two sentences.
        source: reference for the method.
    """

    id: str
    title: str
    rule: str
    source: str = ""

    @property
    def explanation(self) -> Explanation:
        """The explanation of all these measures."""
        return Explanation(self.title, (self.rule, DIFFERENCE_RULE), "", self.source)


def measures_table(found: PromptMeasures, words: MeasureWords) -> Table:
    """A table with a row for each system."""
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (
            name(system),
            f"{len(found.values(found.measures[0], system)):,}",
            *(_mean_cell(found, measure, system) for measure in found.measures),
        )
        for system in found.systems
    )
    titles = ((measure.label, 1.5) for measure in found.measures)
    return Table("", (Column("System", 2), *number_columns("Prompts", *titles)), rows, words.explanation)


def _mean_cell(found: PromptMeasures, measure: PromptMeasure, system: str) -> Cell:
    mean = found.mean(measure, system)
    return Cell(UNDEFINED) if mean is None else Cell(percent(mean.value), range_words(mean.low, mean.high))


# --- a pair of systems -----------------------------------------------------------------------------


def pair_measure_blocks(
    found: PromptMeasures, a: str, b: str, words: MeasureWords, *, texts: bool = True
) -> Iterator[Block]:
    """Difference of b from a, also by group, and the prompts that differ; empty without shared prompts.

    Without ``texts``, prompts are shown by id, and answers are not described.
    """
    figures = tuple(figure for measure in found.measures for figure in _figures(found, measure, a, b, words))
    if not figures:
        return
    yield Figures(words.id, f"{name(b)} less {name(a)}, same prompts", figures)
    first = found.measures[0]
    groups = ((field, word, own.difference(first, a, b)) for field, word, own in found.groups())
    yield from group_tables(first.label, groups, a, b)
    differing = found.differing(first, a, b)
    if differing:
        yield first_prompts(_differing_table(differing, first, a, b), () if texts else TEXTS)


def _figures(
    found: PromptMeasures, measure: PromptMeasure, a: str, b: str, words: MeasureWords
) -> Iterator[Figure]:
    difference, test = found.difference(measure, a, b), found.mcnemar(measure, a, b)
    if difference is None:
        return
    shares = (percent(difference.mean_b), percent(difference.mean_a), points(difference.difference))
    numbers = difference_numbers(measure.label, a, b, shares, difference)
    rules = (words.rule, DIFFERENCE_RULE)
    how = Explanation(words.title, rules, difference.method, words.source, numbers)
    key = f"{words.id}:{measure.id}"
    yield difference_figure(key, measure.label, difference, how)
    yield from mcnemar_figure(key, measure.label, test, a, b, words.title, MCNEMAR_RULE)


def group_tables(
    label: str, groups: Iterable[tuple[str, str, PairedDifference | None]], a: str, b: str
) -> Iterator[Block]:
    """Tables by category, split and kind of context: both systems, and their difference in a measure.

    ``groups`` has the field and the value of each group, with b minus a on its prompts.
    """
    rows: dict[str, list[tuple[str, ...]]] = {}
    for field, word, difference in groups:
        if difference is not None:
            low, high = difference.low, difference.high
            span = UNDEFINED if low is None or high is None else point_span(low, high)
            shares = (percent(difference.mean_b), percent(difference.mean_a), points(difference.difference))
            cells = (group_words(field, word), f"{difference.prompts:,}", *shares, span)
            rows.setdefault(field, []).append(cells)
    both = (name(system, SHORT) for system in (b, a))
    heads = number_columns("Prompts", *both, "Difference", ("95% interval", 1.6))
    for field, own_rows in rows.items():
        columns = (Column(FIELDS[field], 2), *heads)
        yield Table(f"{label}, by {FIELDS[field].lower()}", columns, tuple(own_rows))
    if rows:
        yield Paragraph(GROUPS_RULE, Tone.NOTE)


def group_words(field: str, word: str) -> str:
    """The label of a group of one of `FIELDS`."""
    if not word:
        return f"No {FIELDS[field].lower()}"
    return slice_name(field, word)


def _differing_table(prompts: tuple[MeasuredPrompt, ...], measure: PromptMeasure, a: str, b: str) -> Table:
    rows = tuple(
        (
            name(prompt.key),
            name(" ".join(prompt.text.split()), SHOWN),
            *(name(prompt.told.get(system, ""), SHOWN) for system in (b, a)),
        )
        for prompt in prompts
    )
    columns = (Column("Id", 1.2), Column("Prompt", 3), *(Column(name(s, SHORT), 2) for s in (b, a)))
    return Table(f"{measure.label}: the two differ", columns, rows)
