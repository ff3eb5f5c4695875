"""Carries out, on the study's thread, what the rating page and its screens for marks and refusals request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ftcompare.app.rate.rater_choice import KnownRaters
from ftcompare.app.rate.rating_session import RatingSession, RatingView, open_session, who_may_rate
from ftcompare.app.rate.refusal_labels import RefusalsView, label_refusal, refusals_view, undo_refusal
from ftcompare.app.study.opening import PackFile, StudyFile
from ftcompare.core.annotations import Mark, RefusalSaid
from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.core.study import AllocationId, Draft, ResponseId
from ftcompare.ui.pages.rate.signals import Intent, RatingSignals
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.widgets.open_in_system import show_in_folder

if TYPE_CHECKING:
    from ftcompare.app.review.pack_marks import MarkedSide, PackMarks


class RatingPresenter(QObject):
    """Connects a page to the open study or pack.

    Args:
        signals: the page's signals.
        tasks: runs operations on the thread of the study or pack.
        clock: returns the current time in UTC.
        rng: source of order and sides of pairs that are not allocated yet.
        remember_rater: stores the name for the next time; not called for a pack, whose rater is known.
    """

    def __init__(
        self,
        signals: RatingSignals,
        tasks: StudyTasks,
        *,
        clock: Callable[[], datetime],
        rng: Random,
        remember_rater: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._signals = signals
        self._tasks = tasks
        self._clock = clock
        self._rng = rng
        self._remember_rater = remember_rater
        self._session: RatingSession | None = None
        signals.ask_raters.connect(self._ask_raters)
        signals.begin.connect(self._begin)
        signals.save_draft.connect(self._save_draft)
        signals.list_answers.connect(self._list_answers)
        signals.show_file.connect(show_in_folder)
        MarkingPresenter(signals, tasks, clock, self)
        RefusalPresenter(signals, tasks, clock, self)
        for asked, intent, operation in (
            (signals.judge, Intent.JUDGE, RatingSession.judge),
            (signals.skip, Intent.SKIP, RatingSession.skip),
            (signals.guess, Intent.GUESS, RatingSession.guess),
            (signals.practised, Intent.PRACTISED, RatingSession.practised),
            (signals.undo, Intent.UNDO, RatingSession.undo),
            (signals.look_again, Intent.LOOK, RatingSession.look_again),
            (signals.leave_answer, Intent.LEAVE, RatingSession.view),
            (signals.return_to_skipped, Intent.RETURN, RatingSession.return_to_skipped),
            (signals.leave_skipped, Intent.GO_ON, RatingSession.leave_skipped),
        ):
            asked.connect(partial(self._do, intent, operation))

    def _ask_raters(self) -> None:
        """Send the names that the page may offer; a pack is opened for the rater whom it was made for."""

        def show(known: KnownRaters | None) -> None:
            if known is None:
                self._begin("")
            else:
                self._signals.raters_known.emit(known)

        self._tasks.rate(who_may_rate, show, partial(self._refuse, Intent.BEGIN))

    def _begin(self, rater: str) -> None:
        def show(view: RatingView) -> None:
            if view.pack is None:
                self._remember_rater(rater)
            self._show(Intent.BEGIN, view)

        self._tasks.rate(
            lambda log: self._open(partial(open_session, log, rater, clock=self._clock, rng=self._rng)),
            show,
            partial(self._refuse, Intent.BEGIN),
        )

    def _open(self, new_session: Callable[[], RatingSession]) -> RatingView:
        """Open a session on the study's thread, where earlier requests of another rater are done by then."""
        self._session = None
        self._session = new_session()
        return self._session.view()

    def _do(self, intent: Intent, operation: Callable[..., RatingView], *values: object) -> None:
        self._tasks.rate(
            lambda _: operation(self._present(), *values),
            partial(self._show, intent),
            partial(self._refuse, intent),
        )

    def _list_answers(self) -> None:
        signals, refuse = self._signals, partial(self._refuse, Intent.LOOK)
        self._tasks.rate(lambda _: self._present().given(), signals.answers_listed.emit, refuse)

    def _save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        self._tasks.rate(
            lambda _: self._present().save_draft(allocation, draft),
            lambda _: self._signals.draft_saved.emit(),
            partial(self._refuse, Intent.DRAFT),
        )

    def _present(self) -> RatingSession:
        if self._session is None:
            raise BugError("Nobody has begun to rate.", code="no-session")
        return self._session

    def _show(self, intent: Intent, view: RatingView) -> None:
        self._signals.shown.emit(view, intent)

    def _refuse(self, intent: Intent, error: FTCompareError) -> None:
        self._signals.refused.emit(error, intent)


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


QUOTE_LENGTH = 60


class MarkingPresenter(QObject):
    """Connects the page to the marks of the open pack; arguments as `RatingPresenter`."""

    def __init__(
        self, signals: RatingSignals, tasks: StudyTasks, clock: Callable[[], datetime], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._signals, self._tasks, self._clock = signals, tasks, clock
        signals.list_marks.connect(lambda: self._run(lambda _: ""))
        signals.keep_mark.connect(self._keep)
        signals.take_back_mark.connect(self._take_back)
        signals.undo_mark.connect(lambda: self._run(self._undone))
        signals.look_through.connect(self._look_through)

    def _keep(self, mark: Mark, replaces: int | None) -> None:
        def keep(pack: PackFile) -> str:
            from ftcompare.app.review.pack_marks import keep_mark

            keep_mark(pack, mark, replaces, now=self._clock())
            return ""

        self._run(keep)

    def _take_back(self, number: int) -> None:
        def take_back(pack: PackFile) -> str:
            from ftcompare.app.review.pack_marks import take_back_mark

            take_back_mark(pack, number, now=self._clock())
            return "The mark is taken back."

        self._run(take_back)

    def _look_through(self, side: MarkedSide, done: bool) -> None:
        def look(pack: PackFile) -> str:
            from ftcompare.app.review.pack_marks import set_looked_through

            set_looked_through(pack, side, done=done, now=self._clock())
            return ""

        self._run(look)

    def _undone(self, pack: PackFile) -> str:
        from ftcompare.app.review.pack_marks import undo_mark

        undone = undo_mark(pack, now=self._clock())
        if undone is None or not isinstance(undone.given, Mark):
            return "No mark is left to take back."
        quote = one_line(undone.given.quote, QUOTE_LENGTH)
        return f"Undone: the mark “{quote}”." if quote else "Undone: a mark."

    def _run(self, operation: Callable[[PackFile], str]) -> None:
        """Run an operation in the pack, and then show all marks with the message that it returns."""

        def act(file: object) -> tuple[PackMarks, str]:
            from ftcompare.app.review import terminology  # noqa: F401 - loaded here, used on the window's thread
            from ftcompare.app.review.pack_marks import pairs_to_mark

            if not isinstance(file, PackFile):
                raise BugError("Marks are made in packs alone.", code="no-pack")
            told = operation(file)
            return pairs_to_mark(file), told

        def show(found: tuple[PackMarks, str]) -> None:
            self._signals.marks_listed.emit(*found)

        self._tasks.rate(act, show, self._signals.marks_refused.emit)
