"""The study's thread, as asked by a widget that may be gone when the answer comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

from ftcompare.store.study_file import StudyFile
from ftcompare.ui.tasks import Failed, StudyTasks

T = TypeVar("T")


class OwnedTasks:
    """As `StudyTasks`, but what comes back is dropped once its owner is deleted.

    The window deletes the pages of a study that is left, while what they asked may be under way.

    Args:
        owner: whose methods are called back.
        tasks: the thread.
    """

    def __init__(self, owner: QObject, tasks: StudyTasks) -> None:
        self._owner = owner
        self._tasks = tasks

    def run(
        self, operation: Callable[[StudyFile], T], then: Callable[[T], None], failed: Failed | None = None
    ) -> None:
        """Run an operation on the open study."""
        self._tasks.run(operation, self._guarded(then), self._guarded(failed) if failed else None)

    def call(self, work: Callable[[], T], then: Callable[[T], None], failed: Failed | None = None) -> None:
        """Run anything that touches files."""
        self._tasks.call(work, self._guarded(then), self._guarded(failed) if failed else None)

    def _guarded(self, callback: Callable[[T], None]) -> Callable[[T], None]:
        def call(value: T) -> None:
            if isValid(self._owner):
                callback(value)

        return call
