"""The study's thread, as asked by a widget that may be gone when the answer comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.ui.study_thread.study_tasks import Failed, StudyTasks

T = TypeVar("T")


class OwnedTasks:
    """As `StudyTasks`, but what comes back is dropped once its owner is deleted.

    The window deletes the pages of a study that is left, while what they asked may be under way. What
    they ask when the next study is opening already, and they are not deleted yet, is not done to that one:
    all that an owner asks is for the study that its first operation was for.

    Args:
        owner: whose methods are called back.
        tasks: the thread.
    """

    def __init__(self, owner: QObject, tasks: StudyTasks) -> None:
        self._owner = owner
        self._tasks = tasks
        self._study: StudyFile | None = None

    def run(
        self, operation: Callable[[StudyFile], T], then: Callable[[T], None], failed: Failed | None = None
    ) -> None:
        """Run an operation on the open study.

        Raises (to ``failed``; without it nobody is told that the study was left):
            UserError: ``study-closed``: another study is open by now.
            BugError: ``no-study``: none is open any more.
        """

        def on_own(study: StudyFile) -> T:
            self._study = self._study or study
            if study is not self._study:
                raise UserError("The study was closed meanwhile.", code="study-closed")
            return operation(study)

        def tell(error: FTCompareError) -> None:
            left = self._study is not None and error.code in ("study-closed", "no-study")
            if not left:
                self._tasks.failure.emit(error)

        self._tasks.run(on_own, self._guarded(then), self._guarded(failed) if failed else tell)

    def call(self, work: Callable[[], T], then: Callable[[T], None], failed: Failed | None = None) -> None:
        """Run anything that touches files."""
        self._tasks.call(work, self._guarded(then), self._guarded(failed) if failed else None)

    def _guarded(self, callback: Callable[[T], None]) -> Callable[[T], None]:
        def call(value: T) -> None:
            if isValid(self._owner):
                callback(value)

        return call
