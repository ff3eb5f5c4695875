"""How long a rater really looked at a pair: no idle time, no time in another window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

IDLE_AFTER = 60.0
"""Seconds without any input after which time is not counted."""

_KIND = QEvent.Type
_INPUT = (_KIND.KeyPress, _KIND.MouseMove, _KIND.MouseButtonPress, _KIND.Wheel, _KIND.TouchBegin)
_FRONT = (_KIND.Show, _KIND.Hide, _KIND.ActivationChange)


class ActiveClock:
    """Adds up active time; ``now`` tells a monotonic time in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._counted = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """Active seconds since the last `restart`."""
        return self._counted + self._pending()

    def restart(self) -> None:
        """Count from nothing."""
        self._counted = 0.0
        self._since = self._now()

    def stop(self) -> None:
        """Count no further until `go_on`."""
        self._counted += self._pending()
        self._since = None

    def go_on(self) -> None:
        """Count on after `stop`."""
        if self._since is None:
            self._since = self._now()

    def touch(self) -> None:
        """There was input: what came before it was not idle, up to `IDLE_AFTER`."""
        if self._since is not None:
            self.stop()
            self.go_on()

    def _pending(self) -> float:
        return 0.0 if self._since is None else min(self._now() - self._since, IDLE_AFTER)


class WorkTime(QObject):
    """Active time on the present pair, and since the last rest.

    Args:
        now: a monotonic time in seconds.
        page: time counts only while it is visible in the active window, which is watched for input.
        working: whether the rater is at work on a pair.
        rest_after: minutes of work after which a rest is due; 0 for never.
    """

    def __init__(
        self, now: Callable[[], float], page: QWidget, working: Callable[[], bool], rest_after: int = 0
    ) -> None:
        super().__init__(page)
        self._page = page
        self._working = working
        self._clocks = self._pair, self._work = ActiveClock(now), ActiveClock(now)
        self._rest_after = rest_after * 60
        page.installEventFilter(self)

    @property
    def seconds(self) -> float:
        """Active seconds on the present pair."""
        return round(self._pair.seconds, 2)

    @property
    def rest_due(self) -> bool:
        """Whether the rater has worked long enough to be offered a rest."""
        return 0 < self._rest_after <= self._work.seconds

    def set_rest_after(self, minutes: int) -> None:
        """Offer a rest after other minutes of work."""
        self._rest_after = minutes * 60

    def new_pair(self) -> None:
        """Count the present pair from nothing."""
        self._pair.restart()

    def rested(self) -> None:
        """Count the work from nothing."""
        self._work.restart()

    def new_sitting(self) -> None:
        """Another rater or another study: nothing is counted yet."""
        for clock in self._clocks:
            clock.restart()
            clock.stop()

    def sync(self) -> None:
        """Count while the pair is in front of the rater, and no further otherwise."""
        self.count(self._working() and self._page.isVisible() and self._page.isActiveWindow())

    def count(self, counting: bool) -> None:
        """Count on, or count no further for now."""
        for clock in self._clocks:
            if counting:
                clock.go_on()
            else:
                clock.stop()

    def touch(self) -> None:
        """There was input."""
        for clock in self._clocks:
            clock.touch()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the page; note any input in its window; stop none."""
        if watched is self._page and event.type() in _FRONT:
            window = self._page.window().windowHandle()
            if event.type() is QEvent.Type.Show and window is not None:
                window.installEventFilter(self)
            self.sync()
        elif event.type() in _INPUT and watched is not self._page:
            self.touch()
        return super().eventFilter(watched, event)
