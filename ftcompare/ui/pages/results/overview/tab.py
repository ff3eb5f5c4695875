"""The tab “Overview”: the sentence of a pair, its charts, and its figures. Imports matplotlib."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.results.presentation.blind_checks import live_blocks
from ftcompare.app.results.presentation.blocks import Explanation, Paragraph
from ftcompare.app.results.presentation.evidence import evidence_picture, evidence_sentence, is_enough
from ftcompare.app.results.presentation.measures import Group
from ftcompare.app.results.presentation.overview import TRUST, figures, forest_picture, lost_paragraph
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.presentation.win_rate import interval_sentence, rate_explanation
from ftcompare.app.results.study_results import headline
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.ui.figures.cards import FiguresCard, Slot, SnugLabel
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.paragraph import ParagraphLine
from ftcompare.ui.figures.rows import LISTS, figure_rows
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.caution import CautionBar
from ftcompare.ui.pages.results.tabs import ResultsTab, Shown
from ftcompare.ui.pages.results.two_columns import TwoColumns
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import Heading, LinkButton, StatusPill

PARTS = (Dimension.SPLIT, Dimension.CATEGORY)
"""What the chart shows below all prompts."""


class OverviewTab(ResultsTab):
    """All that is known of one pair, in short."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        explain, pick = self.explained.emit, self.comparisons_asked.emit
        self._rate = Explanation("", ())
        self.leakage = CautionBar("Which prompts")
        self.headline = Heading("")
        self.headline.setObjectName("headline")
        self.line = SnugLabel()
        self.settled = ParagraphLine("Evidence sentence", explain, pick)
        self.forest = FigureCard(context.theme, context.bar, "Win rate", "win-rate", LISTS, explain=explain)
        self.evidence = FigureCard(context.theme, context.bar, "Evidence", "evidence", explain=explain)
        self._enough = StatusPill("neutral", "")
        self._meter = Slot()
        self.judgments = FiguresCard("Judgments", explain, pick, explained=True)
        self.trust = FiguresCard("Can they be trusted?", explain, pick)
        self.blind = FiguresCard("Is the blind holding?", explain, pick, below=True)
        self.variants = FiguresCard("With and without", explain, pick, below=True)
        self.criteria = FiguresCard("By criterion", explain, pick, below=True)
        self.lost = ParagraphLine("What was lost", explain, pick)
        self.lost.link.setObjectName("lost_link")
        self.live = ParagraphLine("Live votes", explain, pick)
        self._columns = TwoColumns(context.theme)
        self._arrange()
        self.forest.view.picked.connect(self._pick_row)
        self.leakage.asked.connect(lambda: self.tab_asked.emit("where"))

    def show_results(self, shown: Shown) -> None:
        """Show another pair, or other results of it."""
        told = shown.told
        self._rate = rate_explanation(told.pair)
        self.leakage.show_text(shown.leakage.warning if shown.leakage else "")
        self.headline.setText(headline(told.pair))
        self.line.set_text(interval_sentence(told))
        picture = evidence_picture(told)
        sentence = evidence_sentence(told.pair)
        self.settled.show_paragraph(Paragraph(sentence, explanation=picture.explanation))
        self.forest.show_picture(forest_picture(told, *PARTS))
        self.evidence.show_picture(picture)
        self._show_enough(told)
        self._show_cards(told)
        self.lost.show_paragraph(lost_paragraph(told))
        live = next(
            (block for block in live_blocks(shown.checks, told.disclosure) if isinstance(block, Paragraph)),
            None,
        )
        self.live.show_paragraph(live or Paragraph(""))

    def make_room(self, asked: bool) -> None:
        """The explanation takes the place of the side column."""
        self._columns.cover(asked)

    def _show_cards(self, told: PairResults) -> None:
        for card, groups in (
            (self.judgments, (Group.COUNTS,)),
            (self.trust, TRUST),
            (self.criteria, (Group.CRITERIA,)),
            (self.blind, (Group.BLIND,)),
            (self.variants, (Group.VARIANTS,)),
        ):
            card.show_figures(figures(told, *groups))

    def _show_enough(self, told: PairResults) -> None:
        if is_enough(told.pair):
            self._enough.set("good", "Enough for these raters")
        else:
            self._enough.set("neutral", "Not enough yet")
        shown = figures(told, Group.EVIDENCE).shown
        self._meter.set_content(figure_rows(shown, self.explained.emit, self.comparisons_asked.emit))

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(L)
        column.addWidget(self.leakage)
        column.addLayout(self._top())
        column.addWidget(self._columns, 1)
        self._fill_columns()
        column.addWidget(self.lost)
        column.addWidget(self.live)

    def _top(self) -> QVBoxLayout:
        top = QVBoxLayout()
        top.setSpacing(S)
        top.addWidget(self.headline)
        how = LinkButton("How is this computed?")
        how.setObjectName("how_headline")
        how.clicked.connect(lambda: self.explained.emit(self._rate))
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.line, 1)
        row.addWidget(how, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch()
        top.addLayout(row)
        top.addWidget(self.settled)
        return top

    def _evidence_card(self) -> QWidget:
        self.evidence.head.insertWidget(2, self._enough)
        self.evidence.body.addWidget(self._meter)
        return self.evidence

    def _fill_columns(self) -> None:
        left, side = self._columns.left, self._columns.side
        checks = QHBoxLayout()
        checks.setSpacing(L)
        for card in (self.blind, self.variants):
            checks.addWidget(card, 1, Qt.AlignmentFlag.AlignTop)
        left.addWidget(self.forest)
        left.addWidget(self._evidence_card())
        left.addLayout(checks)
        left.addStretch()
        for card in (self.judgments, self.criteria, self.trust):
            side.addWidget(card)
        side.addStretch()

    def _pick_row(self, dimension: str, stored: str) -> None:
        chosen = dimension in {by.value for by in PARTS}
        self.comparisons_asked.emit(Part(Dimension(dimension), stored) if chosen else Part())
