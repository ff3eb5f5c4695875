"""Leads from the end of a pack to its pairs, in which errors are marked, and stores the marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ftcompare.core.errors import FTCompareError
from ftcompare.ui.pages.rate.pair_tools import PairTools
from ftcompare.ui.pages.rate.screens import RateScreens
from ftcompare.ui.pages.rate.signals import RatingSignals
from ftcompare.ui.pages.rate.submission import Submission

if TYPE_CHECKING:
    from ftcompare.app.review.pack_marks import PackMarks


class MarkingFlow(QObject):
    """Shows the marking screen, sends its changes to the pack, and shows the result."""

    def __init__(
        self,
        view: RateScreens,
        tools: PairTools,
        submission: Submission,
        signals: RatingSignals,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._view, self._screen, self._tools = view, view.marking, tools
        self._submission, self._signals = submission, signals
        screen = self._screen
        view.done.mark_errors.connect(self.show)
        screen.kept.connect(signals.keep_mark)
        screen.taken_back.connect(signals.take_back_mark)
        screen.undone.connect(signals.undo_mark)
        screen.looked_through.connect(signals.look_through)
        screen.closed.connect(self._leave)
        signals.marks_listed.connect(self._on_listed)
        signals.marks_refused.connect(self._on_refused)

    def show(self) -> None:
        """Show the screen; it is filled when the pack has answered."""
        self._screen.forget()
        self._screen.set_markdown(self._view.pair.markdown)
        self._tools.show_marking()
        self._signals.list_marks.emit()

    def _leave(self) -> None:
        """Go back to the end screen, which shows the number of marks."""
        self._submission.send(self._signals.leave_answer.emit)

    def _on_listed(self, marks: PackMarks, told: str) -> None:
        self._screen.show_marks(marks, told)

    def _on_refused(self, error: FTCompareError) -> None:
        """Show an error; nothing was stored, and the earlier marks stay on the screen."""
        self._screen.say(str(error))
