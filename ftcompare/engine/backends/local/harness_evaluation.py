"""Runs tasks of lm-evaluation-harness on verified systems, one after another, and emits every item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ftcompare.core.benchmark_items import logged_items
from ftcompare.core.plurals import counted
from ftcompare.engine.backends import Emit, IsCancelled, stop_if_cancelled
from ftcompare.engine.backends.local.generation import ProgressMonitor
from ftcompare.engine.backends.local.harness_model import HarnessModel, Take
from ftcompare.engine.backends.local.harness_tasks import harness_errors, load_tasks
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.backends.local.typed_harness import Sample, confined, evaluate, harness_model
from ftcompare.engine.protocol import (
    Evaluate,
    EvaluatedItem,
    EvaluatedTask,
    Event,
    Note,
    Progress,
    Stage,
)


def evaluate_task(
    systems: LoadedSystems, command: Evaluate, quiet: Sequence[int], emit: Emit, is_cancelled: IsCancelled
) -> None:
    """Emit the results of each system of a command on a task.

    Args:
        systems: verified systems, with their adapters attached.
        command: the task and its options.
        quiet: token ids that do not count as generated.
        emit: receives events.
        is_cancelled: whether the user has cancelled.

    Raises:
        Cancelled: it was cancelled.
        UserError: as `load_tasks`; ``task-unfit``.
    """
    emit(Stage(f"Reading the task {command.task.name}"))
    with TemporaryDirectory(prefix="ftcompare-task-") as cache, confined(allow_network=command.allow_network):
        tasks = load_tasks(command, Path(cache))
        stop_if_cancelled(is_cancelled)
        for place, key in enumerate(command.systems):
            emit(Stage(f"Doing the task {command.task.name}"))
            made = _evaluated(
                systems, key, tasks, command, _Monitors(command, place, quiet, emit, is_cancelled)
            )
            for name, samples in made.items():
                _tell(key, name, samples, emit)
            emit(EvaluatedTask(key, {name: falling(tasks[name]) for name in made}))


class _Monitors:
    """Creates monitors that count the requests of all systems together."""

    def __init__(
        self, command: Evaluate, place: int, quiet: Sequence[int], emit: Emit, is_cancelled: IsCancelled
    ) -> None:
        self._systems = len(command.systems)
        self._place = place
        self._quiet = tuple(quiet)
        self.emit = emit
        self._is_cancelled = is_cancelled

    def __call__(self, requests: int, take: Take) -> ProgressMonitor:
        def told(event: Event) -> None:
            (self.emit if isinstance(event, Progress | Note) else take)(event)

        monitor = ProgressMonitor(requests * self._systems, self._quiet, told, self._is_cancelled)
        monitor.done = requests * self._place
        return monitor


def _evaluated(
    systems: LoadedSystems, key: str, tasks: Mapping[str, Any], command: Evaluate, monitors: _Monitors
) -> dict[str, list[Sample]]:
    model = HarnessModel(systems, key, command.seed, monitors)
    named = harness_model(model, str(systems.base.tokenizer.name_or_path))
    with harness_errors(command):
        found = evaluate(named, tasks, limit=command.limit, seed=command.seed, chat=command.chat)
    if model.shortened:
        whole = f"of the task {command.task.name}"
        texts = f"{counted(model.shortened, 'text')} {whole}"
        were, their = ("was", "its") if model.shortened == 1 else ("were", "their")
        monitors.emit(Note(f"{texts} {were} longer than the model's context, and lost {their} beginning."))
    return found


def _tell(key: str, task: str, samples: Iterable[Sample], emit: Emit) -> None:
    """Emit each item with its metrics, and a note on the metrics that are left out."""
    left_out: set[str] = set()
    for item in logged_items(samples):
        record = json.dumps(item.record, ensure_ascii=False)
        emit(EvaluatedItem(key, task, item.item, item.metrics, record))
        left_out |= item.left_out
    if left_out:
        emit(Note(f"{', '.join(sorted(left_out))} of {task}: left out, for it has no value of each item."))


def falling(task: Any) -> tuple[str, ...]:
    """The metrics of a task for which a smaller value is better, with the names that the items use."""
    return tuple(sorted(name for name, higher in task.higher_is_better().items() if higher is False))
