"""The window's one engine, which pages use one at a time, and the machine's hardware for it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QObject, QProcess, Qt, QTimer, Signal
from shiboken6 import isValid

from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import worker_command
from ftcompare.engine.client import EngineClient, EngineState
from ftcompare.engine.hardware_probe import Hardware as Hardware
from ftcompare.engine.hardware_probe import probe_hardware
from ftcompare.engine.optional_dependencies import missing_libraries
from ftcompare.ui.study_thread.study_tasks import StudyTasks

TICK_MS = 100
END_MS = 2000
KILLED_MS = 5000


class EngineLink(QObject):
    """One worker process, started when first needed and again when it has ended."""

    heard = Signal(object)
    """An event of the worker; one that dies is reported as a `Fault`, or as `Finished` if it was to end."""

    def __init__(
        self, command: Sequence[str], clock: Callable[[], float], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._command = list(command)
        self._clock = clock
        self._client = EngineClient(clock())
        self._process: QProcess | None = None
        self._queue: deque[protocol.Command] = deque()
        self._watch = QTimer(self, interval=TICK_MS)
        self._watch.timeout.connect(self._look)
        self._workers = 0
        if (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.shut_down)

    @property
    def worker(self) -> int:
        """Return the number of the running worker, counted from 1; 0 while none runs."""
        return self._workers if self._process is not None else 0

    @property
    def cancelling(self) -> bool:
        return self._client.state is EngineState.CANCELLING

    def send(self, command: protocol.Command) -> None:
        self._queue.append(command)
        if self._process is None:
            self._start()
        self._flush()

    def cancel(self) -> bool:
        """Cancel or, after ``CANCEL_SECONDS``, kill; return whether ``Finished(cancelled=True)`` follows."""
        self._queue.clear()
        line = self._client.cancel(self._clock())
        if line and self._process is not None:
            self._process.write(line)
            self._watch.start()
        return bool(line)

    def shut_down(self) -> None:
        """End the worker: by a request, else by killing it. Blocks for a moment; its events are dropped."""
        self._queue.clear()
        self._watch.stop()
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        process.write(self._client.send(protocol.Shutdown()))
        process.closeWriteChannel()
        if not process.waitForFinished(END_MS):
            process.kill()
            process.waitForFinished(KILLED_MS)
        process.deleteLater()

    def _start(self) -> None:
        self._client = EngineClient(self._clock())
        process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._remember)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        self._workers += 1
        self._watch.start()
        process.start(self._command[0], self._command[1:])

    def _flush(self) -> None:
        while self._queue and self._client.state is EngineState.IDLE and self._process is not None:
            self._process.write(self._client.send(self._queue.popleft()))

    def _read(self) -> None:
        if self._process is None:
            return
        for event in self._client.feed(bytes(self._process.readAllStandardOutput().data())):
            self.heard.emit(event)
        if self._client.state is EngineState.ENDED and self._process is not None:
            self._process.kill()
        self._flush()

    def _remember(self) -> None:
        if self._process is not None:
            self._client.note_stderr(bytes(self._process.readAllStandardError().data()))

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._remember()
        self._gone(-code if status is QProcess.ExitStatus.CrashExit else code)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._client.note_stderr(self._process.errorString().encode())
            self._gone(None)

    def _gone(self, exit_code: int | None) -> None:
        process, self._process = self._process, None
        self._watch.stop()
        if process is not None:
            process.deleteLater()
        unexpected = self._client.ended(exit_code)
        for event in unexpected:
            self.heard.emit(event)
        if unexpected:
            self._queue.clear()
        elif self._queue:
            self._start()

    def _look(self) -> None:
        if self._process is not None and self._client.overdue(self._clock()):
            self._process.kill()
        if not self._client.awaited:
            self._watch.stop()


class EngineHost(QObject):
    """Owns the worker and records which page uses it, which models are loaded, and if results are due."""

    def __init__(
        self, command: Sequence[str], clock: Callable[[], float], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.link = EngineLink(command, clock, self)
        self.link.heard.connect(self._on_event)
        self.holder: EngineSeat | None = None
        self.loaded: tuple[EngineSeat, int] | None = None
        self.draining = False

    def seat(self, doing: str, parent: QObject) -> EngineSeat:
        return EngineSeat(self, doing, parent)

    def _on_event(self, event: protocol.Event) -> None:
        if self.draining:
            ended = isinstance(event, protocol.Finished) and event.cancelled
            self.draining = not (ended or (isinstance(event, protocol.Fault) and event.fatal))
        elif self.holder is not None:
            if isinstance(event, protocol.Loaded):
                self.loaded = self.holder, self.link.worker
            self.holder.heard.emit(event)


class EngineSeat(QObject):
    """One page's access to the engine."""

    heard = Signal(object)  # an event of the worker, while this one has it. See `EngineLink.heard`.

    def __init__(self, host: EngineHost, doing: str, parent: QObject) -> None:
        super().__init__(parent)
        self._host = host
        self.doing = doing

    @property
    def kept(self) -> bool:
        """Whether the models that this page loaded last are still in memory."""
        worker = self._host.link.worker
        return worker > 0 and self._host.loaded == (self, worker)

    def take(self) -> None:
        """Reserve the engine until `release`; raise UserError ``engine-busy`` if another page uses it."""
        holder = self._host.holder
        if holder not in (None, self):
            raise UserError(holder.doing, how="Try again when that is done.", code="engine-busy")
        self._host.holder = self

    def release(self) -> None:
        if self._host.holder is self:
            self._host.draining = self._host.link.cancel() or self._host.link.cancelling
            self._host.holder = None

    def send(self, command: protocol.Command) -> None:
        if isinstance(command, protocol.Load):
            self._host.loaded = None
        self._host.link.send(command)

    def cancel(self) -> bool:
        return self._host.holder is self and self._host.link.cancel()

    def shut_down(self) -> None:
        if self._host.holder in (None, self):
            self._host.holder, self._host.loaded, self._host.draining = None, None, False
            self._host.link.shut_down()


def engine_host(tasks: StudyTasks) -> EngineHost:
    return tasks.findChild(EngineHost) or EngineHost(worker_command(), time.monotonic, tasks)


log = logging.getLogger(__name__)


class Machine(QObject):
    """Devices, free memory and supported quantization, detected by ``look_now`` on a separate thread."""

    found = Signal(object)  # a `Hardware`
    _deliver = Signal(object)

    def __init__(
        self, look_now: Callable[[], Hardware] = probe_hardware, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._look_now = look_now
        self._begun = False
        self.survey: Hardware | None = None
        self._deliver.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def look(self) -> None:
        if self._begun or missing_libraries():
            return
        self._begun = True
        threading.Thread(target=self._work, name="survey", daemon=True).start()

    def _work(self) -> None:
        try:
            found = self._look_now()
        except FTCompareError as error:
            log.warning("the devices could not be looked at: %s", error.code)
            return
        try:
            if isValid(self):
                self._deliver.emit(found)
        except RuntimeError:
            log.debug("the window was closed before the devices were looked at")

    def _take(self, hardware: Hardware) -> None:
        self.survey = hardware
        self.found.emit(hardware)


def machine(tasks: StudyTasks) -> Machine:
    return tasks.findChild(Machine) or Machine(probe_hardware, parent=tasks)
