"""Joins the live page's port to the open study and to the window's engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from PySide6.QtCore import QObject, QTimer

from ftcompare.app.live.live_session import NOT_HERE, LiveSession, LiveStep, require_answers
from ftcompare.app.live.live_view import LiveView
from ftcompare.app.rate.rating_session import RATING_CLOSED
from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.core.study import AllocationId, RaterKind, Verdict
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.engine.engine_lease import engine_host
from ftcompare.ui.pages.live.signals import LivePort
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import StudyTasks

UNUSED_MS = 10 * 60 * 1000
"""So long after the page was left, the models are kept in memory."""

CLOSED = NOT_HERE | {RATING_CLOSED, "no-study", "study-closed"}
"""Codes of the errors after which the page cannot be used as things are."""


@dataclass(eq=False, frozen=True, slots=True)
class _Job:
    """One prompt on its way: identity tells what comes late of an earlier one apart."""

    session: LiveSession


class LiveDesk(QObject):
    """Answers a port. One prompt at a time has the engine; what comes later of an earlier one is dropped.

    Args:
        port: the page's.
        tasks: the way to the study.
        explain: shows an error in full, systems and all, outside the page.
        clock: the time now, in UTC.
        rng: source of the sides.
        backend: ``local``, or ``fake`` for tests.
    """

    def __init__(
        self,
        port: LivePort,
        tasks: StudyTasks,
        *,
        explain: Callable[[FTCompareError], None],
        clock: Callable[[], datetime],
        rng: Random,
        backend: str,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._port = port
        self._tasks = OwnedTasks(self, tasks)
        self._explain = explain
        self._clock = clock
        self._rng = rng
        self._backend = backend
        self._session: LiveSession | None = None
        self._job: _Job | None = None
        self._stopping = False
        self.engine = engine_host(tasks).seat("Live is answering a prompt.", self)
        self.engine.heard.connect(self._on_event)
        self._unused = QTimer(self, singleShot=True, interval=UNUSED_MS)
        self._unused.timeout.connect(self._unload)
        self._connect()

    def _connect(self) -> None:
        port = self._port
        port.ask_raters.connect(self._raters)
        port.begin.connect(self._begin)
        port.ask.connect(self._ask)
        port.cancel.connect(self._cancel)
        port.vote.connect(self._vote)
        port.pass_by.connect(self._pass_by)
        port.undo.connect(self._undo)
        port.explain.connect(self._tell_more)
        port.rest.connect(self._unused.start)

    @property
    def working(self) -> bool:
        """Whether a prompt is being answered."""
        return self._job is not None

    def shut_down(self) -> None:
        """End the worker, unless another page has it, and forget the study."""
        self._unused.stop()
        self._job, self._session = None, None
        self.engine.shut_down()

    # Who votes.

    def _raters(self) -> None:
        def names(study: StudyFile) -> tuple[str, ...]:
            require_answers(study, self._backend)
            return tuple(r.name for r in study.raters.all() if r.kind is RaterKind.HUMAN)

        self._tasks.run(names, self._port.raters_known.emit, self._port.refused.emit)

    def _begin(self, rater: str) -> None:
        self._unused.stop()

        def open_session(study: StudyFile) -> LiveView:
            require_answers(study, self._backend)
            session = self._session
            if session is None or not session.belongs_to(study):
                self._session = session = LiveSession(
                    study, rater, clock=self._clock, rng=self._rng, backend=self._backend
                )
            elif session.rater != rater:
                return session.rate_as(rater)
            return session.reopened()

        self._tasks.run(open_session, self._port.shown.emit, self._port.refused.emit)

    # Asking.

    def _ask(self, text: str) -> None:
        session = self._session
        if self.working or session is None:
            return
        try:
            self.engine.take()
        except UserError as busy:
            self._give_up(session, busy)
            return
        self._job, self._stopping = _Job(session), False
        kept = self.engine.kept
        self._step(lambda: session.ask(text, kept=kept))

    def _cancel(self) -> None:
        if self.working and not self._stopping:
            self._stopping = True
            if not self.engine.cancel():
                self._on_event(protocol.Finished(cancelled=True))

    def _on_event(self, event: protocol.Event) -> None:
        if self._job is not None:
            session = self._job.session
            self._step(lambda: session.handle(event))

    def _step(self, work: Callable[[], LiveStep]) -> None:
        """Take a step on the study's thread, after those before it, and what follows from it here."""
        job = self._job
        if job is not None:
            self._tasks.run(
                lambda study: job.session.on(study, work),
                lambda step: self._on_step(job, step),
                lambda error: self._on_error(job, error),
            )

    def _on_step(self, job: _Job, step: LiveStep) -> None:
        if job is not self._job:
            return
        if not step.view.waiting:
            self._end()
        elif not self._stopping:
            for command in step.commands:
                self.engine.send(command)
        self._port.shown.emit(step.view)

    def _on_error(self, job: _Job, error: FTCompareError) -> None:
        """The study could not take what came: nothing of it is shown, and it is said why."""
        if job is self._job:
            self._end()
            self._give_up(job.session, error)

    def _end(self) -> None:
        self._job, self._stopping = None, False
        self.engine.release()

    def _give_up(self, session: LiveSession, error: FTCompareError) -> None:
        if error.code in CLOSED:
            self._port.refused.emit(error)
            return
        self._tasks.run(
            lambda study: session.on(study, lambda: session.give_up(str(error))),
            self._port.shown.emit,
            self._port.refused.emit,
        )

    # Voting.

    def _vote(self, allocation: AllocationId, verdict: Verdict) -> None:
        self._change(lambda session: session.vote(allocation, verdict), self._stored)

    def _pass_by(self) -> None:
        self._change(LiveSession.pass_by, self._port.shown.emit)

    def _undo(self) -> None:
        self._change(LiveSession.undo, self._stored)

    def _change(self, act: Callable[[LiveSession], LiveView], then: Callable[[LiveView], None]) -> None:
        session = self._session
        if session is not None:
            self._tasks.run(
                lambda study: session.on(study, lambda: act(session)), then, self._port.failed.emit
            )

    def _stored(self, view: LiveView) -> None:
        self._port.saved.emit()
        self._port.shown.emit(view)

    def _tell_more(self) -> None:
        def tell(fault: protocol.Fault | None) -> None:
            if fault is not None:
                self._explain(_as_error(fault))

        session = self._session
        if session is not None:
            self._tasks.run(lambda _: session.fault, tell)

    def _unload(self) -> None:
        if not self.working:
            self.engine.shut_down()


def _as_error(fault: protocol.Fault) -> FTCompareError:
    kinds = {"user": UserError, "environment": EnvironmentFault, "bug": BugError}
    return kinds[fault.kind](fault.what, where=fault.where, how=fault.how, code=fault.code)
