"""Tables of prompts in which two systems differ, cut short for report and command line."""

from __future__ import annotations

from collections.abc import Collection

from ftcompare.app.results.presentation.blocks import Table

MOST_LISTED = 12
"""Prompts that a report and the command line list."""


def first_prompts(table: Table, without: Collection[int] = ()) -> Table:
    """The first rows, with a word on how many more there are; ``without`` columns of these numbers."""
    kept = [number for number in range(len(table.columns)) if number not in without]
    left = len(table.rows) - MOST_LISTED
    more = f"; {left:,} more are not listed here" if left > 0 else ""
    rows = tuple(tuple(row[number] for number in kept) for row in table.rows[:MOST_LISTED])
    return Table(f"{table.caption}{more}", tuple(table.columns[number] for number in kept), rows)
