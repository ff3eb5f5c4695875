"""Runs of benchmark tasks: all are kept, and one for each task and system counts.

The newest verified run counts; a log counts only where there is no verified run. The owner may choose another
run, which the audit log records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.run_record import RunRecord
from ftcompare.store.study.benchmark_results import BenchmarkRun
from ftcompare.store.study.study_file import StudyFile

DIGEST_SHOWN = 8
CHOSEN = "retention-run-chosen"
"""Kind of the audit-log entry for a run that the owner chose."""

Records = Mapping[str, Mapping[str, Json]]
"""The question and the reply of each item of a run, by the item's id."""


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One system's run of one task.

    The settings of a log, and what a run of an earlier version did not record, are empty.

    Args:
        number: place among the study's runs in the order in which they were stored, from 1; never changes.
        stored: the run in the store.
        system: the system's name.
        log: name of the log file; empty for a run in which FTCompare verified the system.
        limit: maximum number of items, or ``none``.
        shots: number of examples before each item, or ``default`` for the task's own.
        template: start of the chat template's digest, or ``none``.
        counts: whether results are computed from it.
        chosen: whether the owner chose it.
    """

    number: int
    stored: BenchmarkRun
    system: str
    log: str
    limit: str
    shots: str
    template: str
    counts: bool
    chosen: bool

    @property
    def task(self) -> str:
        """The task's name."""
        return self.stored.task

    @property
    def harness(self) -> str:
        """Version of lm-evaluation-harness; empty where it is not recorded."""
        return str(self.stored.about.get("harness", ""))


def task_runs(study: StudyFile) -> tuple[TaskRun, ...]:
    """Every run of every task, oldest first."""
    stored, names, chosen = study.benchmarks.runs(), system_names(study), _chosen(study)
    counting: dict[tuple[str, str], BenchmarkRun] = {}
    for run in stored:
        before = counting.get(_key(run))
        if before is None or not run.about.get("imported") or before.about.get("imported"):
            counting[_key(run)] = run
    by_owner = {_key(run): run for run in stored if chosen.get(_key(run)) == run.examination}
    counting |= by_owner
    return tuple(
        TaskRun(
            number,
            run,
            names[run.system],
            str(run.about.get("imported", "")),
            *_settings(run),
            counts=counting[_key(run)] is run,
            chosen=by_owner.get(_key(run)) is run,
        )
        for number, run in enumerate(stored, start=1)
    )


def _settings(run: BenchmarkRun) -> tuple[str, str, str]:
    """Limit, number of examples, and chat template, as in `TaskRun`."""
    settings = run.about.get("settings")
    if not isinstance(settings, dict):
        return "", "", ""
    shots, template = settings.get("fewshot"), "none"
    if settings.get("chat"):
        systems = RunRecord.from_json(run.record).systems
        digests = (one.template_digest for one in systems if one.key == str(run.system))
        template = next(digests, "")[:DIGEST_SHOWN]
    return str(settings.get("limit") or "none"), "default" if shots is None else str(shots), template


def _key(run: BenchmarkRun) -> tuple[str, str]:
    return run.task, str(run.system)


def _chosen(study: StudyFile) -> dict[tuple[str, str], Json]:
    """The examination that the owner chose last, by task and system id."""
    details = (entry.detail for entry in study.audit.entries(CHOSEN))
    return {(str(one.get("task")), str(one.get("system"))): one.get("examination") for one in details}


def choose_run(study: StudyFile, number: int, reason: str, *, now: datetime) -> TaskRun:
    """Let a run count for its task and system, and record that in the audit log.

    Args:
        study: the open study.
        number: the run's number.
        reason: why; may be empty.
        now: time for the audit log, in UTC.

    Raises:
        UserError: ``still-blinded``; ``no-such-run``; ``run-counts`` if it counts already.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    run = next((one for one in task_runs(study) if one.number == number), None)
    if run is None:
        how = "`ftcompare retention show` lists the runs with their numbers."
        raise UserError(f"There is no run {number}.", where=study.path.name, how=how, code="no-such-run")
    if run.counts:
        what = f"Run {number} already counts for {run.task} and {run.system}."
        raise UserError(what, where=study.path.name, code="run-counts")
    key: dict[str, Json] = {"task": run.task, "system": int(run.stored.system)}
    detail = {**key, "examination": run.stored.examination, "run": number, "reason": reason}
    study.audit.append(CHOSEN, detail, now=now)
    return run


def asked_differently(a: TaskRun, b: TaskRun, items_a: Records, items_b: Records) -> str:
    """How the systems were asked differently in two runs of a task, as a clause; empty if they were not."""
    both = items_a.keys() & items_b.keys()
    wording = sum(items_a[item].get("prompt") != items_b[item].get("prompt") for item in both)
    lacking = len(items_b) - len(both) > _left_out(a) or len(items_a) - len(both) > _left_out(b)
    proven, same_task = not (a.log or b.log), a.stored.about.get("digest") == b.stored.about.get("digest")
    found = []
    if lacking and not (proven and same_task):
        found.append(f"{len(both):,} items in common of {len(items_a):,} and {len(items_b):,}")
    if wording:
        found.append(f"other prompts for {wording:,} of {len(both):,} items")
    settings = (
        ("limit", a.limit, b.limit),
        ("examples", a.shots, b.shots),
        ("chat template", a.template, b.template),
    )
    differing = [f"{name}: {x} and {y}" for name, x, y in settings if x and y and x != y]
    if not found and not differing and proven and not same_task:
        return "another version of the task"
    return "; ".join((*found, *differing)) if found else ""


def _left_out(run: TaskRun) -> int:
    """The number of lines of a log that were skipped."""
    found = run.stored.about.get("left_out", 0)
    return found if isinstance(found, int) else 0


def run_json(run: TaskRun) -> dict[str, Json]:
    """A run as ``retention show --json`` lists it."""
    settings = run.stored.about.get("settings")
    given = settings if isinstance(settings, dict) else {}
    return {
        "run": run.number,
        "task": run.task,
        "system": run.system,
        "kind": "log" if run.log else "proven",
        "log": run.log or None,
        "at": run.stored.at,
        "items": run.stored.items,
        **{name: given.get(name) for name in ("limit", "fewshot", "seed", "chat")},
        "template": run.template or None,
        "harness": run.harness or None,
        "counts": run.counts,
        "chosen": run.chosen,
    }
