"""Trials: a run on a few prompts before a whole one, in a study that is deleted afterwards."""

from __future__ import annotations

from typing import NamedTuple

from ftcompare.app.generate.engine_run import EngineProcess, EngineRun, drive
from ftcompare.app.work_progress import ProgressCallback

TRIED = 3
"""Number of prompts or pairs of a trial."""


class TrialRow(NamedTuple):
    """The outcome of one prompt."""

    prompt: str
    question: str  # what was asked
    reply: str  # what came back
    counted: str  # how it counts


def carry_trial(run: EngineRun, progress: ProgressCallback) -> None:
    """Carry a run to its end with a worker of its own. Raises the run's fault."""
    with EngineProcess() as engine:
        drive(
            run, engine, lambda now: progress(now.stage, now.done / now.total if now.total else None)
        ).raise_fault()
