"""A study of served systems, written in this process by the served backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, cast

from ftcompare.app.generate.engine_run import EngineRun, GenerationProgress, drive
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.setup.new_study import fill_study
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.engine import protocol
from ftcompare.engine.backends import EngineBackend
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.worker import Worker
from ftcompare.store.study.study_file import StudyFile
from tests.engine.served.served_driver import QUESTIONS, SETTINGS


class EngineHere:
    """What `EngineProcess` does, without a process: the worker's own loop over one backend a name."""

    def __init__(self, **backends: EngineBackend) -> None:
        self._events: list[protocol.Event] = []
        self._worker = Worker(self._take, backends.__getitem__)
        self.on_event: Callable[[protocol.Event], object] = lambda _: None

    def _take(self, event: protocol.Event) -> None:
        self._events.append(event)
        self.on_event(event)

    def events(self, command: protocol.Command) -> Iterator[protocol.Event]:
        """What the command is answered with."""
        self._events.clear()
        self._worker.put(command)
        self._worker.put(protocol.Shutdown())
        self._worker.run()
        yield from tuple(self._events)


@contextmanager
def served_study(
    path: Path, url: str, now: datetime, *adapters: str, base: str = "base"
) -> Iterator[StudyFile]:
    """The base and its adapters behind a server, four prompts, nothing written."""
    specs = [SystemSpec("plain", SystemKind.SERVED, model=base, url=url)]
    specs += [
        SystemSpec(f"my-{name}", SystemKind.SERVED, model=base, adapter=name, url=url) for name in adapters
    ]
    with study_of(path, now, *specs) as study:
        yield study


@contextmanager
def study_of(path: Path, now: datetime, *specs: SystemSpec) -> Iterator[StudyFile]:
    """Systems and four prompts, nothing written."""
    prompts = tuple(PromptSpec(f"p{n}", (Message("user", text),)) for n, text in enumerate(QUESTIONS))
    with StudyFile.create(path, title="Served", scale=Scale(), rng=Random(1), now=now) as study:
        fill_study(study, specs, prompts, (), now=now)
        yield study


def write_study(study: StudyFile, engine: EngineHere, now: datetime, **options: Any) -> GenerationProgress:
    options = {"settings": SETTINGS, **options}
    return carry(GenerationRun(study, clock=lambda: now, **options), engine)


def carry(run: EngineRun, engine: EngineHere) -> GenerationProgress:
    return drive(run, cast("EngineProcess", engine), lambda _: None)


def fault_code(progress: GenerationProgress) -> str:
    """Of how a run ended; "" where it ended well."""
    return progress.fault.code if progress.fault else ""
