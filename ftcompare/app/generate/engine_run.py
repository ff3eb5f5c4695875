"""An engine run over a study: systems are loaded and verified group by group, and then work.

A run does no I/O except on the study file. A transport (`drive`, or the window's) sends its commands to the
worker process and passes the worker's events to it.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Required, TypedDict, Unpack

from ftcompare.app.application_paths import STUDY_SUFFIX
from ftcompare.app.generate import system_identity
from ftcompare.app.generate.generation_state import device_words
from ftcompare.app.setup.system_groups import SystemGroup, generated_groups, item_of
from ftcompare.app.study.audit_log import VERIFICATION_FAILED
from ftcompare.app.study.opening import open_study
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, sentences, tr
from ftcompare.core.message_texts import translated_message
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import Prompt
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import EngineProcess as EngineProcess  # for `drive`
from ftcompare.engine.optional_dependencies import require_engine as require_engine
from ftcompare.engine.protocol import Fault as Fault
from ftcompare.engine.protocol import Loaded as Loaded
from ftcompare.store.study.study_file import StudyFile

RECIPE_SHOWN = 12  # number of characters shown of a recipe's digest
VERIFICATION_PROMPTS = 4  # number of the study's prompts on which adapters are verified


@dataclass(frozen=True, slots=True)
class VerificationLine:
    """The verification of one system in words, with the owner's name.

    The words distinguish base from adapter, so a neutral name beside them would unblind the study.
    """

    name: str
    ok: bool
    statement: str


@dataclass(frozen=True, slots=True)
class GenerationProgress:
    stage: str = N_("Starting the engine")
    done: int = 0
    total: int = 0
    failed: int = 0
    tokens_per_second: float = 0.0
    seconds_left: float | None = None  # estimated remaining seconds; None before an estimate is possible
    device: str = ""  # device and number format
    proofs: tuple[VerificationLine, ...] = ()  # verification results of the systems
    notes: tuple[str, ...] = ()
    finished: bool = False
    cancelled: bool = False
    fault: Fault | None = None  # the error that ended the run; None without one
    counted: str = "pairs"  # plural noun of what ``done`` and ``total`` count; empty where there is none
    # number of the current group of systems or task; ``parts`` is the total. They run one after another.
    part: int = 1
    parts: int = 1

    def raise_fault(self) -> None:
        """Raise the error that ended the run, if any: UserError, EnvironmentFault or BugError."""
        if self.fault is not None:
            protocol.raise_fault(self.fault)


@dataclass(frozen=True, slots=True)
class Step:
    commands: tuple[protocol.Command, ...]
    progress: GenerationProgress


class EngineOptions(TypedDict, total=False):
    clock: Required[Callable[[], datetime]]  # current time, in UTC
    backend: str  # ``local`` by default
    server: str  # address of a server that serves the models of this machine and replaces it; may be empty
    also: tuple[str, ...]  # addresses of further servers of the same models, which share the prompts
    # monotonic seconds, for the estimate of remaining time; time in which the machine sleeps does not count
    ticks: Callable[[], float]


class EngineRun(ABC):
    """Base class of work by verified systems: generating, measuring, scoring. ``total`` counts items."""

    nothing_left = N_("There is nothing to do")  # message where there are no groups
    stopped = N_("Stopped")  # message after the user canceled the run
    proving = N_("Verifying the base and each adapter")
    """Message during the verification of the systems."""

    def __init__(
        self,
        study: StudyFile,
        groups: Sequence[SystemGroup],
        *,
        total: int,
        counted: str,
        **options: Unpack[EngineOptions],
    ) -> None:
        self._study = study
        self._groups = tuple(groups)
        self._clock = options["clock"]
        self._backend = options.get("backend", "local")
        self._server = options.get("server", "")
        self._also = options.get("also", ())
        self._ticks = options.get("ticks", time.monotonic)
        self._began: float | None = None
        self._names = {str(s.id): s.name for s in study.systems.all()}
        self._loaded: protocol.Loaded | None = None
        self._for_proof: Iterator[Prompt] = iter(())
        self.progress = GenerationProgress(total=total, counted=counted)

    @property
    def _group(self) -> SystemGroup:
        return self._groups[0]

    def begin(self) -> Step:
        if not self._groups:
            return self._show(stage=self.nothing_left, finished=True)
        try:
            self._require_one_address()
            if self._backend == "local" and not self._server:  # before any group works
                for group in dict.fromkeys(self._groups):
                    group.require_folders()
        except UserError as error:
            return self._stop(protocol.fault_of(error))
        self._study.lend()
        return self._load()

    def handle(self, event: protocol.Event) -> Step:
        """Handle an event of the worker. Everything to store is stored when this returns."""
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
                return self._show(stage=translated_message(event.text))
            case protocol.ServerChecked():
                return self._on_checked(event)
            case protocol.OtherModel():
                note = system_identity.record_other_model(self._study, event, now=self._clock())
                return self._show(notes=self._notes_with(note))
            case protocol.Note():
                return self._show(notes=(*self.progress.notes, translated_message(event.text)))
            case _:
                return self._take(event)

    def _load(self) -> Step:
        self._loaded = None
        command = self._group.load(self._backend, self._server, self._also_serving())
        return self._show(command, stage=N_("Starting the engine"))

    def _require_one_address(self) -> None:
        groups = generated_groups(self._study) if self._server or self._also else ()
        if len(groups) > 1 and all(group.served for group in groups):
            raise UserError(
                "The systems of this study are served at several addresses, so further servers cannot share "
                "the prompts.",
                how="Generate without naming a server, or serve all systems at one address.",
                code="several-addresses",
            )

    def _also_serving(self) -> tuple[str, ...]:
        """The further servers of the group; a group that is served already has one in ``server``, too."""
        if not self._group.served:
            return self._also
        places = tuple(filter(None, (self._server, *self._also)))
        return places if places and len(generated_groups(self._study)) == 1 else ()

    def _show(self, *commands: protocol.Command, stage: str = "", **changes: Any) -> Step:
        ends = changes.get("finished", False) and not self.progress.finished
        shown = tr(stage) or self.progress.stage  # also of the literals of the engine
        self.progress = replace(self.progress, stage=shown, **changes)
        if ends:
            self._at_end()
        return Step(commands, self.progress)

    def _at_end(self) -> None:
        """Seal what was written, so that a removal is detected, and lock the study again."""
        try:
            self._study.audit.keep_measured_ends(now=self._clock())
        finally:
            self._study.reclaim()

    def _stop(self, fault: Fault) -> Step:
        return self._show(finished=True, stage=N_("Stopped"), fault=fault)

    def _on_fault(self, event: protocol.Fault) -> Step:
        return self._stop(event)

    def _on_checked(self, _event: protocol.ServerChecked) -> Step:
        return self._show()

    def _notes_with(self, note: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.progress.notes, note)))

    def _unfit(self, event: protocol.Loaded) -> Fault | None:
        changed = system_identity.changed_systems(self._study, event)
        return system_identity.system_changed(self._names[key] for key in changed) if changed else None

    def _proof_prompts(self) -> Iterator[Prompt]:
        return iter(self._study.prompts.all())

    def _on_loaded(self, event: protocol.Loaded) -> Step:
        self._show(stage=self.proving, device=device_words(event, ", "))
        self._for_proof = self._proof_prompts()
        return self._prove(islice(self._for_proof, VERIFICATION_PROMPTS))

    def _prove(self, prompts: Iterable[Prompt]) -> Step:
        items = tuple(item_of(one.spec, self._group.systems, str(one.id)) for one in prompts)
        return self._show(protocol.Verify(items))

    def _on_verified(self, event: protocol.Verified) -> Step:
        recipes = {one.key: one.recipe_digest for one in self._loaded.systems} if self._loaded else {}
        by_recipe = {
            key: f" Its instructions: {recipe[:RECIPE_SHOWN]}…." for key, recipe in recipes.items() if recipe
        }
        lines = tuple(
            VerificationLine(self._names[p.key], p.ok, f"{p.statement}{by_recipe.get(p.key, '')}")
            for p in event.systems
        )
        self._show(proofs=(*self.progress.proofs, *lines))
        broken = "; ".join(f"{line.name}: {line.statement}" for line in lines if not line.ok)
        fault = verification_failed(broken) if broken else system_identity.served_change(self._study, event)
        if broken:
            failed: dict[str, Json] = {p.key: p.statement for p in event.systems if not p.ok}
            self._study.audit.append(VERIFICATION_FAILED, {"systems": failed}, now=self._clock())
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
        """Update the progress; the remaining time is estimated from the mean time per item."""
        progress = self._show(**changes).progress
        done = progress.done + progress.failed
        spent = self._ticks() - self._began if self._began is not None else 0.0
        return self._show(seconds_left=spent / done * (progress.total - done) if done else None)

    @abstractmethod
    def _work(self, loaded: RunRecord) -> Step:
        """Start the group's work; the argument is the stored record of loading and verification."""

    def _take(self, event: protocol.Event) -> Step:
        """Handle an event of the work itself; after a group's work the next group begins."""
        match event:
            case protocol.Progress():
                return self._show(tokens_per_second=event.tokens_per_second)
            case protocol.Finished():
                return self._next_group()
            case _:
                return self._show()

    def _end(self) -> Step:
        return self._finish(self.nothing_left)

    def _finish(self, stage: str) -> Step:
        return self._show(finished=True, stage=stage, seconds_left=None)


