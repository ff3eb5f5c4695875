"""The tab “Agreement”: the raters, the agreement of each two, and automatic raters compared with people."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ftcompare.app.results.presentation import rater_tables
from ftcompare.app.results.study_results import DetailedResults
from ftcompare.core.disclosure import Subject
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.grid import FigureGrid, fit_height, show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import label
from ftcompare.ui.widgets.layouts import STRETCH, in_column
from ftcompare.ui.widgets.table import DataTable

ROWS_SHOWN = 10
"""A longer table scrolls."""


class AgreementTab(ResultsTab):
    """Every rater of the study, the agreement of each two, and programs against people."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found: DetailedResults | None = None
        self.raters = self._table("Raters", "Filter raters")
        self.kappas = self._table("Agreement by pair of raters", "Filter pairs of raters")
        self._no_kappas = label("", "muted", wrap=True)
        self.automatic = FigureGrid("Automatic raters compared with people")
        self._no_automatic = label(rater_tables.NO_AUTOMATIC, "muted", wrap=True)
        self._raters_card = self._card("Raters", self.raters)
        self._kappas_card = self._card("Agreement by pair of raters", self.kappas, self._no_kappas)
        title = "Automatic raters compared with people"
        self._automatic_card = self._card(title, self.automatic, self._no_automatic)
        parts = (self._raters_card, self._kappas_card, self._automatic_card, STRETCH)
        in_column(*parts, gap=L, of=self)
        context.theme.changed.connect(self._fit_tables)

    def show_results(self, shown: ResultsData) -> None:
        """Show the raters of the study; this does not depend on the chosen pair."""
        if shown.found is self._found:
            return
        self._found = shown.found
        self._show_raters(shown)
        self._show_kappas(shown)
        self._show_automatic(shown)
        self._fit_tables()

    def search(self) -> None:
        self.raters.search()

    # --- showing ---------------------------------------------------------------------------------

    def _show_raters(self, shown: ResultsData) -> None:
        told, summary = shown.disclosure.tells(Subject.RATER_QUALITY), shown.found.results.summary
        table = rater_tables.rater_table(summary, shown.checks.raters, told=told)
        show_values(self.raters, table)
        self._raters_card.set_explanations(filter(None, (table.explanation,)))

    def _show_kappas(self, shown: ResultsData) -> None:
        withheld = shown.disclosure.withheld(Subject.RATER_AGREEMENT)
        table = rater_tables.kappa_table(shown.found.results.summary.agreement)
        show_values(self.kappas, table)
        self._kappas_card.set_explanations(filter(None, (table.explanation,)))
        self.kappas.setVisible(bool(table.rows))
        self._no_kappas.setVisible(not table.rows)
        self._no_kappas.setText(withheld.explained if withheld else rater_tables.NO_KAPPAS)

    def _show_automatic(self, shown: ResultsData) -> None:
        found = shown.found.results.summary.automatic
        self.automatic.set_table(rater_tables.automatic_table(found))
        self.automatic.setVisible(bool(found))
        self._no_automatic.setVisible(not found)
        self._automatic_card.set_explanations(self.automatic.explanations if found else ())

    # --- laying out ------------------------------------------------------------------------------

    def _card(self, title: str, content: QWidget, missing: QWidget | None = None) -> TitledCard:
        """A card; ``missing`` is shown if there is no content."""
        card = TitledCard(title, self.explained.emit)
        card.set_content(content)
        if missing is not None:
            card.body.addWidget(missing)
        return card

    def _table(self, title: str, filter_words: str) -> DataTable:
        return DataTable(self._context.theme, title, (), filter_words, "Text in the names")

    def _fit_tables(self) -> None:
        for table in (self.raters, self.kappas):
            fit_height(table, ROWS_SHOWN)
