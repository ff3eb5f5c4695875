"""Tables of prompts on which two systems differ, shortened for report and command line."""

from __future__ import annotations

from collections.abc import Collection

from ftcompare.app.results.presentation.blocks import Table

MOST_LISTED = 12
"""Maximum number of prompts in a report and on the command line."""


def first_prompts(table: Table, without: Collection[int] = ()) -> Table:
    """The first rows, and a note on further ones; columns with the indices ``without`` are left out."""
    kept = [number for number in range(len(table.columns)) if number not in without]
    left = len(table.rows) - MOST_LISTED
    more = f"; {left:,} more are not listed here" if left > 0 else ""
    rows = tuple(tuple(row[number] for number in kept) for row in table.rows[:MOST_LISTED])
    return Table(f"{table.caption}{more}", tuple(table.columns[number] for number in kept), rows)
