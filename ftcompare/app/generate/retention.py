"""Run lm-evaluation-harness tasks on systems; results are withheld while a study is blinded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Unpack, cast

from ftcompare.app.generate.engine_run import EngineOptions, EngineRun, Step
from ftcompare.app.setup.system_groups import SystemGroup, generated_groups
from ftcompare.app.study.shown_names import system_called
from ftcompare.core.benchmark_items import FALLING
from ftcompare.core.errors import UserError
from ftcompare.core.fields import FieldKind, setting
from ftcompare.core.generation_settings import LARGEST_SEED
from ftcompare.core.hashing import Json, digest
from ftcompare.core.language import N_, tr, trn
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import System, SystemId
from ftcompare.engine import protocol
from ftcompare.engine.optional_dependencies import installed_version
from ftcompare.engine.optional_dependencies import require_harness as require_harness
from ftcompare.formats.harness_task import HarnessTask as HarnessTask
from ftcompare.formats.harness_task import read_tasks as read_tasks
from ftcompare.formats.lm_eval import HarnessLog, read_log
from ftcompare.formats.text_files import printable
from ftcompare.store.study.engine_runs import BENCHMARKED
from ftcompare.store.study.measured_results import BenchmarkItem
from ftcompare.store.study.study_file import StudyFile

DONE_BEFORE = N_("Nothing was run: every system has already run these tasks with the same settings.")
NETWORK_ALLOWED = "retention-network"  # kind of the audit-log entry for tasks whose data may be downloaded
CODE_ALLOWED = "retention-code"  # kind of the audit-log entry for tasks whose functions may be executed


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How tasks are run; the same for every system."""

    limit: int = setting(
        0, "Limit the number of items", "Run at most this number of items of each task.", low=1, usual=100
    )
    fewshot: int | None = setting(
        None,
        "Set the number of examples",
        "Number of examples before each item. Default: that of the task.",
        kind=FieldKind.WHOLE,
        low=0,
        high=100,
        usual=5,
    )
    seed: int = setting(0, "Seed", "The same seed chooses the same examples.", low=0, high=LARGEST_SEED)
    chat: bool = setting(
        False,
        "Use the chat template",
        "Apply each system's chat template, for models that were tuned to chat.",
    )
    allow_network: bool = setting(
        False,
        "Allow the download",
        "Allow downloading the data of these tasks from the Hugging Face Hub. Recorded in the audit log.",
    )
    allow_code: bool = setting(
        False,
        "Allow the Python functions",
        "Allow Python functions beside these task files to run on this machine. Recorded in the audit log.",
    )

    def digest(self, task: HarnessTask) -> str:
        """Digest of a task and these settings; a system runs an equal one only once."""
        return digest("retention", [task.digest, self.limit, self.fewshot, self.seed, self.chat])


@dataclass(frozen=True, slots=True)
class BenchmarkAnswer:
    tasks: tuple[HarnessTask, ...]
    settings: RetentionSettings
    again: bool = setting(
        False, "Repeat finished tasks", "Run tasks again that were run with the same settings."
    )


@dataclass(frozen=True, slots=True)
class _Open:
    task: HarnessTask
    systems: tuple[SystemId, ...]


