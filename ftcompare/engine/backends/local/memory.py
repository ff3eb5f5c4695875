"""Measures the memory and time of work while it runs, and derives the number of rows of a batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import torch

from ftcompare.engine.backends.local.devices import memory_for_tensors
from ftcompare.engine.backends.local.torch_errors import unless_out_of_memory
from ftcompare.engine.backends.local.typed_transformers import memory_resident

Text = TypeVar("Text")
Result = TypeVar("Result")

SHARE = 0.6  # share of the free memory that a batch may use

BATCH_SECONDS = 2.0
"""Seconds that a batch of texts may take to read: progress is shown and results are stored after each."""

MOST_ROWS = {"cpu": 32, "mps": 32, "cuda": 256}
"""Maximum number of rows by device type; more rows are not faster."""


class MemoryMeter:
    """The maximum memory held between `start` and the last `look`.

    CUDA measures it itself, over all cards; elsewhere the process's memory is sampled by `look`.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._before = self._most = 0

    def start(self) -> None:
        """Start a new measurement."""
        if self.device.type == "cuda":
            for card in range(torch.cuda.device_count()):
                torch.cuda.reset_peak_memory_stats(card)
        self._before = self._most = self._held()

    def look(self) -> None:
        self._most = max(self._most, self._held())

    @property
    def most(self) -> int:
        """Maximum number of bytes held, including the model."""
        return self._most

    @property
    def grown(self) -> int:
        """Maximum number of bytes held minus those held at the start."""
        return self._most - self._before

    def _held(self) -> int:
        if self.device.type == "cuda":
            cards = range(torch.cuda.device_count())
            return sum(int(torch.cuda.max_memory_allocated(card)) for card in cards)
        return memory_resident()


class BatchSize:
    """The number of rows of a batch.

    It is ``fixed``; 0 starts with one row and at most doubles per batch, as measured memory allows.
    """

    def __init__(self, fixed: int, device: torch.device) -> None:
        self._grows = fixed == 0
        self._device = device
        self._most = MOST_ROWS[device.type]
        self.rows = fixed or 1

    def ran_out(self, rows: int) -> None:
        """Memory was insufficient for ``rows`` rows: use half as many from now on."""
        self.rows = self._most = max(rows // 2, 1)

    def took(self, rows: int, grown: int, seconds: float = 0.0) -> None:
        """``rows`` rows took ``grown`` bytes beside the model; ``seconds`` only if time is limited."""
        quick = int(BATCH_SECONDS * rows / seconds) if seconds else self._most
        if not self._grows or rows < self.rows <= quick:
            return
        room = int(SHARE * memory_for_tensors(self._device) / max(grown / rows, 1))
        self.rows = max(1, min(2 * rows, room, quick, self._most))


def fitting(lengths: Iterable[int], most: int) -> int:
    """How many of the first rows, padded to the longest, have at most ``most`` positions; at least one."""
    longest = rows = 0
    for count, length in enumerate(lengths, start=1):
        longest = max(longest, length)
        if count > 1 and count * longest > most:
            break
        rows = count
    return rows


def read_in_batches(
    texts: Sequence[Text],
    attempt: Callable[[Sequence[Text]], Result],
    length: Callable[[Text], int],
    most: int,
    meter: MemoryMeter,
    check: Callable[[], None],
) -> Iterator[tuple[Sequence[Text], Result | None]]:
    """Let a model read texts, as many at a time as memory and `BATCH_SECONDS` allow.

    Args:
        texts: short ones first.
        attempt: reads a batch; it calls ``meter.look`` where most memory is held.
        length: number of positions that a text takes in a batch.
        most: maximum number of positions of a batch, with padding; a single text may have more.
        check: called before each batch; it may raise to stop.

    Yields:
        Each batch with its result; None where memory did not suffice for a single text.
    """
    todo, size = list(texts), BatchSize(0, meter.device)
    while todo:
        check()
        batch = todo[: fitting(map(length, todo[: size.rows]), most)]
        meter.start()
        begun = time.monotonic()
        result = unless_out_of_memory(partial(attempt, batch))
        if result is None and len(batch) > 1:
            size.ran_out(len(batch))
            continue
        if result is not None:
            size.took(len(batch), meter.grown, time.monotonic() - begun)
        del todo[: len(batch)]
        yield batch, result
