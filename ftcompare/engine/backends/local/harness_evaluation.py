"""Builds tasks of lm-evaluation-harness, runs them on verified systems, and emits every item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ftcompare.core.benchmark_items import logged_items
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.plurals import counted
from ftcompare.engine.backends import Cancelled, Emit, IsCancelled, stop_if_cancelled
from ftcompare.engine.backends.local.generation import ProgressMonitor
from ftcompare.engine.backends.local.harness_model import HarnessModel, Take
from ftcompare.engine.backends.local.loading import reason_of
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.backends.local.torch_errors import is_out_of_memory
from ftcompare.engine.backends.local.typed_harness import (
    Sample,
    confined,
    evaluate,
    find_function,
    harness_model,
    registered_metrics,
    task_of,
    tasks_named,
)
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
        quiet: token ids that do not count as generated.

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
        def emit(event: Event) -> None:
            (self.emit if isinstance(event, Progress | Note) else take)(event)

        monitor = ProgressMonitor(requests * self._systems, self._quiet, emit, self._is_cancelled)
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


FUNCTION = "!function"
LOCAL_DATA = ("json", "csv", "parquet", "text")


def load_tasks(command: Evaluate, cache: Path) -> dict[str, Any]:
    """The tasks of a command, by name; ``cache`` is a folder for data sets converted from files.

    Raises:
        UserError: ``task-unknown``; ``task-broken``, with the harness's message; ``hub-off``.
    """
    with harness_errors(command):
        found = _from_settings(command, cache) if command.task.settings else tasks_named(command.task.name)
        if found is None:
            what = f"lm-evaluation-harness brings no task of this name: {command.task.name}."
            how = "Name a task file (NAME.yaml), or one of the tasks that `lm-eval ls tasks` lists."
            raise UserError(what, how=how, code="task-unknown")
        for task in found.values():
            _make_ready(task, command.fewshot)
    return found


def _from_settings(command: Evaluate, cache: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(command.task.settings)
    folder = Path(command.task.folder)
    if settings.get("dataset_path") in LOCAL_DATA:
        files = _placed(settings["dataset_kwargs"]["data_files"], folder)
        settings["dataset_kwargs"] = {"data_files": files, "cache_dir": str(cache)}
    _require_metrics(settings)
    return task_of(_with_functions(settings, allowed=command.allow_code))


def _placed(files: Any, folder: Path) -> Any:
    """File names, single, in lists or by split, resolved within the task's folder."""
    if isinstance(files, dict):
        return {split: _placed(one, folder) for split, one in files.items()}
    if isinstance(files, list):
        return [_placed(one, folder) for one in files]
    return str(folder / files)


def _require_metrics(settings: Mapping[str, Any]) -> None:
    known = registered_metrics()
    for metric in settings.get("metric_list") or ():
        name = metric.get("metric") if isinstance(metric, dict) else metric
        if isinstance(name, str) and name not in known:
            how = f"The harness computes by itself: {', '.join(sorted(known))}."
            raise UserError(f"There is no metric of this name: {name}.", how=how, code="task-broken")


def _with_functions(value: Any, *, allowed: bool) -> Any:
    if isinstance(value, dict):
        if value.keys() == {FUNCTION}:
            folder, _, name = str(value[FUNCTION]).rpartition(":")
            if not allowed:
                raise UserError("The task names a function of Python.", where=name, code="task-code")
            return find_function(Path(folder), name)
        return {key: _with_functions(one, allowed=allowed) for key, one in value.items()}
    return [_with_functions(one, allowed=allowed) for one in value] if isinstance(value, list) else value


def _make_ready(task: Any, fewshot: int | None) -> None:
    """Set the number of examples; a task that sets none itself stays without, as in the harness."""
    own = task.get_config("num_fewshot")
    if own != 0:
        task.set_config(key="num_fewshot", value=fewshot if fewshot is not None else own or 0)
    if task.get_config("process_results") is None and None in getattr(task, "_metric_fn_list", {}).values():
        raise UserError("A metric of the task is a program that is downloaded.", code="task-broken")


@contextmanager
def harness_errors(command: Evaluate) -> Iterator[None]:
    """Context manager that converts errors of the harness about a task to errors in plain words.

    Raises:
        UserError: ``task-broken``, ``hub-off``.
    """
    try:
        yield
    except (FTCompareError, Cancelled, MemoryError):
        raise
    except Exception as error:
        if is_out_of_memory(error) or isinstance(error, RuntimeError):
            raise
        name = command.task.name
        if isinstance(error, OSError) and not command.allow_network:
            what = f"The task's data are not on this machine, and it is not allowed to download them: {name}."
            raise UserError(what, how="Allow it with --allow-network.", code="hub-off") from error
        what = f"The task cannot be done: {type(error).__name__}: {reason_of(error)}"
        raise UserError(what, where=name, how="Correct the task's file.", code="task-broken") from error
