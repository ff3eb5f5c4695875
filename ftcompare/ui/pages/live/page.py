"""Live: type a prompt, get a blind pair, vote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from random import Random, SystemRandom

from PySide6.QtCore import QObject, QTimer, Signal

from ftcompare.app.live.live_session import NOT_HERE, LiveSession, LiveStep, begin_session, voters
from ftcompare.app.live.live_view import LiveView
from ftcompare.app.rate.rating_session import RATING_CLOSED
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.language import tr
from ftcompare.ui.engine.run_driver import engine_host
from ftcompare.ui.page_context import Page, PageContext
from ftcompare.ui.pages.live.screens import LiveScreens
from ftcompare.ui.rating.commands import RatePreferences, rate_preferences
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.widgets.layouts import in_column

UNUSED_MS = 10 * 60 * 1000  # milliseconds for which the models are kept in memory after the page was left

CLOSED = NOT_HERE | {RATING_CLOSED, "no-study", "study-closed"}
"""Codes of the errors after which the page cannot be used in the current state."""


class _Prompt:
    """One prompt in progress; late results of an earlier one are recognized by object identity."""

    def __init__(self, session: LiveSession) -> None:
        self.session = session


class LivePresenter(QObject):
    """Connects a page to the study."""

    def __init__(
        self, view: LiveScreens, context: PageContext, *, rng: Random, backend: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._view, self._context = view, context
        self._tasks = OwnedTasks(self, context.tasks)
        now = partial(datetime.now, UTC)
        self._begin_session = partial(begin_session, clock=now, rng=rng, backend=backend)
        self._backend = backend
        self._session: LiveSession | None = None
        self._prompt: _Prompt | None = None
        self._stopping = False
        self.engine = engine_host(context.tasks).seat(tr("Live is answering a prompt."), self)
        self.engine.heard.connect(lambda event: self._step(lambda session: session.handle(event)))
        self._unused = QTimer(self, singleShot=True, interval=UNUSED_MS)
        self._unused.timeout.connect(self._unload)
        view.ask_raters.connect(self._ask_raters)
        view.begun.connect(self._begin)
        view.prompt_sent.connect(self._ask)
        view.stop_asked.connect(self._cancel)
        view.voted.connect(partial(self._change, LiveSession.vote, self._stored))
        view.passed_by.connect(partial(self._change, LiveSession.pass_by, view.show_view))
        view.undo_asked.connect(partial(self._change, LiveSession.undo, self._stored))
        view.earlier.add_asked.connect(partial(self._change, LiveSession.add_to_study, self._added))
        view.ask.explain.connect(self._tell_more)

    @property
    def working(self) -> bool:
        return self._prompt is not None

    def rest(self) -> None:
        """Keep the models in memory for a while, because another page is shown."""
        self._unused.start()

    def shut_down(self) -> None:
        self._unused.stop()
        self._prompt, self._session = None, None
        self.engine.shut_down()

    def _ask_raters(self) -> None:
        view = self._view
        self._tasks.run(lambda study: voters(study, self._backend), view.show_raters, view.show_refusal)

    def _begin(self, rater: str) -> None:
        self._unused.stop()
        session, view = self._session, self._view

        def show(opened: tuple[LiveSession, LiveView]) -> None:
            self._session = opened[0]
            view.show_view(opened[1])

        self._tasks.run(lambda study: self._begin_session(session, study, rater), show, view.show_refusal)

    def _ask(self, text: str, go_on: bool) -> None:
        session = self._session
        if self.working or session is None:
            return
        try:
            self.engine.take()
        except UserError as busy:
            self._give_up(session, busy)
            return
        self._prompt, self._stopping = _Prompt(session), False
        kept = self.engine.kept
        self._step(lambda session: session.ask(text, kept=kept, go_on=go_on))

    def _cancel(self) -> None:
        if self.working and not self._stopping:
            self._stopping = True
            if not self.engine.cancel():
                self._step(LiveSession.cancelled)

    def _step(self, work: Callable[[LiveSession], LiveStep]) -> None:
        """Run a step on the study's thread, after the earlier ones, and then its consequences here."""
        prompt = self._prompt
        if prompt is not None:
            session = prompt.session
            self._tasks.run(
                lambda study: session.on(study, lambda: work(session)),
                partial(self._on_step, prompt),
                partial(self._on_error, prompt),
            )

    def _on_step(self, prompt: _Prompt, step: LiveStep) -> None:
        if prompt is not self._prompt:
            return
        if not step.view.waiting:
            self._end()
        elif not self._stopping:
            for command in step.commands:
                self.engine.send(command)
        self._view.show_view(step.view)

    def _on_error(self, prompt: _Prompt, error: FTCompareError) -> None:
        """Show the error and nothing of the prompt, because the study could not store a result."""
        if prompt is self._prompt:
            self._end()
            self._give_up(prompt.session, error)

    def _end(self) -> None:
        self._prompt, self._stopping = None, False
        self.engine.release()

    def _give_up(self, session: LiveSession, error: FTCompareError) -> None:
        if error.code in CLOSED:
            self._view.show_refusal(error)
            return
        self._tasks.run(
            lambda study: session.on(study, lambda: session.give_up(str(error))),
            self._view.show_view,
            self._view.show_refusal,
        )

    def _change(
        self, operation: Callable[..., LiveView], then: Callable[[LiveView], None], *values: object
    ) -> None:
        session = self._session
        if session is not None:
            self._tasks.run(
                lambda study: session.on(study, lambda: operation(session, *values)),
                then,
                self._view.show_failure,
            )

    def _stored(self, view: LiveView) -> None:
        self._view.show_saved()
        self._view.show_view(view)

    def _added(self, view: LiveView) -> None:
        self._context.bar.show_good(tr("The prompt was added to the study."))
        self._context.study_changed()
        self._view.show_view(view)

    def _tell_more(self) -> None:
        session = self._session
        if session is not None:
            self._tasks.run(lambda _: session.explain(), lambda _: None, self._context.bar.show_error)

    def _unload(self) -> None:
        if not self.working:
            self.engine.shut_down()


