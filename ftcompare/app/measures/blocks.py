"""Blocks that all kinds of measures share: tables of systems, differences of a pair, groups, and prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Any

from ftcompare.app.measures.measure import AnyMeasure, AnyStudy, MeasuredPrompt
from ftcompare.app.results.presentation import blocks, paired_blocks
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.pair_results import slice_name
from ftcompare.app.results.presentation.value_table import Value, ValueColumn, ValueRow, ValueTable
from ftcompare.core.language import N_, decimal, tr
from ftcompare.stats.correctness import NO_LABEL, Classification
from ftcompare.stats.paired_difference import LEAST_COMPARED, PairedDifference

DIFFERENCE_RULE = N_(
    "The difference is over prompts that both have. Its interval is Student's t over prompts and two more, "
    "one that differs completely each way. With fewer than {least} prompts, there is no interval."
)
UNBOUNDED_RULE = N_(
    "The difference is over prompts that both have. Its interval is Student's t over prompts. With fewer "
    "than {least} prompts, there is no interval."
)
MCNEMAR_RULE = N_("McNemar's exact test uses the prompts that one system has right and the other wrong.")
GROUPS_RULE = N_("Several groups are shown side by side, so a difference in one of them may be chance.")
FIELDS = {"category": N_("Category"), "split": N_("Split"), "context_kind": N_("Kind of context")}
BY_FIELD = {
    "category": N_("{measure}, by category"),
    "split": N_("{measure}, by split"),
    "context_kind": N_("{measure}, by kind of context"),
}
WITHOUT = {"category": N_("No category"), "split": N_("No split"), "context_kind": N_("No kind of context")}
SHOWN = 80
"""Number of characters of a prompt, and of a description of an answer, in a table."""
PROMPT_LENGTH = 160
"""Number of characters of a prompt in a list that a window shows."""

Count = tuple[str, Callable[[str], str]]
"""Title of a column, and its text for a system."""


class MeanDetail(Enum):
    NOTHING = auto()
    PROMPTS = auto()  # the number of prompts, for measures that are defined for different prompts
    INTERVAL = auto()


def value_text(measure: AnyMeasure, value: float | None) -> str:
    if value is None:
        return say.UNDEFINED
    return say.value_words(blocks.Figure(measure.id, measure.name, measure.scale * value, unit=measure.unit))


def change_unit(unit: blocks.Unit, scale: float) -> tuple[blocks.Unit, float]:
    """Unit of differences, and the factor by which they are multiplied for display."""
    return (blocks.Unit.POINTS, 1.0) if unit is blocks.Unit.SHARE else (blocks.Unit.SCORE_DIFFERENCE, scale)


def explanation(
    results: AnyStudy,
    measure: AnyMeasure,
    *,
    title: str = "",
    method: str = "",
    numbers: tuple[str, ...] = (),
) -> blocks.Explanation:
    texts = results.texts
    difference = texts.difference_rule if measure.bounded else UNBOUNDED_RULE
    rules = (*measure.rules, difference, *texts.limits)
    shown = tr(title or measure.title or texts.title)
    return blocks.Explanation(shown, rule_texts(*rules), tr(method), measure.source, numbers)


def rule_texts(*rules: str) -> tuple[str, ...]:
    """Return rules in the present language, with the least number of prompts of an interval."""
    return tuple(tr(rule, least=LEAST_COMPARED) for rule in rules)


def means_table(
    results: AnyStudy,
    how: blocks.Explanation,
    *,
    counts: Sequence[Count] = (),
    measures: Sequence[AnyMeasure] | None = None,
    beside: MeanDetail = MeanDetail.NOTHING,
    caption: str = "",
    width: float = 1.3,
) -> blocks.Table:
    """A row for each system: ``counts``, then the mean of each measure in a column of this ``width``."""
    shown = results.measures if measures is None else measures
    rows: tuple[tuple[str | blocks.Cell, ...], ...] = tuple(
        (
            say.name(system),
            *(text(system) for _, text in counts),
            *(mean_cell(results, measure, system, beside) for measure in shown),
        )
        for system in results.systems
    )
    titles = ((tr(measure.column) or measure.name, width) for measure in shown)
    heads = blocks.number_columns(*(title for title, _ in counts), *titles)
    return blocks.Table(caption, (blocks.Column(tr("System"), 2), *heads), rows, how)


def mean_cell(results: AnyStudy, measure: AnyMeasure, system: str, beside: MeanDetail) -> blocks.Cell:
    estimate = results.estimate(measure, system)
    if estimate is None:
        return blocks.Cell(say.UNDEFINED)
    detail = {
        MeanDetail.NOTHING: "",
        MeanDetail.PROMPTS: f"n = {decimal(estimate.prompts)}",
        MeanDetail.INTERVAL: say.range_words(estimate.low, estimate.high)
        if measure.bounded
        else say.decimal_span(estimate.low, estimate.high),
    }
    return blocks.Cell(value_text(measure, results.mean(measure, system)), detail[beside])


def confusion_table(caption: str, result: Classification, none: str, *, always: bool = True) -> blocks.Table:
    """Right labels as rows, given labels as columns; ``none`` is the title for answers without one label."""
    labels = [one.label for one in result.scores]
    across = [*labels, *([NO_LABEL] if always or any(one == NO_LABEL for _, one in result.counts) else [])]
    columns = (
        blocks.Column(tr("Right label"), 2),
        *blocks.number_columns(*(say.name(n, paired_blocks.SHORT) if n else none for n in across)),
    )
    rows = tuple(
        (say.name(right), *(decimal(result.counts.get((right, one), 0)) for one in across))
        for right in labels
    )
    return blocks.Table(caption, columns, rows)


def pair_figures(results: AnyStudy, a: str, b: str) -> blocks.Figures:
    """Each measure's difference of b from a, with McNemar's test where it applies."""
    title = tr(results.texts.compared, b=say.name(b), a=say.name(a))
    figures = (figure for measure in results.measures for figure in measure_figures(results, measure, a, b))
    return blocks.Figures(results.texts.key, title, tuple(figures))


def measure_figures(results: AnyStudy, measure: AnyMeasure, a: str, b: str) -> Iterator[blocks.Figure]:
    """The difference in one measure, and McNemar's test; none without shared prompts."""
    difference, texts = results.difference(measure, a, b), results.texts
    if difference is None:
        return
    unit, scale = change_unit(measure.unit, measure.scale)
    key, how = f"{texts.key}:{measure.id}", pair_explanation(results, measure, a, b, difference)
    yield paired_blocks.difference_figure(
        key, measure.name, difference, how, unit, scale=scale, sampled=texts.sampled
    )
    rule, test = texts.mcnemar_rule or texts.difference_rule, results.mcnemar(measure, a, b)
    yield from paired_blocks.mcnemar_figure(key, measure.name, test, a, b, tr(texts.title), *rule_texts(rule))


