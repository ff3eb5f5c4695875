"""Carries out the rating page's requests, with error marks and refusals, on the study's thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from ftcompare.app.rate import rating_session
from ftcompare.app.rate.refusal_labels import RefusalsView, label_refusal, refusals_view, undo_refusal
from ftcompare.app.study.opening import PackFile, StudyFile
from ftcompare.core.annotations import Mark, RefusalSaid
from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.core.language import tr
from ftcompare.core.study import AllocationId, Draft, ResponseId
from ftcompare.ui.pages.rate.page import RatePage
from ftcompare.ui.pages.rate.state import Intent, RatingRequests
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.text.response_text import prepare_markdown
from ftcompare.ui.widgets.file_dialogs import show_in_folder

if TYPE_CHECKING:
    from ftcompare.app.review.pack_marks import MarkedSide, PackMarks

QUOTE_LENGTH = 60
PREPARED_AFTER = 10  # milliseconds, in which the pair that is shown now is painted


class MarkingFlow(QObject):
    """Shows the marking screen, makes its changes in the pack, and shows the result."""

    def __init__(self, page: RatePage, presenter: RatingPresenter) -> None:
        super().__init__(page)
        self._page, self._presenter = page, presenter
        self._screen = screen = page.view.marking
        page.view.done.mark_errors.connect(self.show)
        screen.kept.connect(partial(self._run, _keep))
        screen.taken_back.connect(partial(self._run, _take_back))
        screen.undone.connect(self.undo)
        screen.looked_through.connect(partial(self._run, _look_through))
        # The end screen shows the number of marks.
        screen.closed.connect(partial(presenter.send, Intent.LEAVE))

    def show(self) -> None:
        self._screen.forget()
        self._screen.set_markdown(self._page.view.pair.markdown)
        self._page.tools.cover(self._screen)
        self.list_marks()

    def list_marks(self) -> None:
        self._run(lambda _pack, _now: "")

    def undo(self) -> None:
        self._run(_undo)

    def _run(self, operation: Callable[..., str], *values: object) -> None:
        """Run an operation in the pack, then show all stored marks, and the message that it returns."""

        def act(file: object) -> tuple[PackMarks, str]:
            from ftcompare.app.review import terminology  # noqa: F401 - loaded here, used on the window's thread
            from ftcompare.app.review.pack_marks import pairs_to_mark

            if not isinstance(file, PackFile):
                raise BugError("Errors can be marked only in rater packs.", code="no-pack")
            message = operation(file, self._presenter.clock(), *values)
            return pairs_to_mark(file), message

        self._presenter.tasks.rate(
            act,
            lambda result: self._screen.show_marks(*result),
            lambda error: self._screen.told.setText(str(error)),
        )


def _keep(pack: PackFile, now: datetime, mark: Mark, replaces: int | None) -> str:
    from ftcompare.app.review.pack_marks import keep_mark

    keep_mark(pack, mark, replaces, now=now)
    return ""


def _take_back(pack: PackFile, now: datetime, number: int) -> str:
    from ftcompare.app.review.pack_marks import take_back_mark

    take_back_mark(pack, number, now=now)
    return tr("The mark was removed.")


def _look_through(pack: PackFile, now: datetime, side: MarkedSide, done: bool) -> str:
    from ftcompare.app.review.pack_marks import set_looked_through

    set_looked_through(pack, side, done=done, now=now)
    return ""


def _undo(pack: PackFile, now: datetime) -> str:
    from ftcompare.app.review.pack_marks import undo_mark

    undone = undo_mark(pack, now=now)
    if undone is None or not isinstance(undone.given, Mark):
        return tr("There is no mark to undo.")
    quote = one_line(undone.given.quote, QUOTE_LENGTH)
    return tr("Undone: the mark “{quote}”.", quote) if quote else tr("Undone: a mark.")


class RefusalFlow(QObject):
    """Offers the answers if there are any, stores the rater's labels, and shows the next answer."""

    def __init__(self, page: RatePage, presenter: RatingPresenter) -> None:
        super().__init__(page)
        self._page, self._presenter = page, presenter
        view, self._screen = page.view, page.view.refusals
        self._rows = (view.pause.confirm, view.done.confirm, view.confirm_empty, view.confirm_closed)
        self._rater, self._pairs_left = "", False
        for row in self._rows:
            row.wanted.connect(self.show)
        self._screen.named.connect(self.list_refusals)
        self._screen.said.connect(self._label)
        self._screen.undone.connect(self._undo)
        presenter.shown.connect(self._on_session)
        presenter.refused.connect(self._on_closed)

    def show(self) -> None:
        self._screen.set_markdown(self._page.view.pair.markdown)
        self._page.tools.cover(self._screen)
        if self._rater:
            self.list_refusals(self._rater)
        else:
            self._screen.ask_name()

    def list_refusals(self, rater: str) -> None:
        self._run(lambda study: refusals_view(study, rater))

    def _label(self, rater: str, response: ResponseId, label: RefusalSaid) -> None:
        now = self._presenter.clock
        self._run(lambda study: label_refusal(study, rater, response, RefusalSaid(label), now=now()))

    def _undo(self, rater: str) -> None:
        self._run(lambda study: undo_refusal(study, rater, now=self._presenter.clock()))

    def _run(self, operation: Callable[[StudyFile], RefusalsView]) -> None:
        """Run an operation in the study, then show the result; in a pack there are no refusals to label."""

        def act(file: StudyFile | PackFile) -> RefusalsView:
            if isinstance(file, PackFile):
                return RefusalsView("", None, 0, 0, undo=False)
            return operation(file)

        self._presenter.tasks.rate(act, self._on_listed, self._screen.say)

    def _on_session(self, view: rating_session.RatingView, _: object) -> None:
        self._rater, self._pairs_left = view.rater, view.remaining > 0
        self._tell(view.confirmed, view.to_confirm)

    def _on_closed(self, error: FTCompareError, _: object) -> None:
        """Offer the answers in an unblinded study: only pairs cannot be judged there any more."""
        if error.code == rating_session.RATING_CLOSED:
            self._rater, self._pairs_left = "", False
            self.list_refusals("")

    def _on_listed(self, view: RefusalsView) -> None:
        self._tell(view.done, view.total)
        if view.rater and self._screen.isVisible():
            self._rater = view.rater
            self._screen.show_view(view)

    def _tell(self, done: int, total: int) -> None:
        for row in self._rows:
            row.tell(done, total, pairs_left=self._pairs_left)


