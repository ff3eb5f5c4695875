"""Blocks on the use of glossary terms by system, and on differences of two systems."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.presentation import term_cells
from ftcompare.app.results.presentation.blocks import (
    Block,
    Cell,
    Column,
    Paragraph,
    Table,
    Tone,
    number_columns,
)
from ftcompare.app.results.presentation.number_format import UNDEFINED, name, p_value
from ftcompare.app.review.result_slice import TermList, list_title
from ftcompare.app.review.study_terms import TermTable
from ftcompare.core.language import N_, counted, decimal, sentences, tr, trn
from ftcompare.terms.usage import PresenceDifference, TermUsage, UsageDifference

MOST_TERMS = 40
"""Maximum number of terms in a report's table: those that differ, then the most used."""
MOST_SYSTEMS = 4
"""Maximum number of systems with columns of their own; with more, only the differences are listed."""
MOST_MIXED = 20
"""Maximum number of listed pairs of terms of one concept."""

NONE_USED = N_("No answer contains a term of this study's glossary.")


def term_blocks(table: TermTable) -> Iterator[Block]:
    """The blocks for a report; empty without a glossary."""
    if not table.glossary:
        return
    if not table.rows:
        yield Paragraph(tr(NONE_USED))
        return
    yield _adherence_table(table)
    yield Paragraph(tr(term_cells.ADHERENCE), Tone.NOTE)
    if table.differences:
        yield Paragraph(_found_words(table))
    rows = sorted(table.rows, key=lambda row: _least_q(row, table))  # stable sort: ties stay in order of use
    if len(table.systems) <= MOST_SYSTEMS:
        yield _usage_table(table, rows[:MOST_TERMS])
        yield from _left_out(len(rows))
    if len(table.systems) > 2:
        yield from _difference_table(table, rows)
    yield from _outdated_table(table)
    yield from _mixed_table(table)
    if table.differences:
        second = table.systems[1] if len(table.systems) == 2 else tr("a system")
        rules = (
            term_cells.log_ratio_rule(table.systems[0], second),
            tr(term_cells.Q),
            tr(term_cells.DIFFERENCE),
            term_cells.win_rate_rule() if table.preferences else "",
        )
        yield Paragraph(sentences(*rules), Tone.NOTE)
    if table.automatic:
        yield Paragraph(tr(term_cells.PROGRAMS), Tone.NOTE)


def _left_out(count: int) -> Iterator[Paragraph]:
    if count > MOST_TERMS:
        more = counted(count - MOST_TERMS, "more term")
        yield Paragraph(tr("{terms}: on the Review page.", more), Tone.NOTE)


def _found_words(table: TermTable) -> str:
    """How many terms each other system uses differently from the first."""
    parts = []
    for system in table.systems[1:]:
        found = [one for (_, other), one in table.differences.items() if other == system]
        more, less = (sum(one.told == told for one in found) for told in ("more", "less"))
        parts.append(
            trn(
                "Of {number} (term|terms), {system} uses {more} in more prompts than {first}, and {less} in "
                "fewer.",
                len(found),
                name(system),
                more,
                name(table.systems[0]),
                less,
            )
        )
    return sentences(*parts)


def _adherence_table(table: TermTable) -> Table:
    statuses = (
        tr("Preferred"),
        tr("Acceptable"),
        tr("Deprecated"),
        tr("Outdated"),
    )  # as in `adherence_cells`
    columns = (
        Column(tr("System"), 2.0),
        *number_columns(*statuses, tr("Share of preferred terms, averaged over concepts")),
    )
    rows = tuple(
        (name(system), *term_cells.adherence_cells(table.adherence[system])) for system in table.systems
    )
    return Table(tr("Uses of glossary terms"), columns, rows)


def _usage_table(table: TermTable, rows: list[TermUsage]) -> Table:
    systems = ((tr("{system}: prompts", name(system, 24)), 1.2) for system in table.systems)
    two = _two(table)
    differences = difference_columns() if two else ()
    columns = (
        Column(tr("Term"), 2.0),
        Column(tr("Status"), 1.2),
        Column(tr("Concept"), 1.6),
        *number_columns(*systems),
    )
    cells = tuple(_usage_row(row, table) for row in rows)
    caption = tr("Terms, and in how many of {prompts} prompts each system used them", table.prompts)
    return Table(caption, (*columns, *differences, *_win_rate_columns(table)), cells)


