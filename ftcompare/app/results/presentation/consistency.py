"""Blocks on how consistently systems answer repeated samples of a prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ftcompare.app.results.consistency import (
    CONSISTENCY_MEASURES,
    ConsistencyMeasure,
    SampledPrompt,
    StudyConsistency,
)
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
    Unit,
    number_columns,
)
from ftcompare.app.results.presentation.number_format import (
    name,
    percent,
    point_span,
    points,
    value_words,
)
from ftcompare.app.results.presentation.paired_blocks import (
    LONG,
    SHORT,
    difference_figure,
    difference_numbers,
    first_prompts,
    with_difference,
)
from ftcompare.app.results.presentation.value_table import Value, ValueColumn, ValueRow, ValueTable
from ftcompare.core.plurals import counted
from ftcompare.stats.paired_difference import LEAST_COMPARED, PairedDifference

TITLE = "Same answer each time"
BEGIN = (
    "How far a system gives the same answer each time is found where it answered each prompt several times. "
    "Set “Samples” to 2 or more and a temperature above 0 on the Generate page, or use “ftcompare generate "
    "STUDY --samples 5 --temperature 0.8”."
)
RULE = (
    "Each system answered a prompt several times. A measure is of the samples to one prompt, then the mean "
    "over prompts. Two samples are equal where they are so in lower case, without punctuation and the words "
    "a, an and the (SQuAD's normalisation); signs of numbers, the # of C#, and signs such as < and % count. "
    "Compare systems that wrote at the same temperature: a higher one makes any system waver."
)
DIFFERENCE_RULE = (
    "The difference is over prompts that both answered several times. Its interval is Student's t over "
    "prompts. Where most prompts have no difference, and for shares of equal samples, two prompts are added "
    "for it, one that differs wholly each way: rare differences may be unseen. Of fewer than "
    f"{LEAST_COMPARED} prompts none is given."
)
WAVERING_RULE = "One gives the same answer each time, and the other does not."
TEXT = 1
"""The column of the table of prompts that contains their texts."""


@dataclass(frozen=True, slots=True)
class MeasureTexts:
    """The texts and the units of a measure.

    Args:
        label: label of its figures.
        column: column title.
        rule: how it is computed for one prompt.
        unit: unit of its values; ``change`` is the unit of its differences.
        scale: factor by which values are multiplied for display.
    """

    label: str
    column: str
    rule: str
    source: str
    unit: Unit
    change: Unit
    scale: float = 1.0


TEXTS: Mapping[str, MeasureTexts] = {
    "equal_pairs": MeasureTexts(
        "Pairs of samples that are equal",
        "Equal pairs",
        "The share of pairs of samples to the prompt that are equal.",
        "",
        Unit.SHARE,
        Unit.POINTS,
    ),
    "modal_share": MeasureTexts(
        "Samples with the most frequent answer",
        "Most frequent",
        "The share of samples that are the answer given most often. Of two samples it is a half at least.",
        "",
        Unit.SHARE,
        Unit.POINTS,
    ),
    "chrf": MeasureTexts(
        "Likeness of two samples (chrF)",
        "chrF",
        "chrF of one sample against another, 0 to 100, mean over all ordered pairs: an F-score of n-grams "
        "of one to six characters, recall counted twice (sacrebleu). Equal texts have 100.",
        "Popović 2015; Post 2018",
        Unit.SCORE,
        Unit.SCORE_DIFFERENCE,
        100.0,
    ),
    "distinct_1": MeasureTexts(
        "Different words (distinct-1)",
        "distinct-1",
        "Different words / all words of the samples to the prompt. More samples, and longer ones, lower it.",
        "Li et al. 2016",
        Unit.COEFFICIENT,
        Unit.SCORE_DIFFERENCE,
    ),
    "distinct_2": MeasureTexts(
        "Different pairs of words (distinct-2)",
        "distinct-2",
        "Different pairs of neighbouring words / all such pairs of the samples to the prompt.",
        "Li et al. 2016",
        Unit.COEFFICIENT,
        Unit.SCORE_DIFFERENCE,
    ),
}


@dataclass(frozen=True, slots=True)
class PairConsistency:
    """The consistency of a pair of systems, b compared with a, by their stored names."""

    found: StudyConsistency
    a: str
    b: str

    @property
    def both(self) -> bool:
        """Whether there are prompts that both sampled several times."""
        return any(self.a in prompt.found and self.b in prompt.found for prompt in self.found.prompts)

    @property
    def wavering(self) -> tuple[SampledPrompt, ...]:
        """The prompts on which one system always answers the same and the other does not."""
        return self.found.wavering(self.a, self.b)


def _value(measure: ConsistencyMeasure, value: float | None) -> str:
    text = TEXTS[measure.id]
    scaled = None if value is None else text.scale * value
    return value_words(Figure(measure.id, text.label, scaled, unit=text.unit)) if scaled is not None else "–"


# --- all systems -----------------------------------------------------------------------------------


def systems_table(found: StudyConsistency) -> Table:
    """A table with a row for each system."""
    titles = [TEXTS[measure.id].column for measure in CONSISTENCY_MEASURES]
    columns = (Column("System", 2), *number_columns("Prompts", "Samples", *((one, 1.2) for one in titles)))
    rows = (
        (
            name(system),
            f"{found.prompts_of(system):,}",
            f"{found.samples(system):,}",
            *(_value(measure, found.mean(measure, system)) for measure in CONSISTENCY_MEASURES),
        )
        for system in found.systems
    )
    return Table("", columns, tuple(rows), measures_explanation())


def pair_table(pair: PairConsistency) -> Table:
    """The same table, with the pair's difference on the same prompts as last row where it is defined."""
    table, figures = systems_table(pair.found), difference_figures(pair).figures
    whole = pair.found.difference(CONSISTENCY_MEASURES[0], pair.a, pair.b)
    if whole is None:
        return table
    prompts = Cell(f"{whole.prompts:,}", "" if whole.low is not None else f"fewer than {LEAST_COMPARED}")
    ids = [f"consistency:{measure.id}" for measure in CONSISTENCY_MEASURES]
    return with_difference(table, pair.a, pair.b, (prompts, ""), ids, figures)


