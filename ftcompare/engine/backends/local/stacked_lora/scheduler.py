"""Decides what is generated next, how much at a time, and when rows enter; assembles responses to pairs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ftcompare.engine.backends.local.devices import memory_for_tensors
from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.response_end import ResponseProgress
from ftcompare.engine.backends.local.sampling import RandomStream
from ftcompare.engine.backends.local.stacked_lora.kv_cache import BLOCK
from ftcompare.engine.backends.local.typed_transformers import embedding_weights
from ftcompare.engine.protocol import GenerationSettings, Pair, Written

SHARE = 0.6  # share of the memory free at the start that rows may use

MOST_PROMPTS = {"cpu": 16, "mps": 16, "cuda": 128}
"""Maximum number of prompts at a time by device; more are not clearly faster (benchmarks/decoding.py)."""

TOGETHER = 8
"""The next rows enter when so many'th of the slots are free: a pass over prompts costs a step and more."""

LOGITS_BYTES = 16  # bytes per vocabulary entry and row: logits, and the intermediate results of drawing


ALIKE = 1.5
"""Prompts read together: the longest has at most so many times the tokens of the shortest, and `LITTLE`."""
LITTLE = 16


@dataclass(frozen=True, slots=True)
class SequenceTask:
    """One system's response to one sample of one prompt. ``system`` counts the systems asked for."""

    prompt: Encoded
    sample: int
    system: int
    key: str = ""  # the system's

    @property
    def ids(self) -> tuple[int, ...]:
        return self.prompt.ids_for(self.key)


@dataclass(slots=True, eq=False)
class LiveSequence:
    """A task in progress."""

    task: SequenceTask
    stream: RandomStream  # its draws
    progress: ResponseProgress | None = None  # by what it ends; None where nothing is asked of it
    tokens: list[int] = field(default_factory=list)  # new ones
    # names of the adapters that acted on it, "" for none, as the passes had it
    acting: set[str] = field(default_factory=set)
    ended: bool = False  # whether its response is whole

    def add(self, token: int) -> None:
        self.tokens.append(token)
        self.ended = self.progress is not None and self.progress.is_whole(self.tokens)

    @property
    def length(self) -> int:
        """Its tokens in the cache: the prompt's and the new ones but the last."""
        return len(self.task.ids) + max(len(self.tokens) - 1, 0)


class TaskQueue:
    """Tasks in the order in which they start: short prompts first, all systems of a prompt in succession."""

    def __init__(self, prompts: Iterable[Encoded], keys: Sequence[str]) -> None:
        ordered = sorted(prompts, key=lambda prompt: (prompt.longest, prompt.limit))
        self._tasks = deque(
            SequenceTask(prompt, sample, system, key)
            for prompt in ordered
            for sample in prompt.samples
            for system, key in enumerate(keys)
        )

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, most: int, *, any_length: bool = False) -> list[SequenceTask]:
        """The next ones, of like length unless any may be together.

        Where systems are asked at unlike length, those of the other lengths are passed over and come next.
        """
        taken: list[SequenceTask] = []
        passed: list[SequenceTask] = []
        while self._tasks and len(taken) < most and len(passed) < most:
            task = self._tasks.popleft()
            fits = any_length or not taken or _alike(len(taken[0].ids), len(task.ids))
            (taken if fits else passed).append(task)
        self.give_back(passed)
        return taken

    def give_back(self, tasks: Sequence[SequenceTask]) -> None:
        """Return tasks that must be restarted, before all others."""
        self._tasks.extendleft(reversed(tasks))

    def drop(self, key: str) -> None:
        self._tasks = deque(task for task in self._tasks if task.prompt.key != key)

    @property
    def longest(self) -> int:
        """Tokens that the next ones may come to at most, new ones included; 0 where there are none.

        Of about as many tasks as fit at a time: they are looked at before each is begun.
        """
        first = (self._tasks[at] for at in range(min(len(self._tasks), 64)))
        return max((len(task.ids) + task.prompt.limit for task in first), default=0)


def _alike(one: int, other: int) -> bool:
    short, long = sorted((one, other))
    return long <= ALIKE * short + LITTLE


class PairAssembler:
    """Assembles responses to pairs; ``keys`` order those of a pair."""

    def __init__(self, prompts: Iterable[Encoded], keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        self._left = {prompt.key: len(prompt.samples) for prompt in prompts}
        self._parts: dict[tuple[str, int], dict[str, Written]] = {}

    def add(self, task: SequenceTask, written: Written) -> Iterator[Pair]:
        """The pair that this response makes whole, if it does."""
        place = task.prompt.key, task.sample
        parts = self._parts.setdefault(place, {})
        parts[written.system] = written
        if len(parts) == len(self._keys):
            del self._parts[place]
            self._left[place[0]] -= 1
            yield Pair(place[0], tuple(parts[key] for key in self._keys), place[1])

    def is_done(self, key: str) -> bool:
        return self._left[key] == 0

    def drop(self, key: str) -> None:
        self._parts = {place: parts for place, parts in self._parts.items() if place[0] != key}


class Scheduler:
    """Decides when rows enter, and how many.

    They are of ``batch_prompts`` prompts, 0 for as many as measured memory allows; each has a row for every
    system. ``columns`` gives how many the cache makes where so many are needed.
    """

    def __init__(
        self,
        settings: GenerationSettings,
        systems: int,
        base: Base,
        bytes_per_token: int,
        columns: Callable[[int], int] = int,
    ) -> None:
        self.held = 0
        """Bytes that are taken for something else since."""
        self._columns = columns
        self._strict = settings.strict
        self._systems = systems
        self._bytes_per_token = bytes_per_token
        self._bytes_per_row = LOGITS_BYTES * embedding_weights(base.model).shape[0]
        measured = not settings.batch_prompts and not settings.strict
        self._budget = int(SHARE * memory_for_tensors(base.device)) if measured else None
        prompts = settings.batch_prompts or MOST_PROMPTS[base.device.type]
        self._most = systems * (1 if settings.strict else prompts)

    def slots(self, queue: TaskQueue) -> int:
        """Rows that fit if the next ones come to their full length; at least one."""
        if self._budget is None:
            return self._most
        row = self._bytes_per_row + self._bytes_per_token * self._columns(queue.longest + BLOCK)
        return max(1, min(self._most, (self._budget - self.held) // row))

    def entering(self, rows: int, queue: TaskQueue) -> int:
        """How many of the tasks that wait are to be begun now, beside so many rows being written."""
        if self._strict:
            return 0 if rows else min(self._systems, len(queue))
        if not len(queue) or rows >= self._most:
            return 0
        slots = self.slots(queue)
        free = min(slots - rows, len(queue))
        worthwhile = min(max(slots // TOGETHER, 1), len(queue))
        return free if free > 0 and (not rows or free >= worthwhile) else 0

    def ran_out(self, rows: int) -> int:
        """Memory was insufficient for ``rows`` rows: use half as many from now on."""
        self._most = max(rows // 2, 1)
        return self._most
