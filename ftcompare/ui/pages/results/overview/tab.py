"""The tab “Overview”: the sentence of a pair, its charts, and its figures. Imports matplotlib."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.results import charts
from ftcompare.app.results.blind_checks import BlindChecks
from ftcompare.app.results.study_results import EVIDENCE_NEEDED, DetailedResults, EvidencePath, Results
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.study import RaterKind
from ftcompare.stats.summary import PairSummary, SummarySlice
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results import words as say
from ftcompare.ui.pages.results.caution import CautionBar
from ftcompare.ui.pages.results.forest import overview_plot
from ftcompare.ui.pages.results.overview import counts, evidence
from ftcompare.ui.pages.results.overview.checks import (
    blind_figures,
    check_figures,
    live_explanation,
    live_sentence,
    variant_figures,
)
from ftcompare.ui.pages.results.overview.criteria import criterion_figures
from ftcompare.ui.pages.results.overview.trust import template_figures, trust_figures
from ftcompare.ui.pages.results.parts import Slot, SnugLabel, TitledCard, figure_rows, how_button
from ftcompare.ui.pages.results.tabs import ResultsTab, Shown
from ftcompare.ui.pages.results.two_columns import TwoColumns
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import Heading, LinkButton, StatusPill

PICKED = {dimension.value for dimension in (Dimension.SPLIT, Dimension.CATEGORY)}


class OverviewTab(ResultsTab):
    """All that is known of one pair, in short."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._shown: Shown | None = None
        self._cost: SummarySlice | None = None
        self._filled: dict[TitledCard, tuple[say.Figure, ...]] = {}
        self.leakage = CautionBar("Which prompts")
        self.headline = Heading("")
        self.headline.setObjectName("headline")
        self.line = SnugLabel()
        self.settled = SnugLabel()
        self.forest = FigureCard(context.theme, context.bar, "Win rate", "win-rate", "Show these comparisons")
        self.evidence = FigureCard(context.theme, context.bar, "Is it enough?", "evidence")
        self._enough = StatusPill("neutral", "")
        self._meter = Slot()
        self.judgments = TitledCard("Judgments", self._explain_counts)
        self.trust = TitledCard("Can they be trusted?")
        self.blind = TitledCard("Is the blind holding?")
        self.variants = TitledCard("With and without")
        self.criteria = TitledCard("By criterion")
        self.live = SnugLabel()
        self.live.setObjectName("live_votes")
        self._how_live = how_button("Live votes", self._explain_live)
        self.cost = SnugLabel()
        self.cost_link = LinkButton("")
        self._how_cost = how_button("What was lost", self._explain_cost)
        self._columns = TwoColumns(context.theme)
        self._arrange()
        self.forest.view.picked.connect(self._pick_row)
        self.cost_link.clicked.connect(self._pick_cost)
        self.leakage.asked.connect(lambda: self.tab_asked.emit("where"))

    def show_results(self, shown: Shown) -> None:
        """Show another pair, or other results of it."""
        self._shown = shown
        found, pair = shown.found, shown.pair
        self.leakage.show_text(shown.leakage.warning if shown.leakage else "")
        self.headline.setText(say.pair_headline(pair))
        self.line.set_text(say.interval_line(pair, raters(pair)))
        self.settled.set_text(evidence.evidence_sentence(pair))
        self.forest.set_title(f"Win rate of {short_name(pair.b)}")
        self.forest.view.set_chart(overview_plot(pair, blinded=shown.blinded))
        self.evidence.view.set_chart(evidence_curve(found.evidence[pair.a, pair.b, pair.rater_kind]))
        self._show_enough(pair)
        self._show_side(shown)
        self._show_checks(found.results, pair, shown.checks)
        self._show_cost(pair, found)

    def make_room(self, asked: bool) -> None:
        """The explanation takes the place of the side column."""
        self._columns.cover(asked)

    def _show_side(self, shown: Shown) -> None:
        summary, pair = shown.found.results.summary, shown.pair
        self._fill(self.judgments, counts.count_figures(pair, blinded=shown.blinded))
        automatic = _by_programs(shown.found.results)
        figures = trust_figures(pair, summary.agreement, summary.position, automatic=automatic)
        templates = template_figures(pair, shown.found.own_templates)
        self._fill(self.trust, (*check_figures(shown.checks), *figures, *templates))
        self._fill(self.criteria, criterion_figures(shown.found, pair), below=True)

    def _show_checks(self, found: Results, pair: PairSummary, checks: BlindChecks) -> None:
        blinded = found.study.blinded
        figures = blind_figures(checks, blinded=blinded, automatic=_by_programs(found))
        self._fill(self.blind, figures, below=True)
        self._fill(self.variants, variant_figures(found, pair), below=True)
        live = live_sentence(checks, blinded=blinded)
        self.live.set_text(live)
        self.live.setVisible(bool(live))
        self._how_live.setVisible(bool(live))

    def _fill(self, card: TitledCard, figures: tuple[say.Figure, ...], *, below: bool = False) -> None:
        """What is of the whole study stays as it is when another pair is chosen: making rows takes time."""
        if self._filled.get(card) == figures:
            return
        self._filled[card] = figures
        rows = figure_rows(figures, self.explained.emit, self.comparisons_asked.emit, below=below)
        card.set_content(rows)
        card.setVisible(bool(figures))

    def _show_enough(self, pair: PairSummary) -> None:
        if pair.evidence.highest >= EVIDENCE_NEEDED:
            self._enough.set("good", "Enough for these raters")
        else:
            self._enough.set("neutral", "Not enough yet")
        figures = evidence.evidence_figures(pair)
        self._meter.set_content(figure_rows(figures, self.explained.emit, self.comparisons_asked.emit))

    def _show_cost(self, pair: PairSummary, found: DetailedResults) -> None:
        blinded = found.results.study.blinded
        self._cost = None if blinded else counts.cost_slice(pair)
        tuned = pair.b in found.tuned and pair.a not in found.tuned
        self.cost.set_text(counts.cost_sentence(pair, self._cost, tuned=tuned))
        self.cost.setVisible(not blinded)
        self._how_cost.setVisible(not blinded)
        self.cost_link.setVisible(self._cost is not None)
        if self._cost is not None:
            count = self._cost.counts.prompts
            self.cost_link.set_text("Show this prompt" if count == 1 else f"Show these {count} prompts")

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(L)
        column.addWidget(self.leakage)
        column.addLayout(self._top())
        column.addWidget(self._columns, 1)
        self._fill_columns()
        self.cost_link.setObjectName("cost_link")
        column.addLayout(_line(self.cost, self._how_cost, self.cost_link))
        column.addLayout(_line(self.live, self._how_live))

    def _top(self) -> QVBoxLayout:
        top = QVBoxLayout()
        top.setSpacing(S)
        top.addWidget(self.headline)
        how = LinkButton("How is this computed?")
        how.setObjectName("how_headline")
        how.clicked.connect(self._explain_rate)
        top.addLayout(_line(self.line, how))
        top.addLayout(_line(self.settled, how_button("Evidence sentence", self._explain_evidence)))
        return top

    def _evidence_card(self) -> QWidget:
        self.evidence.head.insertWidget(1, how_button("Evidence", self._explain_evidence))
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
        self.forest.head.insertWidget(1, how_button("Win rate", self._explain_rate))
        left.addWidget(self._evidence_card())
        left.addLayout(checks)
        left.addStretch()
        for card in (self.judgments, self.criteria, self.trust):
            side.addWidget(card)
        side.addStretch()

    # --- acts ------------------------------------------------------------------------------------

    def _pick_row(self, dimension: str, stored: str) -> None:
        whole = dimension not in PICKED
        self.comparisons_asked.emit(Part() if whole else Part(Dimension(dimension), stored))

    def _pick_cost(self) -> None:
        if self._cost is not None:
            self._pick_row(self._cost.dimension, self._cost.name)

    def _explain_rate(self) -> None:
        if self._shown is not None:
            self.explained.emit(say.rate_explanation(self._shown.pair))

    def _explain_evidence(self) -> None:
        if self._shown is not None:
            self.explained.emit(evidence.evidence_explanation(self._shown.pair))

    def _explain_counts(self) -> None:
        if self._shown is not None:
            self.explained.emit(counts.counts_explanation(self._shown.pair))

    def _explain_cost(self) -> None:
        if self._shown is not None:
            self.explained.emit(counts.cost_explanation(self._shown.pair, self._cost))

    def _explain_live(self) -> None:
        if self._shown is not None:
            self.explained.emit(live_explanation(self._shown.checks, blinded=self._shown.blinded))


def _line(text: SnugLabel, *after: QWidget) -> QHBoxLayout:
    """A text as wide as its words, and what follows it."""
    row = QHBoxLayout()
    row.setSpacing(S)
    row.addWidget(text, 1)
    for widget in after:
        row.addWidget(widget, 0, Qt.AlignmentFlag.AlignBottom)
    row.addStretch()
    return row


def _by_programs(found: Results) -> bool:
    """Whether no person has judged."""
    return all(pair.rater_kind is RaterKind.AUTOMATIC for pair in found.summary.comparisons)


def raters(pair: PairSummary) -> int:
    """How many raters judged the pair."""
    return sum(1 for part in pair.slices if part.dimension == "rater")


def evidence_curve(path: EvidencePath) -> charts.EvidenceCurve:
    """The pair's evidence over its prompts."""
    return charts.EvidenceCurve(
        prompts=path.prompts,
        values=path.values,
        threshold=EVIDENCE_NEEDED,
        threshold_words=f"enough evidence ({EVIDENCE_NEEDED:.0f})",
        axis_words="prompts judged",
    )
