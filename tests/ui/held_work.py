"""Work on the study's thread that waits at a stage while a test looks at the window."""

from __future__ import annotations

import threading
from typing import Self

import pytest

from ftcompare.app import work_progress
from ftcompare.ui.widgets.study_work import WorkProgress


class HeldWork:
    """Hold the work at a stage until the ``with`` block ends, also by a failed assertion.

    Args:
        monkeypatch: undone with the test.
        stage: how the name of the stage begins.
        every: rows between two reports of progress.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stage: str, every: int = 1) -> None:
        self._reached, self._go = threading.Event(), threading.Event()
        report = WorkProgress.__call__

        def held(progress: WorkProgress, name: str, share: float | None) -> None:
            report(progress, name, share)
            if name.startswith(stage) and not self._reached.is_set():
                self._reached.set()
                self._go.wait()

        monkeypatch.setattr(work_progress, "REPORT_EVERY", every)
        monkeypatch.setattr(WorkProgress, "__call__", held)

    @property
    def reached(self) -> bool:
        return self._reached.is_set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._go.set()
