"""Measures how long a rater looks at a pair, without idle time and time in other windows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from ftcompare.core.rating_rules import IDLE_AFTER

_KIND = QEvent.Type
_INPUT = (_KIND.KeyPress, _KIND.MouseMove, _KIND.MouseButtonPress, _KIND.Wheel, _KIND.TouchBegin)
_FRONT = (_KIND.Show, _KIND.Hide, _KIND.ActivationChange)


class ActiveClock:
    """Adds up active time. ``now`` returns a monotonic time in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._counted = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        return self._counted + self._pending()

    def restart(self) -> None:
        self._counted = 0.0
        self._since = self._now()

    def stop(self) -> None:
        self._counted += self._pending()
        self._since = None

    def go_on(self) -> None:
        if self._since is None:
            self._since = self._now()

    def touch(self) -> None:
        if self._since is not None:
            self.stop()
            self.go_on()

    def _pending(self) -> float:
        return 0.0 if self._since is None else min(self._now() - self._since, IDLE_AFTER)


class WorkTime(QObject):
    """Active time on the current pair, and since the last break.

    Time, by the monotonic clock ``now``, counts while ``page`` is visible in the active window, whose input
    is watched, and ``working`` returns True.
    """

    def __init__(self, now: Callable[[], float], page: QWidget, working: Callable[[], bool]) -> None:
        super().__init__(page)
        self._page = page
        self._working = working
        self._clocks = self._pair, self._work = ActiveClock(now), ActiveClock(now)
        self.rest_after = 0  # seconds of work after which a break is due; 0 for never
        page.installEventFilter(self)

    @property
    def seconds(self) -> float:
        return round(self._pair.seconds, 2)

    @property
    def rest_due(self) -> bool:
        return 0 < self.rest_after <= self._work.seconds

    def new_pair(self) -> None:
        self._pair.restart()

    def rested(self) -> None:
        self._work.restart()

    def new_sitting(self) -> None:
        for clock in self._clocks:
            clock.restart()
            clock.stop()

    def sync(self) -> None:
        self.count(self._working() and self._page.isVisible() and self._page.isActiveWindow())

    def count(self, counting: bool) -> None:
        for clock in self._clocks:
            if counting:
                clock.go_on()
            else:
                clock.stop()

    def touch(self) -> None:
        for clock in self._clocks:
            clock.touch()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._page and event.type() in _FRONT:
            window = self._page.window().windowHandle()
            if event.type() is QEvent.Type.Show and window is not None:
                window.installEventFilter(self)
            self.sync()
        elif event.type() in _INPUT and watched is not self._page:
            self.touch()
        return super().eventFilter(watched, event)
