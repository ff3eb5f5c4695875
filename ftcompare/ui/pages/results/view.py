"""The results of one pair: its sentence, its charts, and its figures. Imports matplotlib."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ftcompare.app import charts
from ftcompare.app.blind_checks import BlindChecks
from ftcompare.app.results import EVIDENCE_NEEDED, DetailedResults, EvidencePath, Results
from ftcompare.stats.summary import PairSummary, Slice
from ftcompare.stats.win_rate import Rate
from ftcompare.ui.context import PageContext
from ftcompare.ui.names import short_name
from ftcompare.ui.pages.results import words as say
from ftcompare.ui.pages.results.checks import (
    blind_figures,
    check_figures,
    live_sentence,
    variant_figures,
)
from ftcompare.ui.pages.results.criteria import criterion_figures
from ftcompare.ui.pages.results.parts import (
    ExplanationPanel,
    SnugLabel,
    TitledCard,
    count_rows,
    figure_rows,
    how_button,
)
from ftcompare.ui.pages.results.words import Explanation
from ftcompare.ui.theme import L, M, S
from ftcompare.ui.widgets.basics import Heading, LinkButton, StatusPill, label
from ftcompare.ui.widgets.figure import FigureCard

CHART_DIMENSIONS = ("split", "category")
SIDE_WIDTH = 400
CHART_WIDTH = 560
"""The least for a chart beside the side column."""


class PairResults(QWidget):
    """All that is known of one pair. `slice_picked` asks for the comparisons of a part of it."""

    slice_picked = Signal(str, str)
    explained = Signal()
    """An explanation is open; where the page is scrolled down it stands out of sight."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._theme = context.theme
        self._pair: PairSummary | None = None
        self._cost: Slice | None = None
        self.headline = Heading("")
        self.headline.setObjectName("headline")
        self.line = SnugLabel()
        self.settled = label("", "muted", wrap=True)
        self.forest = FigureCard(
            context.theme, context.bar, self.tr("Win rate"), "win-rate", self.tr("Show these comparisons")
        )
        self.evidence = FigureCard(context.theme, context.bar, self.tr("Is it enough?"), "evidence")
        self._enough = StatusPill("neutral", "")
        self._evidence_note = label("", "small", wrap=True)
        self.judgments = TitledCard(self.tr("Judgments"), self._explain_counts)
        self.trust = TitledCard(self.tr("Can they be trusted?"))
        self.blind = TitledCard(self.tr("Is the blind holding?"))
        self.variants = TitledCard(self.tr("With and without"))
        self.criteria = TitledCard(self.tr("By criterion"))
        self.live = SnugLabel()
        self.live.setObjectName("live_votes")
        self.explanation = ExplanationPanel()
        self._side = QStackedWidget()
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.cost = SnugLabel()
        self.cost_link = LinkButton("")
        self._arrange()
        self.forest.view.picked.connect(self.slice_picked)
        self.explanation.closed.connect(self._close_explanation)
        self.cost_link.clicked.connect(self._pick_cost)
        context.theme.changed.connect(self._set_columns)

    def show_pair(self, found: DetailedResults, pair: PairSummary, checks: BlindChecks) -> None:
        """Show another pair."""
        self._pair = pair
        summary = found.results.summary
        self.headline.setText(say.pair_headline(pair))
        self.line.set_text(say.interval_line(pair, raters(pair)))
        self.settled.setText(say.evidence_sentence(pair))
        self.forest.set_title(self.tr("Win rate of {}").format(short_name(pair.b)))
        self.forest.view.set_chart(forest_plot(pair))
        self.evidence.view.set_chart(evidence_curve(found.evidence[pair.a, pair.b, pair.rater_kind]))
        self._show_enough(pair)
        self.judgments.set_content(count_rows(say.counts(pair)))
        figures = say.trust_figures(pair, summary.agreement, summary.position)
        self.trust.set_content(figure_rows((*check_figures(checks), *figures), self.explain))
        self._show_checks(found.results, pair, checks)
        self._fill(self.criteria, criterion_figures(found, pair), below=True)
        self._show_cost(pair, found)
        self._close_explanation()

    def explain(self, explanation: Explanation) -> None:
        """Say in the side column how a figure is computed."""
        self.explanation.show_explanation(explanation)
        self._side.setCurrentWidget(self.explanation)
        self.explanation.close_button.setFocus()
        self.explained.emit()

    def _show_checks(self, found: Results, pair: PairSummary, checks: BlindChecks) -> None:
        blinded = found.study.blinded
        for card, figures in (
            (self.blind, blind_figures(checks, blinded=blinded)),
            (self.variants, variant_figures(found, pair)),
        ):
            self._fill(card, figures)
        live = live_sentence(checks, blinded=blinded)
        self.live.set_text(live)
        self.live.setVisible(bool(live))

    def _fill(self, card: TitledCard, figures: tuple[say.Figure, ...], *, below: bool = False) -> None:
        card.set_content(figure_rows(figures, self.explain, below=below))
        card.setVisible(bool(figures))

    def _show_enough(self, pair: PairSummary) -> None:
        if pair.evidence.highest >= EVIDENCE_NEEDED:
            self._enough.set("good", self.tr("Enough for these raters"))
        else:
            self._enough.set("neutral", self.tr("Not enough yet"))
        self._evidence_note.setText(say.evidence_note(pair))

    def _show_cost(self, pair: PairSummary, found: DetailedResults) -> None:
        blinded = found.results.study.blinded
        self._cost = None if blinded else say.cost_slice(pair)
        tuned = pair.b in found.tuned and pair.a not in found.tuned
        self.cost.set_text(say.cost_sentence(pair, self._cost, tuned=tuned))
        self.cost.setVisible(not blinded)
        self.cost_link.setVisible(self._cost is not None)
        if self._cost is not None:
            count = self._cost.counts.prompts
            self.cost_link.set_text(
                self.tr("Show this prompt") if count == 1 else self.tr("Show these {} prompts").format(count)
            )

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(L)
        column.addLayout(self._top())
        columns = self._columns
        columns.setSpacing(L)
        left = QVBoxLayout()
        left.setSpacing(L)
        left.addWidget(self.forest)
        left.addWidget(self._evidence_card())
        checks = QHBoxLayout()
        checks.setSpacing(L)
        for card in (self.blind, self.variants):
            checks.addWidget(card, 1, Qt.AlignmentFlag.AlignTop)
        left.addLayout(checks)
        left.addStretch()
        columns.addLayout(left, 1)
        columns.addWidget(self._side_column(), 0)
        column.addLayout(columns, 1)
        column.addLayout(self._foot())
        column.addWidget(self.live)

    def _top(self) -> QVBoxLayout:
        top = QVBoxLayout()
        top.setSpacing(S)
        top.addWidget(self.headline)
        row = QHBoxLayout()
        row.setSpacing(S)
        how = LinkButton(self.tr("How is this computed?"))
        how.setObjectName("how_headline")
        how.clicked.connect(self._explain_rate)
        row.addWidget(self.line, 1)
        row.addWidget(how, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch()
        top.addLayout(row)
        top.addWidget(self.settled)
        return top

    def _evidence_card(self) -> QWidget:
        self.forest.head.insertWidget(1, how_button(self.tr("Win rate"), self._explain_rate))
        self.evidence.head.insertWidget(1, how_button(self.tr("Evidence"), self._explain_evidence))
        self.evidence.head.insertWidget(2, self._enough)
        self.evidence.body.addWidget(self._evidence_note)
        return self.evidence

    def _side_column(self) -> QWidget:
        figures = QWidget()
        column = QVBoxLayout(figures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(L)
        column.addWidget(self.judgments)
        column.addWidget(self.criteria)
        column.addWidget(self.trust)
        column.addStretch()
        self._side.addWidget(figures)
        self._side.addWidget(self.explanation)
        self._set_columns()
        return self._side

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(M)
        self.cost_link.setObjectName("cost_link")
        row.addWidget(self.cost, 1)
        row.addWidget(self.cost_link)
        row.addStretch()
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for two columns, the side column goes below."""
        super().resizeEvent(event)
        self._set_columns()

    def _set_columns(self) -> None:
        side = self._theme.px(SIDE_WIDTH)
        narrow = self.width() < side + self._theme.px(CHART_WIDTH)
        self._columns.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        self._side.setMinimumWidth(0 if narrow else side)
        self._side.setMaximumWidth(self.maximumWidth() if narrow else side)

    # --- acts ------------------------------------------------------------------------------------

    def _close_explanation(self) -> None:
        self._side.setCurrentIndex(0)

    def _pick_cost(self) -> None:
        if self._cost is not None:
            self.slice_picked.emit(self._cost.dimension, self._cost.name)

    def _explain_rate(self) -> None:
        if self._pair is not None:
            self.explain(say.rate_explanation(self._pair))

    def _explain_evidence(self) -> None:
        if self._pair is not None:
            self.explain(say.evidence_explanation(self._pair))

    def _explain_counts(self) -> None:
        if self._pair is not None:
            self.explain(say.counts_explanation(self._pair))


def raters(pair: PairSummary) -> int:
    """How many raters judged the pair."""
    return sum(1 for part in pair.slices if part.dimension == "rater")


def forest_plot(pair: PairSummary) -> charts.ForestPlot:
    """The pair's win rates: all prompts, then each split, then each category."""
    both, whole = pair.win_rate_over_raters, say.slice_name("all", "")
    rows = [_row("all", "", whole, both or pair.win_rate, pair.prompts)]
    if both is not None:
        alone = say.words("for these raters alone")
        rows.append(_row("these", "", alone, pair.win_rate, pair.prompts))
    for dimension in CHART_DIMENSIONS:
        rows += [
            _row(dimension, s.name, say.slice_name(dimension, s.name), s.rate, s.counts.prompts)
            for s in pair.slices
            if s.dimension == dimension
        ]
    return charts.ForestPlot(
        a=say.name(pair.a),
        b=say.name(pair.b),
        rows=tuple(rows),
        headings={"split": say.words("BY SPLIT"), "category": say.words("BY CATEGORY")},
        left_words=say.words("← {} preferred"),
        right_words=say.words("{} preferred →"),
    )


def _row(dimension: str, stored: str, words: str, rate: Rate, prompts: int) -> charts.ForestRow:
    return charts.ForestRow(dimension, stored, words, rate.value, rate.low, rate.high, prompts)


def evidence_curve(path: EvidencePath) -> charts.EvidenceCurve:
    """The pair's evidence over its prompts."""
    return charts.EvidenceCurve(
        prompts=path.prompts,
        values=path.values,
        threshold=EVIDENCE_NEEDED,
        threshold_words=say.words("enough evidence ({:.0f})").format(EVIDENCE_NEEDED),
        axis_words=say.words("prompts judged"),
    )
