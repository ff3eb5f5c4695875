"""Trials: a run on a few rows before a whole one, in a study that is deleted afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ftcompare.app.application_paths import STUDY_SUFFIX
from ftcompare.app.generate.engine_run import EngineProcess, EngineRun, drive
from ftcompare.app.study.opening import open_study
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.store.study.study_file import StudyFile

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
