"""What memory work takes, measured while it runs, and how many rows therefore go together."""

from __future__ import annotations

import torch

from ftcompare.engine.backends.local.devices import memory_free
from ftcompare.engine.backends.local.typed_transformers import memory_resident

SHARE = 0.6
"""Of the memory that is free, what a batch may take."""

MOST_ROWS = {"cpu": 32, "mps": 32, "cuda": 256}
"""More rows are not written faster."""


class MemoryMeter:
    """The most memory that is held between `start` and the last `look`.

    CUDA counts by itself, for all cards; elsewhere what the process holds is looked at from time to time.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = self._most = 0

    def start(self) -> None:
        """Start again."""
        if self._device.type == "cuda":
            for card in range(torch.cuda.device_count()):
                torch.cuda.reset_peak_memory_stats(card)
        self._before = self._most = self._held()

    def look(self) -> None:
        """Take note of what is held now."""
        self._most = max(self._most, self._held())

    @property
    def most(self) -> int:
        """Bytes held at most, the model's own included."""
        return self._most

    @property
    def grown(self) -> int:
        """Bytes by which that exceeds what was held at the start."""
        return self._most - self._before

    def _held(self) -> int:
        if self._device.type == "cuda":
            cards = range(torch.cuda.device_count())
            return sum(int(torch.cuda.max_memory_allocated(card)) for card in cards)
        return memory_resident()


class BatchSize:
    """How many rows are written at a time.

    They are ``fixed``, or 0 begins with one row and grows, at most twofold, as measured memory allows.
    """

    def __init__(self, fixed: int, device: torch.device) -> None:
        self._grows = fixed == 0
        self._device = device
        self._most = MOST_ROWS[device.type]
        self.rows = fixed or 1

    def ran_out(self, rows: int) -> None:
        """Memory did not suffice for so many: half of them from now on."""
        self.rows = self._most = max(rows // 2, 1)

    def took(self, rows: int, grown: int) -> None:
        """So many rows took so many bytes beside the model."""
        if not self._grows or rows < self.rows:
            return
        room = int(SHARE * memory_free(self._device) / max(grown / rows, 1))
        self.rows = max(1, min(2 * rows, room, self._most))
