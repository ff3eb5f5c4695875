"""Blocks on the labels that systems find most likely."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.generate.label_scoring import NO_CHOICES
from ftcompare.app.results.label_likelihood import ACCURACY, StudyLabels
from ftcompare.app.results.presentation.blocks import Block, Column, Paragraph, Table, Tone, number_columns
from ftcompare.app.results.presentation.number_format import name, percent
from ftcompare.app.results.presentation.prompt_measures import (
    MeasureWords,
    measures_table,
    pair_measure_blocks,
)
from ftcompare.core.plurals import counted
from ftcompare.stats.classification import NO_LABEL, Classification

WORDS = MeasureWords(
    "labels",
    "Labels by log-likelihood",
    "The engine scores the text of every label of a prompt as if it were the answer; the sum of its tokens' "
    "log-probabilities counts, or that sum divided by the label's characters. A prompt is right where its "
    "right label has the greatest; where two have it, it is not. In a conversation the labels are scored in "
    "the last turn, each system after its own answers to the turns before.",
    "Gao et al. 2024, lm-evaluation-harness (acc, acc_norm)",
)
LIMITS = (
    "This is what a system finds likelier among the labels, not what it writes: a system that would never "
    "answer with a bare label is measured on it all the same, and the label's end is not scored, so that "
    "a label that begins another is favoured. “Right label” of the checks is of what systems wrote."
)
BEGIN = f"{NO_CHOICES}. Then “Score the labels”, or “ftcompare label-likelihood STUDY”, scores them."
NOT_SCORED = (
    "No labels are scored yet: “Score the labels”, or “ftcompare label-likelihood STUDY”, scores them."
)


def label_blocks(found: StudyLabels) -> Iterator[Block]:
    """The blocks for all systems."""
    if not found.found.prompts:
        yield Paragraph(NOT_SCORED if found.choices else BEGIN)
        return
    yield measures_table(found.found, WORDS)
    if found.waiting:
        yield Paragraph(waiting_words(found.waiting))
    yield Paragraph(WORDS.rule, Tone.NOTE)
    yield Paragraph(LIMITS, Tone.NOTE)
    yield from confusion_tables(found)


def waiting_words(waiting: int) -> str:
    """How many conversations are missing from the figures, and why."""
    many = "1 conversation has" if waiting == 1 else f"{waiting:,} conversations have"
    return (
        f"{many} no part in this: their labels are scored after each system's own answers to the earlier "
        "turns. Have these written by every system, then score the labels once more."
    )


def confusion_tables(found: StudyLabels) -> Iterator[Table]:
    """A confusion matrix of each system (rows: right labels, columns: most likely); only with few labels."""
    for system in found.found.systems:
        one = found.classification(ACCURACY, system)
        if one is not None and len(one.scores) <= MOST_LABELS:
            yield _confusion_table(system, one)


MOST_LABELS = 12
"""Maximum number of labels in a confusion matrix; with more, such as one per prompt, it is not useful."""


def _confusion_table(system: str, found: Classification) -> Table:
    labels = [one.label for one in found.scores]
    across = [*labels, *([NO_LABEL] if any(label == NO_LABEL for _, label in found.counts) else [])]
    columns = (Column("Right label", 2), *number_columns(*(name(n, 17) if n else "several" for n in across)))
    rows = tuple(
        (name(right), *(f"{found.counts.get((right, one), 0):,}" for one in across)) for right in labels
    )
    caption = (
        f"Labels that {name(system, 40)} finds likeliest, by the right one: macro F1 "
        f"{percent(found.macro_f1)} of {counted(found.answers, 'prompt')}"
    )
    return Table(caption, columns, rows)


def pair_label_blocks(found: StudyLabels, a: str, b: str, *, texts: bool = True) -> Iterator[Block]:
    """The blocks for a pair; ``texts`` as in `pair_measure_blocks`."""
    return pair_measure_blocks(found.found, a, b, WORDS, texts=texts)
