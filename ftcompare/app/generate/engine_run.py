"""An engine run over a study: systems are loaded and verified group by group, then they generate.

A run does no I/O of its own but the study file: a transport (`drive`, or the window's) carries its commands
to the worker and hands it the worker's events.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from ftcompare.app.generate.asked_items import item_of
from ftcompare.app.generate.system_identity import changed_systems, refused_run, served_change, system_changed
from ftcompare.app.setup.system_groups import SystemGroup
from ftcompare.core.errors import FTCompareError
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import Prompt
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import EngineProcess as EngineProcess  # what `drive` takes
from ftcompare.engine.optional_dependencies import require_engine as require_engine
from ftcompare.engine.protocol import Fault as Fault
from ftcompare.engine.protocol import Loaded as Loaded
from ftcompare.store.study.study_file import StudyFile

RECIPE_SHOWN = 12
"""Characters of a recipe's digest."""

VERIFICATION_PROMPTS = 4
"""How many of the study's own prompts the adapter proof reads."""


@dataclass(frozen=True, slots=True)
class VerificationLine:
    """One system's proof in words.

    ``name`` is the owner's: the statement tells base from adapter, so that beside it a neutral name
    would unblind.
    """

    name: str
    ok: bool
    statement: str


@dataclass(frozen=True, slots=True)
class GenerationProgress:
    """Where a run stands.

    Args:
        seconds_left: None until it can be told.
        counted: what ``done`` and ``total`` count; empty where that has no name of its own.
        part: which group of systems is at work, or which task, of ``parts``; they come one after another.
    """

    stage: str = "Starting the engine"
    done: int = 0
    total: int = 0
    failed: int = 0
    tokens_per_second: float = 0.0
    seconds_left: float | None = None
    device: str = ""
    proofs: tuple[VerificationLine, ...] = ()
    notes: tuple[str, ...] = ()
    finished: bool = False
    cancelled: bool = False
    fault: Fault | None = None
    counted: str = "pairs"
    part: int = 1
    parts: int = 1

    def raise_fault(self) -> None:
        """Go on only if no fault ended the run.

        Raises:
            UserError, EnvironmentFault, BugError: as the engine's fault says.
        """
        if self.fault is not None:
            protocol.raise_fault(self.fault)


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from an event: commands for the worker, and what to show."""

    commands: tuple[protocol.Command, ...]
    progress: GenerationProgress


class EngineRun(ABC):
    """Work that systems do once it is proved that they are those asked for: writing, measuring, scoring.

    Args:
        groups: of the systems that are to work, one after another.
        total: of what is counted, over all groups.
        counted: what that is, in the plural.
        clock: the time now, in UTC.
        backend: ``local``, or ``fake`` for tests.
        server: address of a server that serves the models of this machine, to work in their place.
        ticks: monotonic seconds, for the estimate of what is left; a machine's sleep is not work.
    """

    nothing_left = "There is nothing to do"
    """What is said where there are no groups."""
    stopped = "Stopped"
    """What is said where the user ended it."""
    proving = "Proving that the base is the base and each adapter is active"
    """What is said while it is proved that those at work are those asked for."""

    def __init__(
        self,
        study: StudyFile,
        groups: Sequence[SystemGroup],
        *,
        total: int,
        counted: str,
        clock: Callable[[], datetime],
        backend: str,
        server: str = "",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._study = study
        self._groups = tuple(groups)
        self._clock = clock
        self._backend = backend
        self._server = server
        self._ticks = ticks
        self._began: float | None = None
        self._names = {str(s.id): s.name for s in study.systems.all()}
        self._loaded: protocol.Loaded | None = None
        self._for_proof: Iterator[Prompt] = iter(())
        self.progress = GenerationProgress(total=total, counted=counted)

    @property
    def _group(self) -> SystemGroup:
        return self._groups[0]

    def begin(self) -> Step:
        """The first command; none where there is nothing to do."""
        if not self._groups:
            return self._show(stage=self.nothing_left, finished=True)
        return self._load()

    def handle(self, event: protocol.Event) -> Step:
        """Take one event of the worker; what must be stored is stored on return."""
        match event:
            case protocol.Loaded():
                self._loaded = event
                fault = self._unfit(event)
                return self._stop(fault) if fault else self._on_loaded(event)
            case protocol.Verified():
                return self._on_verified(event)
            case protocol.Finished(cancelled=True):
                return self._show(finished=True, cancelled=True, stage=self.stopped, seconds_left=None)
            case protocol.Fault():
                return self._on_fault(event)
            case protocol.Stage():
                return self._show(stage=event.text)
            case protocol.ServerChecked():
                return self._on_checked(event)
            case protocol.Note():
                return self._show(notes=(*self.progress.notes, event.text))
            case _:
                return self._take(event)

    def _load(self) -> Step:
        self._loaded = None
        return self._show(self._group.load(self._backend, self._server), stage="Starting the engine")

    def _show(self, *commands: protocol.Command, **changes: Any) -> Step:
        ends = changes.get("finished", False) and not self.progress.finished
        self.progress = replace(self.progress, **changes)
        if ends:
            self._at_end()
        return Step(commands, self.progress)

    def _at_end(self) -> None:
        """What it wrote cannot be taken away unnoticed from now on."""
        self._study.audit.keep_measured_ends(now=self._clock())

    def _stop(self, fault: Fault) -> Step:
        return self._show(finished=True, stage="Stopped", fault=fault)

    def _on_fault(self, event: protocol.Fault) -> Step:
        return self._stop(event)

    def _on_checked(self, _event: protocol.ServerChecked) -> Step:
        """Takes how many requests a server was looked at by; nothing is made of it here."""
        return Step((), self.progress)

    def _unfit(self, event: protocol.Loaded) -> Fault | None:
        """Why what was loaded may not work for this study."""
        changed = changed_systems(self._study, event)
        return system_changed(self._names[key] for key in changed) if changed else None

    def _proof_prompts(self) -> Iterator[Prompt]:
        return iter(self._study.prompts.all())

    def _on_loaded(self, event: protocol.Loaded) -> Step:
        self._show(stage=self.proving, device=device_told(event))
        self._for_proof = self._proof_prompts()
        return self._prove(islice(self._for_proof, VERIFICATION_PROMPTS))

    def _prove(self, prompts: Iterable[Prompt]) -> Step:
        items = tuple(item_of(one.spec, self._group.systems, str(one.id)) for one in prompts)
        return self._show(protocol.Verify(items))

    def _on_verified(self, event: protocol.Verified) -> Step:
        recipes = {one.key: one.recipe_digest for one in self._loaded.systems} if self._loaded else {}
        lines = tuple(
            VerificationLine(self._names[p.key], p.ok, f"{p.statement}{_asked_by(recipes.get(p.key, ''))}")
            for p in event.systems
        )
        self._show(proofs=(*self.progress.proofs, *lines))
        broken = "; ".join(f"{line.name}: {line.statement}" for line in lines if not line.ok)
        fault = verification_failed(broken) if broken else served_change(self._study, event)
        if fault:
            return self._stop(fault)
        return self._work(RunRecord(verifications=event.systems, engine=self._loaded))

    def _next_group(self) -> Step:
        self._groups = self._groups[1:]
        return self._load() if self._groups else self._end()

    def _begin_estimate(self) -> None:
        if self._began is None:
            self._began = self._ticks()

    def _advance(self, **changes: Any) -> Step:
        """With an estimate of the time that is left: as much for each as for those before."""
        progress = self._show(**changes).progress
        done = progress.done + progress.failed
        spent = self._ticks() - self._began if self._began is not None else 0.0
        return self._show(seconds_left=spent / done * (progress.total - done) if done else None)

    @abstractmethod
    def _work(self, loaded: RunRecord) -> Step:
        """The group's work; takes what is kept of how it was loaded and verified."""

    @abstractmethod
    def _take(self, event: protocol.Event) -> Step:
        """Takes an event of the work itself."""

    @abstractmethod
    def _end(self) -> Step:
        """What follows when every group has worked."""


