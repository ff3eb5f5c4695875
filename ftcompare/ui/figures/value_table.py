"""Tables of results that can be sorted, filtered and copied."""

from __future__ import annotations

from functools import partial

from ftcompare.app.results.presentation.number_format import UNDEFINED
from ftcompare.app.results.presentation.value_table import Value, ValueColumn, ValueTable
from ftcompare.ui.widgets.table import Cell, DataColumn, DataTable, Row

STRETCHED = 2.0
"""Relative width on paper from which a text column gets the remaining width in the window."""


def show_values(view: DataTable, table: ValueTable) -> None:
    """Show a table; where its columns are those that are shown, its order and filter stay."""
    places = [place for place, column in enumerate(table.columns) if column.shown]
    columns = [_column(table.columns[place]) for place in places]
    if [column.title for column in columns] != [column.title for column in view.model.columns]:
        view.set_columns(columns)
    rows = []
    for row in table.rows:
        cells = tuple(_cell(table.columns[place], row.values[place]) for place in places)
        rows.append(Row(row.key, cells, row.tip, row.hidden))
    view.set_rows(rows)


def _column(column: ValueColumn) -> DataColumn:
    numeric = column.unit is not None
    stretch = int(not numeric and column.share >= STRETCHED)
    words = column.words if numeric else partial(_text, column)
    return DataColumn(column.title, numeric, words, stretch, column.tip)


def _text(column: ValueColumn, cell: Cell) -> str:
    """A text column: elided if it is stretched, else treated as a name."""
    return str(cell) if cell and column.share >= STRETCHED else column.words(cell)


def _cell(column: ValueColumn, value: Value) -> Cell:
    if value == "" or (isinstance(value, tuple) and None in value and column.nothing == UNDEFINED):
        return None
    return column.words(value) if isinstance(value, tuple) else value