_OPERATIONS: dict[Intent, Callable[..., rating_session.RatingView]] = {
    Intent.JUDGE: rating_session.RatingSession.judge,
    Intent.SKIP: rating_session.RatingSession.skip,
    Intent.GUESS: rating_session.RatingSession.guess,
    Intent.PRACTISED: rating_session.RatingSession.practised,
    Intent.SURVEY: rating_session.RatingSession.answer_survey,
    Intent.UNDO: rating_session.RatingSession.undo,
    Intent.LOOK: rating_session.RatingSession.look_again,
    Intent.LEAVE: rating_session.RatingSession.view,
    Intent.RETURN: rating_session.RatingSession.return_to_skipped,
    Intent.GO_ON: rating_session.RatingSession.leave_skipped,
}


class RatingPresenter(RatingRequests):
    """Carries out one change at a time, and again if storing failed.

    ``rng`` draws order and sides of pairs that are not allocated yet; ``remember_rater`` stores the name for
    the next time, not for a pack, whose rater is known.
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
        self.tasks = tasks
        self.clock = clock
        self._rng = rng
        self._remember_rater = remember_rater
        self._session: rating_session.RatingSession | None = None
        self._repeat: Callable[[], None] = lambda: None
        self._soon = QTimer(self, singleShot=True, interval=PREPARED_AFTER)
        self._soon.timeout.connect(self._prepare_next)

    def attach(self, page: RatePage) -> None:
        self.setParent(page)
        page.view.done.show_file.connect(show_in_folder)
        self.marks = MarkingFlow(page, self)
        self.refusals = RefusalFlow(page, self)

    def ask_raters(self) -> None:
        def show(known: rating_session.KnownRaters | None) -> None:
            if known is None:
                self.begin("")
            else:
                self.raters_known.emit(known)

        self.tasks.rate(rating_session.who_may_rate, show, partial(self._refuse, Intent.BEGIN))

    def begin(self, rater: str) -> None:
        def open_it(file: StudyFile | PackFile) -> rating_session.RatingView:
            self._session = None  # on the study's thread, where earlier requests of another rater are done
            self._session = rating_session.open_session(file, rater, clock=self.clock, rng=self._rng)
            return self._session.view()

        def show(view: rating_session.RatingView) -> None:
            if view.pack is None:
                self._remember_rater(rater)
            self._show(Intent.BEGIN, view)

        self.tasks.rate(open_it, show, partial(self._refuse, Intent.BEGIN))

    def send(self, intent: Intent, *values: object) -> None:
        self._repeat = partial(self.send, intent, *values)
        self.sending.emit(intent, values)
        operation = _OPERATIONS[intent]
        self.tasks.rate(
            lambda _: operation(self._present(), *values),
            partial(self._show, intent),
            partial(self._refuse, intent),
        )

    def retry(self) -> None:
        self._repeat()

    def list_answers(self) -> None:
        refuse = partial(self._refuse, Intent.LOOK)
        self.tasks.rate(lambda _: self._present().given(), self.answers_listed.emit, refuse)

    def save_draft(self, allocation: AllocationId, draft: Draft) -> None:
        self.tasks.rate(
            lambda _: self._present().save_draft(allocation, draft),
            lambda _: self.draft_saved.emit(),
            partial(self._refuse, Intent.DRAFT),
        )

    def _present(self) -> rating_session.RatingSession:
        if self._session is None:
            raise BugError(tr("Nobody has started rating."), code="no-session")
        return self._session

    def _show(self, intent: Intent, view: rating_session.RatingView) -> None:
        change = {Intent.JUDGE: 1, Intent.UNDO: -1}.get(intent, 0)
        self.judged = max(self.judged + change, 0)
        self.shown.emit(view, intent)
        if view.phase is rating_session.RatingPhase.JUDGE:
            self._soon.start()

    def _prepare_next(self) -> None:
        """Prepare the texts of the next pair while this one is read."""

        def prepare(_: object) -> None:
            item = self._present().upcoming()
            for text in (item.left, item.right) if item else ():
                prepare_markdown(text)

        self.tasks.rate(prepare, lambda _: None, lambda _: None)

    def _refuse(self, intent: Intent, error: FTCompareError) -> None:
        self.failed = intent
        self.refused.emit(error, intent)
