"""Writes responses from the window: a `GenerationRun` with the window's one engine.

Events are handled in order on the study's thread; commands follow once an event's result is stored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum, auto
from functools import partial
from random import Random, SystemRandom
from typing import Any

from PySide6.QtCore import QObject, Signal

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
from ftcompare.ui.engine.engine_link import EngineHost, engine_host
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks

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


def progress_line(progress: GenerationProgress, what: str) -> tuple[float | None, str]:
    """Return the share done (None if unknown), and in words what is done and how long the rest takes.

    ``what`` is done, in the plural and the present language.
    """
    done, total = progress.done + progress.failed, progress.total
    parts = [tr("{done} of {total} {what}", done, total, what).strip()] if total else []
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
        self.doing = doing or tr("Generate is generating answers.")
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
