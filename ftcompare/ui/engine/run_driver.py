"""The window's one engine, which pages use one at a time, its hardware, and runs such as a `GenerationRun`.

Events are handled in order on the study's thread; commands follow once an event's result is stored.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum, auto
from functools import partial
from random import Random, SystemRandom
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QProcess, Qt, QTimer, Signal
from shiboken6 import isValid

from ftcompare.app.generate.engine_run import EngineRun, Fault, GenerationProgress, Step
from ftcompare.app.generate.generation import GenerationRun, RewritingRun
from ftcompare.app.generate.generation_state import WrittenPair
from ftcompare.app.generate.scoring import ScoringRun, ScoringScope
from ftcompare.app.generate.speed_and_savings import MeasuringRun
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.generation_settings import MOST_SAMPLES, TaskSettings
from ftcompare.core.language import N_, sentences, tr
from ftcompare.core.message_texts import translated_message
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import worker_command
from ftcompare.engine.client import EngineClient, EngineState
from ftcompare.engine.hardware_probe import Hardware as Hardware
from ftcompare.engine.hardware_probe import probe_hardware
from ftcompare.engine.optional_dependencies import missing_libraries
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks

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


MINUTE, HOUR = 60, 3600
IN_HOURS_FROM = 90 * MINUTE

ADVICE = {
    "out-of-memory": N_("Choose 8 or 4 bits in Setup, or a smaller batch size under More settings."),
    "server-not-local": N_("The button that allows it is in Setup, beside the system."),
    "hub-off": N_("The button that allows it is in Setup, beside the system."),
    "system-changed": N_("Setup shows the location of each system."),
    "setting-ignored": N_("Change it under Settings."),
    "setting-refused": N_("Change it under Settings."),
}
"""What to do about a fault of a system of the study, by the fault's code."""


def left_words(seconds: float) -> str:
    if seconds < MINUTE:
        return tr("less than a minute left")
    if seconds < IN_HOURS_FROM:
        return tr("about {minutes:.0f} min left", seconds / MINUTE)
    return tr("about {hours:.1f} h left", seconds / HOUR)


def progress_line(progress: GenerationProgress) -> tuple[float | None, str]:
    """Return the share done (None if unknown), and in words what is done and how long the rest takes."""
    done, total = progress.done + progress.failed, progress.total
    parts = [tr("{done} of {total} {what}", done, total, tr(progress.counted)).strip()] if total else []
    if progress.seconds_left is not None:
        parts.append(left_words(progress.seconds_left))
    return done / total if total and done else None, " · ".join(parts)


def end_lines(
    progress: GenerationProgress,
    *,
    stopped: str = "",
    named: bool = True,
    advice: Mapping[str, str] = ADVICE,
) -> list[tuple[str, str]]:
    """Return what to show when a run has ended: its notes, if systems may be ``named``, and why it ended."""
    lines = [("caution", note) for note in progress.notes] if named else []
    if progress.fault is not None:
        lines.append(("bad", fault_words(progress.fault, written=False, named=named, advice=advice)))
    elif progress.cancelled and stopped:
        lines.append(("caution", stopped))
    return lines


def fault_words(
    fault: Fault, *, written: bool = True, named: bool = False, advice: Mapping[str, str] = ADVICE
) -> str:
    """Describe an error: what, where, what to do; and, if ``written``, that writing can be continued.

    The error of a failed proof names systems; unless they may be ``named``, its statements are shown with the
    systems, without names.
    """
    what, how = map(translated_message, (fault.what, fault.how))
    if fault.code == "proof-failed" and named:
        return "\n".join(filter(None, (what, fault.where, how)))
    if fault.code == "proof-failed":
        what = tr(
            "Verification failed, so no answers were generated. The findings are listed with the systems."
        )
    how = sentences(how, tr(advice.get(fault.code, "")))
    going_on = tr("The answers so far are kept. Once the problem is fixed, the rest can be generated.")
    told = "so far is saved" in fault.how
    if not written or told or fault.code == "proof-failed":
        going_on = ""
    return "\n".join(part for part in (what, fault.where, how, going_on) if part)


class RunPhase(Enum):
    """The state of a runner."""

    IDLE = auto()
    OPENING = auto()
    WORKING = auto()
    STOPPING = auto()


@dataclass(eq=False, slots=True)
class _Job:
    """One run; late results of an earlier run are recognized by object identity."""

    study: StudyFile | None = None
    run: EngineRun | None = None
    prompts: dict[str, str] = field(default_factory=dict)
    samples: int = MOST_SAMPLES
    sent: bool = False


