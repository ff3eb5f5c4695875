"""The tab “Where”: the win rate by split, category, tag or rater, and what was learnt. Imports matplotlib."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.stats.summary import PairSummary
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.breakdown import breakdown_texts as say
from ftcompare.ui.pages.results.breakdown import split_differences
from ftcompare.ui.pages.results.breakdown.contamination_card import LeakageCard
from ftcompare.ui.pages.results.forest import dimension_plot, slices_by
from ftcompare.ui.pages.results.parts import TitledCard, figure_rows, how_button
from ftcompare.ui.pages.results.tabs import ResultsTab, Shown
from ftcompare.ui.pages.results.two_columns import TwoColumns
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import XS, L, M, S
from ftcompare.ui.widgets.controls import Card, EnterButton, SectionLabel, label, set_role
from ftcompare.ui.widgets.table import DataTable

MOST_ROWS = 12
"""So many rows of the table are in sight at once."""


class WhereTab(ResultsTab):
    """Where one system is preferred, and where not."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._theme = context.theme
        self._shown: Shown | None = None
        self._dimension = Dimension.SPLIT
        self._segments = {by: self._segment(by) for by in say.DIMENSIONS}
        self.forest = FigureCard(
            context.theme, context.bar, "Win rate", "win-rate-by", "Show these comparisons"
        )
        self.note = label("", "small", wrap=True)
        self.table = DataTable(context.theme, "Parts", (), "Filter parts", "Words of the name")
        self.empty = TitledCard("By part")
        self._why_empty = label("", "muted", wrap=True)
        self.empty.set_content(self._why_empty)
        self.learnt = TitledCard("What was learnt")
        self.leakage = LeakageCard(context)
        self._choice = QWidget()
        self._table_card = Card()
        self._columns = TwoColumns(context.theme)
        self._arrange()
        self.forest.view.picked.connect(self._pick)
        self.table.view.clicked.connect(self._on_clicked)
        self.table.opened.connect(self._pick_key)
        self.leakage.kept.connect(self.refresh_asked)
        self.leakage.comparisons_asked.connect(self.comparisons_asked)
        self.leakage.explained.connect(self.explained)
        self.table.view.horizontalScrollBar().rangeChanged.connect(self._fit_table)
        context.theme.changed.connect(self._fit_table)

    def show_results(self, shown: Shown) -> None:
        """Show another pair, or other results of it; the dimension stays where it has values."""
        self._shown = shown
        there = _parted_by(shown)
        self._why_empty.setText(say.after_unblinding() if shown.blinded else say.nothing_to_part_by())
        for by, segment in self._segments.items():
            segment.setVisible(by in there)
        for by in there:
            ends = {there[0]: "first", there[-1]: "last"} if len(there) > 1 else {by: "only"}
            set_role(self._segments[by], end=ends.get(by, ""))
        if there and self._dimension not in there:
            self._dimension = there[0]
        self._show_dimension(shown.pair, there)
        self._show_learnt(shown)
        self.leakage.show_kept(shown.leakage)

    def choose(self, dimension: Dimension) -> None:
        """Part the results by something else."""
        self._dimension = dimension
        if self._shown is not None:
            self._show_dimension(self._shown.pair, _parted_by(self._shown))

    def make_room(self, asked: bool) -> None:
        """The explanation takes the place of the side column."""
        self._columns.cover(asked)

    def search(self) -> None:
        """Put the cursor into the table's filter field."""
        self.table.search()

    # --- showing ---------------------------------------------------------------------------------

    def _show_dimension(self, pair: PairSummary, there: list[Dimension]) -> None:
        for part in (self._choice, self.forest, self._table_card):
            part.setVisible(bool(there))
        self.empty.setVisible(not there)
        if not there:
            return
        self._segments[self._dimension].setChecked(True)
        slices, over = slices_by(pair, self._dimension), pair.win_rate_over_raters is not None
        self.forest.set_title(say.chart_title(short_name(pair.b), self._dimension))
        self.forest.view.set_chart(dimension_plot(pair, self._dimension))
        self.note.setText(say.note(self._dimension, len(slices), over_raters=over))
        self.table.set_columns(say.columns(pair, self._dimension))
        self.table.set_rows([say.row(part) for part in slices])
        self._fit_table()

    def _show_learnt(self, shown: Shown) -> None:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        hidden = shown.blinded
        told = (split_differences.learnt_hidden(),) if hidden else split_differences.learnt_words(shown.pair)
        figures = () if hidden else split_differences.learnt_figures(shown.pair)
        if figures:
            column.addWidget(figure_rows(figures, self.explained.emit, below=True))
        for sentence in told:
            column.addWidget(label(sentence, "" if figures else "muted", wrap=True))
        self.learnt.set_content(holder)

    def _fit_table(self) -> None:
        """As high as its rows; many scroll."""
        rows = min(self.table.model.rowCount(), MOST_ROWS)
        header = self.table.view.horizontalHeader().sizeHint().height()
        edges = 2 * self.table.view.frameWidth() + XS
        bar = self.table.view.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() else 0
        self.table.view.setFixedHeight(header + rows * self._theme.px(34) + edges + below)

    # --- laying out ------------------------------------------------------------------------------

    def _segment(self, by: Dimension) -> QPushButton:
        made = EnterButton(say.dimension_name(by))
        made.setProperty("role", "segment")
        made.setObjectName(f"by_{by.value}")
        made.setAccessibleName(f"By {say.dimension_name(by).lower()}")
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.clicked.connect(partial(self.choose, by))
        return made

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(L)
        column.addWidget(self._columns, 1)
        row = QHBoxLayout(self._choice)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(SectionLabel("By"))
        row.addSpacing(M)
        group = QButtonGroup(self)
        for segment in self._segments.values():
            group.addButton(segment)
            row.addWidget(segment)
        row.addStretch()
        self.forest.body.addWidget(self.note)
        self._fill_table_card()
        left, side = self._columns.left, self._columns.side
        for part in (self._choice, self.empty, self.forest, self._table_card):
            left.addWidget(part)
        self.forest.head.insertWidget(1, how_button("Win rate by part", self._explain))
        left.addStretch()
        side.addWidget(self.learnt)
        side.addWidget(self.leakage)
        side.addStretch()

    def _fill_table_card(self) -> None:
        head = QHBoxLayout()
        head.addWidget(SectionLabel("In numbers"))
        head.addWidget(how_button("The parts in numbers", self._explain))
        head.addStretch()
        self._table_card.body.setSpacing(S)
        self._table_card.body.addLayout(head)
        self._table_card.body.addWidget(self.table)
        self._table_card.body.addWidget(label(say.click_words(), "small", wrap=True))
        self.table.view.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    # --- acts ------------------------------------------------------------------------------------

    def _pick(self, dimension: str, stored: str) -> None:
        self.comparisons_asked.emit(
            Part(Dimension(dimension), stored) if dimension in list(Dimension) else Part()
        )

    def _on_clicked(self, index: QModelIndex) -> None:
        self._pick_key(self.table.model.shown[index.row()].key)

    def _pick_key(self, key: object) -> None:
        self.comparisons_asked.emit(Part(self._dimension, str(key)))

    def _explain(self) -> None:
        if self._shown is not None:
            pair = self._shown.pair
            parts = slices_by(pair, self._dimension)
            self.explained.emit(say.parts_explanation(pair, self._dimension, parts))


def _parted_by(shown: Shown) -> list[Dimension]:
    """None while blinded, as in `overview_plot`; nor is a rater to be picked for what they prefer."""
    return [] if shown.blinded else [by for by in say.DIMENSIONS if slices_by(shown.pair, by)]
