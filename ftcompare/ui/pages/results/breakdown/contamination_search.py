"""Searches a training file for a study's prompts in a separate thread. This module does not use Qt.

The study's thread stays free, because a file of gigabytes takes minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ftcompare.app.results.contamination import LeakageReport, look_for
from ftcompare.core.study import Prompt

LOOKED_EVERY = 500
"""Records between two looks at whether it is to stop."""

_BLOCK = 1 << 20


class _Cancelled(Exception):
    """The search was cancelled."""


class TrainingCheck:
    """One search. The window's thread polls its progress.

    Attributes:
        report: the result; None before the end, and after Cancel or an error.
        error: the error that ended it.
        records: number of examples read so far.

    Args:
        prompts: the study's prompts.
        path: path of the training file.
        clock: returns monotonic seconds.
    """

    def __init__(
        self, prompts: Sequence[Prompt], path: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self.report: LeakageReport | None = None
        self.error: Exception | None = None
        self._clock = clock
        self._began = clock()
        self.records, self._lines = 0, 0
        self._unwanted = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(prompts,), name="training", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Give it up; it ends within a few hundred records."""
        self._unwanted.set()

    @property
    def ended(self) -> bool:
        """Whether it has ended, with or without a result."""
        return not self._thread.is_alive()

    @property
    def share(self) -> float | None:
        """How much of the file is read, 0 to 1, by its lines; None before they are counted."""
        return min(self.records / self._lines, 1.0) if self._lines else None

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; None before anything is read."""
        share = self.share
        return (self._clock() - self._began) * (1 - share) / share if share else None

    def _run(self, prompts: Sequence[Prompt]) -> None:
        try:
            self._lines = self._counted()
            self._began = self._clock()
            self.report = look_for(prompts, self.path, show=self._show, every=LOOKED_EVERY)
        except _Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - told in the window's thread
            self.error = error

    def _show(self, records: int) -> None:
        self.records = records
        if self._unwanted.is_set():
            raise _Cancelled

    def _counted(self) -> int:
        lines = 0
        with self.path.open("rb") as handle:
            while block := handle.read(_BLOCK):
                lines += block.count(b"\n")
                self._show(0)
        return lines
