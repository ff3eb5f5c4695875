"""Leads from a break or the end to the answers for which raters say whether they decline, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ftcompare.app.rate.rating_session import RATING_CLOSED, RatingView
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.pages.rate.pair_tools import PairTools
from ftcompare.ui.pages.rate.screens import RateScreens
from ftcompare.ui.pages.rate.signals import RatingSignals

if TYPE_CHECKING:
    from ftcompare.app.rate.refusal_labels import RefusalsView


class RefusalFlow(QObject):
    """Offers the answers if there are any, sends the rater's labels, and shows the next answer."""

    def __init__(self, view: RateScreens, tools: PairTools, signals: RatingSignals, parent: QObject) -> None:
        super().__init__(parent)
        self._screen, self._tools, self._signals = view.refusals, tools, signals
        self._rows = (view.pause.confirm, view.done.confirm, view.confirm_empty, view.confirm_closed)
        self._rater, self._pairs_left = "", False
        for row in self._rows:
            row.wanted.connect(self.show)
        self._screen.named.connect(signals.list_refusals)
        self._screen.said.connect(signals.label_refusal)
        self._screen.undone.connect(signals.undo_refusal)
        self._screen.closed.connect(tools.leave_refusals)
        signals.shown.connect(self._on_session)
        signals.refused.connect(self._on_closed)
        signals.refusals_listed.connect(self._on_listed)
        signals.refusals_refused.connect(self._on_refused)

    def show(self) -> None:
        """Show the answers; ask for a name first if none is given yet."""
        self._screen.set_markdown(self._tools.markdown)
        self._tools.show_refusals()
        if self._rater:
            self._signals.list_refusals.emit(self._rater)
        else:
            self._screen.ask_name()

    def _on_session(self, view: RatingView, _: object) -> None:
        self._rater, self._pairs_left = view.rater, view.remaining > 0
        self._tell(view.confirmed, view.to_confirm)

    def _on_closed(self, error: FTCompareError, _: object) -> None:
        """Offer the answers in an unblinded study: only pairs cannot be judged there any more."""
        if error.code == RATING_CLOSED:
            self._rater, self._pairs_left = "", False
            self._signals.list_refusals.emit("")

    def _on_listed(self, found: RefusalsView) -> None:
        self._tell(found.done, found.total)
        if found.rater and self._screen.isVisible():
            self._rater = found.rater
            self._screen.show_view(found)

    def _on_refused(self, error: FTCompareError) -> None:
        self._screen.say(error)

    def _tell(self, done: int, total: int) -> None:
        for row in self._rows:
            row.tell(done, total, pairs_left=self._pairs_left)
