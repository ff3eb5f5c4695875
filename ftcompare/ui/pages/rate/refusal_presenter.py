"""Carries out the requests of the screen for refusals on the thread of the open study."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject

from ftcompare.app.rate.refusal_labels import RefusalsView, label_refusal, refusals_view, undo_refusal
from ftcompare.app.study.opening import PackFile, StudyFile
from ftcompare.core.annotations import RefusalSaid
from ftcompare.core.study import ResponseId
from ftcompare.ui.pages.rate.signals import RatingSignals
from ftcompare.ui.study_thread.study_tasks import StudyTasks


class RefusalPresenter(QObject):
    """Connects the page to the answers of the open study; arguments as `RatingPresenter`."""

    def __init__(
        self, signals: RatingSignals, tasks: StudyTasks, clock: Callable[[], datetime], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._signals, self._tasks, self._clock = signals, tasks, clock
        signals.list_refusals.connect(lambda rater: self._run(lambda study: refusals_view(study, rater)))
        signals.label_refusal.connect(self._label)
        signals.undo_refusal.connect(
            lambda rater: self._run(lambda study: undo_refusal(study, rater, now=self._clock()))
        )

    def _label(self, rater: str, response: ResponseId, said: RefusalSaid) -> None:
        self._run(lambda study: label_refusal(study, rater, response, RefusalSaid(said), now=self._clock()))

    def _run(self, operation: Callable[[StudyFile], RefusalsView]) -> None:
        """Run an operation in the study, then show the result; in a pack there are no refusals to label."""

        def act(file: StudyFile | PackFile) -> RefusalsView:
            if isinstance(file, PackFile):
                return RefusalsView("", None, 0, 0, undo=False)
            return operation(file)

        self._tasks.rate(act, self._signals.refusals_listed.emit, self._signals.refusals_refused.emit)
