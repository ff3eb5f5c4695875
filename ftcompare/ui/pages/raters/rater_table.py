"""The raters of a study: progress or quality in a table, packs below, and how figures are computed."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from ftcompare.app.raters.packs import IssuedPack
from ftcompare.app.raters.quality import QualityReport
from ftcompare.app.raters.raters_overview import RatersOverview
from ftcompare.app.results.presentation.rater_tables import noted_raters
from ftcompare.core.language import N_, tr
from ftcompare.core.study import Rater, RaterId
from ftcompare.ui.figures.cards import ExplanationPanel
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.raters import rater_texts as say
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import IconLabel, L, M, S
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.controls import ScrollPanel
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row, kept_place
from ftcompare.ui.widgets.table import DataTable, copy_button

EXPLANATION_WIDTH = 400
MOST_PACKS = 4  # packs of a rater that are shown at once


class RatersView(QWidget):
    """Shows the raters; its signals request actions on them."""

    exclude_asked = Signal(object)  # leave out a rater
    include_asked = Signal(object)  # include a rater again
    letter_asked = Signal(str)  # the random id of a pack whose letter is wanted
    take_back_asked = Signal(object)  # take back everything merged from a rater's packs

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._raters: Mapping[RaterId, Rater] = {}
        self._excluded: Mapping[RaterId, str] = {}
        self._current: RaterId | None = None
        self._decides = self._open = False
        self.told = controls.named(controls.label("", wrap=True), "raters_told")
        self.noted = FieldMessage()
        self.table = DataTable(context.theme, tr("Raters"), (), tr("Filter raters"), tr("Text in the name"))
        self.packs = DataTable(context.theme, tr("Packs"), say.pack_columns(), "", "")
        self._issued: Mapping[RaterId, tuple[IssuedPack, ...]] = {}
        self._pack: str | None = None
        self._packs_told = controls.named(controls.ElidedLabel("muted"), "raters_packs_told")
        letter = controls.QuietButton(tr("Letter to the rater…"), name="raters_letter", act=self._ask_letter)
        self.letter = kept_place(letter)
        self.take_back = controls.named(controls.QuietButton(tr("Undo merge…")), "raters_take_back")
        self.decide = controls.PlainButton("", name="raters_decide", act=self._decide)
        self._decision = controls.label("", "muted", wrap=True)
        self.how = controls.LinkButton(tr("How is this computed?"), name="raters_how", act=self._explain)
        self.explanation = ExplanationPanel()
        self._aside = ScrollPanel()
        self._aside.setAccessibleName(tr("How is this computed?"))
        self._packs_part = QWidget()
        self._arrange()
        self._connect()

    def show_overview(self, overview: RatersOverview) -> None:
        """Show the raters, and select one for whom a pack was made since."""
        had = {rater: len(self._issued.get(rater, ())) for rater in self._raters}
        grown = [
            work.rater.id for work in overview.work if had and len(work.issued) > had.get(work.rater.id, 0)
        ]
        self._raters = {work.rater.id: work.rater for work in overview.work}
        withheld = overview.withheld
        self.told.setText(say.why_withheld(withheld) if withheld else say.effect_sentence(overview.effect))
        noted = noted_raters(overview.quality.raters if overview.quality else ())
        self.noted.show_lines([("caution", one) for one in noted])
        current = grown[0] if grown else self._current
        self._decides = overview.quality is not None
        if overview.quality is None:
            self._show_progress(overview)
        else:
            self._show_quality(overview, overview.quality)
        self._issued = {work.rater.id: work.issued for work in overview.work}
        self._open = not overview.rating_closed
        self._packs_part.setVisible(bool(overview.packs))
        self.how.setVisible(self._decides)
        self.table.select_key(current, or_first=True)
        self._show_rater(self._current)

    def _show_progress(self, overview: RatersOverview) -> None:
        self._excluded = {}
        self.table.set_columns(say.progress_columns())
        self.table.set_rows([say.progress_row(work) for work in overview.work])

    def _show_quality(self, overview: RatersOverview, report: QualityReport) -> None:
        quality = {known.rater.id: known for known in report.raters}
        self._excluded = {key: known.excluded for key, known in quality.items() if known.excluded}
        rows = [
            say.quality_row(work, quality[work.rater.id])
            for work in overview.work
            if work.rater.id in quality
        ]
        columns, rows = say.with_values(say.quality_columns(), rows)
        self.table.set_columns(columns)
        self.table.set_rows(rows)

    def _show_rater(self, rater: RaterId | None) -> None:
        self._current = rater
        self._show_packs()
        self._show_decision(rater)

    @property
    def _in_hand(self) -> Rater | None:
        return self._raters.get(self._current) if self._current is not None else None

    def _show_packs(self) -> None:
        known = self._in_hand
        packs = self._issued.get(self._current, ()) if self._current is not None else ()
        name = known.name if known is not None else ""
        self.packs.set_rows([say.pack_row(pack, closed=not self._open) for pack in packs])
        self._fit_packs()
        self._pack = None
        if packs:
            self.packs.select(len(packs) - 1)
        self.letter.setVisible(bool(packs) and self._open)
        self.take_back.setVisible(any(pack.merged for pack in packs) and self._open)
        told = say.packs_told(name, packs) if known is not None else ""
        self._packs_told.setText(told)

    def _fit_packs(self) -> None:
        """Keep the height for the rater with the most packs, so that nothing moves."""
        view = self.packs.view
        most = max(map(len, self._issued.values()), default=1)
        header, rows = view.horizontalHeader(), min(max(most, 1), MOST_PACKS)
        shown = rows * view.verticalHeader().defaultSectionSize() + 2 * view.frameWidth()
        too_wide = header.length() > view.viewport().width()
        bar = view.horizontalScrollBar().sizeHint().height() if too_wide else 0
        view.setFixedHeight(header.sizeHint().height() + shown + bar)

    def _take_pack(self, pack: str | None) -> None:
        self._pack = pack
        self.letter.setEnabled(pack is not None)

    def _ask_letter(self) -> None:
        if self._pack is not None and self._open:
            self.letter_asked.emit(self._pack)

    def _show_decision(self, rater: RaterId | None) -> None:
        known = self._raters.get(rater) if rater is not None else None
        shown = self._decides and known is not None
        self.decide.setVisible(shown)
        self._decision.setVisible(shown)
        if known is None or not shown:
            return
        out = known.id in self._excluded
        called = one_line(known.name, 40)
        decision = N_("Include {name} again…") if out else N_("Leave {name} out…")
        self.decide.set_text(tr(decision, name=called))
        self._decision.setText(
            tr("Left out: {reason}", one_line(self._excluded[known.id], 200))
            if out
            else tr(
                "Asks for a reason, which is recorded. Results are then shown with and without this rater."
            )
        )

    def _decide(self) -> None:
        rater = self._in_hand
        if rater is not None:
            (self.include_asked if rater.id in self._excluded else self.exclude_asked).emit(rater)

    def _explain(self) -> None:
        self.explanation.show_explanations([say.explanation()])
        self._aside.show()
        self.explanation.close_button.setFocus()

    def _close_explanation(self) -> None:
        self._aside.hide()
        self.how.setFocus()

    def _arrange(self) -> None:
        decision = in_row(self.decide, (self._decision, 1), gap=M)
        left = in_column((self.table, 1), decision, self._packs(), gap=M)
        self._aside.setWidget(self.explanation)
        self._aside.setFixedWidth(self._context.theme.px(EXPLANATION_WIDTH))
        self._aside.hide()
        in_column(self._told_bar(), self.noted, (in_row((left, 1), self._aside, gap=L), 1), gap=L, of=self)

    def _told_bar(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "raised")
        how = (self.how, Qt.AlignmentFlag.AlignVCenter)
        row = in_row(IconLabel("info", "accent"), (self.told, 1), how, gap=M, of=bar)
        row.setContentsMargins(L, M, M, M)
        return bar

    def _packs(self) -> QWidget:
        self.packs.head.insertWidget(0, controls.SectionLabel(tr("Packs of this rater")), 2)
        self.packs.head.insertWidget(1, self._packs_told, 3)
        self.packs.head.addWidget(self.take_back)
        self.packs.head.addWidget(self.letter)
        column = in_column(self.packs, STRETCH, gap=S, of=self._packs_part)
        column.setContentsMargins(0, S, 0, 0)
        self.packs.field.hide()
        self.packs.count.hide()
        return self._packs_part

    def _connect(self) -> None:
        copy = copy_button(self.table.copy, "raters_copy", self._context.bar.show_good)
        self.table.head.addWidget(copy)
        self.table.current_changed.connect(self._show_rater)
        self.packs.current_changed.connect(self._take_pack)
        self.packs.view.resized.connect(self._fit_packs)
        self._context.theme.changed.connect(self._fit_packs)
        self.packs.opened.connect(lambda _: self._ask_letter())
        self.take_back.clicked.connect(lambda: self.take_back_asked.emit(self._in_hand))
        self.table.opened.connect(lambda _: self._decide() if self._decides else None)
        self.explanation.closed.connect(self._close_explanation)
        controls.set_tab_order(
            self.how, self.table.field, copy, self.table.view, self.decide, self.letter, self.packs.view
        )