class EngineRunner(QObject):
    """Lets the engine work on the open study: write missing responses, measure, or score; one at a time.

    ``doing`` shows other pages why they must wait; ``command`` starts a separate worker, None uses the
    window's. ``rng`` chooses which two of a prompt's texts a sample shows, and their order.
    """

    progress = Signal(object)  # `GenerationProgress`, each time something changed
    sample = Signal(object)  # `WrittenPair`, when a pair has been stored
    loaded = Signal(object)  # `ftcompare.engine.protocol.Loaded`: device and arithmetic
    item_failed = Signal(str, str)  # the key of the prompt that failed, and why
    finished = Signal(object)  # the `GenerationProgress` at the end, however the run ended

    def __init__(
        self,
        tasks: StudyTasks,
        *,
        doing: str = "",
        command: Sequence[str] | None = None,
        rng: Random | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tasks = OwnedTasks(self, tasks)
        self._rng = rng or SystemRandom()
        host = EngineHost(command, time.monotonic, self) if command else engine_host(tasks)
        self.doing = doing or tr("FTCompare is generating answers.")
        self._link = host.seat(self.doing, self)
        self._link.heard.connect(self._on_event)
        self._phase = RunPhase.IDLE
        self._job = _Job()
        self._latest = GenerationProgress()

    @property
    def running(self) -> bool:
        """Whether a run is under way (one that is being stopped, too)."""
        return self._phase is not RunPhase.IDLE

    @property
    def stopping(self) -> bool:
        return self._phase is RunPhase.STOPPING

    def start(
        self,
        settings: protocol.GenerationSettings,
        limit: int | None = None,
        backend: str = "local",
        by_task: TaskSettings | None = None,
    ) -> None:
        """Start a run over all missing responses, if none runs; an engine in use ends it with an error."""
        options: dict[str, Any] = {"limit": limit, "backend": backend, "by_task": by_task}
        self.carry(partial(GenerationRun, settings=settings, clock=_utc_now, **options))

    def rewrite(self, settings: protocol.GenerationSettings, backend: str = "local") -> None:
        self.carry(partial(RewritingRun, settings=settings, clock=_utc_now, backend=backend))

    def measure(self, settings: protocol.GenerationSettings, backend: str = "local") -> None:
        self.carry(partial(MeasuringRun, settings=settings, clock=_utc_now, backend=backend))

    def score(self, scope: ScoringScope | None, *, served: bool, backend: str = "local") -> None:
        """Start scoring the responses without scores, or those in ``scope``. Otherwise as `start`."""
        self.carry(partial(ScoringRun, clock=_utc_now, served=served, scope=scope, backend=backend))

    def carry(self, make: Callable[[StudyFile], EngineRun]) -> None:
        if self.running:
            return
        self._phase, job = RunPhase.OPENING, _Job()
        self._job, self._latest = job, GenerationProgress()
        try:
            self._link.take()
        except UserError as error:
            self._on_error(job, error)
            return
        self.progress.emit(self._latest)

        def begin(study: StudyFile) -> Step:
            job.study = study
            job.run = make(study)
            job.prompts = {str(p.id): p.spec.text for p in study.prompts.all()}
            step = job.run.begin()
            job.samples = study.settings.samples()
            return step

        self._tasks.run(begin, partial(self._on_step, job), partial(self._on_error, job))

    def stop(self) -> None:
        if self._phase not in (RunPhase.OPENING, RunPhase.WORKING):
            return
        self._phase = RunPhase.STOPPING
        if not self._link.cancel():
            self._take(protocol.Finished(cancelled=True))

    def shut_down(self) -> None:
        """End the worker and forget the run; every pair that was heard is or will be stored."""
        self._phase, self._job = RunPhase.IDLE, _Job()
        self._link.shut_down()

    def _on_event(self, event: protocol.Event) -> None:
        if self._job.sent and not isinstance(event, protocol.Hello):
            self._take(event)

    def _take(self, event: protocol.Event) -> None:
        job = self._job

        def handle(study: StudyFile) -> Step:
            if job.run is None or study is not job.study:
                raise UserError("The study was closed during generation.", code="study-closed")
            return job.run.handle(event)

        def then(step: Step) -> None:
            self._show_event(job, event)
            self._on_step(job, step)

        self._tasks.run(handle, then, partial(self._on_error, job))

    def _show_event(self, job: _Job, event: protocol.Event) -> None:
        if job is not self._job:
            return
        if isinstance(event, protocol.Loaded):
            self.loaded.emit(event)
        elif isinstance(event, protocol.ItemFailed):
            self.item_failed.emit(event.item, event.reason)
        elif isinstance(event, protocol.Pair) and len(event.responses) > 1 and event.sample < job.samples:
            # A second answer is not shown: that a prompt has one would reveal where a control may come.
            first, second = self._rng.sample([w.text for w in event.responses], 2)
            self.sample.emit(WrittenPair(job.prompts.get(event.item, ""), first, second))

    def _on_step(self, job: _Job, step: Step) -> None:
        if job is not self._job:
            return
        self._latest = step.progress
        if step.progress.finished:
            self._end()
            return
        self.progress.emit(step.progress)
        if self._phase is RunPhase.STOPPING:
            return
        self._phase = RunPhase.WORKING
        for command in step.commands:
            job.sent = True
            self._link.send(command)

    def _on_error(self, job: _Job, error: FTCompareError) -> None:
        if job is self._job:
            ended = replace(self._latest, finished=True, stage=tr("Stopped"), seconds_left=None)
            self._latest = replace(ended, fault=protocol.fault_of(error))
            self._end()

    def _end(self) -> None:
        self._phase, self._job = RunPhase.IDLE, _Job()
        self._link.release()
        self.finished.emit(self._latest)


def _utc_now() -> datetime:
    return datetime.now(UTC)
