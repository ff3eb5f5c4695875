"""Runs of benchmark tasks: all are kept, and one for each task and system counts.

The newest verified run counts; a log counts only where there is no verified run. The owner may choose another
run and undo that; the audit log records both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.run_record import RunRecord
from ftcompare.store.study.measured_results import BenchmarkRun
from ftcompare.store.study.study_file import StudyFile

DIGEST_SHOWN, LISTED = 8, 200
CHOSEN = "retention-run-chosen"
"""Kind of the audit-log entry for a run that the owner chose."""

Records = Mapping[str, Mapping[str, Json]]
"""The question and the reply of each item of a run, by the item's id."""


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One system's run of one task. Settings that a log or an earlier version lacks are empty."""

    number: int  # place among the study's runs in the order in which they were stored, from 1; never changes
    stored: BenchmarkRun  # the run in the store
    system: str  # the system's name
    log: str  # name of the log file; empty for a run in which FTCompare verified the system
    limit: str  # maximum number of items, or ``none``
    shots: str  # number of examples before each item, or ``default`` for the task's own
    template: str  # start of the chat template's digest, or ``none``
    counts: bool  # whether results are computed from it
    reason: str | None  # why the owner chose it, may be empty; None if the owner did not

    @property
    def task(self) -> str:
        return self.stored.task

    @property
    def harness(self) -> str:
        return str(self.stored.about.get("harness", ""))


def task_runs(study: StudyFile) -> tuple[TaskRun, ...]:
    """Every run of every task, oldest first."""
    stored, names, reasons = study.benchmarks.runs(), system_names(study), _reasons(study)
    counting: dict[tuple[str, str], BenchmarkRun] = {}
    for run in stored:
        before = counting.get(_key(run))
        if before is None or not run.about.get("imported") or before.about.get("imported"):
            counting[_key(run)] = run
    counting |= {_key(run): run for run in stored if (*_key(run), run.examination) in reasons}
    return tuple(
        TaskRun(
            number,
            run,
            names[run.system],
            str(run.about.get("imported", "")),
            *_settings(run),
            counts=counting[_key(run)] is run,
            reason=reasons.get((*_key(run), run.examination)),
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


def _reasons(study: StudyFile) -> dict[tuple[Json, ...], str]:
    """The reason of the owner's last choice by task, system id, and examination."""
    details = (entry.detail for entry in study.audit.entries(CHOSEN))
    last = {(one.get("task"), str(one.get("system"))): one for one in details}
    return {(*key, one.get("examination")): str(one.get("reason", "")) for key, one in last.items()}


def choose_run(study: StudyFile, number: int | None, reason: str, *, now: datetime) -> tuple[TaskRun, ...]:
    """Let a run count for its task and system (None: undo all choices); return the runs that count.

    The audit log records the reason. Raises ``still-blinded``; ``no-such-run``; ``run-counts``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    undo = number is None
    runs = [one for one in task_runs(study) if one.number == number or (undo and one.reason is not None)]
    if not runs:
        what = "No run is chosen." if undo else f"There is no run {number}."
        how = "`ftcompare measures benchmarks show` lists the runs with their numbers."
        raise UserError(what, where=study.path.name, how=how, code="no-such-run")
    if not undo and runs[0].counts:
        what = f"Run {number} already counts for {runs[0].task} and {runs[0].system}."
        raise UserError(what, where=study.path.name, code="run-counts")
    with study.atomic():
        for run in runs:
            detail: dict[str, Json] = {"task": run.task, "system": int(run.stored.system), "reason": reason}
            choice: dict[str, Json] = {"examination": run.stored.examination, "run": number}
            study.audit.append(CHOSEN, detail if undo else detail | choice, now=now)
    changed = {_key(run.stored) for run in runs}
    return tuple(run for run in task_runs(study) if run.counts and _key(run.stored) in changed)


def asked_differently(a: TaskRun, b: TaskRun, items_a: Records, items_b: Records) -> str:
    """How the systems were asked differently in two runs of a task, as a clause; empty if they were not.

    Only what is known for both runs can differ. A clause ends with what is unknown.
    """
    both = [(items_a[item], items_b[item]) for item in items_a if item in items_b]
    lacking = len(items_b) - len(both) > _left_out(a) or len(items_a) - len(both) > _left_out(b)
    proven, same_task = not (a.log or b.log), a.stored.about.get("digest") == b.stored.about.get("digest")
    differing, unknown = [], []
    if lacking and not (proven and same_task):
        differing.append(f"{len(both):,} items in common of {len(items_a):,} and {len(items_b):,}")
    for part, label in (("prompt", "prompts"), ("target", "right answers"), ("choices", "choices")):
        known = [x[part] == y[part] for x, y in both if part in x and part in y]
        differing += [f"different {label} for {known.count(False):,} of {len(both):,} items"] * (
            not all(known)
        )
        unknown += [label] * (len(known) < len(both))
    own, other = _item_settings(x for x, _ in both), _item_settings(y for _, y in both)
    only = [", ".join(sorted(one))[:LISTED] or "none" for one in (own - other, other - own)]
    for label, x, y in (
        ("limit", a.limit, b.limit),
        ("examples", a.shots, b.shots),
        ("chat template", a.template, b.template),
        ("filter and generation", *(only if own and other else ("", ""))),
    ):
        differing += [f"{label}: {x} and {y}"] * bool(x and y and x != y)
        unknown += [label] * (not (x and y))
    if not differing:
        return "another version of the task" if proven and not same_task else ""
    return "; ".join((*differing, f"unknown: {', '.join(unknown)}") if unknown else differing)


def _item_settings(records: Iterable[Mapping[str, Json]]) -> set[str]:
    """The filter and generation settings of items; empty if unknown."""
    settings = (record.get("settings") for record in records)
    return {str(line) for lines in settings if isinstance(lines, list) for line in lines}


def _left_out(run: TaskRun) -> int:
    """The number of lines of a log that were skipped."""
    found = run.stored.about.get("left_out", 0)
    return found if isinstance(found, int) else 0


def run_json(run: TaskRun) -> dict[str, Json]:
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
        "chosen": run.reason is not None,
        "reason": run.reason or None,
    }
