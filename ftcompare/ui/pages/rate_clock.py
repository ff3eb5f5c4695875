"""How long a rater really looked at a pair: no idle time, no time in another window."""

from __future__ import annotations

from collections.abc import Callable

IDLE_AFTER = 60.0
"""Seconds without any input after which time is not counted."""


class ActiveClock:
    """Adds up active time.

    Args:
        now: a monotonic time in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._counted = 0.0
        self._since: float | None = None

    @property
    def running(self) -> bool:
        """Whether time counts at the moment."""
        return self._since is not None

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
            self._counted += self._pending()
            self._since = self._now()

    def _pending(self) -> float:
        return 0.0 if self._since is None else min(self._now() - self._since, IDLE_AFTER)
