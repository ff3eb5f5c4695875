"""Live: type a prompt, get a blind pair, vote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random, SystemRandom

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout

from ftcompare.app import application_paths
from ftcompare.app.user_settings import load
from ftcompare.app.window_commands import effective_keys
from ftcompare.core.errors import UserError
from ftcompare.ui.page_context import Page, PageContext
from ftcompare.ui.pages.live.presenter import LiveDesk
from ftcompare.ui.pages.live.screens import LiveBoard
from ftcompare.ui.pages.live.signals import LivePort
from ftcompare.ui.pages.rate.signals import RatePreferences


class LivePage(Page):
    """The page: a board that knows no systems, and a desk that does.

    Args:
        context: what every page is given.
        preferences: the user's settings for rating as they are; read from the settings file if None.
        rng: source of the sides.
        backend: ``local``, or ``fake`` for tests.

    Signals:
        rater_named: a name that is not the one in the settings, to be kept there.
    """

    rater_named = Signal(str)

    def __init__(
        self,
        context: PageContext,
        *,
        preferences: Callable[[], RatePreferences] | None = None,
        rng: Random | None = None,
        backend: str = "local",
    ) -> None:
        super().__init__()
        self._preferences = preferences or stored_preferences
        self._rater = self._known = ""
        port = LivePort(self)
        self._port = port
        self.board = LiveBoard(context.theme, port, self._preferences())
        self.desk = LiveDesk(
            port,
            context.tasks,
            explain=context.bar.show_error,
            clock=lambda: datetime.now(UTC),
            rng=rng or SystemRandom(),
            backend=backend,
            parent=self,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.board)
        port.begin.connect(self._on_begin)
        self.board.go.connect(context.trigger)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.shut_down)

    def enter(self) -> None:
        """Go on where this was left, or ask who votes. A name given on the rating page is taken over."""
        now = self._preferences()
        self.board.set_keys(now.keys)
        if now.rater != self._known:
            self._known = self._rater = now.rater
        self.board.begin(self._rater)

    def leave(self) -> bool:
        """A prompt that is being answered goes on; its pair waits."""
        self.board.rest()
        self._port.rest.emit()
        return True

    def shut_down(self) -> None:
        """End the engine, unless another page has it; to be called before the study is closed."""
        self.board.rest()
        self.desk.shut_down()

    def _on_begin(self, rater: str) -> None:
        self._rater = rater
        if rater != self._preferences().rater:
            self.rater_named.emit(rater)


def stored_preferences() -> RatePreferences:
    """The settings for rating as they stand in the user's settings file."""
    now = load(application_paths.settings_file())
    try:
        keys = effective_keys(now.shortcuts)
    except UserError:
        keys = effective_keys({})
    return RatePreferences(
        rater=now.rater,
        reading_moment=now.reading_moment,
        break_after=0,
        markdown=now.markdown,
        keys=keys,
        second_press=now.second_press,
    )
