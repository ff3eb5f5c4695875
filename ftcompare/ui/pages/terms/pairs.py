"""Judged pairs: the list at the left, the pair in hand at the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ftcompare.core.study import AllocationId
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.context import PageContext
from ftcompare.ui.owned_tasks import OwnedTasks
from ftcompare.ui.pages.terms.review import PairReviewView
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme import L
from ftcompare.ui.widgets.basics import EmptyState, waiting
from ftcompare.ui.widgets.columns import ScrollPanel
from ftcompare.ui.widgets.table import Column, DataTable, Row

if TYPE_CHECKING:
    from ftcompare.app.terminology import JudgedPair, PairReview

LIST_WIDTH = 420
LIST_SHARE = 0.36
RATER_COLUMN = 2
Accepts: TypeAlias = "Callable[[JudgedPair], bool]"


class JudgedPairs(QWidget):
    """The standing judgments of a study, one of them open. Only what is judged is ever shown here."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._pairs: dict[AllocationId, JudgedPair] = {}
        self._wanted: AllocationId | None = None
        self.table = DataTable(
            context.theme,
            self.tr("Judged pairs"),
            (
                Column(self.tr("Prompt"), stretch=1),
                Column(self.tr("Verdict")),
                Column(self.tr("Rater")),
            ),
            self.tr("Filter pairs"),
            self.tr("Words of the prompt, verdict, rater, category, split or comment"),
        )
        self.review = PairReviewView(context)
        self._stack = QStackedWidget()
        self._arrange()
        self.table.current_changed.connect(self._open)
        context.theme.changed.connect(self._set_list_width)

    def load(self, accepts: Accepts = lambda _: True) -> None:
        """Fetch the judgments afresh and show those that pass a test."""
        self._tasks.run(_listed, lambda found: self._show(*found, accepts))

    def clear(self) -> None:
        """Show nothing of before while others are fetched."""
        self._stack.setCurrentIndex(0)

    def search(self) -> None:
        """Put the cursor into the filter field."""
        self.table.search()

    def _show(self, pairs: tuple[JudgedPair, ...], notice: str, accepts: Accepts) -> None:
        self.review.notice.set(notice)
        kept = [pair for pair in pairs if accepts(pair)]
        self._pairs = {pair.allocation: pair for pair in kept}
        self.table.set_rows([_row(pair) for pair in kept])
        self.table.view.setColumnHidden(RATER_COLUMN, len({pair.rater for pair in kept}) < 2)
        self._stack.setCurrentIndex((2 if kept else 3) if pairs else 1)
        if kept:
            self.table.select(0)

    def _open(self, allocation: AllocationId | None) -> None:
        self._wanted = allocation
        if allocation is not None:
            self._tasks.run(partial(_reviewed, allocation=allocation), self._show_review)

    def _show_review(self, found: PairReview) -> None:
        if found.allocation == self._wanted and found.allocation in self._pairs:
            self.review.show_review(found, self._pairs[found.allocation].rater)

    def _arrange(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(L)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.table)
        scroll = ScrollPanel()
        scroll.setAccessibleName(self.tr("The pair in hand"))
        scroll.setWidget(self.review)
        self._splitter.addWidget(scroll)
        self._splitter.setStretchFactor(1, 1)
        self._stack.addWidget(waiting(self.tr("Fetching the judged pairs…")))
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._splitter)
        self._stack.addWidget(waiting(self.tr("No judged pair belongs here.")))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    def _empty(self) -> EmptyState:
        empty = EmptyState(
            self.tr("No judged pairs yet"),
            self.tr(
                "Each judged pair will stand here with its two texts side by side, glossary terms and "
                "differing words marked. Marks could tell who wrote what, so a pair comes after its judgment."
            ),
            self.tr("Rate now"),
            lambda: self._context.trigger("page.rate"),
        )
        empty.button.setObjectName("pairs_rate_now")
        return empty

    def showEvent(self, event: QShowEvent) -> None:
        """Now the width is known."""
        super().showEvent(event)
        self._set_list_width()

    def _set_list_width(self) -> None:
        """As wide as its text wants, but never so wide that the texts have no room."""
        wanted = min(self._context.theme.px(LIST_WIDTH), round(self.width() * LIST_SHARE))
        self._splitter.setSizes([wanted, self.width() - wanted])


def _listed(study: StudyFile) -> tuple[tuple[JudgedPair, ...], str]:
    """On the study's thread, where loading the libraries of the terms holds nobody up."""
    from ftcompare.app.terminology import judged_pairs

    return judged_pairs(study), study.study().notice


def _reviewed(study: StudyFile, allocation: AllocationId) -> PairReview:
    from ftcompare.app.terminology import review

    return review(study, allocation)


def _row(pair: JudgedPair) -> Row:
    about = " · ".join(part for part in (*pair.systems, pair.category, pair.split.value) if part)
    return Row(
        key=pair.allocation,
        cells=(pair.prompt, pair.verdict, pair.rater),
        tip=one_line(pair.prompt, 400),
        hidden=f"{about} {pair.comment} {'flagged' if pair.flagged else ''}",
    )
