"""Benchmark tasks before and after fine-tuning: their runs, of which one counts, and their figures.

The newest verified run counts; a log counts only where there is no verified run. The owner may choose another
run and undo that; the audit log records both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from ftcompare.app.study.shown_names import base_names, system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, fields_json, finite
from ftcompare.core.language import N_, tr
from ftcompare.core.run_record import RunRecord
from ftcompare.stats import paired_difference
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
        what = "No run is chosen." if undo else tr("There is no run {number}.", number)
        how = "`ftcompare measures benchmarks show` lists the runs with their numbers."
        raise UserError(what, where=study.path.name, how=how, code="no-such-run")
    if not undo and runs[0].counts:
        what = tr(
            "Run {number} already counts for {task} and {system}.", number, runs[0].task, runs[0].system
        )
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
        differing.append(
            tr("{common} items in common of {first} and {second}", len(both), len(items_a), len(items_b))
        )
    for part, label, text in (
        ("prompt", tr("prompts"), N_("different prompts for {differing} of {common} items")),
        ("target", tr("right answers"), N_("different right answers for {differing} of {common} items")),
        ("choices", tr("choices"), N_("different choices for {differing} of {common} items")),
    ):
        known = [x[part] == y[part] for x, y in both if part in x and part in y]
        if not all(known):
            differing.append(tr(text, differing=known.count(False), common=len(both)))
        unknown += [label] * (len(known) < len(both))
    own, other = _item_settings(x for x, _ in both), _item_settings(y for _, y in both)
    only = [", ".join(sorted(one))[:LISTED] or tr("none") for one in (own - other, other - own)]
    for label, x, y in (
        (tr("limit"), a.limit, b.limit),
        (tr("examples"), a.shots, b.shots),
        (tr("chat template"), a.template, b.template),
        (tr("filter and generation"), *(only if own and other else ("", ""))),
    ):
        differing += [tr("{setting}: {first} and {second}", label, x, y)] * bool(x and y and x != y)
        unknown += [label] * (not (x and y))
    if not differing:
        return tr("another version of the task") if proven and not same_task else ""
    return "; ".join((*differing, tr("unknown: {settings}", ", ".join(unknown))) if unknown else differing)


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
        **fields_json(run, run="number", task="task", system="system"),
        "kind": "log" if run.log else "proven",
        "log": run.log or None,
        **fields_json(run.stored, "at", "items"),
        **{name: given.get(name) for name in ("limit", "fewshot", "seed", "chat")},
        "template": run.template or None,
        "harness": run.harness or None,
        "counts": run.counts,
        "chosen": run.reason is not None,
        "reason": run.reason or None,
    }


MAIN_METRICS = ("acc", "exact_match")
"""The main metric of a task, if it has one of these; it is listed first."""


@dataclass(frozen=True, slots=True)
class RetentionMeasure:
    task: str
    metric: str
    falling: bool  # whether lower values are better
    values: Mapping[str, Mapping[str, float]]  # by system name: the value of each item
    # by two system names: how their runs were asked differently, as a clause. These systems are not compared.
    asked_differently: Mapping[frozenset[str], str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"retention.{self.task}.{self.metric}"

    @property
    def label(self) -> str:
        return f"{self.task}: {self.metric}"

    @property
    def share(self) -> bool:
        return all(0 <= value <= 1 for own in self.values.values() for value in own.values())

    @property
    def coarse(self) -> bool:
        return all(value in (0, 1) for own in self.values.values() for value in own.values())

    def mean(self, system: str) -> float | None:
        own = self.values.get(system, {})
        return paired_difference.mean_of_any_size(own.values()) if own else None

    def difference(self, before: str, after: str) -> paired_difference.PairedDifference | None:
        """Mean of ``after`` minus mean of ``before`` over the items of both; None where there are none."""
        if self.why_not_compared(before, after):
            return None
        a, b = self.values.get(before, {}), self.values.get(after, {})
        return paired_difference.paired_difference(a, b, coarse=self.coarse, bounded=self.share)

    def why_not_compared(self, before: str, after: str) -> str:
        """How two systems were asked differently, as a clause; empty if they were not."""
        return self.asked_differently.get(frozenset((before, after)), "")

    def mcnemar(self, before: str, after: str) -> paired_difference.McNemar | None:
        """McNemar's exact test for items that are right or wrong; None where `difference` is."""
        if not self.coarse or self.why_not_compared(before, after):
            return None
        return paired_difference.mcnemar(self.values.get(before, {}), self.values.get(after, {}))

    def lost(self, before: str, after: str) -> tuple[str, ...]:
        """Items that were right before and are wrong after."""
        return self.gained(after, before)

    def gained(self, before: str, after: str) -> tuple[str, ...]:
        """Items that were wrong before and are right after."""
        a, b = self.values.get(before, {}), self.values.get(after, {})
        compared = self.coarse and not self.why_not_compared(before, after)
        return tuple(item for item in a if compared and a[item] == 0 and b.get(item) == 1)


