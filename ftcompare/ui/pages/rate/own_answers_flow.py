"""Leads to the list of a rater's own answers, to one of its pairs, and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject

from ftcompare.core.blinding import GivenAnswer
from ftcompare.core.study import AllocationId
from ftcompare.ui.pages.rate.pair_tools import PairTools
from ftcompare.ui.pages.rate.screens import RateScreens
from ftcompare.ui.pages.rate.signals import RatingSignals
from ftcompare.ui.pages.rate.submission import Submission


class OwnAnswersFlow(QObject):
    """Shows the list, and opens a pair of it again."""

    def __init__(
        self,
        view: RateScreens,
        tools: PairTools,
        submission: Submission,
        signals: RatingSignals,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._screen, self._tools = view.own_answers, tools
        self._submission, self._signals = submission, signals
        view.done.list_answers.connect(self.show)
        self._screen.opened.connect(self._look_again)
        signals.answers_listed.connect(self._on_listed)

    def show(self) -> None:
        """Show the list; it is filled when the study has answered."""
        self._tools.show_answers()
        self._signals.list_answers.emit()

    def leave(self) -> bool:
        """Leave a judged pair unchanged; returns False if none is open."""
        changing = self._tools.shown is not None and bool(self._tools.shown.changing)
        if changing:
            self._submission.send(self._signals.leave_answer.emit)
        return changing

    def _look_again(self, allocation: AllocationId) -> None:
        self._submission.send(partial(self._signals.look_again.emit, allocation))

    def _on_listed(self, answers: Sequence[GivenAnswer]) -> None:
        if self._tools.shown is not None:
            self._screen.set_answers(answers, self._tools.shown.scale)
