"""How often two systems give the same answer each time, and the prompts on which one of them does not."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.presentation import consistency
from ftcompare.app.results.presentation.consistency import PairConsistency
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.explanation import Explain
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.figures.value_table import show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.prompt_list import PromptList
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets.controls import label, named
from ftcompare.ui.widgets.layouts import filled, in_column

CATEGORY_COLUMN = 1


class ConsistencyCards(QWidget):
    """A card of the measures with their differences, and one of the prompts.

    Args:
        explain: called with the explanations of the cards.

    Signals:
        asked: a `PromptId` whose answers are to be shown.
    """

    asked = Signal(object)

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self._context = context
        self.sentence = named(label("", wrap=True), "consistency_sentence")
        self.systems = FigureGrid("Consistency by system")
        self.measures = TitledCard(consistency.TITLE, explain)
        self.measures.set_content(filled(in_column(self.sentence, self.systems, gap=M)))
        self.prompts = TitledCard("One wavers, the other does not", explain)
        self.told = label("", "muted", wrap=True)
        self.table = PromptList(
            context.theme,
            "Prompts on which one system wavers; Enter shows the answers",
            "Words of the prompt, its id or category",
        )
        self.prompts.set_content(filled(in_column(self.told, self.table, gap=M)))
        in_column(self.measures, self.prompts, gap=L, of=self)
        self.table.asked.connect(self.asked)

    def show_pair(self, pair: PairConsistency) -> None:
        """Show a pair of systems beside the figures of all."""
        sentence, table = consistency.consistency_sentence(pair), consistency.pair_table(pair)
        self.sentence.setText(sentence.text)
        self.systems.set_table(table)
        self.systems.setVisible(bool(table.rows))
        self.measures.set_explanations(self.systems.explanations if table.rows else ())
        self.prompts.setVisible(pair.both)
        self._show_prompts(pair)

    def search(self) -> None:
        """Put the cursor into the filter field, where prompts are listed."""
        if self.table.isVisible():
            self.table.search()

    def focus_list(self) -> None:
        """Go on in the list."""
        self.table.view.setFocus()

    def _show_prompts(self, pair: PairConsistency) -> None:
        if not pair.both:
            return
        table = consistency.wavering_table(pair)
        self.told.setText(consistency.wavering_sentence(pair))
        show_values(self.table, table)
        self.table.view.setColumnHidden(CATEGORY_COLUMN, not any(row.values[2] for row in table.rows))
        self.table.setVisible(bool(table.rows))
        self.prompts.set_explanations(filter(None, (table.explanation,)))
        self.table.fit()
