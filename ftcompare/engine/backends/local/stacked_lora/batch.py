"""The rows being generated, in the slots of the cache; rows of one system are adjacent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from torch import Tensor

from ftcompare.engine.backends.local.stacked_lora.forward import Forward
from ftcompare.engine.backends.local.stacked_lora.kv_cache import PromptCache
from ftcompare.engine.backends.local.stacked_lora.scheduler import LiveSequence
from ftcompare.engine.backends.local.stacked_lora.sliced_layers import RowPlan, RowSlice


def plan_of(rows: Sequence[LiveSequence], names: Sequence[str]) -> RowPlan:
    """What is to act on rows in the order of their systems, whose adapters have these names; "" the base."""
    slices, at = [], 0
    for name, group in groupby(rows, key=lambda row: names[row.task.system]):
        count = len(list(group))
        if name:
            slices.append(RowSlice(at, at + count, name))
        at += count
    return RowPlan(slices, at)


class SequenceBatch:
    """Rows in slots. ``names`` are the names of each system's adapter; "" for the base."""

    def __init__(self, forward: Forward, names: Sequence[str]) -> None:
        self._forward = forward
        self._names = names
        self.rows: list[LiveSequence] = []

    def read(self, rows: Sequence[LiveSequence]) -> tuple[PromptCache, Tensor]:
        """The prompts of new rows, which are in the order of their systems: what they leave, and logits."""
        plan = plan_of(rows, self._names)
        found = self._forward.read([row.task.ids for row in rows], plan)
        _note(rows, plan)
        return found

    def enter(
        self, rows: Sequence[LiveSequence], prompts: PromptCache, places: Sequence[int], slots: int
    ) -> None:
        """New rows, in the order of their systems, take slots.

        ``prompts`` is what reading left, with the rows at these places; the cache gets so many slots if it is
        made larger.
        """
        cache = self._forward.cache
        cache.slots = max(slots, len(self.rows) + len(rows))
        cache.make_room(prompts.get_seq_length(), len(self.rows) + len(rows))
        cache.prepare(prompts)
        self._arrange((*self.rows, *rows))
        at = {id(row): slot for slot, row in enumerate(self.rows)}
        cache.take(prompts, places, [at[id(row)] for row in rows])
        self._settle()

    def leave(self, rows: Sequence[LiveSequence]) -> None:
        """Remove rows from their slots."""
        gone = {id(row) for row in rows}
        self._arrange([row for row in self.rows if id(row) not in gone])
        self._settle()

    def clear(self) -> None:
        """Remove all rows, and release the cache."""
        self.rows = []
        self._forward.renew()

    def _arrange(self, rows: Sequence[LiveSequence]) -> None:
        before = {id(row): slot for slot, row in enumerate(self.rows)}
        after = arranged(rows, before)
        self._forward.cache.rearrange([before.get(id(row), -1) for row in after])
        self.rows = after

    def step(self) -> Tensor:
        """Logits (rows, vocabulary) after the newest token of each row."""
        return self._forward.step([row.tokens[-1] for row in self.rows])

    def _settle(self) -> None:
        plan = plan_of(self.rows, self._names)
        self._forward.settle([row.length for row in self.rows], plan)
        _note(self.rows, plan)


def arranged(rows: Sequence[LiveSequence], slots: Mapping[int, int]) -> list[LiveSequence]:
    """The order of slots in which those of one system are beside each other, and as few as can be move.

    ``slots`` are of the rows that are there already, by identity.
    """
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
