"""Generation settings by task: for prompts of one task, the settings that differ from those of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import GenerationSettings, fits

Changes: TypeAlias = Mapping[str, int | float]  # changed values, by name of the setting
TaskSettings: TypeAlias = Mapping[str, Changes]  # changes of each task, by name of the task
NO_TASKS: TaskSettings = MappingProxyType({})  # no changes: all tasks have the settings of the run

CHANGEABLE: Mapping[str, type[int] | type[float]] = {
    "max_new_tokens": int,
    "max_reasoning_tokens": int,
    "temperature": float,
    "top_p": float,
    "top_k": int,
    "min_p": float,
    "repetition_penalty": float,
}

USUAL: TaskSettings = {"deterministic": {"temperature": 0.0}, "freeform": {"temperature": 0.7}}
"""The changes of these two tasks where the owner names the task without settings."""


def settings_of_task(settings: GenerationSettings, by_task: TaskSettings, task: str) -> GenerationSettings:
    """Return the settings for prompts of `task`: those of the run with the task's changes."""
    known = {name: value for name, value in by_task.get(task, {}).items() if name in CHANGEABLE}
    return GenerationSettings(**{**asdict(settings), **known})


def read_task(text: str) -> tuple[str, Changes]:
    """Read ``NAME temperature=0.7 …``; without changes, those of `USUAL`."""
    name, *given = text.split()
    changes = dict(_change(one, text) for one in given)
    if not changes and name not in USUAL:
        raise _wrong(f"No setting is given for the task {name!r}.", text)
    return name, changes or USUAL[name]


def read_tasks(lines: Iterable[str]) -> dict[str, Changes]:
    """Read lines for `read_task`; blank lines are skipped."""
    return dict(read_task(line) for line in lines if line.strip())


def _change(text: str, where: str) -> tuple[str, int | float]:
    name, _, number = text.partition("=")
    name = name.replace("-", "_")
    kind = CHANGEABLE.get(name)
    if kind is None:
        raise _wrong(f"A task cannot have its own setting {name!r}.", where)
    try:
        value = kind(number)
    except ValueError:
        value = None
    if not fits(name, value):
        raise _wrong(f"{name} cannot be {number!r}.", where)
    return name, value or kind(0)


def _wrong(what: str, where: str) -> UserError:
    how = f"Write, for example: freeform temperature=0.7. Settings: {', '.join(CHANGEABLE)}."
    return UserError(what, where=where, how=how, code="task-settings")


def read_by_task(stored: object) -> dict[str, Changes]:
    """Read changes by task from JSON; values that are not permitted are left out."""
    tasks = stored if isinstance(stored, dict) else {}
    return {str(task): _fitting(changes) for task, changes in tasks.items() if isinstance(changes, dict)}


def _fitting(changes: Mapping[str, int | float]) -> Changes:
    return {name: value for name, value in changes.items() if name in CHANGEABLE and fits(name, value)}


def task_lines(by_task: TaskSettings) -> tuple[str, ...]:
    return tuple(
        " ".join((task, *(f"{name}={value:g}" for name, value in changes.items())))
        for task, changes in by_task.items()
    )


def changes_words(changes: Changes) -> str:
    """Return the changes in one line: ``temperature 0.7, top-k 20``."""
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in changes.items())
