"""Writing the pairs of a study: from what is missing, through the proof, to stored responses.

`GenerationRun` does no I/O of its own but the study file: a transport (a blocking one, or the
window's) carries its commands to the worker and hands it the worker's events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from ftcompare.app.generate.engine_run import (
    GenerationProgress,
    Step,
    VerificationLine,
    device_told,
    verification_failed,
)
from ftcompare.app.generate.model_drift import changed_systems, system_changed, twins_note
from ftcompare.app.generate.served_identity import served_change
from ftcompare.app.generate.server_handover import (
    SWITCHED,
    Switch,
    find_switch,
    not_comparable,
    others_answer,
    server_wrote,
    written_by_servers,
)
from ftcompare.app.setup.system_groups import SystemGroup, generated_groups
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import (
    FinishReason,
    Prompt,
    PromptId,
    ResponseDraft,
    SystemId,
)
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile

VERIFICATION_PROMPTS = 4
"""How many of the study's own prompts the adapter proof reads."""


@dataclass(slots=True)
class _Tally:
    """When pairs began to come, in monotonic seconds, for the estimate."""

    began: float | None = None


@dataclass(frozen=True, slots=True)
class _Phase:
    """What one group of systems has still to write: prompts, each with the samples it lacks."""

    group: SystemGroup
    missing: tuple[tuple[Prompt, tuple[int, ...]], ...]

    @property
    def size(self) -> int:
        """Answers of the whole group to one sample of one prompt."""
        return sum(len(samples) for _, samples in self.missing)

    def items(self) -> tuple[protocol.Item, ...]:
        return tuple(protocol.Item(str(p.id), p.spec.messages, samples) for p, samples in self.missing)