@dataclass(frozen=True, slots=True)
class StudyRetention:
    # names of the systems that did any task, in the order in which they were added
    systems: tuple[str, ...] = ()
    bases: frozenset[str] = frozenset()  # names of those that other systems were made from
    # the measures by task, in the order in which tasks were done; main metric first
    measures: tuple[RetentionMeasure, ...] = ()
    # by task and system, then by item: prompt and reply; empty where not requested
    records: Mapping[tuple[str, str], Mapping[str, Mapping[str, Json]]] = field(default_factory=dict)
    asked_otherwise: tuple[str, ...] = ()  # tasks in which some systems were asked differently
    imported: tuple[str, ...] = ()  # tasks with results from log files of the evaluation harness
    runs: tuple[TaskRun, ...] = ()  # every run of every task, oldest first, also those that do not count

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(measure.task for measure in self.measures))

    @property
    def main(self) -> tuple[RetentionMeasure, ...]:
        return tuple(next(m for m in self.measures if m.task == task) for task in self.tasks)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs (before, after): each base with each system that is no base."""
        after = [system for system in self.systems if system not in self.bases]
        return tuple((base, one) for base in self.systems if base in self.bases for one in after)

    def record(self, task: str, system: str, item: str) -> Mapping[str, Json]:
        """The prompt and reply of an item; empty where unknown."""
        return self.records.get((task, system), {}).get(item, {})


@dataclass(frozen=True, slots=True)
class RetentionTotals:
    """The amount of results over all systems, which may be shown while a study is blinded."""

    items: int
    tasks: int


def retention(
    study: StudyFile, progress: ProgressCallback = ignore_progress, *, replies: bool = True
) -> StudyRetention:
    """The results of every task, with prompts and replies if ``replies``. Raises ``still-blinded``."""
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    names, runs = system_names(study), task_runs(study)
    measures: list[RetentionMeasure] = []
    records: dict[tuple[str, str], dict[str, dict[str, Json]]] = {}
    for task in dict.fromkeys(run.task for run in runs):
        progress(tr("Reading results of {task}", task), None)
        counting = {run.system: run for run in runs if run.counts and run.task == task}
        own = {name: counting[name] for name in names.values() if name in counting}
        items = {name: study.benchmarks.records(run.stored) for name, run in own.items()}
        measures += _measures(study, task, own, _asked_differently(own, items))
        records |= {(task, system): found for system, found in items.items()} if replies else {}
    having = {system for measure in measures for system in measure.values}
    return StudyRetention(
        tuple(name for name in names.values() if name in having),
        (base_names(study) or frozenset()) & having,
        tuple(measures),
        records,
        tuple(dict.fromkeys(measure.task for measure in measures if measure.asked_differently)),
        tuple(dict.fromkeys(run.task for run in runs if run.counts and run.log)),
        runs,
    )


def retention_told(study: StudyFile) -> StudyRetention | RetentionTotals:
    """The results by system, or the amount over all systems while the study is blinded."""
    if study.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES):
        return retention(study)
    return RetentionTotals(*study.benchmarks.count())


def _measures(
    study: StudyFile, task: str, runs: Mapping[str, TaskRun], differences: Mapping[frozenset[str], str]
) -> list[RetentionMeasure]:
    values = {system: study.benchmarks.values(run.stored) for system, run in runs.items()}
    metrics = dict.fromkeys(metric for own in values.values() for metric in own)
    ordered = sorted(metrics, key=lambda metric: (metric not in MAIN_METRICS, metric))
    found = []
    for metric in ordered:
        falling = any(metric.partition(",")[0] in _falling(run.stored) for run in runs.values())
        by_system = {system: own[metric] for system, own in values.items() if metric in own}
        found.append(RetentionMeasure(task, metric, falling, by_system, differences))
    return found


def _falling(run: BenchmarkRun) -> Sequence[Json]:
    falling = run.about.get("falling")
    own = falling.get(run.task) if isinstance(falling, dict) else None
    return own if isinstance(own, list) else ()


def _asked_differently(
    runs: Mapping[str, TaskRun], items: Mapping[str, Records]
) -> dict[frozenset[str], str]:
    """How the systems of each pair were asked differently, for the pairs that were."""
    found = {
        frozenset((a, b)): asked_differently(runs[a], runs[b], items[a], items[b])
        for a, b in combinations(runs, 2)
    }
    return {pair: why for pair, why in found.items() if why}


def reply_of(record: Mapping[str, Json]) -> str:
    """A system's reply to an item: the text that it wrote, or the choice that it found most likely."""
    replied = record.get("replied")
    if not isinstance(replied, list) or not replied:
        return "" if replied is None else str(replied)
    found = [one for one in replied if isinstance(one, dict)]
    if len(found) < len(replied):
        return str(replied[0])
    return str(max(found, key=_likelihood).get("text", "")).strip()