class LivePage(Page):
    """The page; ``preferences`` None means the window's settings for rating."""

    rater_named = Signal(str)  # a name that differs from the one in the settings, to be stored there

    def __init__(
        self,
        context: PageContext,
        *,
        preferences: Callable[[], RatePreferences] | None = None,
        rng: Random | None = None,
        backend: str = "local",
    ) -> None:
        super().__init__()
        self._preferences = preferences or (lambda: rate_preferences(context.remembered.now))
        self._rater, self._last = "", self._preferences().rater
        self.view = LiveScreens(context.theme, self._preferences())
        self.presenter = LivePresenter(
            self.view, context, rng=rng or SystemRandom(), backend=backend, parent=self
        )
        in_column(self.view, of=self)
        self.view.begun.connect(self._on_begin)
        self.view.go.connect(context.trigger)

    def enter(self) -> None:
        now = self._preferences()
        self.view.set_keys(now.keys)
        if now.rater != self._last:  # Somebody began to rate in this window meanwhile.
            self._rater = self._last = now.rater
        self.view.begin(self._rater, self._last)

    def find_text(self) -> None:
        if self.view.ask.earlier.isVisible():
            self.view.earlier.open()
            self.view.earlier.table.search()

    def leave(self) -> bool:
        self.view.rest()
        self.presenter.rest()
        return True

    def shut_down(self) -> None:
        """End the engine unless another page uses it; call before the study is closed."""
        self._rater = ""
        self.view.rest()
        self.presenter.shut_down()

    def _on_begin(self, rater: str) -> None:
        self._rater = rater
        if rater != self._preferences().rater:
            self.rater_named.emit(rater)