def drive(
    run: EngineRun, engine: EngineProcess, show: Callable[[GenerationProgress], None]
) -> GenerationProgress:
    """Run to the end over a blocking transport; a signal handler may call ``engine.cancel``.

    Raises `FTCompareError` if the study cannot store the results; earlier results stay stored.
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
    """Add to an error of the study, such as a full disk, that earlier results stay stored."""
    try:
        yield
    except FTCompareError as error:
        how = sentences(error.how, tr("The answers before it are saved. Run it again to continue."))
        raise type(error)(error.what, where=error.where, how=how, code=error.code) from error


def verification_failed(broken: str) -> Fault:
    """The error that ends a run with unverified systems; ``broken`` is the text of their verification."""
    what = tr("The systems could not be verified, so nothing was generated. {broken}", broken)
    how = tr("Check that the adapter folder is the trained one and that it was not merged into the base.")
    return system_identity.refused_run("proof-failed", what, how)


TRIED = 3
"""Number of prompts, pairs, or items of a trial."""


class TrialRow(NamedTuple):
    prompt: str
    question: str  # what was asked, or what is required of the reply
    reply: str  # what came back
    counted: str  # how it counts
    useless: bool = False  # whether it counts for nothing


@contextmanager
def trial_path() -> Iterator[Path]:
    """A path for the study of a trial, in a folder that is deleted afterwards."""
    with TemporaryDirectory(prefix="ftcompare-trial-") as folder:
        yield Path(folder) / f"trial{STUDY_SUFFIX}"


@contextmanager
def trial_copy(study: StudyFile) -> Iterator[StudyFile]:
    with trial_path() as path:
        study.save_copy(path)
        with open_study(path, now=datetime.now(UTC)) as copy:
            yield copy


def carry_trial(run: EngineRun, progress: ProgressCallback) -> None:
    """Carry a run to its end with a worker of its own. Raises the run's fault."""
    with EngineProcess() as engine:
        drive(
            run, engine, lambda now: progress(now.stage, now.done / now.total if now.total else None)
        ).raise_fault()
