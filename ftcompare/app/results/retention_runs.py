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

    Args:
        number: place among the study's runs in the order in which they were stored, from 1; never changes.
        stored: the run in the store.
        system: the system's name.
        counts: whether results are computed from it.
        chosen: whether the owner chose it.
    """

    number: int
    stored: BenchmarkRun
    system: str
    counts: bool
    chosen: bool

    @property
    def task(self) -> str:
        """The task's name."""
        return self.stored.task

    @property
    def log(self) -> str:
        """The name of the log file; empty for a run in which FTCompare verified the system."""
        return str(about_run(self.stored).get("imported", ""))

    @property
    def settings(self) -> Mapping[str, Json]:
        """``limit``, ``fewshot``, ``seed`` and ``chat``; empty for a log, whose settings are not known."""
        found = about_run(self.stored).get("settings")
        return found if isinstance(found, dict) else {}

    @property
    def limit(self) -> str:
        """The limit on items in words; empty where it is not known."""
        return str(self.settings["limit"] or "none") if "limit" in self.settings else ""

    @property
    def shots(self) -> str:
        """The number of examples before each item, ``default`` for the task's own; empty if not known."""
        found = self.settings.get("fewshot")
        return ("default" if found is None else str(found)) if self.settings else ""

    @property
    def template(self) -> str:
        """Start of the chat template's digest, or ``none``; empty where it is not known."""
        if not self.settings.get("chat"):
            return "none" if self.settings else ""
        systems = RunRecord.from_json(self.stored.record).systems
        digests = (one.template_digest for one in systems if one.key == str(self.stored.system))
        return next(digests, "")[:DIGEST_SHOWN]

    @property
    def harness(self) -> str:
        """Version of lm-evaluation-harness; empty where it is not recorded."""
        return str(about_run(self.stored).get("harness", ""))

    @property
    def digest(self) -> str:
        """Digest of the task and the settings; empty for a log."""
        return "" if self.log else str(about_run(self.stored).get("digest", ""))


def about_run(run: BenchmarkRun) -> Mapping[str, Json]:
    """What the examination's record says about the task; empty for nothing."""
    about = run.record.get("benchmark")
    return about if isinstance(about, dict) else {}


def task_runs(study: StudyFile) -> tuple[TaskRun, ...]:
    """Every run of every task, oldest first."""
    stored, names, chosen = study.benchmarks.runs(), system_names(study), _chosen(study)
    counting: dict[tuple[str, str], BenchmarkRun] = {}
    for run in stored:
        before = counting.get(_key(run))
        if before is None or not about_run(run).get("imported") or about_run(before).get("imported"):
            counting[_key(run)] = run
    by_owner = {_key(run): run for run in stored if chosen.get(_key(run)) == run.examination}
    counting |= by_owner
    return tuple(
        TaskRun(
            number,
            run,
            names[run.system],
            counting[_key(run)] is run,
            by_owner.get(_key(run)) is run,
        )
        for number, run in enumerate(stored, start=1)
    )


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
    found = []
    if lacking and (not a.digest or a.digest != b.digest):
        found.append(f"{len(both):,} items in common of {len(items_a):,} and {len(items_b):,}")
    if wording:
        found.append(f"other prompts for {wording:,} of {len(both):,} items")
    settings = (
        ("limit", a.limit, b.limit),
        ("examples", a.shots, b.shots),
        ("chat template", a.template, b.template),
    )
    differing = [
        f"{name}: {one} and {other}" for name, one, other in settings if one and other and one != other
    ]
    if found:
        return "; ".join((*found, *differing))
    return (
        "another version of the task"
        if a.digest and b.digest and not differing and a.digest != b.digest
        else ""
    )


def _left_out(run: TaskRun) -> int:
    """The number of lines of a log that were skipped."""
    found = about_run(run.stored).get("left_out", 0)
    return found if isinstance(found, int) else 0


def run_json(run: TaskRun) -> dict[str, Json]:
    """A run as ``retention show --json`` lists it."""
    names = ("limit", "fewshot", "seed", "chat")
    return {
        "run": run.number,
        "task": run.task,
        "system": run.system,
        "kind": "log" if run.log else "proven",
        "log": run.log or None,
        "at": run.stored.at,
        "items": run.stored.items,
        **{name: run.settings.get(name) for name in names},
        "template": run.template or None,
        "harness": run.harness or None,
        "counts": run.counts,
        "chosen": run.chosen,
    }