def measures_explanation() -> Explanation:
    """How each measure is computed."""
    rules = (f"{TEXTS[one.id].column}: {TEXTS[one.id].rule}" for one in CONSISTENCY_MEASURES)
    sources = dict.fromkeys(filter(None, (TEXTS[one.id].source for one in CONSISTENCY_MEASURES)))
    return Explanation(TITLE, (RULE, *rules), "", "; ".join(sources))


# --- a pair of systems -----------------------------------------------------------------------------


def consistency_sentence(pair: PairConsistency) -> Paragraph:
    """Which of the two repeats its answer more often, and whether the difference exceeds chance."""
    measure = CONSISTENCY_MEASURES[0]
    found = pair.found.difference(measure, pair.a, pair.b)
    if found is None:
        return Paragraph(BEGIN if not pair.found.prompts else "No prompt was answered several times by both.")
    text = (
        f"Asked the same again, {name(pair.b, LONG)} gave an equal answer in {percent(found.mean_b)} of "
        f"cases, {name(pair.a, LONG)} in {percent(found.mean_a)}. {_verdict(pair, found)}"
    )
    return Paragraph(text, explanation=_explanation(pair, measure, found))


def _verdict(pair: PairConsistency, found: PairedDifference) -> str:
    if found.low is None or found.high is None:
        return f"An interval of the difference takes {LEAST_COMPARED} prompts."
    ends = f"{points(found.difference)}, 95% interval {point_span(found.low, found.high)}"
    if not found.told_apart:
        return f"That does not tell the two apart ({ends})."
    steadier, other = (pair.b, pair.a) if found.difference > 0 else (pair.a, pair.b)
    return f"On prompts like these {name(steadier, LONG)} wavers less than {name(other, LONG)} ({ends})."


def difference_figures(pair: PairConsistency) -> Figures:
    """Values of b minus values of a on the same prompts, for each measure."""
    made = (_difference(pair, measure) for measure in CONSISTENCY_MEASURES)
    title = f"{name(pair.b)} less {name(pair.a)}, same prompts"
    return Figures("consistency", title, tuple(one for one in made if one is not None))


