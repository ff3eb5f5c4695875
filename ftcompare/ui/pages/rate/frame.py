"""What every part of the rating page stands on: its state, the clocks, what can be done now."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout

from ftcompare.app.rate.rating_session import DeskView, Phase
from ftcompare.ui.page import Page
from ftcompare.ui.pages.rate.practice import Practice
from ftcompare.ui.pages.rate.screens import RateView
from ftcompare.ui.pages.rate.signals import Act, RatePreferences, RatingPort
from ftcompare.ui.pages.rate.state import NO_PAIR, ON_PAIR, State
from ftcompare.ui.rating.actions import RATING_COMMANDS, commands_on_pair, sync_actions
from ftcompare.ui.rating.active_time import WorkTime
from ftcompare.ui.rating.criterion_order import fitting
from ftcompare.ui.rating.draft import DraftKeeper
from ftcompare.ui.rating.judging import Judging
from ftcompare.ui.theme.theme import Theme


class RateFrame(Page):
    """State, clocks, drafts, and one act at a time on its way to the study.

    Args:
        theme: colours and sizes.
        port: the only way to the study.
        preferences: the user's settings for rating.
        now: a monotonic time in seconds.
    """

    actions_by_id: dict[str, QAction]

    def __init__(
        self,
        theme: Theme,
        port: RatingPort,
        preferences: RatePreferences,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Rate")
        self.port = port
        self._preferences = preferences
        self._state = State.AWAY
        self._shown: DeskView | None = None
        self._told_why = False
        self._drafts = DraftKeeper(self)
        self._practice = Practice()
        self._repeat: Callable[[], None] = self.enter
        self._stopped = Act.BEGIN
        self._time = WorkTime(now, preferences.break_after, self)
        self.view = RateView(theme, preferences.keys, RATING_COMMANDS, markdown=preferences.markdown)
        self._judging = Judging(self.view.ask, self._drafts, preferences.second_press, self)
        self._reading = QTimer(self, singleShot=True)
        self._reading.timeout.connect(self._on_read)
        self.actions_by_id = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)

    @property
    def state(self) -> State:
        """Where the page stands."""
        return self._state

    @property
    def shown(self) -> DeskView | None:
        """What the study last answered; None before it has."""
        return self._shown

    @property
    def _guessing(self) -> bool:
        asked = self._shown is not None and self._shown.phase is Phase.GUESS
        return asked and not self._practice.running

    def _show_pair(self, view: DeskView) -> None:
        if view.item is None:
            return
        self._practice.stop()
        self._drafts.load(fitting(view.item.draft, view.scale))
        self.view.guess.choose(None)
        self.view.show_pair(view, view.item, why=not self._told_why)
        self._judging.begin(view.scale)
        self._show_draft()
        if self._time.rest_due:
            self.view.offer_rest(self._preferences.break_after)
        self._time.new_pair()
        self._to(State.READING)

    def _to(self, state: State) -> None:
        self._state = state
        self._reading.stop()
        self.view.show_state(state, any_pairs=self._shown is not None and self._shown.total > 0)
        if state is State.READING:
            self._begin_reading()
        is_open = state in (State.READY, State.CHOSEN)
        self.view.set_open(is_open)
        if state not in (State.CHOSEN, State.SUBMITTING, State.TOLD):
            self.view.answers.set_chosen("")
        self._sync_actions()

    def _begin_reading(self) -> None:
        """Both texts are on the screen from now on: a moment must pass before an answer counts."""
        self.view.show_below()
        self.setFocus()
        self._sync_clocks()
        self._reading.start(round(self._preferences.reading_moment * 1000))

    def _on_read(self) -> None:
        if self._state is State.READING:
            self._state = State.READY
            self.view.set_open(True)

    def _sync_actions(self) -> None:
        """Keys act on the pair only while it is in front; a field above it takes its own keys."""
        offered = set() if self.view.in_field else self._offered()
        sync_actions(self.actions_by_id, offered, self._shown.undo if self._shown is not None else "")

    def _offered(self) -> set[str]:
        """Commands that do something now, by key outside a field and by click."""
        view = self._shown
        if view is None or not (self.view.working or self._state in NO_PAIR):
            return set()
        offered = commands_on_pair(view, practising=self._practice.running) if self.view.working else set()
        undoes = bool(view.undo) and not self._practice.running
        return offered | ({"rate.undo"} if undoes or self._state is State.CHOSEN else set())

    def _submit(self, act: Callable[[], None]) -> None:
        """Send something that changes the study; until it is answered nothing else is taken."""
        self._repeat = act
        self.view.tools.saved.say(False)
        self.view.failure.hide()
        self.view.missing.hide()
        self.view.show_below()
        if self._state not in NO_PAIR:
            self._to(State.SUBMITTING)
        act()

    def _show_draft(self) -> None:
        draft = self._drafts.draft
        self.view.tools.set_draft(comment=bool(draft.comment), flagged=draft.flagged)

    def _sync_clocks(self) -> None:
        """Count only while the pair is in front of the rater."""
        in_front = self.isVisible() and self.isActiveWindow() and self.view.working
        self._time.count(in_front and self._state in ON_PAIR and not self._practice.running)

    # Qt.

    def showEvent(self, event: QShowEvent) -> None:
        """Watch for input from now on: time without any is not counted."""
        super().showEvent(event)
        self._time.watch(self.window().windowHandle())
        self._sync_clocks()

    def hideEvent(self, event: QHideEvent) -> None:
        """Time in the background is not counted."""
        super().hideEvent(event)
        self._sync_clocks()

    def changeEvent(self, event: QEvent) -> None:
        """Time in another window is not counted."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and hasattr(self, "view"):
            self._sync_clocks()
