"""Generates pairs with all systems in one pass; a finished row leaves at once and the next one enters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import cast

import torch
from torch import Tensor

from ftcompare.core.errors import BugError
from ftcompare.engine.backends import Emit
from ftcompare.engine.backends.local import torch_errors
from ftcompare.engine.backends.local.devices import memory_for_tensors
from ftcompare.engine.backends.local.generation import ProgressMonitor
from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.response_end import ResponseProgress
from ftcompare.engine.backends.local.sampling import RandomStream, Sampler
from ftcompare.engine.backends.local.stacked_lora.forward import (
    PASS_TOKENS,
    Forward,
    PromptRow,
    reading_order,
)
from ftcompare.engine.backends.local.stacked_lora.kv_cache import BLOCK
from ftcompare.engine.backends.local.stacked_lora.prepared_model import stacked_layers, static_step
from ftcompare.engine.backends.local.stacked_lora.sliced_layers import RowPlan
from ftcompare.engine.backends.local.stacked_lora.static_step import columns_bucket
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.backends.local.typed_transformers import embedding_weights, give_heap_back
from ftcompare.engine.protocol import GenerationSettings, ItemFailed, Note, Pair, Written

SHARE = 0.6  # share of the memory free at the start that rows may use

MOST_PROMPTS = {"cpu": 16, "mps": 16, "cuda": 128}  # more are not clearly faster (benchmarks/decoding.py)

TOGETHER = 8  # rows enter when 1/8 of the slots are free: a pass over prompts costs more than a step

LOGITS_BYTES = 16  # bytes per vocabulary entry and row: logits, and the intermediate results of drawing


@dataclass(frozen=True, slots=True)
class SequenceTask:
    """Response of one system to one sample of one prompt; ``system`` is the index of its key."""

    prompt: Encoded
    sample: int
    system: int
    key: str = ""  # the system's

    @property
    def ids(self) -> tuple[int, ...]:
        return self.prompt.ids_for(self.key)


@dataclass(slots=True, eq=False)
class LiveSequence:
    """Task in progress."""

    task: SequenceTask
    stream: RandomStream  # its draws
    progress: ResponseProgress | None = None  # by what it ends; None where nothing is asked of it
    tokens: list[int] = field(default_factory=list)  # new ones
    acting: set[str] = field(default_factory=set)  # names of the adapters that acted on it, "" for none
    ended: bool = False  # whether its response is whole

    def add(self, token: int) -> None:
        self.tokens.append(token)
        self.ended = self.progress is not None and self.progress.is_whole(self.tokens)

    @property
    def length(self) -> int:
        """Number of its tokens in the cache: the prompt's and the new ones except the last."""
        return len(self.task.ids) + max(len(self.tokens) - 1, 0)


