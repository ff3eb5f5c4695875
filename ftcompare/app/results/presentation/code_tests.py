"""Blocks on how often code passes its tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ftcompare.app.generate.code_run import NO_TESTS
from ftcompare.app.results.code_tests import CodeTotals, StudyCode
from ftcompare.app.results.presentation.blocks import Block, Column, Paragraph, Table, Tone, number_columns
from ftcompare.app.results.presentation.number_format import name, percent
from ftcompare.app.results.presentation.prompt_measures import (
    MeasureWords,
    measures_table,
    pair_measure_blocks,
)
from ftcompare.core.code_tests import CodeOutcome
from ftcompare.core.plurals import counted

WORDS = MeasureWords(
    "code",
    "Code that passes its tests",
    "The first Python block of an answer, or the whole answer where it has no block, is run with the "
    "tests of its prompt. Of n samples of which c pass, pass@k = 1 − C(n − c, k) / C(n, k): how likely "
    "one of k samples passes; then the mean over prompts.",
    "Chen et al. 2021",
)
LIMITS = (
    "Tests show that code does what they ask, and nothing more; code that sets out to deceive them can. "
    "Code that needs the network, files, other processes or installed packages fails here."
)
BEGIN = f"{NO_TESTS}. Then “Run the code”, or “ftcompare run-code STUDY”, runs it."
NOT_RUN = "No code was run yet: “Run the code”, or “ftcompare run-code STUDY”, runs it."
OF_ALL_TOGETHER = (
    "Still blinded: this is of all systems together. Whose code passes is told after unblinding."
)
OUTCOMES: Mapping[CodeOutcome, str] = {
    CodeOutcome.PASSED: "Passed",
    CodeOutcome.FAILED: "Failed",
    CodeOutcome.ERROR: "Error",
    CodeOutcome.TIME: "Time",
    CodeOutcome.MEMORY: "Memory",
    CodeOutcome.NO_CODE: "No code",
}


def total_blocks(found: CodeTotals) -> Iterator[Block]:
    """The blocks that may be shown while the study is blinded."""
    yield Paragraph(OF_ALL_TOGETHER, Tone.NOTE)
    if not found.answers:
        yield Paragraph(NOT_RUN if found.prompts else BEGIN)
        return
    share = percent(found.passed / found.answers)
    yield Paragraph(f"Of the code of {counted(found.answers, 'answer')}, {found.passed:,} pass ({share}).")


def code_blocks(found: StudyCode) -> Iterator[Block]:
    """The blocks for all systems."""
    if not found.found.prompts:
        yield Paragraph(NOT_RUN if found.prompts else BEGIN)
        return
    yield measures_table(found.found, WORDS)
    yield Paragraph(WORDS.rule, Tone.NOTE)
    yield Paragraph(LIMITS, Tone.NOTE)
    yield outcomes_table(found)


def outcomes_table(found: StudyCode) -> Table:
    """The outcomes of each system's answers."""
    rows = tuple(
        (name(system), *(f"{counts.get(one, 0):,}" for one in OUTCOMES))
        for system, counts in found.outcomes.items()
    )
    return Table(
        "Answers, by how their code ended", (Column("System", 2), *number_columns(*OUTCOMES.values())), rows
    )


def pair_code_blocks(found: StudyCode, a: str, b: str, *, texts: bool = True) -> Iterator[Block]:
    """The blocks for a pair; ``texts`` as in `pair_measure_blocks`."""
    return pair_measure_blocks(found.found, a, b, WORDS, texts=texts)