def difference_columns() -> tuple[Column, ...]:
    """The columns of a difference, for the cells of `block_cells`."""
    numbers = number_columns((tr(term_cells.LOG_RATIO_TITLE), 1.8), (tr(term_cells.Q_TITLE), 1.1))
    return (*numbers, Column(tr(term_cells.DIFFERENCE_TITLE), 1.2))


def block_cells(difference: PresenceDifference | None) -> tuple[str | Cell, ...]:
    """A log ratio above its interval, q, and the conclusion."""
    if difference is None:
        return UNDEFINED, UNDEFINED, UNDEFINED
    return (
        Cell(term_cells.ratio(difference.log_ratio), term_cells.ratio_interval(difference)),
        p_value(difference.q),
        term_cells.difference_word(difference),
    )


def _win_rate_columns(table: TermTable) -> tuple[Column, ...]:
    return number_columns((tr(term_cells.WIN_RATE_TITLE), 1.8)) if table.preferences else ()


def _usage_row(row: TermUsage, table: TermTable) -> tuple[str | Cell, ...]:
    term = row.term
    prompts = (decimal(row.prompts.get(system, 0)) for system in table.systems)
    found = table.differences.get((term, table.systems[-1]))
    differences = block_cells(found) if _two(table) else ()
    judged = (Cell(*term_cells.preference_cells(table.preferences.get(term))),) if table.preferences else ()
    named = name(term.term), tr(term.status.words), name(term.concept) or UNDEFINED
    return *named, *prompts, *differences, *judged


def _difference_table(table: TermTable, rows: list[TermUsage]) -> Iterator[Block]:
    """For three systems or more: the differences found, one in each row."""
    told = [(row, system) for row in rows for system in table.systems[1:] if _differs(row, system, table)]
    cells = tuple(
        (name(row.term.term), tr(row.term.status.words), name(system), *block_cells(_of(row, system, table)))
        for row, system in told[:MOST_TERMS]
    )
    first = name(table.systems[0])
    if not cells:
        yield Paragraph(tr("No system uses a term in clearly more or fewer prompts than {first}.", first))
        return
    columns = (
        Column(tr("Term"), 2.0),
        Column(tr("Status"), 1.2),
        Column(tr("System"), 2.0),
        *difference_columns(),
    )
    yield Table(tr("Terms used in clearly more or fewer prompts than by {first}", first), columns, cells)
    if len(told) > MOST_TERMS:
        yield Paragraph(tr("{number} more are on the Review page.", len(told) - MOST_TERMS), Tone.NOTE)


def _outdated_table(table: TermTable) -> Iterator[Table]:
    """Deprecated and superseded terms that are used."""
    rows = table.listed(TermList.OUTDATED)[:MOST_TERMS]
    if rows:
        systems = ((tr("{system}: uses", name(system, 24)), 1.2) for system in table.systems)
        columns = (Column(tr("Term"), 2.0), Column(tr("Status"), 1.2), *number_columns(*systems))
        cells = tuple(
            (
                name(row.term.term),
                tr(row.term.status.words),
                *(decimal(row.counts.get(system, 0)) for system in table.systems),
            )
            for row in rows
        )
        yield Table(list_title(TermList.OUTDATED, tuned=table.tuned), columns, cells)


def _mixed_table(table: TermTable) -> Iterator[Table]:
    """Answers that use two terms of one concept."""
    if table.mixed:
        systems = ((tr("{system}: answers", name(system, 24)), 1.2) for system in table.systems)
        columns = (Column(tr("Concept"), 1.6), Column(tr("Terms"), 3.0), *number_columns(*systems))
        cells = tuple(
            (
                name(mixed.concept),
                " + ".join(f"{name(term.term)} ({tr(term.status.words)})" for term in mixed.terms),
                *(decimal(mixed.answers.get(system, 0)) for system in table.systems),
            )
            for mixed in table.mixed[:MOST_MIXED]
        )
        yield Table(list_title(TermList.MIXED, tuned=table.tuned), columns, cells)


def _of(row: TermUsage, system: str, table: TermTable) -> UsageDifference | None:
    return table.differences.get((row.term, system))


def _differs(row: TermUsage, system: str, table: TermTable) -> bool:
    found = _of(row, system, table)
    return found is not None and found.differs


def _least_q(row: TermUsage, table: TermTable) -> float:
    """The smallest q over the systems; 1 where no system differs."""
    found = (_of(row, system, table) for system in table.systems[1:])
    return min((one.q for one in found if one is not None and one.differs), default=1.0)


def _two(table: TermTable) -> bool:
    return len(table.systems) == 2 and bool(table.differences)