def pair_explanation(
    results: AnyStudy, measure: AnyMeasure, a: str, b: str, difference: PairedDifference
) -> blocks.Explanation:
    unit, scale = change_unit(measure.unit, measure.scale)
    values = (
        value_text(measure, difference.mean_b),
        value_text(measure, difference.mean_a),
        say.value_words(blocks.Figure("", "", scale * difference.difference, unit=unit)),
    )
    numbers = paired_blocks.difference_numbers(measure.name, a, b, values, difference, results.texts.sampled)
    return explanation(results, measure, method=difference.method, numbers=numbers)


def group_tables(results: AnyStudy, measure: AnyMeasure, a: str, b: str) -> Iterator[blocks.Block]:
    """Tables by category, split, and kind of context: both systems, and their difference in a measure."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    for field, word, own in results.groups():
        difference = own.difference(measure, a, b)
        if difference is not None:
            shares = (
                say.percent(difference.mean_b),
                say.percent(difference.mean_a),
                say.points(difference.difference),
            )
            span = say.point_span(difference.low, difference.high)
            cells = (group_words(field, word), decimal(difference.prompts), *shares, span)
            rows.setdefault(field, []).append(cells)
    both = (say.name(system, paired_blocks.SHORT) for system in (b, a))
    heads = blocks.number_columns(tr("Prompts"), *both, tr("Difference"), (tr("95% interval"), 1.6))
    for field, own_rows in rows.items():
        columns = (blocks.Column(tr(FIELDS[field]), 2), *heads)
        yield blocks.Table(tr(BY_FIELD[field], measure=measure.name), columns, tuple(own_rows))
    if rows:
        yield blocks.Paragraph(tr(GROUPS_RULE), blocks.Tone.NOTE)


def group_words(field: str, word: str) -> str:
    return slice_name(field, word) if word else tr(WITHOUT[field])


def prompt_table(
    title: str,
    columns: Sequence[ValueColumn],
    prompts: Iterable[MeasuredPrompt[Any]],
    values: Callable[[MeasuredPrompt[Any]], Sequence[Value]],
    rules: tuple[str, ...],
    *,
    share: float = 3.0,
) -> ValueTable:
    """A list of prompts: id, text, then ``columns`` with their ``values``. Row keys are prompt ids."""
    heads = (
        ValueColumn(tr("Id"), share=1.2, shown=False),
        ValueColumn(tr("Prompt"), share=share, length=PROMPT_LENGTH, texts=True),
        *columns,
    )
    rows = (
        ValueRow(
            prompt.id, (prompt.key, " ".join(prompt.text.split()) or prompt.key, *values(prompt)),
            prompt.text, prompt.key,
        )
        for prompt in prompts
    )  # fmt: skip
    return ValueTable(tr(title), heads, tuple(rows), blocks.Explanation(tr(title), rule_texts(*rules)))


def systems_table(results: AnyStudy, rule: str) -> blocks.Table:
    """A row for each system: number of prompts, and each mean with its interval."""
    how = blocks.Explanation(
        tr(results.texts.title),
        rule_texts(rule, results.texts.difference_rule),
        "",
        results.measures[0].source,
    )
    count = (tr("Prompts"), lambda system: decimal(len(results.values(results.measures[0], system))))
    return means_table(results, how, counts=(count,), beside=MeanDetail.INTERVAL, width=1.5)


def pair_answer_blocks(results: AnyStudy, a: str, b: str) -> Iterator[blocks.Block]:
    """Difference of b from a, also by group, and the prompts that differ, with the evidence as text.

    Empty without shared prompts.
    """
    figures = pair_figures(results, a, b)
    if not figures.figures:
        return
    yield figures
    first = results.measures[0]
    yield from group_tables(results, first, a, b)
    differing = results.differing(first, a, b)
    if differing:
        yield paired_blocks.first_prompts(_differing_table(differing, first, a, b))


def _differing_table(
    prompts: Iterable[MeasuredPrompt[Any]], measure: AnyMeasure, a: str, b: str
) -> blocks.Table:
    rows = tuple(
        (
            say.name(prompt.key),
            say.name(" ".join(prompt.text.split()), SHOWN),
            *(say.name(str(prompt.evidence[system]), SHOWN) for system in (b, a)),
        )
        for prompt in prompts
    )
    columns = (
        blocks.Column(tr("Id"), 1.2),
        blocks.Column(tr("Prompt"), 3, texts=True),
        *(blocks.Column(say.name(s, paired_blocks.SHORT), 2, texts=True) for s in (b, a)),
    )
    return blocks.Table(tr("{measure}: the two differ", measure.name), columns, rows)
