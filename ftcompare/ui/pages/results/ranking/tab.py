"""The Ranking tab: all systems on one scale, every pair, and who judged."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ftcompare.app.results.presentation import ranking, rater_tables
from ftcompare.app.results.presentation.blocks import Explanation, Paragraph
from ftcompare.app.results.presentation.ranking_scores import (
    Measure,
    defined,
    main_measure,
    score_table,
    tie_paragraph,
)
from ftcompare.app.results.study_results import DetailedResults, Summary
from ftcompare.core.disclosure import Subject
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.explanation import how_button
from ftcompare.ui.figures.grid import FigureGrid, fit_height
from ftcompare.ui.figures.paragraph import ParagraphLine
from ftcompare.ui.figures.value_table import show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.tabs import ResultsTab, Shown
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import Heading, QuietButton, label, set_role
from ftcompare.ui.widgets.segments import Segments
from ftcompare.ui.widgets.table import DataTable

ROWS_SHOWN = 10
"""A longer table scrolls."""

MOST_ACROSS = 25
"""Systems of which each is shown against each: more make a table that nobody reads and no window holds."""


class RankingTab(ResultsTab):
    """Scores with their intervals, a win rate for every pair, automatic raters, agreement by rater."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found: DetailedResults | None = None
        self._summary: Summary | None = None
        self.headline = Heading("")
        self.headline.setObjectName("ranking_headline")
        self.line, self.whose = label("", "muted", wrap=True), label("", "muted", wrap=True)
        self._measures = Segments({measure: measure.label for measure in Measure}, "measure")
        explain = self.explained.emit
        self.chart = FigureCard(context.theme, context.bar, "Ranking", "ranking", explain=explain)
        self._note = label("", "small", wrap=True)
        self.scores = FigureGrid("Scores", explain)
        self.matrix = FigureGrid("Every pair", explain)
        self._scores_card = self._grid_card("Scores", self.scores)
        self.tie = ParagraphLine("Davidson's ν", explain, self.comparisons_asked.emit)
        self._matrix_card = self._grid_card("Every pair", self.matrix)
        self._how_matrix = how_button("Every pair", self._explain_matrix)
        self.automatic = FigureGrid("Automatic raters beside people", explain)
        self._no_automatic = label(rater_tables.NO_AUTOMATIC, "muted", wrap=True)
        self.raters = self._table("Raters", "Filter raters")
        self.kappas = self._table("Agreement by pair of raters", "Filter pairs of raters")
        self._no_kappas = label("", "muted", wrap=True)
        self._how_repeats = how_button("Repeats alike", lambda: self._explain(self._repeats))
        self._how_kappa = how_button("Cohen's κ", lambda: self._explain(self._kappa))
        self._repeats: Explanation | None = None
        self._kappa: Explanation | None = None
        self._arrange()
        self._measures.picked.connect(self._show_chart)
        context.theme.changed.connect(self._fit_tables)

    def show_results(self, shown: Shown) -> None:
        """Show the ranking of all systems; another pair of them in front changes nothing here."""
        if shown.found is self._found:
            return
        self._found = shown.found
        summary = self._summary = shown.found.results.summary
        systems = len(summary.ranking.average_win_rate)
        many = systems >= ranking.RANKED
        self.headline.setText(ranking.ranking_headline(summary))
        self.line.setText(ranking.ranking_line(summary))
        self.whose.setText(ranking.who_judged(summary))
        self.scores.set_table(score_table(summary))
        self.tie.show_paragraph(tie_paragraph(summary.ranking) or Paragraph(""))
        self.chart.setVisible(many)
        self._matrix_card.setVisible(many and systems <= MOST_ACROSS)
        if many and systems <= MOST_ACROSS:
            self.matrix.set_table(ranking.pair_matrix(summary))
        if many:
            if self._measures.chosen is None:
                self._measures.choose(main_measure(summary.ranking))
            self._show_chart()
        self.automatic.setVisible(bool(summary.automatic))
        self._no_automatic.setVisible(not summary.automatic)
        self.automatic.set_table(rater_tables.automatic_table(summary.automatic))
        self._show_raters(shown, summary)

    def search(self) -> None:
        """Put the cursor into the filter field of the raters."""
        self.raters.search()

    def _show_chart(self) -> None:
        measure = self._measures.chosen
        if self._summary is None or not isinstance(measure, Measure):
            return
        picture = ranking.ranking_picture(self._summary, measure)
        self.chart.show_picture(picture)
        self.chart.view.setVisible(defined(self._summary.ranking, measure))
        self._note.setText(picture.caption)

    def _show_raters(self, shown: Shown, summary: Summary) -> None:
        told = shown.disclosure.tells(Subject.RATER_QUALITY)
        withheld = shown.disclosure.withheld(Subject.RATER_AGREEMENT)
        raters = rater_tables.rater_table(summary, shown.checks.raters, told=told)
        kappas = rater_tables.kappa_table(summary.agreement)
        show_values(self.raters, raters)
        show_values(self.kappas, kappas)
        there = bool(kappas.rows)
        self._repeats, self._kappa = raters.explanation, kappas.explanation
        self._how_repeats.setVisible(told)
        self.kappas.setVisible(there)
        self._how_kappa.setVisible(there)
        self._no_kappas.setVisible(not there)
        self._no_kappas.setText(withheld.explained if withheld else rater_tables.NO_KAPPAS)
        self._fit_tables()

    def _explain(self, explanation: Explanation | None) -> None:
        if explanation is not None:
            self.explained.emit(explanation)

    def _explain_matrix(self) -> None:
        self._explain(self.matrix.table.explanation)

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(L)
        top = QVBoxLayout()
        top.setSpacing(S)
        for part in (self.headline, self.line, self.whose):
            top.addWidget(part)
        column.addLayout(top)
        self.chart.body.insertWidget(1, self._measures)
        self.chart.body.addWidget(self._note)
        self._scores_card.body.addWidget(self.tie)
        self._matrix_card.head.insertWidget(1, self._how_matrix)
        column.addWidget(self.chart)
        for card in (
            self._scores_card,
            self._matrix_card,
            _card("Automatic raters beside people", self.automatic, self._no_automatic),
            _card("Raters", self.raters, how=self._how_repeats),
            _card("Agreement by pair of raters", self.kappas, self._no_kappas, how=self._how_kappa),
        ):
            column.addWidget(card)
        column.addStretch()

    def _grid_card(self, title: str, grid: FigureGrid) -> TitledCard:
        card = _card(title, grid)
        copy = QuietButton("Copy")
        set_role(copy, role="tool")
        copy.setAccessibleName(f"Copy {title} as a table")
        copy.clicked.connect(partial(self._copy, grid))
        card.head.addWidget(copy)
        return card

    def _copy(self, grid: FigureGrid) -> None:
        grid.copy()
        self._context.bar.show_good("Copied as a table")

    def _table(self, title: str, filter_words: str) -> DataTable:
        tip = "Words of the names"
        return DataTable(self._context.theme, title, (), filter_words, tip)

    def _fit_tables(self) -> None:
        for table in (self.raters, self.kappas):
            fit_height(table, ROWS_SHOWN)


def _card(
    title: str, content: QWidget, missing: QWidget | None = None, *, how: QWidget | None = None
) -> TitledCard:
    """A card with what stands where there is no content, and a button behind its title."""
    card = TitledCard(title)
    card.set_content(content)
    if missing is not None:
        card.body.addWidget(missing)
    if how is not None:
        card.head.addWidget(how)
    return card
