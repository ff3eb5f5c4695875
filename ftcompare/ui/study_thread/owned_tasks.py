"""Access to the study's thread for a widget that may be deleted before a result arrives."""

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
    """As `StudyTasks`, but results are dropped if the owner was deleted.

    The window deletes the pages of a closed study, possibly while their operations run. If such a page
    requests an operation when the next study is already opening, the operation is not run on that study: all
    operations of an owner are for the study of its first operation.
    """

    def __init__(self, owner: QObject, tasks: StudyTasks) -> None:
        self._owner = owner
        self._tasks = tasks
        self._study: StudyFile | None = None

    def run(
        self, operation: Callable[[StudyFile], T], then: Callable[[T], None], failed: Failed | None = None
    ) -> None:
        """Run an operation on the open study.

        Raises (passed to ``failed``; without it they are dropped):
            UserError: ``study-closed`` if another study is open now.
            BugError: ``no-study`` if no study is open.
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
        self._tasks.call(work, self._guarded(then), self._guarded(failed) if failed else None)

    def _guarded(self, callback: Callable[[T], None]) -> Callable[[T], None]:
        def call(value: T) -> None:
            if isValid(self._owner):
                callback(value)

        return call