class RetentionRun(EngineRun):
    """Runs every task on every system of this machine.

    A system that has done a task with equal settings is skipped, unless ``again``; earlier runs are kept. A
    task is stored when a system has finished it. Of systems with equal weights and different recipes, only
    one runs it, since tasks have prompts of their own. Raises `UserError`: ``no-model``; ``task-code`` for
    functions that may not be executed.
    """

    nothing_left = N_("Every task is done")

    def __init__(
        self,
        study: StudyFile,
        tasks: Sequence[HarnessTask],
        settings: RetentionSettings,
        *,
        again: bool = False,
        **options: Unpack[EngineOptions],
    ) -> None:
        for task in tasks:
            if task.functions and not settings.allow_code:
                raise UserError("The task names functions of Python.", where=task.name, code="task-code")
        open_ = [
            (group, left)
            for group in retention_groups(study)
            if (left := _left(study, group, tasks, settings, again=again))
        ]
        super().__init__(study, [group for group, _ in open_], total=0, counted=N_("requests"), **options)
        self._open = [left for _, left in open_]
        self._settings = settings
        self._record = RunRecord()
        self._tasks: list[_Open] = []
        self._items: list[BenchmarkItem] = []
        self._examination = 0
        self._done = 0
        parts = sum(map(len, self._open))
        notes = (*_notes(study), *([] if parts else [tr(DONE_BEFORE)]))
        self.progress = replace(self.progress, notes=notes, parts=max(parts, 1))

    def begin(self) -> Step:
        tasks = [one.task for left in self._open for one in left]
        hub = [task.name for task in tasks if task.needs_hub and self._settings.allow_network]
        code = [task.name for task in tasks if task.functions and self._settings.allow_code]
        for kind, names in ((NETWORK_ALLOWED, hub), (CODE_ALLOWED, code)):
            if names:
                self._study.audit.append(kind, {"tasks": [*dict.fromkeys(names)]}, now=self._clock())
        return super().begin()

    def _work(self, loaded: RunRecord) -> Step:
        self._record = loaded
        self._tasks = list(self._open.pop(0))
        return self._next_task()

    def _next_task(self) -> Step:
        if not self._tasks:
            return self._next_group()
        self._examination = 0
        self._items = []
        self._done += 1
        self._began = self._ticks()
        return self._show(
            self._command(self._tasks[0]),
            stage=tr("Running the benchmark {name}", self._tasks[0].task.name),
            part=self._done,
            done=0,
            total=0,
        )

    def _command(self, open_task: _Open) -> protocol.Evaluate:
        task, settings = open_task.task, self._settings
        written = json.dumps(dict(task.settings), ensure_ascii=False) if task.folder else ""
        return protocol.Evaluate(
            protocol.TaskToEvaluate(task.name, written, str(task.folder or "")),
            tuple(map(str, open_task.systems)),
            **asdict(settings),
        )

    def _take(self, event: protocol.Event) -> Step:
        match event:
            case protocol.EvaluatedItem():
                record = cast("dict[str, Json]", json.loads(event.record))
                self._items.append(BenchmarkItem(event.task, event.item, event.metrics, record))
            case protocol.EvaluatedTask():
                self._store(event)
            case protocol.Progress():
                counts = {"done": event.done, "total": event.total}
                return self._advance(**counts, tokens_per_second=event.tokens_per_second)
            case protocol.Finished():
                del self._tasks[0]
                return self._next_task()
        return self._show()

    def _store(self, event: protocol.EvaluatedTask) -> None:
        if not self._examination:
            task = self._tasks[0].task
            about: dict[str, Json] = {
                "task": task.name,
                "digest": self._settings.digest(task),
                "falling": {name: [*metrics] for name, metrics in event.falling.items()},
                "settings": asdict(self._settings),
                "harness": installed_version("lm_eval"),
            }
            record = {**self._record.to_json(), "benchmark": about}
            self._examination = self._study.scores.add_examination(BENCHMARKED, record, now=self._clock())
        system = SystemId(int(event.system))
        self._study.benchmarks.store(self._items, system=system, examination=self._examination)
        self._items = []


def retention_groups(study: StudyFile) -> list[SystemGroup]:
    """The groups here, with one system for each set of weights. Raises ``no-model`` without any."""
    found = [SystemGroup(_once(group.systems)) for group in generated_groups(study) if not group.served]
    if not found:
        what = "Only models on this machine can run benchmarks, and this study has none."
        raise UserError(
            what, where=study.path.name, how="Import the harness's logs instead.", code="no-model"
        )
    return found


def _once(systems: Iterable[System]) -> tuple[System, ...]:
    """The first system of each set of weights; a chat template of its own counts as different."""
    found: dict[tuple[str, str], System] = {}
    for system in systems:
        found.setdefault((system.spec.adapter, system.spec.template), system)
    return tuple(found.values())


def _notes(study: StudyFile) -> tuple[str, ...]:
    groups = generated_groups(study)
    served = sum(len(group.systems) for group in groups if group.served)
    alike = sum(len(group.systems) - len(_once(group.systems)) for group in groups if not group.served)
    notes = []
    if served:
        notes.append(
            trn(
                "{number} (system|systems) behind a server (does|do) no tasks: import the harness's logs of "
                "(it|them).",
                served,
            )
        )
    if alike:
        notes.append(
            trn(
                "{number} (system|systems) with the same weights as another, but other instructions, "
                "(does|do) no tasks.",
                alike,
            )
        )
    return tuple(notes)


def _left(
    study: StudyFile,
    group: SystemGroup,
    tasks: Iterable[HarnessTask],
    settings: RetentionSettings,
    *,
    again: bool,
) -> list[_Open]:
    """The tasks that systems of a group have not done; all with ``again``."""
    done = set() if again else {(run.about.get("digest"), run.system) for run in study.benchmarks.runs()}
    found = []
    for task in tasks:
        systems = tuple(one for one in group.ids if (settings.digest(task), one) not in done)
        found += [_Open(task, systems)] if systems else []
    return found


def import_logs(
    study: StudyFile, system: str, files: Sequence[Path], *, now: datetime
) -> tuple[HarnessLog, ...]:
    """Store the harness results of one system, from files ``samples_TASK_TIME.jsonl``, all or none.

    It cannot be verified that a log belongs to this system; the origin is shown with the results. Raises
    `UserError`: ``no-such-system``; ``bad-log``; ``log-imported`` for a file that was imported before.
    """
    found = system_called(study, system)
    logs = tuple(map(read_log, files))
    known = {run.about.get("digest") for run in study.benchmarks.runs() if run.system == found.id}
    with study.atomic():
        for file, log in zip(files, logs, strict=True):
            if log.digest in known:
                what = tr("These results of {system} are already in the study.", system)
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
