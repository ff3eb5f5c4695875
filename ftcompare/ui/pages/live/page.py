"""Live: type a prompt, get a blind pair, vote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random, SystemRandom

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication

from ftcompare.ui.page_context import Page, PageContext
from ftcompare.ui.pages.live.presenter import LivePresenter
from ftcompare.ui.pages.live.screens import LiveScreens
from ftcompare.ui.pages.live.signals import LiveSignals
from ftcompare.ui.rating.preferences import RatePreferences, rate_preferences
from ftcompare.ui.widgets.layouts import in_column


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
        self._rater = self._known = ""
        self._signals = signals = LiveSignals(self)
        self.view = LiveScreens(context.theme, signals, self._preferences())
        self.presenter = LivePresenter(
            signals,
            context.tasks,
            explain=context.bar.show_error,
            clock=lambda: datetime.now(UTC),
            rng=rng or SystemRandom(),
            backend=backend,
            parent=self,
        )
        in_column(self.view, of=self)
        signals.begin.connect(self._on_begin)
        signals.prompt_added.connect(lambda: context.bar.show_good("The prompt was added to the study."))
        signals.prompt_added.connect(context.study_changed)
        self.view.go.connect(context.trigger)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.shut_down)

    def enter(self) -> None:
        """Continue where the page was left, or ask for the rater's name if the rating page has none."""
        now = self._preferences()
        self.view.set_keys(now.keys)
        if now.rater != self._known:
            self._known = self._rater = now.rater
        self.view.begin(self._rater)

    def leave(self) -> bool:
        self.view.rest()
        self._signals.rest.emit()
        return True

    def shut_down(self) -> None:
        """End the engine unless another page uses it; call before the study is closed."""
        self.view.rest()
        self.presenter.shut_down()

    def _on_begin(self, rater: str) -> None:
        self._rater = rater
        if rater != self._preferences().rater:
            self.rater_named.emit(rater)
