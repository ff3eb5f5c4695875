"""Work on the study's thread that waits at a stage until a test lets it go on."""

from __future__ import annotations

import threading

import pytest

from ftcompare.app import work_progress
from ftcompare.ui.widgets.study_work import WorkProgress

PATIENCE = 600  # seconds after which a failed test lets the thread go


class HeldWork:
    """Holds the work where it first tells of a stage, which it does of every row.

    Args:
        monkeypatch: undone with the test.
        stage: how the name that the work tells begins.
        every: rows between two words of progress.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stage: str, every: int = 1) -> None:
        self._reached, self._go = threading.Event(), threading.Event()
        told = WorkProgress.__call__

        def held(progress: WorkProgress, name: str, share: float | None) -> None:
            told(progress, name, share)
            if name.startswith(stage) and not self._reached.is_set():
                self._reached.set()
                self._go.wait(PATIENCE)

        monkeypatch.setattr(work_progress, "REPORT_EVERY", every)
        monkeypatch.setattr(WorkProgress, "__call__", held)

    @property
    def reached(self) -> bool:
        return self._reached.is_set()

    def go_on(self) -> None:
        self._go.set()