class GenerationRun:
    """One run of the engine over a study: one group of systems after the other.

    Args:
        study: the open study.
        settings: how to write; stored with the run.
        limit: at most so many prompts; None for all that are missing.
        server: address of a server that serves the models of this machine, to write in their place.
        uncompared: whether it may go on with what was written here though that cannot be compared.
        backend: ``local``, or ``fake`` for the self-test.
        clock: the time now, in UTC.
        ticks: monotonic seconds, for the estimate of what is left; a machine's sleep is not work.
    """

    def __init__(
        self,
        study: StudyFile,
        *,
        settings: protocol.GenerationSettings,
        clock: Callable[[], datetime],
        limit: int | None = None,
        server: str = "",
        uncompared: bool = False,
        backend: str = "local",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ticks = ticks
        self._study = study
        self._settings = settings
        self._clock = clock
        self._backend = backend
        self._server = server
        self._uncompared = uncompared
        self._switch: Switch | None = None
        self._proof: protocol.Verified | None = None
        self._limit = limit
        self._phases = _phases(study, settings.samples, limit)
        self._number = len(self._phases)
        self._names = {str(s.id): s.name for s in study.systems.all()}
        self._for_proof: Iterator[Prompt] = iter(())
        self._loaded: protocol.Loaded | None = None
        self._run: int | None = None
        self._tally = _Tally()
        # of other numbers of systems, an answer of all to one prompt is not one pair
        pairs = self._number == 1 and len(self._phases[0].group.systems) == len(self._names) == 2
        total = sum(phase.size for phase in self._phases)
        self.progress = GenerationProgress(total=total, counted="pairs" if pairs else "")

    def begin(self) -> Step:
        """The first command; none where nothing is missing."""
        if self._study.settings.samples() != self._settings.samples:
            self._study.settings.set_samples(self._settings.samples)
        if not self._phases:
            return self._show(stage="Every pair is written", finished=True)
        return self._load()

    def handle(self, event: protocol.Event) -> Step:
        """Take one event of the worker; what must be stored is stored on return."""
        match event:
            case protocol.Loaded():
                return self._on_loaded(event)
            case protocol.Verified():
                return self._on_verified(event)
            case protocol.Pair():
                return self._on_pair(event)
            case protocol.ItemFailed():
                return self._on_failed(event)
            case protocol.Progress():
                return self._show(tokens_per_second=event.tokens_per_second)
            case protocol.Finished():
                return self._on_finished(event)
            case protocol.Fault():
                return self._on_fault(event)
            case protocol.Stage():
                return self._show(stage=event.text)
            case protocol.Note():
                return self._show(notes=(*self.progress.notes, event.text))
            case _:
                return Step((), self.progress)

    def _load(self) -> Step:
        phase = self._phases[0]
        self._prompts = {str(p.id): (p, samples) for p, samples in phase.missing}
        self._loaded, self._run, self._proof = None, None, None
        part = self._number - len(self._phases) + 1
        command = phase.group.load(self._backend, self._server)
        return self._show(
            command, stage="Starting the engine", part=part, parts=self._number, tokens_per_second=0.0
        )

    def _show(self, *commands: protocol.Command, **changes: Any) -> Step:
        self.progress = replace(self.progress, **changes)
        return Step(commands, self.progress)

    def _on_loaded(self, event: protocol.Loaded) -> Step:
        self._loaded = event
        if changed := changed_systems(self._study, event):
            return self._stop(system_changed(self._names[key] for key in changed))
        if elsewhere := written_by_servers(self._study, event):
            return self._stop(server_wrote(self._names[key] for key in elsewhere))
        if fault := self._find_switch():
            return self._stop(fault)
        told = (note for report in event.systems for note in report.notes)
        notes = tuple(dict.fromkeys((*told, *twins_note(self._study, event))))
        self._show(
            stage="Proving that the base is the base and each adapter is active",
            device=device_told(event),
            notes=self.progress.notes + notes,
        )
        self._for_proof = self._proof_prompts()
        return self._prove(islice(self._for_proof, VERIFICATION_PROMPTS))

    def _proof_prompts(self) -> Iterator[Prompt]:
        """Those to be written, then the study's others; what could not be answered before comes last."""
        failed = self._study.responses.failures()
        missing = [prompt for prompt, _ in self._phases[0].missing]
        yield from (prompt for prompt in missing if prompt.id not in failed)
        asked = {prompt.id for prompt in missing}
        yield from (prompt for prompt in self._study.prompts.all() if prompt.id not in asked | failed.keys())
        yield from (prompt for prompt in missing if prompt.id in failed)

    def _prove(self, prompts: Iterable[Prompt]) -> Step:
        items = tuple(protocol.Item(str(prompt.id), prompt.spec.messages) for prompt in prompts)
        return self._show(protocol.Verify(items))

    def _on_fault(self, event: protocol.Fault) -> Step:
        """The end; but systems that take none of some prompts may be proved on others."""
        others = tuple(islice(self._for_proof, VERIFICATION_PROMPTS)) if event.code == "no-prompts" else ()
        return self._prove(others) if others else self._show(fault=event, finished=True, stage="Stopped")

    def _on_verified(self, event: protocol.Verified) -> Step:
        lines = tuple(VerificationLine(self._names[p.key], p.ok, p.statement) for p in event.systems)
        proofs = (*self.progress.proofs, *lines)
        if not all(line.ok for line in lines):
            return self._show(proofs=proofs, finished=True, stage="Stopped", fault=verification_failed(lines))
        self._show(proofs=proofs)
        if fault := served_change(self._study, event):
            return self._stop(fault)
        self._proof = event
        comparing = self._switch.command() if self._switch else None
        if comparing:
            return self._show(comparing, stage="Comparing the server's answers with those written here")
        return self._write(event)

    def _stop(self, fault: protocol.Fault) -> Step:
        return self._show(finished=True, stage="Stopped", fault=fault)

    def _find_switch(self) -> protocol.Fault | None:
        """Whether a server goes on with what was written here; a fault where nothing can be compared."""
        group = self._phases[0].group
        self._switch = find_switch(self._study, group) if self._server and not group.served else None
        if self._switch is None or self._switch.command() or self._uncompared:
            return None
        return not_comparable(self._switch.names.values())

    def _on_compared(self, switch: Switch, proof: protocol.Verified) -> Step:
        """The server writes only where it answers as this machine did."""
        if not switch.there and not self._uncompared:
            return self._stop(not_comparable(switch.names.values()))
        return self._stop(others_answer(switch)) if switch.strangers() else self._write(proof)

    def _write(self, proof: protocol.Verified) -> Step:
        with self._study.atomic():
            record = RunRecord(self._settings, proof.systems, self._loaded)
            self._run = self._study.runs.start(record.to_json(), now=self._clock())
            if self._switch:
                self._study.audit.append(SWITCHED, self._switch.record(self._run), now=self._clock())
        if self._tally.began is None:
            self._tally.began = self._ticks()
        command = protocol.Generate(items=self._phases[0].items(), settings=self._settings)
        return self._show(command, stage="Writing pairs")

    def _on_pair(self, event: protocol.Pair) -> Step:
        if self._switch and self._run is None:
            self._switch.take(event)
            return Step((), self.progress)
        drafts = [draft(written, event.sample) for written in event.responses]
        prompt = self._prompts[event.item][0].id
        self._study.responses.store(prompt, self._missing(prompt, drafts), run=self._run)
        return self._advance(done=self.progress.done + 1)

    def _missing(self, prompt: PromptId, drafts: list[ResponseDraft]) -> list[ResponseDraft]:
        """A system added later leaves the responses that are already there as they are."""
        present = {(r.system, r.sample) for r in self._study.responses.of_prompt(prompt)}
        return [d for d in drafts if (d.system, d.sample) not in present]

    def _on_failed(self, event: protocol.ItemFailed) -> Step:
        if self._switch and self._run is None:
            return Step((), self.progress)
        prompt, samples = self._prompts[event.item]
        if self._run is not None:
            self._study.responses.mark_failed(prompt.id, event.reason, run=self._run)
        return self._advance(failed=self.progress.failed + len(samples))

    def _advance(self, **counts: int) -> Step:
        self._show(**counts)
        progress = self.progress
        finished = progress.done + progress.failed
        spent = self._ticks() - self._tally.began if self._tally.began is not None else 0.0
        left = spent / finished * (progress.total - finished) if finished else None
        return self._show(seconds_left=left)

    def _on_finished(self, event: protocol.Finished) -> Step:
        if self._switch and self._proof and self._run is None and not event.cancelled:
            return self._on_compared(self._switch, self._proof)
        if not event.cancelled and len(self._phases) > 1:
            self._phases = self._phases[1:]
            return self._load()
        every = "What was asked for is written" if self._limit else "Every pair is written"
        stage = "Stopped; what is written is kept" if event.cancelled else every
        if self.progress.failed and not event.cancelled:
            failed = len(self._study.responses.failures())
            stage = f"Done, but {failed} {'prompt' if failed == 1 else 'prompts'} could not be answered"
        return self._show(finished=True, cancelled=event.cancelled, stage=stage, seconds_left=None)


def _phases(study: StudyFile, samples: int, limit: int | None) -> tuple[_Phase, ...]:
    """What is missing, by group; of the prompts that lack something at most so many."""
    found = [_Phase(group, study.responses.missing(group.ids, samples)) for group in generated_groups(study)]
    prompts = sorted({prompt.id for phase in found for prompt, _ in phase.missing})[:limit]
    kept = frozenset(prompts)
    chosen = (
        replace(phase, missing=tuple(one for one in phase.missing if one[0].id in kept)) for phase in found
    )
    return tuple(phase for phase in chosen if phase.missing)


def draft(written: protocol.Written, sample: int = 0) -> ResponseDraft:
    """What the engine wrote, as it is stored."""
    finish = FinishReason(written.finish_reason)
    system = SystemId(int(written.system))
    return ResponseDraft(system, written.text, finish, written.tokens, written.active, sample)