def _difference(pair: PairConsistency, measure: ConsistencyMeasure) -> Figure | None:
    found, text = pair.found.difference(measure, pair.a, pair.b), TEXTS[measure.id]
    if found is None:
        return None
    scale = 1.0 if text.change is Unit.POINTS else text.scale
    how = _explanation(pair, measure, found)
    return difference_figure(f"consistency:{measure.id}", text.label, found, how, text.change, scale=scale)


def _explanation(pair: PairConsistency, measure: ConsistencyMeasure, found: PairedDifference) -> Explanation:
    text = TEXTS[measure.id]
    change = value_words(Figure("", "", _told(text, found.difference), unit=text.change))
    values = (_value(measure, found.mean_b), _value(measure, found.mean_a), change)
    numbers = difference_numbers(text.label, pair.a, pair.b, values, found)
    rules = (RULE, f"{text.column}: {text.rule}", DIFFERENCE_RULE)
    return Explanation(TITLE, rules, found.method, text.source, numbers)


def _told(text: MeasureTexts, difference: float) -> float:
    return difference if text.change is Unit.POINTS else text.scale * difference


# --- prompts on which one wavers -------------------------------------------------------------------


def wavering_sentence(pair: PairConsistency) -> str:
    """On how many prompts only one of the systems is consistent, for each direction."""
    listed = pair.wavering
    if not listed:
        return "On no prompt does one of the two waver and the other not."
    of_b = sum(not prompt.found[pair.b].steady for prompt in listed)
    return (
        f"On {counted(of_b, 'prompt')} {name(pair.b, LONG)} wavers and {name(pair.a, LONG)} does not; on "
        f"{len(listed) - of_b:,} it is the other way round."
    )


def wavering_table(pair: PairConsistency) -> ValueTable:
    """The prompts on which only one system is consistent, clearest first. Row keys are prompt ids."""
    columns = (
        ValueColumn("Id", share=1.2, shown=False),
        ValueColumn("Prompt", share=4.2, length=160),
        ValueColumn("Category", share=1.5),
        *(
            ValueColumn(f"{what}\n{name(system, SHORT)}", unit, 1.4, tip)
            for what, unit, tip in (
                ("Answers of", Unit.COUNT, "Different answers among its samples"),
                ("chrF of", Unit.SCORE, "How alike its samples are, 0 to 100"),
            )
            for system in (pair.b, pair.a)
        ),
    )
    how = Explanation("One wavers, the other does not", (WAVERING_RULE, RULE))
    rows = tuple(_wavering_row(pair, prompt) for prompt in pair.wavering)
    return ValueTable("One wavers, the other does not", columns, rows, how)


def _wavering_row(pair: PairConsistency, prompt: SampledPrompt) -> ValueRow:
    both = [prompt.found[system] for system in (pair.b, pair.a)]
    values: tuple[Value, ...] = (
        prompt.key,
        " ".join(prompt.text.split()) or prompt.key,
        prompt.category,
        *(found.different for found in both),
        *(round(100 * found.chrf, 2) for found in both),
    )
    return ValueRow(prompt.id, values, prompt.text, prompt.key)


# --- as report and command line tell it ------------------------------------------------------------


def consistency_blocks(found: StudyConsistency) -> Iterator[Block]:
    """The blocks for all systems, or how to begin."""
    if not found.prompts:
        yield Paragraph(BEGIN)
        return
    yield systems_table(found)
    yield Paragraph(RULE, Tone.NOTE)


def pair_consistency_blocks(pair: PairConsistency, *, texts: bool = True) -> Iterator[Block]:
    """The blocks for a pair; empty where it shares no prompts.

    Without ``texts``, only prompt ids are shown.
    """
    if not pair.both:
        return
    yield Paragraph(consistency_sentence(pair).text)
    yield difference_figures(pair)
    yield Paragraph(wavering_sentence(pair))
    table = wavering_table(pair).written
    if table.rows:
        yield first_prompts(table, () if texts else (TEXT,))
