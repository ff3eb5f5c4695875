"""The card with the matrix, and the view of an opened cell with its prompts and their values."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app.measures import matrix_blocks as words
from ftcompare.app.measures.kind import MeasureRow
from ftcompare.app.measures.matrix import CellPrompt, MeasureMatrix
from ftcompare.app.measures.matrix_blocks import cell_explanation, cell_sentence, cell_table
from ftcompare.ui.figures.cards import Explain, TitledCard
from ftcompare.ui.figures.grid import show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.matrix_view import MatrixView
from ftcompare.ui.pages.results.automatic.pair_cards import PromptList
from ftcompare.ui.safe_text import short_name
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets.controls import PlainButton, QuietButton, label, named
from ftcompare.ui.widgets.inputs import choice_box, fill_choice, named_choice
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

CHOICE_LENGTH = 40


class MatrixCard(TitledCard):
    """The matrix; the button in its title explains the current cell.

    Signals:
        opened: the `MeasureRow` and the system of the cell to open.
        compared: the system to compare the others with.
    """

    opened = Signal(object, str)
    compared = Signal(str)

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__(words.TITLE, explain)
        self._context = context
        self.view = MatrixView(context.theme)
        self.notice = named(label("", wrap=True), "matrix_notice")
        self.sentence = named(label("", wrap=True), "matrix_sentence")
        self._closing = label("", "small", wrap=True)
        self.against = choice_box()
        self._compared = named_choice("Compared with", self.against, "compared_with")
        self.copy_button = named(QuietButton("Copy table", icon="copy"), "copy_matrix")
        above = in_row(self._compared, STRETCH, self.copy_button, gap=M)
        parts = (self.notice, above, self.view, self.sentence, self._closing)
        self.set_content(filled(in_column(*parts, gap=M)))
        self.copy_button.clicked.connect(self._copy)
        self.against.currentIndexChanged.connect(self._on_compared)
        self.view.opened.connect(self.opened)
        self.view.moved.connect(self._show_cell)

    def show_matrix(self, matrix: MeasureMatrix, against: str) -> None:
        """Show another matrix, or the same compared with another system."""
        lines = self.view.lines
        lines.show_matrix(matrix, against)
        told = words.withheld_words(matrix)
        self.notice.setText(told)
        self.notice.setVisible(bool(told))
        entries = [(short_name(system, CHOICE_LENGTH), system) for system in matrix.systems]
        fill_choice(self.against, entries, lines.against)
        self._compared.setVisible(bool(lines.against) and bool(matrix.rows))
        self.copy_button.setVisible(bool(matrix.rows))
        self._closing.setText(words.closing_words(matrix, lines.against) if matrix.rows else words.APART)
        self.view.show_lines()
        self._show_cell()

    @property
    def compared_with(self) -> str:
        """The system with which the others are compared; empty for none."""
        return self.view.lines.against

    def _show_cell(self) -> None:
        index = self.view.currentIndex()
        found = self.view.lines.at(index)
        self.sentence.setText(self.view.lines.sentence(index) if found else "")
        self.sentence.setVisible(found is not None)
        self.set_explanations(words.cell_explanation(*found, self.compared_with) if found else ())

    def _on_compared(self) -> None:
        self.compared.emit(str(self.against.currentData()))

    def _copy(self) -> None:
        self.view.copy()
        self._context.bar.show_good("Copied as tab-separated text")


NO_PROMPTS = "This figure is not computed from single answers."


class CellView(QWidget):
    """The opened cell. Esc, or its button, goes back.

    Signals:
        asked: the `PromptId` of the answers to show.
        left: the reader goes back to the matrix.
    """

    asked = Signal(object)
    left = Signal()

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self.back = named(PlainButton("Back to all measures"), "cell_back")
        self.card = TitledCard("Prompts behind this figure", explain)
        self.sentence = named(label("", wrap=True), "cell_sentence")
        self._none = label(NO_PROMPTS, "muted", wrap=True)
        self.table = PromptList(
            context.theme,
            "Prompts behind this figure; Enter shows the answers",
            "Text in the prompt or its ID",
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
        self.table.search()

    def focus_list(self) -> None:
        self.table.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
