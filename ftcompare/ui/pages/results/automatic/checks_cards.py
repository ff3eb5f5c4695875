"""Which answers of two systems pass their prompts' checks, and the prompts on which only one does."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.presentation import checks
from ftcompare.app.results.presentation.checks import PairChecks
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.explanation import Explain
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.figures.value_table import show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.labels_card import LabelsCard
from ftcompare.ui.pages.results.automatic.prompt_list import PromptList
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets.controls import label, named
from ftcompare.ui.widgets.layouts import filled, in_column


class ChecksCards(QWidget):
    """A card of the measures with their differences, one of labels, and one of prompts.

    Args:
        explain: called with the explanations of the cards.

    Signals:
        asked: a `PromptId` whose answers are to be shown.
    """

    asked = Signal(object)

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self.sentence = named(label("", wrap=True), "checks_sentence")
        self.systems = FigureGrid("Checks by system")
        self.measures = TitledCard(checks.TITLE, explain)
        self.overlap = FigureGrid(checks.OVERLAP_TITLE)
        self._overlap_title = label(checks.OVERLAP_TITLE)
        self.contexts = FigureGrid(checks.BY_CONTEXT)
        self._contexts_title = label(checks.BY_CONTEXT)
        contexts = (self._contexts_title, self.contexts)
        parts = (self.sentence, self.systems, *contexts, self._overlap_title, self.overlap)
        self.measures.set_content(filled(in_column(*parts, gap=M)))
        self.prompts = TitledCard(checks.ONE_PASSES, explain)
        self.table = PromptList(
            context.theme,
            "Prompts that one system passes; Enter shows the answers",
            "Words of the prompt, its id or what fails",
        )
        self.prompts.set_content(self.table)
        self.labels = LabelsCard(explain)
        in_column(self.measures, self.labels, self.prompts, gap=L, of=self)
        self.table.asked.connect(self.asked)

    def show_pair(self, pair: PairChecks) -> None:
        """Show a pair of systems beside the figures of all, or how to begin."""
        table, overlap = checks.pair_table(pair), checks.pair_overlap_table(pair)
        told = checks.checks_sentence(pair)
        self.sentence.setText(told)
        self.sentence.setVisible(bool(told))
        self.systems.set_table(table)
        self.systems.setVisible(bool(table.rows))
        self.overlap.set_table(overlap)
        for part in (self._overlap_title, self.overlap):
            part.setVisible(len(overlap.columns) > 1)
        contexts = checks.context_table(pair.found)
        self.contexts.set_table(contexts)
        for part in (self._contexts_title, self.contexts):
            part.setVisible(bool(contexts.rows))
        shown = (grid for grid in (self.systems, self.contexts, self.overlap) if not grid.isHidden())
        self.measures.set_explanations([one for grid in shown for one in grid.explanations])
        self.labels.show_tables(checks.pair_label_tables(pair))
        listed = checks.passes_table(pair)
        self.prompts.setVisible(bool(listed.rows))
        show_values(self.table, listed)
        self.prompts.set_explanations(filter(None, (listed.explanation,)))
        self.table.fit()

    def focus_list(self) -> None:
        """Go on in the list."""
        self.table.view.setFocus()
