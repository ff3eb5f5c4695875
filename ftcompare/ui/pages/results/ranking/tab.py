"""The tab “Ranking”: three or more systems on one scale, and every pair of them."""

from __future__ import annotations

from ftcompare.app.results.presentation import ranking
from ftcompare.app.results.presentation.ranking import RankingMeasure, defined, main_measure, score_table
from ftcompare.app.results.study_results import DetailedResults, Summary
from ftcompare.core.disclosure import Subject
from ftcompare.core.language import N_, sentences, tr
from ftcompare.ui.figures.cards import LeadSentence, TitledCard
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.button_groups import Segments
from ftcompare.ui.widgets.controls import label, set_role
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row
from ftcompare.ui.widgets.table import copy_button

MOST_ACROSS = 25
"""Largest number of systems for which each is compared with each in a table."""
ONE_LOOK = N_("While judging is open, nobody should know who leads. Look at the ranking once, at the end.")


class RankingTab(ResultsTab):
    """The certain claims, the strength of every system, and every pair; below the fold, further scores."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found: DetailedResults | None = None
        self._summary: Summary | None = None
        self.lead = LeadSentence("ranking_", self._ask_how)
        self.headline, self.line = self.lead.headline, self.lead.line
        self._measures = Segments({measure: measure.plain for measure in RankingMeasure}, "measure")
        self.chart = FigureCard(context, tr("Ranking"), "ranking", explain=self.explained.emit)
        self.scores, self.matrix = FigureGrid(tr("Scores")), FigureGrid(tr("Win rate of each pair"))
        self._scores_card = self._grid_card(tr("Scores"), self.scores)
        self._matrix_card = self._grid_card(tr("Win rate of each pair"), self.matrix)
        self.tie = label("", "small", wrap=True)
        self.fold = self.more_button("ranking_more", self._measures, self._scores_card)
        self.chart.body.insertWidget(1, self._measures)
        self._scores_card.body.addWidget(self.tie)
        more = in_row(self.fold, STRETCH)
        parts = self.lead, self.chart, self._matrix_card, more, self._scores_card, STRETCH
        in_column(*parts, gap=L, of=self)
        self._measures.picked.connect(self._show_chart)

    def show_results(self, shown: ResultsData) -> None:
        """Show the ranking of all systems; it does not depend on the chosen pair."""
        if shown.found is self._found:
            return
        self._found = shown.found
        summary = self._summary = shown.found.results.summary
        systems = len(summary.ranking.average_win_rate)
        many = systems >= ranking.RANKED
        ordered = many and ranking.connected(summary)
        headline, line = tr("The ranking is shown after unblinding"), tr(ONE_LOOK)
        if shown.disclosure.tells(Subject.ALL_FIGURES):
            headline, line = ranking.ranking_lines(summary)
            apart = summary.automatic or summary.further  # else the head of the page says as much
            line = sentences(line, ranking.who_judged(summary) if apart else "")
        self.lead.tell(headline, line)
        self._show_scores(summary)
        for part in (self.lead.how, self.fold, self.chart):
            part.setVisible(ordered)
        self._matrix_card.setVisible(many and systems <= MOST_ACROSS)
        if many and systems <= MOST_ACROSS:
            self.matrix.set_table(ranking.pair_matrix(summary))
            self._matrix_card.set_explanations(self.matrix.explanations)
        if ordered:
            if self._measures.chosen not in ranking.measures(summary.ranking):
                self._measures.choose(main_measure(summary.ranking))
            self._measures.offer(ranking.measures(summary.ranking))
            self._show_chart()
        for more in (self._measures, self._scores_card):
            more.setVisible(self.fold.is_open and ordered)

    def _show_chart(self) -> None:
        measure = self._measures.chosen
        if self._summary is None or not isinstance(measure, RankingMeasure):
            return
        self.chart.show_picture(ranking.ranking_picture(self._summary, measure))
        self.chart.view.setVisible(defined(self._summary.ranking, measure))

    def _show_scores(self, summary: Summary) -> None:
        """Every score, and below them the tie parameter, which is explained with them."""
        self.scores.set_table(score_table(summary))
        tie = ranking.tie_paragraph(summary.ranking)
        self.tie.setText(tie.text if tie else "")
        self.tie.setVisible(tie is not None)
        how = (tie.explanation,) if tie and tie.explanation else ()
        self._scores_card.set_explanations((*self.scores.explanations, *how))

    def _ask_how(self) -> None:
        if self._summary is not None:
            measure = main_measure(self._summary.ranking)
            self.explained.emit((ranking.score_explanation(self._summary, measure),))

    def _grid_card(self, title: str, grid: FigureGrid) -> TitledCard:
        card = TitledCard(title, self.explained.emit, grid)
        copy = copy_button(grid.copy, "", self._context.bar.show_good, tr("Copy"))
        copy.setAccessibleName(tr("Copy “{title}” as a table", title))
        set_role(copy, role="tool")
        card.head.addWidget(copy)
        return card
