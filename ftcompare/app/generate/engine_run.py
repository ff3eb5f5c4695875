"""Work of the engine over a study, whichever it is: what it tells, and how a transport carries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from ftcompare.core.errors import FTCompareError
from ftcompare.engine import protocol
from ftcompare.engine.optional_dependencies import require_engine as require_engine
from ftcompare.engine.process import EngineProcess as EngineProcess  # what `drive` takes
from ftcompare.engine.protocol import Fault as Fault
from ftcompare.engine.protocol import Loaded as Loaded


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
        part: which group of systems is at work, of ``parts``; they write one after the other.
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


class EngineRun(Protocol):
    """Work of the engine over a study that a transport can carry: writing, measuring, scoring."""

    progress: GenerationProgress

    def begin(self) -> Step:
        """The first commands; none where there is nothing to do."""

    def handle(self, event: protocol.Event) -> Step:
        """Take one event of the worker; what must be stored is stored on return."""


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
        how = f"{error.how} What was written before is kept; generate again to go on.".strip()
        raise type(error)(error.what, where=error.where, how=how, code=error.code) from error


def verification_failed(lines: tuple[VerificationLine, ...]) -> Fault:
    """The end of a run whose systems are not what they claim to be."""
    broken = "; ".join(f"{line.name}: {line.statement}" for line in lines if not line.ok)
    return Fault(
        code="proof-failed",
        what=f"The proof of the systems failed, so nothing was written. {broken}",
        where="",
        how="Check that the adapter folder is the trained one and that it was not merged into the base.",
        fatal=True,
        kind="user",
    )
