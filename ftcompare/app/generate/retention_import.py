"""Import results of lm-evaluation-harness from its log files, instead of running the tasks here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ftcompare.core.benchmark_items import FALLING
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import System
from ftcompare.formats.harness_log import HarnessLog, read_log
from ftcompare.formats.text_files import printable
from ftcompare.store.study.benchmark_results import BenchmarkItem
from ftcompare.store.study.engine_runs import BENCHMARKED
from ftcompare.store.study.study_file import StudyFile


def import_logs(
    study: StudyFile, system: str, files: Sequence[Path], *, now: datetime
) -> tuple[HarnessLog, ...]:
    """Store the harness results of one system, from all files or none.

    It cannot be verified that a log belongs to this system; the origin is shown with the results.

    Args:
        files: files ``samples_TASK_TIME.jsonl``, one for each task.

    Raises:
        UserError: ``no-such-system``; ``bad-log``; ``log-imported`` for a file that was imported before.
    """
    found = _system(study, system)
    logs = tuple(map(read_log, files))
    known = {run.about.get("digest") for run in study.benchmarks.runs() if run.system == found.id}
    with study.atomic():
        for file, log in zip(files, logs, strict=True):
            if log.digest in known:
                what = f"These results of {system} are in the study already."
                raise UserError(what, where=printable(file.name), code="log-imported")
            known.add(log.digest)
            _keep(study, found, file, log, now)
        study.audit.keep_measured_ends(now=now)
    return logs


def _keep(study: StudyFile, system: System, file: Path, log: HarnessLog, now: datetime) -> None:
    falling: list[Json] = [*sorted(FALLING)]
    about: dict[str, Json] = {
        "task": log.task,
        "digest": log.digest,
        "falling": {log.task: falling},
        "imported": file.name,
    }
    if log.left_out:
        about["left_out"] = log.left_out
    examination = study.scores.add_examination(BENCHMARKED, {"benchmark": about}, now=now)
    items = (BenchmarkItem(log.task, one.item, one.metrics, one.record) for one in log.items)
    study.benchmarks.store(items, system=system.id, examination=examination)


def _system(study: StudyFile, name: str) -> System:
    systems = study.systems.all()
    for system in systems:
        if system.name == name:
            return system
    how = f"Its systems are: {', '.join(system.name for system in systems)}."
    raise UserError(f"There is no system {name!r}.", where=study.path.name, how=how, code="no-such-system")