class TaskQueue:
    """Tasks in starting order (`reading_order`), all systems of a prompt in succession."""

    def __init__(self, prompts: Iterable[Encoded], keys: Sequence[str]) -> None:
        ordered = reading_order(prompts, lambda prompt: max(prompt.forms, key=len))
        self._tasks = deque(
            SequenceTask(prompt, sample, system, key)
            for prompt in ordered
            for sample in prompt.samples
            for system, key in enumerate(keys)
        )

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, most: int) -> list[SequenceTask]:
        return [self._tasks.popleft() for _ in range(min(most, len(self._tasks)))]

    def following(self, names: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Return the prompt that is read next with each adapter; ``names`` are those of the systems."""
        first = [self._tasks[at] for at in range(min(len(self._tasks), 2 * len(names)))]
        return {names[task.system]: task.ids for task in reversed(first)}

    def give_back(self, tasks: Sequence[SequenceTask]) -> None:
        """Return tasks that must restart, before all others."""
        self._tasks.extendleft(reversed(tasks))

    def drop(self, key: str) -> None:
        self._tasks = deque(task for task in self._tasks if task.prompt.key != key)

    @property
    def longest(self) -> int:
        """Maximum tokens, with new ones, of about as many next tasks as fit at a time; 0 without tasks."""
        first = (self._tasks[at] for at in range(min(len(self._tasks), 64)))
        return max((len(task.ids) + task.prompt.limit for task in first), default=0)


class PairAssembler:
    """Combines responses into pairs; ``keys`` order those of a pair."""

    def __init__(self, prompts: Iterable[Encoded], keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        self._left = {prompt.key: len(prompt.samples) for prompt in prompts}
        self._parts: dict[tuple[str, int], dict[str, Written]] = {}

    def add(self, task: SequenceTask, written: Written) -> Iterator[Pair]:
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
    """Decides how many rows enter and when: those of ``batch_prompts`` prompts, or as memory allows (0).

    Beside the rows, memory holds for each of ``adapters`` (with the base) a prompt that others share, and a
    pass over prompts.
    """

    def __init__(
        self,
        settings: GenerationSettings,
        systems: int,
        base: Base,
        bytes_per_token: int,
        columns: Callable[[int], int] = int,
        adapters: int = 1,
    ) -> None:
        self.held = 0
        """Bytes that others have allocated since."""
        self._columns = columns
        self._adapters = adapters
        self._pass_tokens = PASS_TOKENS[base.device.type]
        self._strict = settings.strict
        self._systems = systems
        self._bytes_per_token = bytes_per_token
        self._bytes_per_row = LOGITS_BYTES * embedding_weights(base.model).shape[0]
        measured = not settings.batch_prompts and not settings.strict
        self._budget = int(SHARE * memory_for_tensors(base.device)) if measured else None
        prompts = settings.batch_prompts or MOST_PROMPTS[base.device.type]
        self._most = systems * (1 if settings.strict else prompts)

    def slots(self, queue: TaskQueue) -> int:
        """Return how many rows fit if the next ones reach their full length; at least one."""
        if self._budget is None:
            return self._most
        longest = queue.longest
        row = self._bytes_per_row + self._bytes_per_token * self._columns(longest + BLOCK)
        reading = self._bytes_per_token * self._adapters * (longest + self._pass_tokens)
        return max(1, min(self._most, (self._budget - self.held - reading) // row))

    def entering(self, rows: int, queue: TaskQueue) -> int:
        """Return how many waiting tasks must start now, beside this number of active rows."""
        if self._strict:
            return 0 if rows else min(self._systems, len(queue))
        if not len(queue) or rows >= self._most:
            return 0
        slots = self.slots(queue)
        free = min(slots - rows, len(queue))
        worthwhile = min(max(slots // TOGETHER, 1), len(queue))
        return free if free > 0 and (not rows or free >= worthwhile) else 0

    def ran_out(self, rows: int) -> int:
        self._most = max(rows // 2, 1)
        return self._most


class StackedLoraDecoder:
    """Generates the responses of all systems, like `generation.ReferenceDecoder`, but in shared passes.

    In strict mode one sample of one prompt is generated at a time, by all systems, and a finished row stays
    in its slot until all are finished. Every matrix product of a row then has the same shape, whatever the
    length of the other rows and whatever else is requested. Systems must be supported (`unsupported`).
    """

    def __init__(
        self,
        systems: LoadedSystems,
        keys: Sequence[str],
        settings: GenerationSettings,
        monitor: ProgressMonitor,
    ) -> None:
        self._base = systems.base
        self._keys = together(keys, systems.attached)
        self._pair_keys = tuple(keys)
        self._settings = settings
        self._monitor = monitor
        attached = systems.attached
        self._names = [attached[key][0] if key in attached else "" for key in self._keys]
        self._rules = [systems.rules(key, settings) for key in self._keys]
        self._digests = {"": "", **dict(attached.values())}
        self._sampler = Sampler(settings)
        self._layers, bytes_per_token = stacked_layers(systems)
        static, self._not_static = static_step(systems, strict=settings.strict)
        tell_why = partial(_tell_why, monitor.emit)
        self._forward = Forward(systems.base, self._layers, monitor.check, static, tell_why)
        self._batch = SequenceBatch(self._forward, self._names)
        columns = columns_bucket if static else int
        self._scheduler = Scheduler(
            settings, len(keys), systems.base, bytes_per_token, columns, len(set(self._names))
        )
        self._queue = TaskQueue((), ())
        self._whole = PairAssembler((), ())

    def write(self, prompts: Sequence[Encoded]) -> None:
        """Answer all prompts, short ones first; half of the rows continue when memory runs out."""
        self._queue = TaskQueue(prompts, self._keys)
        self._whole = PairAssembler(prompts, self._pair_keys)
        self._monitor.done += sum(not prompt.samples for prompt in prompts)
        if self._not_static:
            _tell_why(self._monitor.emit, self._not_static)
        with self._layers.at_work(), no_gradients():
            while len(self._queue) or self._batch.rows:
                self._monitor.check()
                self._scheduler.held = self._forward.held
                if entering := self._scheduler.entering(len(self._batch.rows), self._queue):
                    self._begin(entering)
                else:
                    self._go_on()
        self._batch.clear()
        give_heap_back()
        self._monitor.tell()

    def _begin(self, count: int) -> None:
        """Read the prompts of the next tasks, draw the first tokens, and let the rows enter."""
        tasks = self._queue.take(count)
        rows = [self._row(task) for task in sorted(tasks, key=lambda task: task.system)]
        if self._attempt(lambda: self._read(rows)):
            self._dismiss()
        else:
            self._retreat([row.task for row in self._batch.rows if row not in rows] + tasks)

    def _row(self, task: SequenceTask) -> LiveSequence:
        stream = self._sampler.stream(task.prompt.key, task.key, task.sample, task.ids)
        return LiveSequence(task, stream, self._progress(task))

    def _progress(self, task: SequenceTask) -> ResponseProgress:
        opened = task.prompt.is_opened(task.key)
        return ResponseProgress(self._rules[task.system], task.prompt.limit, opened=opened)

    def _read(self, rows: Sequence[LiveSequence]) -> None:
        all_rows = len(self._batch.rows) + len(rows) + len(self._queue)
        slots = min(self._scheduler.slots(self._queue), all_rows)
        following = None if self._settings.strict else self._queue.following(self._names)
        self._draw(rows, self._batch.enter(rows, slots, following))

    def _go_on(self) -> None:
        rows = self._batch.rows
        if self._attempt(lambda: self._draw(rows, self._batch.step())):
            self._dismiss()
        else:
            self._retreat([row.task for row in rows if not row.ended])

    def _dismiss(self) -> None:
        """Deliver rows that have ended, and let them leave."""
        rows = self._batch.rows
        ended = [row for row in rows if row.ended]
        if ended and (not self._settings.strict or len(ended) == len(rows)):
            self._deliver(ended)
            if not self._attempt(lambda: self._batch.leave(ended)):
                self._retreat([row.task for row in rows if not row.ended])

    def _draw(self, rows: Sequence[LiveSequence], logits: Tensor) -> None:
        live = [place for place, row in enumerate(rows) if not row.ended]
        drawn = self._sampler.draw(
            logits if len(live) == len(rows) else logits[live], [rows[place].stream for place in live]
        )
        for place, token in zip(live, drawn, strict=True):
            rows[place].add(token)
        self._monitor(cast("torch.LongTensor", torch.tensor(drawn)[:, None]))

    def _deliver(self, rows: Sequence[LiveSequence]) -> None:
        for row in rows:
            for pair in self._whole.add(row.task, self._written(row)):
                self._monitor.emit(pair)
                if self._whole.is_done(pair.item):
                    self._monitor.finish()

    def _written(self, row: LiveSequence) -> Written:
        if row.acting != {self._names[row.task.system]}:
            raise BugError("A system other than the requested one was active.", code="adapter-state")
        active = " ".join(sorted(self._digests[name] for name in row.acting))
        progress = row.progress or self._progress(row.task)
        rules = self._rules[row.task.system]
        return rules.written(row.task.key, row.tokens, progress, active, len(row.task.ids))

    def _attempt(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except (RuntimeError, MemoryError) as error:
            if torch_errors.is_out_of_memory(error):
                return False
            torch_errors.raise_if_device_lost(error)
            raise
        return True

    def _retreat(self, tasks: Sequence[SequenceTask]) -> None:
        """Restart these tasks after memory ran out, half as many at a time."""
        self._batch.clear()
        torch_errors.release_memory()
        if self._settings.strict and not tasks:  # it ran out while the last rows left
            return
        self._queue.give_back(tasks)
        if self._settings.strict or len(tasks) == 1:
            self._fail(tasks[0].prompt.key)
        else:
            rows = self._scheduler.ran_out(len(tasks))
            self._monitor.emit(Note(f"Memory ran out: {rows} responses are now written at a time."))

    def _fail(self, key: str) -> None:
        self._queue.drop(key)
        self._whole.drop(key)
        self._monitor.emit(ItemFailed(key, torch_errors.NO_ROOM_FOR_ONE))
        self._monitor.finish()


def together(keys: Sequence[str], attached: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """Sort system keys so that those of one adapter are adjacent; ``attached`` as in `LoadedSystems`."""
    names = [attached[key][0] if key in attached else "" for key in keys]
    return tuple(sorted(keys, key=lambda key: names.index(names[keys.index(key)])))


def _tell_why(emit: Emit, reason: str) -> None:
    """Explain eager steps. Not a method: graphs are released as soon as nobody refers to the decoder."""
    emit(Note(f"CUDA graphs were not used: {reason}. The responses are equivalent but slower."))


def plan_of(rows: Sequence[LiveSequence], names: Sequence[str]) -> RowPlan:
    """Return the adapters of rows in the order of their systems; ``names`` has "" for the base."""
    return RowPlan.of([names[row.task.system] for row in rows])


class SequenceBatch:
    """Rows in slots; ``names`` are those of each system's adapter, "" for the base."""

    def __init__(self, forward: Forward, names: Sequence[str]) -> None:
        self._forward = forward
        self._names = names
        self.rows: list[LiveSequence] = []

    def enter(
        self, rows: Sequence[LiveSequence], slots: int, following: Mapping[str, tuple[int, ...]] | None
    ) -> Tensor:
        """Read the prompts of new rows, in the order of their systems, into slots; return their logits.

        A cache that grows gets ``slots``. ``following`` is that of `Forward.read`.
        """
        cache = self._forward.cache
        cache.slots = max(slots, len(self.rows) + len(rows))
        cache.make_room(max(len(row.task.ids) for row in rows), len(self.rows) + len(rows))
        self._arrange((*self.rows, *rows))
        plan = plan_of(rows, self._names)
        at = {id(row): slot for slot, row in enumerate(self.rows)}
        prompts = [
            PromptRow(row.task.ids, name, at[id(row)]) for row, name in zip(rows, plan.acting(), strict=True)
        ]
        logits = self._forward.read(prompts, following)
        _note(rows, plan)
        self._settle()
        return logits

    def leave(self, rows: Sequence[LiveSequence]) -> None:
        gone = {id(row) for row in rows}
        self._arrange([row for row in self.rows if id(row) not in gone])
        self._settle()

    def clear(self) -> None:
        self.rows = []
        self._forward.renew()

    def _arrange(self, rows: Sequence[LiveSequence]) -> None:
        before = {id(row): slot for slot, row in enumerate(self.rows)}
        after = arranged(rows, before)
        self._forward.cache.rearrange([before.get(id(row), -1) for row in after])
        self.rows = after

    def step(self) -> Tensor:
        """Return logits (rows, vocabulary) after the newest token of each row."""
        return self._forward.step([row.tokens[-1] for row in self.rows])

    def _settle(self) -> None:
        plan = plan_of(self.rows, self._names)
        self._forward.settle([row.length for row in self.rows], plan)
        _note(self.rows, plan)


def arranged(rows: Sequence[LiveSequence], slots: Mapping[int, int]) -> list[LiveSequence]:
    """Order rows by system and move as few as possible; ``slots`` are the present ones, by identity."""
    found: dict[int, LiveSequence] = {}
    for _, group in groupby(sorted(rows, key=_system), key=_system):
        members = list(group)
        places = range(len(found), len(found) + len(members))
        found |= {slots[id(row)]: row for row in members if slots.get(id(row)) in places}
        free = [place for place in places if place not in found]
        others = [row for row in members if slots.get(id(row)) not in places]
        found |= dict(zip(free, others, strict=True))
    return [found[place] for place in range(len(found))]


def _system(row: LiveSequence) -> int:
    return row.task.system


def _note(rows: Sequence[LiveSequence], plan: RowPlan) -> None:
    for row, name in zip(rows, plan.acting(), strict=True):
        row.acting.add(name)
