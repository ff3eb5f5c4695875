"""The labels that two systems give, compared with the right ones: scores of each label, confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.app.results.presentation.blocks import Table
from ftcompare.app.results.presentation.checks import LABELS_TITLE
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.explanation import Explain
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets.controls import label
from ftcompare.ui.widgets.layouts import Slot, filled, in_column


class LabelsCard(TitledCard):
    """Tables below each other, each with its title; hidden without tables.

    Args:
        explain: called with the explanations of the tables.
    """

    def __init__(self, explain: Explain) -> None:
        super().__init__(LABELS_TITLE, explain)
        self._tables = Slot()
        self.set_content(self._tables)

    def show_tables(self, tables: Sequence[Table]) -> None:
        """Replace the tables."""
        parts = []
        for table in tables:
            grid = FigureGrid(table.caption)
            grid.set_table(table)
            parts.append(filled(in_column(label(table.caption, wrap=True), grid, gap=S)))
        self._tables.set_content(filled(in_column(*parts, gap=M)))
        self.set_explanations([table.explanation for table in tables[:1] if table.explanation is not None])
        self.setVisible(bool(tables))
