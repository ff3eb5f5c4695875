"""The tab “Where”: the win rate by split, category, tag or rater, and contamination. Imports matplotlib."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.presentation import subsets
from ftcompare.app.results.presentation.blocks import explanations_of
from ftcompare.app.results.presentation.pair_results import DIMENSION_WORDS
from ftcompare.app.review.result_slice import Dimension
from ftcompare.core.disclosure import Subject
from ftcompare.core.language import N_, tr
from ftcompare.ui.figures.cards import LISTS, LeadSentence, TitledCard, figure_rows
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.grid import FittedTable
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.subsets.contamination_card import LeakageCard
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.button_groups import Segments
from ftcompare.ui.widgets.controls import SectionLabel, label
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

CLICK = N_("Click a row to see its pairs. Press Ctrl+C to copy the table.")


class SubsetsTab(ResultsTab):
    """For which prompts or raters one system is preferred, and for which not."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._shown: ResultsData | None = None
        self._dimension = Dimension.CATEGORY
        self._dimensions = Segments({by: tr(DIMENSION_WORDS[by].title) for by in subsets.DIMENSIONS}, "by")
        explain = self.explained.emit
        self.forest = FigureCard(context, tr("Win rate by group"), "win-rate-by", tr(LISTS), explain)
        self.table = FittedTable(context.theme, tr("Groups"), tr("Filter groups"), tr("Text in the name"))
        self.lead = LeadSentence("parts_", self._ask_how)
        self.headline, self.line = self.lead.headline, self.lead.line
        self.learnt = TitledCard(tr("Trained and unseen prompts"), explain)
        self.leakage = LeakageCard(context)
        self._choice = QWidget()
        below = label(tr(CLICK), "small", wrap=True)
        self._table_card = TitledCard(tr("Figures"), content=filled(in_column(self.table, below, gap=S)))
        self.fold = self.more_button("parts_more", self._table_card)
        self._arrange()
        self._dimensions.picked.connect(self._on_dimension)
        self.forest.view.picked.connect(self.pick)
        self.table.opened.connect(lambda key: self.pick(self._dimension, str(key)))
        self.leakage.kept.connect(self.refresh_asked)
        self.leakage.comparisons_asked.connect(self.comparisons_asked)
        self.leakage.explained.connect(self.explained)

    def show_results(self, shown: ResultsData) -> None:
        """Show another pair, or other results of it; the dimension is kept if it has values."""
        self._shown = shown
        there = subsets.dimensions_of(shown.told)
        withheld = shown.disclosure.withheld(Subject.SLICES)
        if withheld:
            self.lead.tell(tr(withheld.text), tr(withheld.why))
        elif not there:
            self.lead.tell(tr("There are no parts of the prompts to compare"), tr(subsets.NO_PARTS))
        self._dimensions.offer(there)
        if there and self._dimension not in there:
            self._dimension = there[0]
        self._show_dimension()
        self._show_learnt(shown)
        self.learnt.setVisible(withheld is None)
        self.leakage.show_kept(shown.leakage)

    def mark(self, rows: frozenset[tuple[str, str]]) -> None:
        self.forest.view.select(rows)

    def search(self) -> None:
        if not self.fold.is_open:
            self.fold.click()
        self.table.search()

    # --- showing ---------------------------------------------------------------------------------

    def _on_dimension(self) -> None:
        self._dimension = Dimension(str(self._dimensions.chosen))
        self._show_dimension()

    def _show_dimension(self) -> None:
        if self._shown is None:
            return
        told, by = self._shown.told, self._dimension
        there = bool(subsets.dimensions_of(told))
        for part in (self.lead.how, self._choice, self.forest, self.fold):
            part.setVisible(there)
        self._table_card.setVisible(there and self.fold.is_open)
        if not there:
            return
        self.lead.tell(*subsets.parts_lines(told, by))
        self._dimensions.choose(by)
        self.forest.show_picture(subsets.parts_picture(told, by))
        self.table.show_values(subsets.parts_table(told, tr("Figures"), by))

    def _ask_how(self) -> None:
        if self._shown is not None:
            picture = subsets.parts_picture(self._shown.told, self._dimension)
            self.explained.emit(tuple(filter(None, (picture.explanation,))))

    def _show_learnt(self, shown: ResultsData) -> None:
        found = subsets.difference_figures(shown.told)
        figures = found.figures
        rows = [figure_rows(figures)] if figures else []
        told = subsets.difference_paragraphs(shown.told)
        words = [label(paragraph.text, "" if figures else "muted", wrap=True) for paragraph in told]
        self.learnt.set_content(filled(in_column(*rows, *words, gap=S)))
        self.learnt.set_explanations(explanations_of(found))

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        in_row(SectionLabel(tr("By")), M, self._dimensions, STRETCH, gap=0, of=self._choice)
        for by, button in self._dimensions.buttons.items():
            button.setAccessibleName(tr(DIMENSION_WORDS[Dimension(str(by))].by))
        self.table.view.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        parts = self.forest, self.learnt, self.leakage, in_row(self.fold, STRETCH)
        in_column(*parts, self._table_card, STRETCH, gap=L, of=self)
        self.head, self.entrance = QWidget(), self._choice
        in_column(self.lead, STRETCH, self._choice, gap=S, of=self.head)
