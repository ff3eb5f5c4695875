"""Writing the pairs of a study: from what is missing, through the proof, to stored responses.

`GenerationRun` does no I/O of its own but the study file: a transport (a blocking one, or the
window's) carries its commands to the worker and hands it the worker's events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import (
    FinishReason,
    Prompt,
    PromptId,
    ResponseDraft,
    System,
    SystemId,
    SystemKind,
)
from ftcompare.engine import protocol
from ftcompare.engine.model_folder import looks_like_hub_id
from ftcompare.engine.process import EngineProcess
from ftcompare.store.study_file import StudyFile

PROOF_PROMPTS = 4
"""How many of the study's own prompts the adapter proof reads."""


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One system's proof in words.

    ``name`` is the owner's: the statement tells base from adapter, so that beside it a neutral name
    would unblind.
    """

    name: str
    ok: bool
    statement: str


@dataclass(frozen=True, slots=True)
class GenerationProgress:
    """Where a run stands. ``seconds_left`` is None until it can be told."""

    stage: str = "Starting the engine"
    done: int = 0
    total: int = 0
    failed: int = 0
    tokens_per_second: float = 0.0
    seconds_left: float | None = None
    device: str = ""
    proofs: tuple[ProofLine, ...] = ()
    notes: tuple[str, ...] = ()
    finished: bool = False
    cancelled: bool = False
    fault: protocol.Fault | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from an event: commands for the worker, and what to show."""

    commands: tuple[protocol.Command, ...]
    progress: GenerationProgress


@dataclass(slots=True)
class _Tally:
    """When pairs began to come, for the estimate."""

    began: datetime | None = None
    written: int = 0
    notes: list[str] = field(default_factory=list)


class GenerationRun:
    """One run of the engine over a study.

    Args:
        study: the open study.
        settings: how to write; stored with the run.
        limit: at most so many prompts; None for all that are missing.
        allow_hub: whether hub ids that the owner named may be fetched.
        backend: ``local``, or ``fake`` for the self-test.
        clock: the time now, in UTC.
    """

    def __init__(
        self,
        study: StudyFile,
        *,
        settings: protocol.GenerationSettings,
        clock: Callable[[], datetime],
        limit: int | None = None,
        allow_hub: bool = False,
        backend: str = "local",
    ) -> None:
        self._study = study
        self._settings = settings
        self._clock = clock
        self._allow_hub = allow_hub
        self._backend = backend
        self._systems = generated_systems(study)
        self._pending = study.pending([s.id for s in self._systems])[:limit]
        self._prompts = {str(p.id): p for p in self._pending}
        self._loaded: protocol.Loaded | None = None
        self._run: int | None = None
        self._tally = _Tally()
        self.progress = GenerationProgress(total=len(self._pending))

    def begin(self) -> Step:
        """The first command; none where nothing is missing."""
        if not self._pending:
            return self._show(stage="Every pair is written", finished=True)
        requests = tuple(
            protocol.SystemRequest(key=str(s.id), model=s.spec.model, adapter=s.spec.adapter)
            for s in self._systems
        )
        return self._show(
            protocol.Load(systems=requests, allow_hub=self._allow_hub, backend=self._backend),
            stage="Starting the engine",
        )

    def handle(self, event: protocol.Event) -> Step:
        """Take one event of the worker; what must be stored is stored on return."""
        match event:
            case protocol.Loaded():
                return self._on_loaded(event)
            case protocol.Proved():
                return self._on_proved(event)
            case protocol.Pair():
                return self._on_pair(event)
            case protocol.ItemFailed():
                return self._on_failed(event)
            case protocol.Progress():
                return self._show(tokens_per_second=event.tokens_per_second)
            case protocol.Finished():
                return self._on_finished(event)
            case protocol.Fault():
                return self._show(fault=event, finished=True, stage="Stopped")
            case protocol.Stage():
                return self._show(stage=event.text)
            case protocol.Note():
                return self._show(notes=(*self.progress.notes, event.text))
            case _:
                return Step((), self.progress)

    def _show(self, *commands: protocol.Command, **changes: Any) -> Step:
        self.progress = replace(self.progress, **changes)
        return Step(commands, self.progress)

    def _items(self, prompts: tuple[Prompt, ...]) -> tuple[protocol.Item, ...]:
        return tuple(protocol.Item(key=str(p.id), messages=p.spec.messages) for p in prompts)

    def _on_loaded(self, event: protocol.Loaded) -> Step:
        self._loaded = event
        device = f"{event.device_name}, {event.dtype}"
        notes = tuple(dict.fromkeys(note for report in event.systems for note in report.notes))
        prompts = self._pending[:PROOF_PROMPTS]
        return self._show(
            protocol.Prove(items=self._items(prompts)),
            stage="Proving that the base is the base and each adapter is active",
            device=device,
            notes=self.progress.notes + notes,
        )

    def _on_proved(self, event: protocol.Proved) -> Step:
        names = {str(s.id): s.name for s in self._systems}
        lines = tuple(ProofLine(names[p.key], p.ok, p.statement) for p in event.systems)
        if not all(line.ok for line in lines):
            return self._show(proofs=lines, finished=True, stage="Stopped", fault=_proof_failed(lines))
        self._run = self._study.start_run(self._record(event), now=self._clock())
        self._tally.began = self._clock()
        return self._show(
            protocol.Generate(items=self._items(self._pending), settings=self._settings),
            proofs=lines,
            stage="Writing pairs",
        )

    def _record(self, proof: protocol.Proved) -> dict[str, Json]:
        """What is kept with the responses: who wrote them, how, and the proof."""
        loaded = self._loaded
        return {
            "settings": asdict(self._settings),
            "proof": [asdict(p) for p in proof.systems],
            "engine": asdict(loaded) if loaded else None,
        }

    def _on_pair(self, event: protocol.Pair) -> Step:
        drafts = [
            ResponseDraft(SystemId(int(w.system)), w.text, FinishReason(w.finish_reason), w.tokens)
            for w in event.responses
        ]
        prompt = self._prompts[event.item].id
        missing = self._missing(prompt, drafts)
        self._study.store_responses(prompt, missing, run=self._run)
        self._tally.written += 1
        return self._advance(done=self.progress.done + 1)

    def _missing(self, prompt: PromptId, drafts: list[ResponseDraft]) -> list[ResponseDraft]:
        """A system added later leaves the responses that are already there as they are."""
        present = {r.system for r in self._study.responses(prompt)}
        return [d for d in drafts if d.system not in present]

    def _on_failed(self, event: protocol.ItemFailed) -> Step:
        if self._run is not None:
            self._study.mark_failed(self._prompts[event.item].id, event.reason, run=self._run)
        return self._advance(failed=self.progress.failed + 1)

    def _advance(self, **counts: int) -> Step:
        self._show(**counts)
        progress = self.progress
        finished = progress.done + progress.failed
        spent = (self._clock() - self._tally.began).total_seconds() if self._tally.began else 0.0
        left = spent / finished * (progress.total - finished) if finished else None
        return self._show(seconds_left=left)

    def _on_finished(self, event: protocol.Finished) -> Step:
        stage = "Stopped; what is written is kept" if event.cancelled else "Every pair is written"
        if self.progress.failed and not event.cancelled:
            stage = f"Done, but {self.progress.failed} prompts could not be answered"
        return self._show(finished=True, cancelled=event.cancelled, stage=stage, seconds_left=None)


