"""The tab “Ranking”: three or more systems on one scale, and every pair of them."""

from __future__ import annotations

from functools import partial

from ftcompare.app.results.presentation import ranking
from ftcompare.app.results.presentation.blocks import Paragraph
from ftcompare.app.results.presentation.ranking import (
    RankingMeasure,
    defined,
    main_measure,
    score_table,
    tie_paragraph,
)
from ftcompare.app.results.study_results import DetailedResults, Summary
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.button_groups import Segments
from ftcompare.ui.widgets.controls import Heading, QuietButton, label, named, set_role
from ftcompare.ui.widgets.layouts import STRETCH, in_column

MOST_ACROSS = 25
"""Largest number of systems for which each is compared with each in a table."""
ONE_LOOK = "While judging is open, nobody should know who leads. Look at the ranking once, at the end."


class RankingTab(ResultsTab):
    """Scores with their intervals, and a win rate for every pair."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found: DetailedResults | None = None
        self._summary: Summary | None = None
        self.headline = named(Heading(""), "ranking_headline")
        self.line, self.whose = label("", "muted", wrap=True), label("", "muted", wrap=True)
        self._measures = Segments({measure: measure.label for measure in RankingMeasure}, "measure")
        explain = self.explained.emit
        self.chart = FigureCard(context.theme, context.bar, "Ranking", "ranking", explain=explain)
        self._note = label("", "small", wrap=True)
        self.scores = FigureGrid("Scores")
        self.matrix = FigureGrid("All pairs")
        self._scores_card = self._grid_card("Scores", self.scores)
        self.tie = label("", "small", wrap=True)
        self._matrix_card = self._grid_card("All pairs", self.matrix)
        self._arrange()
        self._measures.picked.connect(self._show_chart)

    def show_results(self, shown: ResultsData) -> None:
        """Show the ranking of all systems; it does not depend on the chosen pair."""
        if shown.found is self._found:
            return
        self._found = shown.found
        summary = self._summary = shown.found.results.summary
        systems = len(summary.ranking.average_win_rate)
        many = systems >= ranking.RANKED
        self._show_words(summary, shown.disclosure.withheld(Subject.ALL_FIGURES))
        self._scores_card.setVisible(shown.disclosure.tells(Subject.ALL_FIGURES))
        self.scores.set_table(score_table(summary))
        self._show_tie(tie_paragraph(summary.ranking))
        self.chart.setVisible(many)
        self._matrix_card.setVisible(many and systems <= MOST_ACROSS)
        if many and systems <= MOST_ACROSS:
            self.matrix.set_table(ranking.pair_matrix(summary))
            self._matrix_card.set_explanations(self.matrix.explanations)
        if many:
            if self._measures.chosen is None:
                self._measures.choose(main_measure(summary.ranking))
            self._show_chart()

    def _show_words(self, summary: Summary, withheld: Withheld | None) -> None:
        """Show which system ranks first and on what data, or why this is withheld."""
        told = ("The ranking is shown after unblinding", ONE_LOOK) if withheld else None
        headline, line = told or ranking.ranking_lines(summary)
        scores = "" if told else ranking.ranking_line(summary)
        self.headline.setText(headline)
        self.line.setText(f"{line} {scores}".strip())
        self.whose.setText(ranking.who_judged(summary))

    def _show_chart(self) -> None:
        measure = self._measures.chosen
        if self._summary is None or not isinstance(measure, RankingMeasure):
            return
        picture = ranking.ranking_picture(self._summary, measure)
        self.chart.show_picture(picture)
        self.chart.view.setVisible(defined(self._summary.ranking, measure))
        self._note.setText(picture.caption)

    def _show_tie(self, tie: Paragraph | None) -> None:
        """Below the scores, and explained with them."""
        self.tie.setText(tie.text if tie else "")
        self.tie.setVisible(tie is not None)
        how = (tie.explanation,) if tie and tie.explanation else ()
        self._scores_card.set_explanations((*self.scores.explanations, *how))

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self.chart.body.insertWidget(1, self._measures)
        self.chart.body.addWidget(self._note)
        self._scores_card.body.addWidget(self.tie)
        in_column(
            in_column(self.headline, self.line, self.whose, gap=S),
            self.chart,
            self._scores_card,
            self._matrix_card,
            STRETCH,
            gap=L,
            of=self,
        )

    def _grid_card(self, title: str, grid: FigureGrid) -> TitledCard:
        card = TitledCard(title, self.explained.emit)
        card.set_content(grid)
        copy = QuietButton("Copy")
        set_role(copy, role="tool")
        copy.setAccessibleName(f"Copy {title} as a table")
        copy.clicked.connect(partial(self._copy, grid))
        card.head.addWidget(copy)
        return card

    def _copy(self, grid: FigureGrid) -> None:
        grid.copy()
        self._context.bar.show_good("Copied as a table")
