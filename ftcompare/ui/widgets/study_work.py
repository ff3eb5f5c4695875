"""Longer work on the study's thread: how far it is, and a way to stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import Told, stopped
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import Failed, StudyTasks
from ftcompare.ui.theme.theme import M
from ftcompare.ui.widgets.controls import PlainButton, ProgressLine
from ftcompare.ui.widgets.layouts import in_row

T = TypeVar("T")

LOOK_MS = 150
"""Between two looks at how far the work is; what takes no longer shows no progress."""


class WorkProgress:
    """What the work says of itself, on its thread; the window looks at it, and may stop it."""

    def __init__(self) -> None:
        self.latest: tuple[str, float | None] = ("", None)
        self._stop = threading.Event()

    def __call__(self, name: str, share: float | None) -> None:
        """Tell what is done and how much of it, 0 to 1; ends the work where that is wanted."""
        if self._stop.is_set():
            raise stopped()
        self.latest = (name, share)

    def stop(self) -> None:
        """End the work where it next tells of itself."""
        self._stop.set()


class StudyWork(QWidget):
    """One piece of work at a time; a new one takes the place of the one before.

    Args:
        tasks: the study's thread.
        say: what is done in words, from the name that the work tells.
    """

    cancelled = Signal()

    def __init__(self, tasks: StudyTasks, say: Callable[[str], str]) -> None:
        super().__init__()
        self._tasks = OwnedTasks(self, tasks)
        self._say = say
        self._progress: WorkProgress | None = None
        self._asked: tuple[Any, Any, Any] | None = None
        self.line = ProgressLine()
        self.cancel = PlainButton("Cancel", name="work_cancel", act=self._cancel)
        in_row((self.line, 1), self.cancel, gap=M, of=self)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.hide()

    @property
    def running(self) -> bool:
        """Whether something is under way."""
        return self._progress is not None

    def run(
        self, operation: Callable[[StudyFile, Told], T], then: Callable[[T], None], failed: Failed
    ) -> None:
        """Run an operation that tells how far it is."""
        self._end()
        progress = WorkProgress()
        self._progress, self._asked = progress, (operation, then, failed)
        self._timer.start()
        self._tasks.run(
            lambda study: operation(study, progress),
            partial(self._done, progress, then),
            partial(self._failed, progress, failed),
        )

    def pause(self) -> None:
        """Stop what is under way, to begin it anew with `resume`: nobody is looking."""
        asked = self._asked
        self._end()
        self._asked = asked

    def resume(self) -> None:
        """Begin anew what was stopped."""
        if self._asked is not None and not self.running:
            self.run(*self._asked)

    def _done(self, progress: WorkProgress, then: Callable[[T], None], value: T) -> None:
        if progress is self._progress:
            self._end()
            then(value)

    def _failed(self, progress: WorkProgress, failed: Failed, error: FTCompareError) -> None:
        if progress is self._progress:
            self._end()
            failed(error)

    def _cancel(self) -> None:
        self._end()
        self.cancelled.emit()

    def _end(self) -> None:
        if self._progress is not None:
            self._progress.stop()
        self._progress = self._asked = None
        self._timer.stop()
        self.hide()

    def _look(self) -> None:
        if self._progress is not None:
            name, share = self._progress.latest
            self.line.set(share, self._say(name))
            self.show()
