"""How many rows are written at a time, and when the next ones enter."""

from __future__ import annotations

from collections.abc import Callable

from ftcompare.engine.backends.local.devices import memory_free
from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.stacked_lora.kv_cache import BLOCK
from ftcompare.engine.backends.local.stacked_lora.sequences import TaskQueue
from ftcompare.engine.backends.local.typed_transformers import embedding_weights
from ftcompare.engine.protocol import GenerationSettings

SHARE = 0.6
"""Of the memory that is free at the start, what rows may take."""

MOST_PROMPTS = {"cpu": 16, "mps": 16, "cuda": 128}
"""More prompts at a time are not written clearly faster (benchmarks/decoding.py)."""

TOGETHER = 8
"""The next rows enter when so many'th of the slots are free: a pass over prompts costs a step and more."""

LOGITS_BYTES = 16
"""For each word of the vocabulary and row: logits, and what drawing from them makes."""


class Scheduler:
    """Decides when rows enter, and how many.

    Args:
        settings: ``batch_prompts`` prompts at a time, or 0 for as many as measured memory allows.
        systems: rows that a prompt has.
        base: the model.
        bytes_per_token: of the cache, measured.
        columns: that the cache makes where so many are needed.
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
        self._budget = int(SHARE * memory_free(base.device)) if measured else None
        prompts = settings.batch_prompts or MOST_PROMPTS[base.device.type]
        self._most = systems * (1 if settings.strict else prompts)

    def slots(self, queue: TaskQueue) -> int:
        """Rows that fit if the next ones come to their full length; at least one."""
        if self._budget is None:
            return self._most
        row = self._bytes_per_row + self._bytes_per_token * self._columns(queue.longest + BLOCK)
        return max(1, min(self._most, (self._budget - self.held) // row))

    def entering(self, rows: int, queue: TaskQueue) -> int:
        """How many tasks are to be begun now.

        Args:
            rows: that are being written.
            queue: what waits.
        """
        if self._strict:
            return 0 if rows else min(self._systems, len(queue))
        if not len(queue) or rows >= self._most:
            return 0
        slots = self.slots(queue)
        free = min(slots - rows, len(queue))
        worthwhile = min(max(slots // TOGETHER, 1), len(queue))
        return free if free > 0 and (not rows or free >= worthwhile) else 0

    def ran_out(self, rows: int) -> int:
        """Memory did not suffice for so many: half of them from now on."""
        self._most = max(rows // 2, 1)
        return self._most
