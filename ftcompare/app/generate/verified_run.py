"""What measuring and scoring share: group by group the systems are loaded and proved, then they work.

Like `GenerationRun` it does no I/O of its own but the study file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ftcompare.app.generate.engine_run import (
    GenerationProgress,
    Step,
    VerificationLine,
    device_told,
    verification_failed,
)
from ftcompare.app.generate.generation import VERIFICATION_PROMPTS
from ftcompare.app.generate.model_drift import changed_systems, system_changed
from ftcompare.app.generate.served_identity import served_change
from ftcompare.app.setup.system_groups import SystemGroup
from ftcompare.core.run_record import RunRecord
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile


class VerifiedRun(ABC):
    """Work that systems do once it is proved that they are those asked for.

    Args:
        study: the open study.
        groups: of the systems that are to work, one after the other.
        total: of what is counted, over all groups.
        counted: what that is, in the plural.
        clock: the time now, in UTC.
        backend: ``local``, or ``fake`` for tests.
    """

    nothing_left = "There is nothing to do"
    """What is said where there are no groups."""

    def __init__(
        self,
        study: StudyFile,
        groups: Sequence[SystemGroup],
        *,
        total: int,
        counted: str,
        clock: Callable[[], datetime],
        backend: str,
    ) -> None:
        self._study = study
        self._groups = tuple(groups)
        self._clock = clock
        self._backend = backend
        self._names = {str(s.id): s.name for s in study.systems.all()}
        self._loaded: protocol.Loaded | None = None
        self.progress = GenerationProgress(total=total, counted=counted)

    @property
    def _group(self) -> SystemGroup:
        """The group that works now."""
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
                return self._on_loaded(event)
            case protocol.Verified():
                return self._on_verified(event)
            case protocol.Finished(cancelled=True):
                return self._show(finished=True, cancelled=True, stage="Stopped")
            case protocol.Fault():
                return self._show(finished=True, fault=event, stage="Stopped")
            case protocol.Stage():
                return self._show(stage=event.text)
            case protocol.Note():
                return self._show(notes=(*self.progress.notes, event.text))
            case _:
                return self._take(event)

    def _load(self) -> Step:
        self._loaded = None
        return self._show(self._group.load(self._backend), stage="Starting the engine")

    def _show(self, *commands: protocol.Command, **changes: Any) -> Step:
        self.progress = replace(self.progress, **changes)
        return Step(commands, self.progress)

    def _on_loaded(self, event: protocol.Loaded) -> Step:
        self._loaded = event
        if changed := changed_systems(self._study, event):
            fault = system_changed(self._names[key] for key in changed)
            return self._show(finished=True, stage="Stopped", fault=fault)
        prompts = self._study.prompts.all()[:VERIFICATION_PROMPTS]
        return self._show(
            protocol.Verify(tuple(protocol.Item(str(p.id), p.spec.messages) for p in prompts)),
            stage="Proving that the base is the base and each adapter is active",
            device=device_told(event),
        )

    def _on_verified(self, event: protocol.Verified) -> Step:
        lines = tuple(VerificationLine(self._names[p.key], p.ok, p.statement) for p in event.systems)
        self._show(proofs=(*self.progress.proofs, *lines))
        if not all(line.ok for line in lines):
            return self._show(finished=True, stage="Stopped", fault=verification_failed(lines))
        if fault := served_change(self._study, event):
            return self._show(finished=True, stage="Stopped", fault=fault)
        return self._work(RunRecord(verifications=event.systems, engine=self._loaded))

    def _next_group(self) -> Step:
        """Goes on with the next group, or ends."""
        self._groups = self._groups[1:]
        if self._groups:
            return self._load()
        return self._end()

    @abstractmethod
    def _work(self, loaded: RunRecord) -> Step:
        """The group's work; takes what is kept of how it was loaded and verified."""

    @abstractmethod
    def _take(self, event: protocol.Event) -> Step:
        """Takes an event of the work itself."""

    @abstractmethod
    def _end(self) -> Step:
        """What follows when every group has worked."""
