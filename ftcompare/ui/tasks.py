"""The one thread that owns the open study; results come back to the window's thread by signal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from ftcompare.app.studies import damage_told
from ftcompare.core.errors import BugError, FTCompareError, from_system
from ftcompare.store.study_file import StudyFile

log = logging.getLogger(__name__)

T = TypeVar("T")
Failed = Callable[[FTCompareError], None]


class StudyTasks(QObject):
    """Runs operations one after another, in the order given, on the thread that owns the study.

    ``then`` and ``failed`` are called in the window's thread. Without ``failed`` an error goes to
    the signal `failure`, which the window shows in its bar. Whatever is not an error of ours is a
    bug: it goes to `crashed`.
    """

    failure = Signal(object)
    crashed = Signal(object)
    _deliver = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="study")
        self._study: StudyFile | None = None
        self._deliver.connect(lambda call: call(), Qt.ConnectionType.QueuedConnection)

    def use(
        self, opener: Callable[[], StudyFile], then: Callable[[], None], failed: Failed | None = None
    ) -> None:
        """Open a study on its thread; the one before it is closed once the new one is open."""

        def replace() -> None:
            opened = opener()
            self._close_now()
            self._study = opened

        self.call(replace, lambda _: then(), failed)

    def run(
        self, operation: Callable[[StudyFile], T], then: Callable[[T], None], failed: Failed | None = None
    ) -> None:
        """Run an operation on the open study.

        Raises (to ``failed``):
            BugError: no study is open.
        """

        def on_study() -> T:
            if self._study is None:
                raise BugError("No study is open.", code="no-study")
            with damage_told(self._study):
                return operation(self._study)

        self.call(on_study, then, failed)

    def call(self, work: Callable[[], T], then: Callable[[T], None], failed: Failed | None = None) -> None:
        """Run anything that touches files on the study's thread."""

        def job() -> None:
            try:
                value = work()
            except (FTCompareError, OSError) as error:
                problem = from_system(error) if isinstance(error, OSError) else error
                self._deliver.emit(lambda: (failed or self.failure.emit)(problem))
            except Exception as error:
                log.exception("an operation failed")
                bug = error
                self._deliver.emit(lambda: self.crashed.emit(bug))
            else:
                self._deliver.emit(lambda: then(value))

        self._pool.submit(job)

    def close_study(self, then: Callable[[], None] = lambda: None) -> None:
        """Close the open study, after all that was asked before."""
        self.call(self._close_now, lambda _: then())

    def shut_down(self) -> None:
        """Finish what was asked, close the study, end the thread. Blocks."""
        self._pool.submit(self._close_now)
        self._pool.shutdown(wait=True)

    def _close_now(self) -> None:
        if self._study is not None:
            self._study.close()
            self._study = None
