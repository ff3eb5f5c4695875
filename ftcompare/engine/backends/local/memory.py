"""Measures the memory of work while it runs, and derives the number of rows of a batch."""

from __future__ import annotations

import torch

from ftcompare.engine.backends.local.devices import memory_for_tensors
from ftcompare.engine.backends.local.typed_transformers import memory_resident

SHARE = 0.6
"""Share of the free memory that a batch may use."""

MOST_ROWS = {"cpu": 32, "mps": 32, "cuda": 256}
"""Maximum number of rows by device type; more rows are not faster."""


class MemoryMeter:
    """The maximum memory held between `start` and the last `look`.

    CUDA measures it itself, over all cards; elsewhere the process's memory is sampled by `look`.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = self._most = 0

    def start(self) -> None:
        """Start a new measurement."""
        if self._device.type == "cuda":
            for card in range(torch.cuda.device_count()):
                torch.cuda.reset_peak_memory_stats(card)
        self._before = self._most = self._held()

    def look(self) -> None:
        """Sample the memory held now."""
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
        if self._device.type == "cuda":
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

    def took(self, rows: int, grown: int) -> None:
        """``rows`` rows took ``grown`` bytes in addition to the model."""
        if not self._grows or rows < self.rows:
            return
        room = int(SHARE * memory_for_tensors(self._device) / max(grown / rows, 1))
        self.rows = max(1, min(2 * rows, room, self._most))
