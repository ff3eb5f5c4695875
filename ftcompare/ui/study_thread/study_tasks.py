"""The one thread that owns the open study or pack; results return to the window's thread by signals."""

from __future__ import annotations

import logging
import platform
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TypeAlias, TypeVar

import PySide6
from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from ftcompare.app.study.opening import PackFile, StudyFile, damage_told, end_statements_on
from ftcompare.core.errors import BugError, FTCompareError, UserError, from_system
from ftcompare.core.language import tr
from ftcompare.core.rating_rules import use_wording
from ftcompare.core.version import VERSION


def report(error: BaseException) -> str:
    """Return versions, type and place of an error, but no message or values, which may hold prompt text."""
    versions = f"Python {platform.python_version()}, PySide {PySide6.__version__}"
    lines = [f"FTCompare {VERSION}, {versions}, {platform.system()} {platform.machine()}"]
    lines.append(f"{type(error).__module__}.{type(error).__name__}")
    for frame in traceback.extract_tb(error.__traceback__):
        file = "/".join(frame.filename.replace("\\", "/").split("/")[-3:])  # without this machine's folders
        lines.append(f"  {file}:{frame.lineno} in {frame.name}")
    return "\n".join(lines)


log = logging.getLogger(__name__)

T = TypeVar("T")
F = TypeVar("F", bound="OpenFile | None")
OpenFile: TypeAlias = StudyFile | PackFile
Failed = Callable[[FTCompareError], None]


class StudyTasks(QObject):
    """Runs operations one after another, in the order requested, on the thread that owns the open file.

    ``then`` and ``failed`` are called in the window's thread. Without ``failed``, an error is sent to the
    signal `failure`, which the window shows in its bar. Any exception that is not an error class of this
    program is a bug and is sent to `crashed`.
    """

    failure = Signal(object)
    crashed = Signal(object)
    _deliver = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._closing = threading.Event()
        self._pool = ThreadPoolExecutor(
            1, thread_name_prefix="study", initializer=end_statements_on, initargs=(self._closing,)
        )
        self._file: OpenFile | None = None
        self._deliver.connect(lambda call: call(), Qt.ConnectionType.QueuedConnection)

    @property
    def has_study(self) -> bool:
        """Whether a study is open, as far as this thread knows."""
        return self._file is not None

    def use(
        self, opener: Callable[[], OpenFile], then: Callable[[], None], failed: Failed | None = None
    ) -> None:
        """Open a study or a pack on its thread; the one before it is closed once the new one is open."""

        def replace() -> None:
            opened = opener()
            self._close_now()
            self._file = opened
            if isinstance(opened, StudyFile | PackFile):
                use_wording(opened.judgments.settings().scale)

        self.call(replace, lambda _: then(), failed)

    def run(
        self, operation: Callable[[StudyFile], T], then: Callable[[T], None], failed: Failed | None = None
    ) -> None:
        """Run an operation on the open study; ``failed`` gets a BugError ``no-study`` if there is none."""
        if not self._closing.is_set():
            self._pool.submit(self._job, operation, self._open_study, then, failed)

    def rate(
        self, operation: Callable[[OpenFile], T], then: Callable[[T], None], failed: Failed | None = None
    ) -> None:
        """Run an operation for rating on the open study or pack; otherwise as `run`."""
        if not self._closing.is_set():
            self._pool.submit(self._job, operation, self._open_file, then, failed)

    def call(self, work: Callable[[], T], then: Callable[[T], None], failed: Failed | None = None) -> None:
        if not self._closing.is_set():
            self._pool.submit(self._job, lambda _: work(), lambda: None, then, failed)

    def close_study(self, then: Callable[[], None] = lambda: None) -> None:
        self.call(self._close_now, lambda _: then())

    def shut_down(self) -> None:
        """Finish the requested operations, close the file and end the thread. Blocks.

        Writing operations are completed; operations that only read are ended after a moment. No callback is
        called any more, because widgets may be deleted, and a further operation does nothing.
        """
        self._closing.set()
        self._pool.submit(self._close_now)
        self._pool.shutdown(wait=True)

    def _job(
        self,
        operation: Callable[[F], T],
        file_of: Callable[[], F],
        then: Callable[[T], None],
        failed: Failed | None,
    ) -> None:
        try:
            file = file_of()
            with nullcontext() if file is None else damage_told(file):
                value = operation(file)
        except (FTCompareError, OSError) as error:
            problem = from_system(error) if isinstance(error, OSError) else error
            self._tell(failed or self.failure.emit, problem)
        except Exception as error:  # noqa: BLE001 - the last stop: a bug of this program, told by `crashed`
            # Without its message, which could hold a text or the name of a system.
            log.error("an operation failed\n%s", report(error))  # noqa: TRY400 - the message stays out
            bug = error
            self._deliver.emit(lambda: self.crashed.emit(bug))
        else:
            self._tell(then, value)

    def _tell(self, callback: Callable[[T], None], value: T) -> None:
        self._deliver.emit(lambda: None if self._closing.is_set() else callback(value))

    def _open_study(self) -> StudyFile:
        if not isinstance(self._file, StudyFile):
            raise BugError(tr("No study is open."), code="no-study")
        return self._file

    def _open_file(self) -> OpenFile:
        if self._file is None:
            raise BugError(tr("No study is open."), code="no-study")
        return self._file

    def _close_now(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            use_wording(None)


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

        Errors for ``failed``: UserError ``study-closed`` if another study is open now, BugError ``no-study``.
        """

        def on_own(study: StudyFile) -> T:
            self._study = self._study or study
            if study is not self._study:
                raise UserError(tr("The study was closed in the meantime."), code="study-closed")
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