def generated_systems(study: StudyFile) -> tuple[System, ...]:
    """The systems that the engine writes for.

    Raises:
        UserError: there is none, or they stand on different base models.
    """
    systems = tuple(s for s in study.systems() if s.spec.kind is not SystemKind.IMPORTED)
    if not systems:
        raise UserError(
            "This study has no model to write with.",
            where=study.path.name,
            how="Add a base model in Setup, or import outputs.",
            code="no-model",
        )
    if len({s.spec.model for s in systems}) > 1:
        raise UserError(
            "The systems of this study stand on different base models.",
            where=study.path.name,
            how="Use one base model and adapters for it.",
            code="several-bases",
        )
    return systems


def system_names(study: StudyFile) -> dict[SystemId, str]:
    """What each system may be called now: neutral while blinded, the owner's names after."""
    blinded = study.study().blinded
    return {s.id: s.neutral_name if blinded else s.name for s in study.systems()}


def uses_hub(study: StudyFile) -> bool:
    """Whether the owner named a hub id in this study: only then may the network be used."""
    specs = (s.spec for s in study.systems())
    return any(looks_like_hub_id(part) for spec in specs for part in (spec.model, spec.adapter) if part)


def drive(
    run: GenerationRun, engine: EngineProcess, show: Callable[[GenerationProgress], None]
) -> GenerationProgress:
    """Carry a run to its end over a blocking transport.

    ``engine.cancel`` from a signal handler ends it early; what is written is kept.
    """
    step = run.begin()
    show(step.progress)
    commands = list(step.commands)
    while commands and not run.progress.finished:
        for event in engine.events(commands.pop(0)):
            step = run.handle(event)
            commands += step.commands
            show(step.progress)
    return run.progress


def _proof_failed(lines: tuple[ProofLine, ...]) -> protocol.Fault:
    broken = "; ".join(f"{line.name}: {line.statement}" for line in lines if not line.ok)
    return protocol.Fault(
        code="proof-failed",
        what=f"The proof of the systems failed, so nothing was written. {broken}",
        where="",
        how="Check that the adapter folder is the trained one and that it was not merged into the base.",
        fatal=True,
        kind="user",
    )