def _likelihood(choice: Mapping[str, Json]) -> float:
    found = choice.get("found")
    return float(found) if isinstance(found, int | float) else float("-inf")


def right_of(record: Mapping[str, Json]) -> str:
    """The right answer; for multiple choice, the text of the right choice where its index is known."""
    target, replied = str(record.get("target", "")), record.get("replied")
    choices = replied if isinstance(replied, list) else []
    place = int(target) if target.isdecimal() and len(target) < 4 else -1
    chosen = choices[place] if 0 <= place < len(choices) else None
    return str(chosen.get("text", "")).strip() if isinstance(chosen, dict) else target


def retention_json(results: StudyRetention) -> dict[str, Json]:
    """The ``measures benchmarks show --json`` document, as the command-line reference describes it."""
    return {
        "systems": [*results.systems],
        "measures": [_measure_json(results, measure) for measure in results.measures],
        "asked_otherwise": [*results.asked_otherwise],
        "imported": [*results.imported],
        "runs": [run_json(run) for run in results.runs],
    }


def _measure_json(results: StudyRetention, measure: RetentionMeasure) -> dict[str, Json]:
    return {
        **fields_json(measure, "key", "task", "metric", lower_is_better="falling"),
        "values": {s: {"mean": finite(measure.mean(s)), "items": len(v)} for s, v in measure.values.items()},
        "differences": [_pair_json(results, measure, *pair) for pair in results.pairs()],
    }


def _pair_json(results: StudyRetention, measure: RetentionMeasure, before: str, after: str) -> Json:
    one, test = measure.difference(before, after), measure.mcnemar(before, after)
    return {
        "before": before,
        "after": after,
        "items": one.prompts if one else 0,
        **fields_json(one, "difference", "low", "high"),
        "mcnemar_p": test.p if test else None,
        "asked_differently": measure.why_not_compared(before, after),
        **{
            kind: [_item_json(results, measure.task, item, before, after) for item in of(before, after)]
            for kind, of in (("lost", measure.lost), ("gained", measure.gained))
        },
    }


def _item_json(results: StudyRetention, task: str, item: str, before: str, after: str) -> Json:
    records = [results.record(task, system, item) for system in (before, after)]
    return {
        "item": item,
        "asked": records[0].get("asked"),
        "right": right_of(records[0]),
        "before": reply_of(records[0]),
        "after": reply_of(records[1]),
    }


def totals_json(totals: RetentionTotals) -> dict[str, Json]:
    return {"blinded": True, "items": totals.items, "tasks": totals.tasks}
