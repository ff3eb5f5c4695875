"""The details of a matrix cell: its figures as a sentence, and the prompts with their values."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.cell_prompts import CellPrompt
from ftcompare.app.results.measure_matrix import MeasureRow
from ftcompare.app.results.presentation.matrix import cell_explanation, cell_sentence, cell_table
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.explanation import Explain
from ftcompare.ui.figures.value_table import show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.prompt_list import PromptList
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets.controls import PlainButton, label, named
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

NO_PROMPTS = "No single answers of this study are behind this figure."


class CellView(QWidget):
    """The opened cell. Esc, or its button, goes back.

    Args:
        explain: called with the explanations of the cell.

    Signals:
        asked: a `PromptId` whose answers are to be shown.
        left: the reader goes back to the matrix.
    """

    asked = Signal(object)
    left = Signal()

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self.back = named(PlainButton("Back to the matrix"), "cell_back")
        self.card = TitledCard("Behind the cell", explain)
        self.sentence = named(label("", wrap=True), "cell_sentence")
        self._none = label(NO_PROMPTS, "muted", wrap=True)
        self.table = PromptList(
            context.theme, "Prompts behind the cell; Enter shows the answers", "Words of the prompt or its id"
        )
        self.card.set_content(filled(in_column(self.sentence, self._none, self.table, gap=M)))
        in_column(in_row(self.back, STRETCH), self.card, STRETCH, gap=L, of=self)
        self.back.clicked.connect(self.left)
        self.table.asked.connect(self.asked)

    def show_cell(self, row: MeasureRow, system: str, against: str, prompts: Sequence[CellPrompt]) -> None:
        """Show a cell, and focus its prompts if there are any."""
        self.sentence.setText(cell_sentence(row, system, against))
        self.card.set_explanations(cell_explanation(row, system, against))
        show_values(self.table, cell_table(row, prompts, system, against))
        self.table.setVisible(bool(prompts))
        self._none.setVisible(not prompts)
        self.table.fit()
        if prompts:
            self.table.select(0)
            self.table.view.setFocus()
        else:
            self.back.setFocus()

    def search(self) -> None:
        """Put the cursor into the filter field."""
        self.table.search()

    def focus_list(self) -> None:
        """Go on in the list."""
        self.table.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
