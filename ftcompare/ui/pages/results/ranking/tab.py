"""The Ranking tab: all systems on one scale, every pair, and who judged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout

from ftcompare.app.results.study_results import DetailedResults
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.summary import Summary
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.grid import FigureGrid, fit_height
from ftcompare.ui.pages.results.parts import SnugLabel, TitledCard, how_button
from ftcompare.ui.pages.results.ranking import matrix_words, rater_words
from ftcompare.ui.pages.results.ranking import words as say
from ftcompare.ui.pages.results.ranking.words import Measure
from ftcompare.ui.pages.results.tabs import ResultsTab, Shown
from ftcompare.ui.pages.results.words import Explanation
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import EnterButton, Heading, QuietButton, label, set_role
from ftcompare.ui.widgets.table import DataTable

ROWS_SHOWN = 10
"""A longer table scrolls."""

RANKED = 3
"""From so many systems on there is more to rank than a win rate."""


class RankingTab(ResultsTab):
    """Scores with their intervals, a win rate for every pair, automatic raters, agreement by rater."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found: DetailedResults | None = None
        self._summary: Summary | None = None
        self._blinded: bool | None = None
        self.headline = Heading("")
        self.headline.setObjectName("ranking_headline")
        self.line, self.whose = label("", "muted", wrap=True), label("", "muted", wrap=True)
        self._measures = QButtonGroup(self)
        self.measure_buttons = {measure: self._segment(measure) for measure in Measure}
        self.chart = FigureCard(context.theme, context.bar, "Ranking", "ranking")
        self._note = label("", "small", wrap=True)
        self.scores = FigureGrid("Scores", self.explained.emit)
        self.matrix = FigureGrid("Every pair", self.explained.emit)
        self._scores_card = self._grid_card("Scores", self.scores)
        self.tie = SnugLabel()
        self._tie_how = how_button("Davidson's ν", self._explain_tie)
        self._matrix_card = self._grid_card("Every pair", self.matrix, matrix_words.matrix_explanation)
        self.automatic = FigureGrid("Automatic raters beside people", self.explained.emit)
        self._no_automatic = label("", "muted", wrap=True)
        self.raters = self._table("Raters", "Filter raters")
        self.kappas = self._table("Agreement by pair of raters", "Filter pairs of raters")
        self._kappa_words = label("", "muted", wrap=True)
        self._arrange()
        self._measures.buttonClicked.connect(lambda _: self._show_chart())
        context.theme.changed.connect(self._fit_tables)

    def show_results(self, shown: Shown) -> None:
        """Show the ranking of all systems; another pair of them in front changes nothing here."""
        if shown.found is self._found:
            return
        self._found = shown.found
        summary = shown.found.results.summary
        self._summary = summary
        many = len(summary.ranking.average_win_rate) >= RANKED
        self.headline.setText(say.ranking_headline(summary))
        self.line.setText(say.ranking_line(summary))
        self.whose.setText(say.who_judged(summary))
        self.scores.set_table(say.score_table(summary))
        self._show_tie(summary)
        self.chart.setVisible(many)
        in_matrix = many and len(summary.ranking.average_win_rate) <= matrix_words.MOST_ACROSS
        self._matrix_card.setVisible(in_matrix)
        if in_matrix:
            self.matrix.set_table(matrix_words.pair_matrix(summary))
        if many:
            self.measure_buttons[self._measure() or say.main_measure(summary.ranking)].setChecked(True)
            self._show_chart()
        self._show_automatic(summary)
        self._show_raters(shown, summary)

    def search(self) -> None:
        """Put the cursor into the filter field of the raters."""
        self.raters.search()

    def _measure(self) -> Measure | None:
        return next((m for m, button in self.measure_buttons.items() if button.isChecked()), None)

    def _show_chart(self) -> None:
        measure = self._measure()
        if self._summary is None or measure is None:
            return
        there = say.defined(self._summary.ranking, measure)
        self.chart.view.setVisible(there)
        if there:
            self.chart.view.set_chart(say.ranking_chart(self._summary, measure))
        self._note.setText(say.chart_note(self._summary.ranking, measure))

    def _show_tie(self, summary: Summary) -> None:
        told = say.tie_sentence(summary.ranking)
        self.tie.set_text(told)
        self.tie.setVisible(bool(told))
        self._tie_how.setVisible(bool(told))

    def _show_automatic(self, summary: Summary) -> None:
        there = bool(summary.automatic)
        self.automatic.setVisible(there)
        self._no_automatic.setVisible(not there)
        if there:
            self.automatic.set_table(rater_words.automatic_table(summary.automatic))

    def _show_raters(self, shown: Shown, summary: Summary) -> None:
        blinded, agreed = shown.blinded, summary.agreement
        if blinded != self._blinded:
            self.raters.set_columns(rater_words.rater_columns(blinded=blinded))
            self.kappas.set_columns(rater_words.kappa_columns())
        self._blinded = blinded
        self.raters.set_rows(rater_words.rater_rows(summary, shown.checks.raters, blinded=blinded))
        rows = [] if blinded else rater_words.kappa_rows(agreed)
        self.kappas.set_rows(rows)
        self.kappas.setVisible(bool(rows))
        self._repeats_how.setVisible(not blinded)
        self._kappa_how.setVisible(bool(rows))
        self._kappa_words.setVisible(not rows)
        self._kappa_words.setText(self._why_none(agreed, blinded=blinded))
        self._fit_tables()

    def _why_none(self, agreed: Agreement, *, blinded: bool) -> str:
        if blinded:
            return (
                "How far each two raters agree is shown after unblinding, so that nobody is picked, or "
                "dropped, for what they prefer."
            )
        return (
            ""
            if agreed.cohen_kappa
            else "No pair was judged by two people yet. Once one is, their agreement will stand here."
        )

    def _explain_tie(self) -> None:
        told = say.tie_explanation(self._summary.ranking) if self._summary is not None else None
        if told is not None:
            self.explained.emit(told)

    def _explain_kappa(self) -> None:
        if self._summary is not None and self._summary.agreement.cohen_kappa:
            self.explained.emit(rater_words.kappa_explanation(self._summary.agreement))

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
        self._fill_chart()
        self._fill_scores()
        column.addWidget(self.chart)
        for card in (self._scores_card, self._matrix_card, self._automatic_card()):
            column.addWidget(card)
        column.addWidget(self._raters_card())
        column.addWidget(self._kappa_card())
        column.addStretch()

    def _fill_chart(self) -> None:
        switch = QHBoxLayout()
        switch.setSpacing(0)
        for button in self.measure_buttons.values():
            switch.addWidget(button)
        switch.addStretch()
        self.chart.head.insertWidget(1, how_button("Ranking", self._explain_measure))
        self.chart.body.insertLayout(1, switch)
        self.chart.body.addWidget(self._note)

    def _fill_scores(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.tie, 1)
        row.addWidget(self._tie_how)
        row.addStretch()
        self._scores_card.body.addLayout(row)

    def _explain_measure(self) -> None:
        measure = self._measure()
        if self._summary is not None and measure is not None:
            self.explained.emit(say.score_explanation(self._summary, measure))

    def _segment(self, measure: Measure) -> QPushButton:
        button = EnterButton(say.measure_title(measure))
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.setObjectName(f"measure_{measure.value}")
        end = {Measure.BRADLEY_TERRY: "first", Measure.AVERAGE: "last"}.get(measure, "")
        set_role(button, role="segment", end=end)
        self._measures.addButton(button)
        return button

    def _grid_card(
        self, title: str, grid: FigureGrid, explain: Callable[[], Explanation] | None = None
    ) -> TitledCard:
        card = TitledCard(title, (lambda: self._tell(explain())) if explain else None)
        copy = QuietButton("Copy")
        set_role(copy, role="tool")
        copy.setAccessibleName(f"Copy {title} as a table")
        copy.clicked.connect(partial(self._copy, grid))
        card.head.addWidget(copy)
        card.set_content(grid)
        return card

    def _tell(self, explanation: Explanation) -> None:
        self.explained.emit(explanation)

    def _copy(self, grid: FigureGrid) -> None:
        grid.copy()
        self._context.bar.show_good("Copied as a table")

    def _table(self, title: str, filter_words: str) -> DataTable:
        tip = "Words of the names"
        return DataTable(self._context.theme, title, (), filter_words, tip)

    def _automatic_card(self) -> TitledCard:
        card = TitledCard("Automatic raters beside people")
        self._no_automatic.setText(
            "No automatic rater. Where the judgments of a program are imported, how far it agrees with "
            "people and with itself will stand here. They are never mixed with the judgments of people."
        )
        card.body.addWidget(self._no_automatic)
        card.set_content(self.automatic)
        return card

    def _raters_card(self) -> TitledCard:
        card = TitledCard("Raters")
        self._repeats_how = how_button("Repeats alike", lambda: self._tell(rater_words.repeats_explanation()))
        card.head.addWidget(self._repeats_how)
        card.set_content(self.raters)
        return card

    def _kappa_card(self) -> TitledCard:
        card = TitledCard("Agreement by pair of raters")
        self._kappa_how = how_button("Cohen's κ", self._explain_kappa)
        card.head.addWidget(self._kappa_how)
        card.body.addWidget(self._kappa_words)
        card.set_content(self.kappas)
        return card

    def _fit_tables(self) -> None:
        for table in (self.raters, self.kappas):
            fit_height(table, ROWS_SHOWN)
