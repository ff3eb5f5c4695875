"""Tables of results that are sorted, filtered and copied."""

from __future__ import annotations

import math
import textwrap
from functools import partial

from ftcompare.app.results.presentation.number_format import UNDEFINED
from ftcompare.app.results.presentation.value_table import Value, ValueColumn, ValueTable
from ftcompare.ui.widgets.table import Cell, Column, DataTable, Row

TITLE_LENGTH = 12
"""A title of more characters stands on two lines, so that a column of numbers is narrow."""
STRETCHED = 2.0
"""A column of texts that has so much of a table's width on paper takes what room is left in the window."""


def show_values(view: DataTable, table: ValueTable) -> None:
    """Show a table; where its columns are those that are shown, its order and filter stay."""
    columns = tuple(map(_column, table.columns))
    titles = [(column.title, column.tip) for column in columns]
    if titles != [(column.title, column.tip) for column in view.model.columns]:
        view.set_columns(columns)
    view.set_rows(
        [
            Row(row.key, tuple(map(_cell, table.columns, row.values)), row.tip, row.hidden)
            for row in table.rows
        ]
    )


def _column(column: ValueColumn) -> Column:
    if column.unit is None:
        return Column(
            column.title,
            words=partial(_text, column),
            stretch=int(column.share >= STRETCHED),
            tip=column.tip,
        )
    width = max(TITLE_LENGTH, math.ceil(len(column.title) / 2) + 1)
    title = "\n".join(textwrap.wrap(column.title, width, break_long_words=False, break_on_hyphens=False))
    return Column(title, numeric=True, words=column.words, tip=column.tip)


def _text(column: ValueColumn, cell: Cell) -> str:
    """As wide as it likes where it is stretched, and so cut; else a name."""
    return str(cell) if cell and column.share >= STRETCHED else column.words(cell)


def _cell(column: ValueColumn, value: Value) -> Cell:
    if value == "" or (isinstance(value, tuple) and None in value and column.nothing == UNDEFINED):
        return None
    return column.words(value) if isinstance(value, tuple) else value
