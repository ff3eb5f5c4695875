"""Terms of the glossary over the study: how much each system uses which, and where two differ."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.presentation.blocks import Block, Column, Paragraph, Table, Tone, number_columns
from ftcompare.app.results.presentation.number_format import UNDEFINED, name, p_value
from ftcompare.app.review.terminology import TermTable
from ftcompare.core.minus_sign import true_minus
from ftcompare.core.plurals import counted
from ftcompare.core.study import TermStatus
from ftcompare.terms.usage import Adherence, TermUsage, UsageDifference

MOST_TERMS = 40
"""Of a table in a report: those that differ, then those used most."""
MOST_SYSTEMS = 4
"""So many have columns of their own in the table of terms; of more only the differences are listed."""

NONE_USED = "None of the answers holds a term of this study's glossary."
ADHERENCE = (
    "Adherence = preferred / (preferred + deprecated + superseded) uses, computed for each concept that the "
    "answers mention, then averaged over the concepts. Words are matched whole, inflected forms too."
)
LOG_RATIO = (
    "Log ratio: how many times more prompts a system answers with the term than {0} does, as a power of "
    "two: 1 is twice as many, −1 half as many. Half a prompt is added to both. Whether it is more than "
    "chance, q says: McNemar's exact test on the prompts that only one of the two answers with the term, "
    "after Benjamini and Hochberg over the table. “More” and “less” are told where q is below .05; of such "
    "terms about 5% are expected to be false finds."
)


def term_blocks(table: TermTable) -> Iterator[Block]:
    """As a report tells it; nothing without a glossary.

    Args:
        table: with each system by itself.
    """
    if not table.glossary:
        return
    if not table.rows:
        yield Paragraph(NONE_USED)
        return
    yield _adherence_table(table)
    yield Paragraph(ADHERENCE, Tone.NOTE)
    if table.differences:
        yield Paragraph(_found_words(table))
    rows = sorted(table.rows, key=lambda row: _least_q(row, table))  # stable: then the most used first
    if len(table.systems) <= MOST_SYSTEMS:
        yield _usage_table(table, rows[:MOST_TERMS])
        yield from _left_out(len(rows))
    if len(table.systems) > 2:
        yield from _difference_table(table, rows)
    if table.differences:
        yield Paragraph(LOG_RATIO.format(name(table.systems[0])), Tone.NOTE)


def _left_out(count: int) -> Iterator[Paragraph]:
    if count > MOST_TERMS:
        more = counted(count - MOST_TERMS, "more term")
        yield Paragraph(f"{more}: on the Terms page, and in “ftcompare terms STUDY”.", Tone.NOTE)


def _found_words(table: TermTable) -> str:
    """How many terms are used differently by each other system than by the first."""
    first, parts = name(table.systems[0]), []
    for system in table.systems[1:]:
        found = [one for (_, other), one in table.differences.items() if other == system]
        more, less = (sum(one.told == told for one in found) for told in ("more", "less"))
        number = counted(len(found), "term")
        parts.append(
            f"Of {number}, {name(system)} uses {more:,} in more prompts than {first}, {less:,} in fewer."
        )
    return " ".join(parts)


def _adherence_table(table: TermTable) -> Table:
    statuses = (status.value.capitalize() for status in TermStatus)
    columns = (Column("System", 2.0), *number_columns(*statuses, "Adherence"))
    rows = tuple((name(system), *_adherence_cells(table.adherence[system])) for system in table.systems)
    return Table("Uses of glossary terms", columns, rows)


def _adherence_cells(found: Adherence) -> tuple[str, ...]:
    uses = (getattr(found, status.value) for status in TermStatus)
    return *(f"{number:,}" for number in uses), UNDEFINED if found.share is None else f"{found.share:.0%}"


def _usage_table(table: TermTable, rows: list[TermUsage]) -> Table:
    systems = ((f"{name(system, 24)}: prompts", 1.2) for system in table.systems)
    two = _two(table)
    differences = (*number_columns("Log ratio", "q"), Column("Difference", 1.3)) if two else ()
    columns = (Column("Term", 2.0), Column("Status", 1.2), Column("Concept", 1.6), *number_columns(*systems))
    cells = tuple(_usage_row(row, table) for row in rows)
    caption = f"Terms, and in how many of {table.prompts:,} prompts each system used them"
    return Table(caption, (*columns, *differences), cells)


def _usage_row(row: TermUsage, table: TermTable) -> tuple[str, ...]:
    term = row.term
    prompts = (f"{row.prompts.get(system, 0):,}" for system in table.systems)
    found = table.differences.get((term, table.systems[-1]))
    differences = _difference_cells(found) if _two(table) else ()
    return name(term.term), term.status.value, name(term.concept) or UNDEFINED, *prompts, *differences


def _difference_table(table: TermTable, rows: list[TermUsage]) -> Iterator[Block]:
    """Of three systems or more: the differences that are told, each in a row."""
    told = [(row, system) for row in rows for system in table.systems[1:] if _differs(row, system, table)]
    cells = tuple(
        (
            name(row.term.term),
            row.term.status.value,
            name(system),
            *_difference_cells(_of(row, system, table)),
        )
        for row, system in told[:MOST_TERMS]
    )
    first = name(table.systems[0])
    if not cells:
        yield Paragraph(f"No system uses a term in clearly more or fewer prompts than {first}.")
        return
    numbers = (*number_columns("Log ratio", "q"), Column("Difference", 1.3))
    columns = (Column("Term", 2.0), Column("Status", 1.2), Column("System", 2.0), *numbers)
    yield Table(f"Terms used in clearly more or fewer prompts than by {first}", columns, cells)
    if len(told) > MOST_TERMS:
        yield Paragraph(f"{len(told) - MOST_TERMS:,} more are in “ftcompare terms STUDY”.", Tone.NOTE)


def _difference_cells(found: UsageDifference | None) -> tuple[str, str, str]:
    if found is None:
        return UNDEFINED, UNDEFINED, UNDEFINED
    ratio = true_minus(f"{found.log_ratio + 0.0:+.2f}")
    return ratio, p_value(found.q), found.told


def _of(row: TermUsage, system: str, table: TermTable) -> UsageDifference | None:
    return table.differences.get((row.term, system))


def _differs(row: TermUsage, system: str, table: TermTable) -> bool:
    found = _of(row, system, table)
    return found is not None and found.differs


def _least_q(row: TermUsage, table: TermTable) -> float:
    """Over the systems; 1 where it is not different from any."""
    found = (_of(row, system, table) for system in table.systems[1:])
    return min((one.q for one in found if one is not None and one.differs), default=1.0)


def _two(table: TermTable) -> bool:
    return len(table.systems) == 2 and bool(table.differences)
