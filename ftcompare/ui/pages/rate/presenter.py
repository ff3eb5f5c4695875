"""Carries out the rating page's requests on the thread that owns the open study or pack."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random

from ftcompare.app.rate.rater_choice import KnownRaters
from ftcompare.app.rate.rating_session import RatingSession, RatingView, open_session, who_may_rate
from ftcompare.app.study.opening import PackFile, StudyFile
from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.core.study import AllocationId, Draft
from ftcompare.ui.pages.rate.marks_and_refusals_presenter import MarkingFlow, RefusalFlow
from ftcompare.ui.pages.rate.page import RatePage
from ftcompare.ui.pages.rate.requests import Intent, RatingRequests
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.widgets.file_dialogs import show_in_folder

_OPERATIONS: dict[Intent, Callable[..., RatingView]] = {
    Intent.JUDGE: RatingSession.judge,
    Intent.SKIP: RatingSession.skip,
    Intent.GUESS: RatingSession.guess,
    Intent.PRACTISED: RatingSession.practised,
    Intent.UNDO: RatingSession.undo,
    Intent.LOOK: RatingSession.look_again,
    Intent.LEAVE: RatingSession.view,
    Intent.RETURN: RatingSession.return_to_skipped,
    Intent.GO_ON: RatingSession.leave_skipped,
}


class RatingPresenter(RatingRequests):
    """Carries out one change at a time, and again if storing failed.

    Args:
        rng: source of order and sides of pairs that are not allocated yet.
        remember_rater: stores the name for the next time; not called for a pack, whose rater is known.
    """

    def __init__(
        self,
        tasks: StudyTasks,
        *,
        clock: Callable[[], datetime],
        rng: Random,
        remember_rater: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._tasks = tasks
        self._clock = clock
        self._rng = rng
        self._remember_rater = remember_rater
        self._session: RatingSession | None = None
        self._repeat: Callable[[], None] = lambda: None

    def attach(self, page: RatePage) -> None:
        """Serve a page that was made with these requests, and its screens for marks and refusals."""
        self.setParent(page)
        page.view.done.show_file.connect(show_in_folder)
        leave = partial(self.send, Intent.LEAVE)
        self.marks = MarkingFlow(page.view, page.tools, self._tasks, self._clock, leave)
        self.refusals = RefusalFlow(page.view, page.tools, self._tasks, self._clock, self)

    def ask_raters(self) -> None:
        def show(known: KnownRaters | None) -> None:
            if known is None:
                self.begin("")
            else:
                self.raters_known.emit(known)

        self._tasks.rate(who_may_rate, show, partial(self._refuse, Intent.BEGIN))

    def begin(self, rater: str) -> None:
        def open_it(file: StudyFile | PackFile) -> RatingView:
            self._session = None  # on the study's thread, where earlier requests of another rater are done
            self._session = open_session(file, rater, clock=self._clock, rng=self._rng)
            return self._session.view()

        def show(view: RatingView) -> None:
            if view.pack is None:
                self._remember_rater(rater)
            self._show(Intent.BEGIN, view)

        self._tasks.rate(open_it, show, partial(self._refuse, Intent.BEGIN))

    def send(self, intent: Intent, *values: object) -> None:
        self._repeat = partial(self.send, intent, *values)
        self.sending.emit(intent, values)
        operation = _OPERATIONS[intent]
        self._tasks.rate(
            lambda _: operation(self._present(), *values),
            partial(self._show, intent),
            partial(self._refuse, intent),
        )

    def retry(self) -> None:
        self._repeat()

    def list_answers(self) -> None:
        refuse = partial(self._refuse, Intent.LOOK)
        self._tasks.rate(lambda _: self._present().given(), self.answers_listed.emit, refuse)

    def save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        self._tasks.rate(
            lambda _: self._present().save_draft(allocation, draft),
            lambda _: self.draft_saved.emit(),
            partial(self._refuse, Intent.DRAFT),
        )

    def _present(self) -> RatingSession:
        if self._session is None:
            raise BugError("Nobody has begun to rate.", code="no-session")
        return self._session

    def _show(self, intent: Intent, view: RatingView) -> None:
        change = {Intent.JUDGE: 1, Intent.UNDO: -1}.get(intent, 0)
        self.judged = max(self.judged + change, 0)
        self.shown.emit(view, intent)

    def _refuse(self, intent: Intent, error: FTCompareError) -> None:
        self.failed = intent
        self.refused.emit(error, intent)