def _asked_by(recipe: str) -> str:
    """Beside a system's proof, the digest of its recipe; empty without one."""
    return f" It is asked by the recipe {recipe[:RECIPE_SHOWN]}…." if recipe else ""


def device_told(loaded: Loaded) -> str:
    """Where it is computed and, where that is known, with what arithmetic."""
    return ", ".join(part for part in (loaded.device_name, loaded.dtype) if part not in ("", "unknown"))


def drive(
    run: EngineRun, engine: EngineProcess, show: Callable[[GenerationProgress], None]
) -> GenerationProgress:
    """Carry a run to its end over a blocking transport.

    ``engine.cancel`` from a signal handler ends it early; what is written is kept.

    Raises:
        FTCompareError: the study cannot take what came; what was stored before is kept.
    """
    step = run.begin()
    show(step.progress)
    commands = list(step.commands)
    while commands and not run.progress.finished:
        for event in engine.events(commands.pop(0)):
            with _kept_is_told():
                step = run.handle(event)
            commands += step.commands
            show(step.progress)
    return run.progress


@contextmanager
def _kept_is_told() -> Iterator[None]:
    """An error of the study within it, such as a full disk, says that what was stored before is kept."""
    try:
        yield
    except FTCompareError as error:
        how = f"{error.how} What was written before is kept; run it again to go on.".strip()
        raise type(error)(error.what, where=error.where, how=how, code=error.code) from error


def verification_failed(broken: str) -> Fault:
    """The end of a run whose systems are not what they claim to be; takes what their proofs say."""
    what = f"The proof of the systems failed, so nothing was written. {broken}"
    how = "Check that the adapter folder is the trained one and that it was not merged into the base."
    return refused_run("proof-failed", what, how)
