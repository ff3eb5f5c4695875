"""What is to be written, what is being written, and what waits to make a pair whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.sampling import RandomStream
from ftcompare.engine.protocol import Pair, Written

ALIKE = 1.5
"""Prompts read together: the longest has at most so many times the tokens of the shortest, and `LITTLE`."""
LITTLE = 16


@dataclass(frozen=True, slots=True)
class SequenceTask:
    """One system's response to one sample of one prompt. ``system`` counts the systems asked for."""

    prompt: Encoded
    sample: int
    system: int


@dataclass(slots=True, eq=False)
class LiveSequence:
    """A task being written.

    Args:
        stream: its draws.
        tokens: new ones.
        acting: names of the adapters that acted on it, "" for none, as the passes had it.
        ended: whether its response is whole.
    """

    task: SequenceTask
    stream: RandomStream
    tokens: list[int] = field(default_factory=list)
    acting: set[str] = field(default_factory=set)
    ended: bool = False

    @property
    def length(self) -> int:
        """Its tokens in the cache: the prompt's and the new ones but the last."""
        return len(self.task.prompt.ids) + max(len(self.tokens) - 1, 0)


class TaskQueue:
    """Tasks in the order in which they are begun: short prompts first, a prompt's systems beside each other.

    Args:
        prompts: of which every sample is asked for.
        systems: how many.
    """

    def __init__(self, prompts: Iterable[Encoded], systems: int) -> None:
        ordered = sorted(prompts, key=lambda prompt: (len(prompt.ids), prompt.limit))
        self._tasks = deque(
            SequenceTask(prompt, sample, system)
            for prompt in ordered
            for sample in prompt.samples
            for system in range(systems)
        )

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, most: int) -> list[SequenceTask]:
        """The next ones, as far as their prompts are of like length."""
        taken: list[SequenceTask] = []
        while self._tasks and len(taken) < most and self._fits(taken):
            taken.append(self._tasks.popleft())
        return taken

    def _fits(self, taken: Sequence[SequenceTask]) -> bool:
        if not taken:
            return True
        lengths = sorted((len(taken[0].prompt.ids), len(self._tasks[0].prompt.ids)))
        return lengths[1] <= ALIKE * lengths[0] + LITTLE

    def give_back(self, tasks: Sequence[SequenceTask]) -> None:
        """They are to be begun anew, before all others."""
        self._tasks.extendleft(reversed(tasks))

    def drop(self, key: str) -> None:
        """Nothing more of this item."""
        self._tasks = deque(task for task in self._tasks if task.prompt.key != key)

    @property
    def longest(self) -> int:
        """Tokens that the next ones may come to at most, new ones included; 0 where there are none.

        Of about as many tasks as fit at a time: they are looked at before each is begun.
        """
        first = (self._tasks[at].prompt for at in range(min(len(self._tasks), 64)))
        return max((len(prompt.ids) + prompt.limit for prompt in first), default=0)


class PairAssembler:
    """Puts responses together to pairs.

    Args:
        prompts: asked for.
        keys: of the systems, in the order of a pair's responses.
    """

    def __init__(self, prompts: Iterable[Encoded], keys: Sequence[str]) -> None:
        self._keys = tuple(keys)
        self._left = {prompt.key: len(prompt.samples) for prompt in prompts}
        self._parts: dict[tuple[str, int], dict[int, Written]] = {}

    def add(self, task: SequenceTask, written: Written) -> Iterator[Pair]:
        """The pair that this response makes whole, if it does."""
        place = task.prompt.key, task.sample
        parts = self._parts.setdefault(place, {})
        parts[task.system] = written
        if len(parts) == len(self._keys):
            del self._parts[place]
            self._left[place[0]] -= 1
            yield Pair(place[0], tuple(parts[system] for system in range(len(self._keys))), place[1])

    def is_done(self, key: str) -> bool:
        """Whether every sample of an item is written."""
        return self._left[key] == 0

    def drop(self, key: str) -> None:
        """Nothing more of this item is wanted."""
        self._parts = {place: parts for place, parts in self._parts.items() if place[0] != key}
