"""Settings of text generation and their bounds, also by task; shared by commands, window and stored runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.core.fields import fields_of, setting

Coupling: TypeAlias = Literal["coupled", "independent"]

MOST_TOKENS = 32_768
MOST_SAMPLES = 100  # maximum number of responses per system and prompt; views count the missing ones
MOST_BATCH = 4096
MOST_TOP_K = 1_000_000
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How responses are generated; equal for every system.

    A draw is determined by the seed, the item's key, the sample and the position. The batch is halved when
    memory runs out. The repetition penalty divides the logits of earlier tokens (Keskar et al. 2019). A
    response cut at its length has the ``finish_reason`` "length"; with too long reasoning, "no_answer".
    """

    max_new_tokens: int = setting(
        1024,
        "Longest answer",
        "Maximum length of an answer in tokens. Longer answers are cut.",
        low=1,
        high=MOST_TOKENS,
        step=32,
    )
    temperature: float = setting(
        0.0, "Temperature", "Randomness of sampling. 0: none.", low=0.0, form_high=2.0, step=0.1
    )
    top_p: float = setting(
        1.0,
        "Top-p",
        "Sample only from the most likely tokens that together have this probability. 1 disables the limit.",
        low=0.0,
        above=True,
        high=1.0,
        form_low=0.01,
        step=0.05,
    )
    top_k: int = setting(
        0,
        "Top-k",
        "Number of most likely tokens to sample from. 0: all.",
        low=0,
        high=MOST_TOP_K,
        lowest="all",
    )
    min_p: float = setting(
        0.0,
        "Min-p",
        "Exclude tokens whose probability is below this share of the most likely token's.",
        low=0.0,
        high=1.0,
        step=0.05,
    )
    repetition_penalty: float = setting(
        1.0,
        "Repetition",
        "Values above 1 make repeated tokens less likely. 1 disables the penalty.",
        low=0.0,
        above=True,
        form_low=0.1,
        form_high=5.0,
        step=0.05,
    )
    stop: tuple[str, ...] = setting(
        (), "Stop texts, one per line", "An answer ends before the first of these texts. \\n is a line break."
    )
    samples: int = setting(
        1, "Samples", "Number of answers of each system to each prompt.", low=1, high=MOST_SAMPLES
    )
    coupling: Coupling = setting(
        "coupled",
        "Random numbers",
        "Whether all systems use the same random numbers, which reduces differences by chance.",
        choices=(("the same", "coupled"), ("independent", "independent")),
    )
    seed: int = setting(0, "Seed", "The same seed gives the same random draws.", low=0, high=LARGEST_SEED)
    batch_prompts: int = setting(
        0,
        "Batch",
        "Number of prompts in a batch. 0 chooses it by free memory.",
        low=0,
        high=MOST_BATCH,
        lowest="by memory",
    )
    strict: bool = setting(
        False,
        "Strict: no answer depends on its batch",
        "Make each answer independent of the other answers in its batch. Slower.",
    )
    max_reasoning_tokens: int = setting(
        0,
        "Reasoning",
        "Maximum length of the reasoning before an answer, in tokens. 0: reasoning and answer share one "
        "limit.",
        low=0,
        high=MOST_TOKENS,
        step=32,
        lowest="with the answer",
    )

    @property
    def most_tokens(self) -> int:
        return self.max_new_tokens + self.max_reasoning_tokens


def fits(name: str, value: object) -> bool:
    field = fields_of(GenerationSettings).get(name)
    return field is not None and field.accepts(value)


def read_settings(stored: object) -> GenerationSettings:
    """Read settings from JSON; what is missing or not permitted gets its default."""
    values = stored if isinstance(stored, dict) else {}
    found: dict[str, Any] = {name: value for name, value in values.items() if fits(name, value)}
    return GenerationSettings(**{**found, "stop": tuple(found.get("stop", ()))})


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
