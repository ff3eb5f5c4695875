"""Blocks on words and phrases that one of two systems uses on more prompts than the other."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.presentation import blocks, term_cells
from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.results.presentation.terms import block_cells, difference_columns
from ftcompare.app.review.result_slice import TermList, list_title
from ftcompare.app.review.study_terms import WordDifference, WordTable
from ftcompare.core.language import decimal, sentences, tr, trn

MOST_WORDS = 25
"""Maximum number of rows of each list in a report."""


def word_blocks(table: WordTable, *, explained: bool = False) -> Iterator[blocks.Block]:
    """The words used more and those used less; empty where none could be tested.

    Args:
        explained: whether the figures are already explained, in the section on glossary terms.
    """
    if not table.tested:
        return
    yield blocks.Subheading(tr("Words and phrases"))
    yield blocks.Paragraph(found_words(table))
    for which in (TermList.LEARNT, TermList.LOST):
        yield from _list(table, which)
    if table.learnt or table.lost:
        rules = (
            term_cells.log_ratio_rule(table.first, table.second),
            tr(term_cells.Q),
            tr(term_cells.DIFFERENCE),
            term_cells.win_rate_rule() if _judged(table) else "",
        )
        note = sentences(tr(term_cells.TESTED), *(() if explained else rules))
        yield blocks.Paragraph(note, blocks.Tone.NOTE)
    if table.automatic and not explained:
        yield blocks.Paragraph(tr(term_cells.PROGRAMS), blocks.Tone.NOTE)


def found_words(table: WordTable) -> str:
    """How many words differ, and the overall win rate to compare the words' win rates with."""
    return sentences(differing_words(table), overall_words(table))


def differing_words(table: WordTable) -> str:
    return trn(
        "Of {number} (word or phrase|words and phrases) that (was|were) tested, {second} uses "
        "{table.learnt} in more prompts than {first}, and {table.lost} in fewer.",
        table.tested,
        name(table.second),
        table,
        name(table.first),
    )


def overall_words(table: WordTable) -> str:
    if table.overall is None or table.overall.rate is None:
        return ""
    rate = term_cells.preference_words(table.overall)
    return tr(
        "All answers of {system}, regardless of their words: win rate {rate}.", name(table.second), rate
    )


def _judged(table: WordTable) -> bool:
    return table.overall is not None and table.overall.judgments > 0


def _list(table: WordTable, which: TermList) -> Iterator[blocks.Block]:
    rows = table.listed(which)
    if not rows:
        return
    systems = ((tr("{system}: prompts", name(system, 24)), 1.2) for system in (table.first, table.second))
    judged = _judged(table)
    columns = (
        blocks.Column(tr("Word or phrase"), 2.4),
        *blocks.number_columns(*systems),
        *difference_columns()[:2],
        *(blocks.number_columns((tr(term_cells.WIN_RATE_TITLE), 1.8)) if judged else ()),
    )
    cells = tuple(_row(row, judged=judged) for row in rows[:MOST_WORDS])
    yield blocks.Table(tr("{title}: words and phrases", list_title(which, tuned=table.tuned)), columns, cells)
    if len(rows) > MOST_WORDS:
        more = tr("{number} more are on the Review page.", len(rows) - MOST_WORDS)
        yield blocks.Paragraph(more, blocks.Tone.NOTE)


def _row(row: WordDifference, *, judged: bool) -> tuple[str | blocks.Cell, ...]:
    prompts = map(decimal, row.in_prompts)
    win_rate = (blocks.Cell(*term_cells.preference_cells(row.preference)),) if judged else ()
    return name(row.phrase.text), *prompts, *block_cells(row)[:2], *win_rate
