"""The tab “Agreement”: how well the raters agree, each of them, and automatic raters compared with people."""

from __future__ import annotations

from ftcompare.app.results.presentation import rater_tables
from ftcompare.app.results.presentation.trust import agreement_explanation, agreement_lines
from ftcompare.app.results.presentation.value_table import ValueTable
from ftcompare.app.results.study_results import DetailedResults
from ftcompare.core.disclosure import Subject
from ftcompare.core.language import N_, sentences, tr
from ftcompare.ui.figures.cards import LeadSentence, TitledCard
from ftcompare.ui.figures.grid import FigureGrid, FittedTable
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import Muted
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

ROWS_SHOWN = 10
"""A longer table scrolls, and can be filtered."""
KAPPA = N_(
    "Cohen's κ counts any two different verdicts as a full disagreement. The figure at the top counts a tie "
    "as half of one."
)
PAIRS, PROGRAMS = N_("Agreement by pair of raters"), N_("Automatic raters compared with people")


class AgreementTab(ResultsTab):
    """The agreement of all raters, every rater, and below the fold the agreement of each two.

    Programs that judged are compared with people.
    """

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found: DetailedResults | None = None
        self.lead = LeadSentence("agreement_", self._ask_how)
        self.headline, self.line = self.lead.headline, self.lead.line
        self.raters = self._table(tr("Raters"), tr("Filter raters"))
        self.kappas = self._table(tr(PAIRS), tr("Filter pairs of raters"))
        self.automatic = FigureGrid(tr(PROGRAMS))
        explain = self.explained.emit
        self._raters_card = TitledCard(tr("Raters"), explain, self.raters)
        self._kappas_card = TitledCard(tr(PAIRS), explain, self.kappas)
        self._kappas_card.body.insertWidget(1, Muted(tr(KAPPA), small=True))
        self._automatic_card = TitledCard(tr(PROGRAMS), explain, self.automatic)
        self.fold = self.more_button("agreement_more", self._kappas_card)
        more = in_row(self.fold, STRETCH)
        parts = self._raters_card, self._automatic_card, more, self._kappas_card, STRETCH
        in_column(self.lead, *parts, gap=L, of=self)

    def show_results(self, shown: ResultsData) -> None:
        """Show the raters of the study; this does not depend on the chosen pair."""
        if shown.found is self._found:
            return
        self._found, summary = shown.found, shown.found.results.summary
        headline, line = agreement_lines(
            summary.agreement, len(summary.raters), rating_open=shown.disclosure.rating_open
        )
        withheld = shown.disclosure.withheld(Subject.RATER_AGREEMENT)
        noted = rater_tables.noted_raters(shown.checks.raters)  # none while their quality is withheld
        self.lead.tell(headline, sentences(line, withheld.explained if withheld else "", *noted))
        self.lead.how.setVisible(bool(summary.agreement.units))
        told = shown.disclosure.tells(Subject.RATER_QUALITY)
        self._fill(
            self._raters_card,
            self.raters,
            rater_tables.rater_table(summary, shown.checks.raters, shown=told),
        )
        self._fill(self._kappas_card, self.kappas, rater_tables.kappa_table(summary.agreement))
        self.fold.setVisible(bool(self.kappas.model.rowCount()))
        self._kappas_card.setVisible(self.fold.is_open and bool(self.kappas.model.rowCount()))
        self.automatic.set_table(rater_tables.automatic_table(summary.automatic))
        self._automatic_card.set_explanations(self.automatic.explanations)
        self._automatic_card.setVisible(bool(summary.automatic))

    def search(self) -> None:
        self.raters.field.show()
        self.raters.search()
        self.raters.fit()

    def _fill(self, card: TitledCard, view: FittedTable, table: ValueTable) -> None:
        for part in (view.field, view.count):
            part.setVisible(len(table.rows) > ROWS_SHOWN)
        view.show_values(table)
        card.set_explanations(filter(None, (table.explanation,)))

    def _ask_how(self) -> None:
        if self._found is not None:
            self.explained.emit((agreement_explanation(self._found.results.summary.agreement),))

    def _table(self, title: str, filter_words: str) -> FittedTable:
        theme, searched = self._context.theme, tr("Text in the names")
        return FittedTable(theme, title, filter_words, searched, most=ROWS_SHOWN, click=False)
