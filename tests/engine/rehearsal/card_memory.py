"""Memory of a graphics card that does not exist: what is allocated, cached, or kept for recorded graphs.

Sizes are rounded up to 512 bytes, as torch's allocator does. Its cache has no fragments here: any free bytes
can serve any request, which is kinder than a card.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakSet

import torch

GIB = 1 << 30
ROUNDED = 512
PRODUCT = str(Path(__file__).parents[3] / "ftcompare")


class Pool:
    """Memory of recorded graphs: it stays reserved while one of them exists, also where no tensor uses it."""

    def __init__(self) -> None:
        self.graphs: WeakSet[object] = WeakSet()
        self.in_use = 0
        self.grown = 0

    @property
    def reserved(self) -> int:
        return self.grown if self.graphs else 0


@dataclass
class Script:
    """What a test makes the cards do: memory runs out at the allocation with this number, and after it."""

    fail_at: int = -1  # counted from 0 when the script was set; -1 for never
    failures: int = 1  # number of allocations in succession that fail
    traced: bool = False  # whether `places` is filled
    seen: int = 0
    places: dict[tuple[str, int], list[int]] = field(default_factory=dict)  # numbers by line of the product

    def allocating(self, size: int) -> None:
        number = self.seen
        self.seen += 1
        if self.traced:
            self.places.setdefault(_place(), []).append(number)
        if 0 <= self.fail_at <= number < self.fail_at + self.failures:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size} bytes.")


def _place() -> tuple[str, int]:
    """Return file and line of the product that is allocating, or of this file where there is none."""
    frame = sys._getframe(1)
    here = frame
    while not frame.f_code.co_filename.startswith(PRODUCT):
        if frame.f_back is None:
            return "", here.f_lineno
        frame = frame.f_back
    return frame.f_code.co_filename.removeprefix(PRODUCT + "/"), frame.f_lineno


class Card:
    """Memory of one card."""

    def __init__(self, index: int, total: int = 8 * GIB, others: int = GIB // 2) -> None:
        self.device = torch.device("cuda", index)
        self.total = total
        self.others = others  # bytes of other programs
        self.in_use = self.cached = self.peak = 0
        self.pools: WeakSet[Pool] = WeakSet()

    @property
    def allocated(self) -> int:
        return self.in_use + sum(pool.in_use for pool in self.pools)

    @property
    def reserved(self) -> int:
        return self.in_use + self.cached + sum(max(pool.reserved, pool.in_use) for pool in self.pools)

    @property
    def free(self) -> int:
        return max(self.total - self.others - self.reserved, 0)

    def take(self, size: int, pool: Pool | None) -> None:
        CARDS.script.allocating(size)
        needed = size if pool is None else max(pool.in_use + size - pool.reserved, 0)
        if needed > self.free + self.cached:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {size} bytes.")
        if pool is None:
            self.cached -= min(self.cached, size)
            self.in_use += size
        else:
            self.cached -= max(needed - self.free, 0)
            self.pools.add(pool)
            pool.in_use += size
            pool.grown = max(pool.grown, pool.in_use)
        self.peak = max(self.peak, self.allocated)

    def give(self, size: int, pool: Pool | None) -> None:
        if pool is None:
            self.in_use -= size
            self.cached += size
        else:
            pool.in_use -= size


class Cards:
    """All cards, and what happens on them."""

    def __init__(self) -> None:
        self.all = (Card(0), Card(1))
        self.visible = 1  # number of cards that `torch.cuda` reports
        self.capability = (9, 0)
        self.pool: Pool | None = None  # that of the graph being recorded
        self.script = Script()
        self.leaked: list[object] = []  # graphs that keep their pools for good
        self.operations: Counter[str] = Counter()
        self.waits: Counter[str] = Counter()

    @property
    def first(self) -> Card:
        return self.all[0]

    def of(self, device: torch.device | str | int | None) -> Card:
        if isinstance(device, int):
            return self.all[device]
        return self.all[(torch.device(device).index or 0) if device is not None else 0]


CARDS = Cards()


class Block:
    """Memory of one storage, given back with it."""

    __slots__ = ("__weakref__", "card", "pool", "size")

    def __init__(self, size: int, card: Card) -> None:
        self.size = 0
        self.card = card
        self.pool = CARDS.pool
        rounded = -(-size // ROUNDED) * ROUNDED
        if rounded:  # nothing is allocated for a tensor without numbers
            card.take(rounded, self.pool)
        self.size = rounded

    def __del__(self) -> None:
        if self.size:
            self.card.give(self.size, self.pool)
