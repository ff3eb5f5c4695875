"""The Results page. What computes and draws (scipy, matplotlib) is loaded when it is first entered."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ftcompare.core.study import RaterKind
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.context import Page, PageContext
from ftcompare.ui.icons import IconLabel
from ftcompare.ui.owned_tasks import OwnedTasks
from ftcompare.ui.pages.terms.pairs import JudgedPairs
from ftcompare.ui.theme import L, M
from ftcompare.ui.widgets.basics import EmptyState, Heading, PlainButton, label, page_layout, waiting
from ftcompare.ui.widgets.columns import ScrollPanel
from ftcompare.ui.widgets.report_button import ReportButton

if TYPE_CHECKING:
    from ftcompare.app.blind_checks import BlindChecks
    from ftcompare.app.results import DetailedResults
    from ftcompare.app.studies import StudyInfo
    from ftcompare.app.terminology import JudgedPair
    from ftcompare.stats.summary import PairSummary
    from ftcompare.ui.pages.results.view import PairResults

WAITING, NOT_WRITTEN, NOT_JUDGED, FIGURES, PAIRS = range(5)
COMPARISONS_HEIGHT = 320
"""The least; without it the list would hold the whole page as high as it likes to be."""


class ResultsPage(Page):
    """What the judgments say: one sentence first, then the figures, each with how it comes about."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._found: DetailedResults | None = None
        self._checks: BlindChecks | None = None
        self._was_blinded = False
        self._next_page = "rate"
        self._view: PairResults | None = None
        body, right = page_layout(self, self.tr("Results"))
        self.standing = label("", "muted")
        self.pair_choice = QComboBox()
        self.unblind_button = PlainButton(self.tr("Unblind…"), icon="eye")
        self.export_button = PlainButton(self.tr("Export"), icon="download")
        self.report_button = ReportButton(context)
        for widget in (self.standing, self.pair_choice, self.report_button, self.export_button):
            right.addWidget(widget)
        self._blinded_bar = self._make_blinded_bar()
        self._stack = QStackedWidget()
        self._scroll = ScrollPanel()
        self._scroll.setAccessibleName(self.tr("Results"))
        self.comparisons = JudgedPairs(context)
        self._comparisons_title = Heading("", level=3)
        self._fill_stack()
        body.addWidget(self._blinded_bar)
        body.addWidget(self._stack, 1)
        self._connect()

    def enter(self) -> None:
        """Compute afresh."""
        self._tasks.run(_computed, self._show)

    def find_text(self) -> None:
        """Put the cursor into the filter field of the comparisons, where they are in front."""
        if self._stack.currentIndex() == PAIRS:
            self.comparisons.search()

    def show_comparisons(self, dimension: str, stored: str) -> None:
        """List the judged pairs behind a row of the chart.

        Args:
            dimension: ``split`` or ``category``; anything else for all of the pair in front.
            stored: name of the split or category, as the study stores it.
        """
        from ftcompare.ui.pages.results import words as say

        pair = self._chosen()
        if pair is None:
            return
        shown = say.slice_name(dimension if dimension in ("split", "category") else "all", stored)
        self._comparisons_title.setText(
            self.tr("{pair}: {part}").format(pair=say.pair_name(pair), part=shown)
        )
        self.comparisons.load(lambda judged: _belongs(judged, pair, dimension, stored))
        self._stack.setCurrentIndex(PAIRS)
        self._blinded_bar.hide()

    # --- showing ---------------------------------------------------------------------------------

    def _show(self, computed: tuple[DetailedResults, BlindChecks, StudyInfo]) -> None:
        from ftcompare.app.results import main_pair
        from ftcompare.ui.pages.results import words as say

        before = self.pair_choice.currentIndex()
        found, self._checks, info = computed
        self._found = found
        self._show_next(info)
        summary = found.results.summary
        self.standing.setText(say.standing(found.results))
        self.pair_choice.blockSignals(True)  # filling it is no choice of the user's
        self.pair_choice.clear()
        self.pair_choice.addItems([say.pair_name(pair) for pair in summary.comparisons])
        main = main_pair(summary)
        first = summary.comparisons.index(main) if main else -1
        self.pair_choice.setCurrentIndex(before if 0 <= before < len(summary.comparisons) else first)
        self.pair_choice.blockSignals(False)
        self.pair_choice.setVisible(len(summary.comparisons) > 1)
        self.report_button.setVisible(bool(summary.comparisons))
        self.export_button.setVisible(bool(summary.comparisons))
        self.standing.setVisible(bool(summary.comparisons))
        self._show_pair()
        if self._was_blinded and not found.results.study.blinded:
            self._scroll.setFocus()  # it would go from the bar that is hidden to what stands far below
            self._scroll.verticalScrollBar().setValue(0)
        self._was_blinded = found.results.study.blinded

    def _show_next(self, info: StudyInfo) -> None:
        """Where nothing is judged yet: what to do about it, and where."""
        from ftcompare.app.studies import next_page

        told = self.tr(
            "Here you will see how often each system was preferred, for which prompts, whether it is "
            "enough to say so, and whether the raters can be trusted."
        )
        self._next_page = next_page(info)
        self._empty.set_words(self.tr("No judgments yet"), f"{info.next_step}\n\n{told}")
        away = self._next_page == "raters"
        self._empty.button.set_text(self.tr("Go to Raters") if away else self.tr("Rate now"))

    def _show_pair(self) -> None:
        pair = self._chosen()
        if self._found is None or self._checks is None:
            return
        self._blinded_bar.setVisible(pair is not None and self._found.results.study.blinded)
        if pair is None:
            self._stack.setCurrentIndex(NOT_JUDGED if self._found.results.pairs else NOT_WRITTEN)
            return
        self._pair_results().show_pair(self._found, pair, self._checks)
        self._stack.setCurrentIndex(FIGURES)
        if self.hasFocus():  # it was given while nothing else was there
            self._scroll.setFocus()

    def _chosen(self) -> PairSummary | None:
        if self._found is None:
            return None
        comparisons = self._found.results.summary.comparisons
        place = self.pair_choice.currentIndex()
        return comparisons[place] if 0 <= place < len(comparisons) else None

    def _pair_results(self) -> PairResults:
        """Made when there is something to show, with what `_computed` has loaded by then."""
        if self._view is None:
            from ftcompare.ui.pages.results.view import PairResults

            self._view = PairResults(self._context)
            self._view.slice_picked.connect(self.show_comparisons)
            self._view.explained.connect(self._show_explanation)
            self._scroll.setWidget(self._view)
        return self._view

    def _show_explanation(self) -> None:
        if self._view is not None:
            self._scroll.ensureWidgetVisible(self._view.explanation.close_button)

    # --- laying out ------------------------------------------------------------------------------

    def _fill_stack(self) -> None:
        for view in (
            waiting(self.tr("Computing the results…")),
            self._empty_of_pairs(),
            self._empty_of_judgments(),
            self._scroll,
            self._comparisons_view(),
        ):
            self._stack.addWidget(view)

    def _connect(self) -> None:
        self.pair_choice.setAccessibleName(self.tr("Systems compared"))
        self.pair_choice.setObjectName("pair_choice")
        self.pair_choice.currentIndexChanged.connect(self._show_pair)
        self.pair_choice.hide()
        self.export_button.setObjectName("export")
        self.export_button.clicked.connect(lambda: self._context.trigger("page.export"))
        self.report_button.hide()
        self.export_button.hide()
        self.unblind_button.setObjectName("unblind")
        self.unblind_button.clicked.connect(lambda: self._context.trigger("study.unblind"))

    def _make_blinded_bar(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "raised")
        row = QHBoxLayout(bar)
        row.setContentsMargins(L, M, M, M)
        row.setSpacing(M)
        text = self.tr(
            "Still blinded. While judgments come in, only “Is it enough?” is safe to watch; the other "
            "figures are for one look at the end."
        )
        row.addWidget(IconLabel("info", "accent"))
        row.addWidget(label(text, wrap=True), 1)
        row.addWidget(self.unblind_button)
        bar.hide()
        return bar

    def _empty_of_pairs(self) -> EmptyState:
        return EmptyState(
            self.tr("No pairs to judge yet"),
            self.tr("The results will stand here once pairs have been written and judged."),
            self.tr("Write the pairs"),
            lambda: self._context.trigger("page.generate"),
        )

    def _empty_of_judgments(self) -> EmptyState:
        self._empty = EmptyState("", "", self.tr("Rate now"), self._go_on)
        self._empty.button.setObjectName("rate_now")
        return self._empty

    def _go_on(self) -> None:
        self._context.trigger("page.raters" if self._next_page == "raters" else "page.rate")

    def _comparisons_view(self) -> QWidget:
        view = QWidget()
        view.setMinimumHeight(COMPARISONS_HEIGHT)
        column = QVBoxLayout(view)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(M)
        head = QHBoxLayout()
        head.setSpacing(M)
        back = PlainButton(self.tr("Back to the results"))
        back.setObjectName("back_to_results")
        back.clicked.connect(self._show_pair)
        head.addWidget(back)
        head.addWidget(self._comparisons_title)
        head.addStretch()
        column.addLayout(head)
        column.addWidget(self.comparisons, 1)
        return view


def _computed(study: StudyFile) -> tuple[DetailedResults, BlindChecks, StudyInfo]:
    """On the study's thread, where loading scipy and matplotlib (a second or two) holds nobody up."""
    importlib.import_module("ftcompare.app.charts")
    from ftcompare.app.blind_checks import blind_checks
    from ftcompare.app.results import detailed_results
    from ftcompare.app.studies import describe

    return detailed_results(study), blind_checks(study), describe(study)


def _belongs(judged: JudgedPair, pair: PairSummary, dimension: str, stored: str) -> bool:
    """Whether a judgment counts for a part of a pair's results."""
    if judged.systems != tuple(sorted((pair.a, pair.b))) or judged.automatic != _automatic(pair):
        return False
    return {"split": judged.split.value, "category": judged.category}.get(dimension, stored) == stored


def _automatic(pair: PairSummary) -> bool:
    return pair.rater_kind is RaterKind.AUTOMATIC
