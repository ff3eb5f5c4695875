"""The items of a returned pack that are unaltered, with judgments that verify.

The chain is verified with the study's own digests of the items, so that an altered text breaks no link. A
judgment that is not what its digest says is left out, and all others of its item with it; later ones are
verified by the digest that is stored in it. What is left out is found again by the state of the items: an
item counts only where its verified judgments lead to the state in which it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.store.judging.event_chain_writer import read_rows
from ftcompare.store.pack.contents import PACK_RATER, PackAltered, PackItem, item_target, to_pack_item
from ftcompare.store.pack.verification import EventRules, impossible_event, in_place, linked_event
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.sqlite.connection import Connection

Handed: TypeAlias = tuple[str, str]
"""Id and digest of an item."""


@dataclass(frozen=True, slots=True)
class LeftItem:
    """An item of which no judgment was taken over.

    Args:
        number: its place in the pack, from 1.
        why: what is wrong, in words without a full stop.
    """

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class MergedBefore:
    """What the study has of a pack.

    Args:
        start: where the pack's chain begins.
        digests: those of the merged events, by their numbers in the pack.
        links: see `merged_links`.
    """

    start: str
    digests: Mapping[int, str]
    links: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Mergeable:
    """What can be taken over.

    Args:
        events: new and verified ones, oldest first.
        left: items that were altered, or of which a judgment was.
        stored: the digest of every event of the pack as it stands there, by its number.
    """

    events: tuple[JudgmentEvent, ...]
    left: tuple[LeftItem, ...]
    stored: Mapping[int, str]


def altered_items(pack: Connection, expected: Iterable[PackItem], digests: Sequence[str]) -> dict[int, str]:
    """What is wrong with the items that are not as they were handed out, by their numbers.

    ``expected`` are the items as handed out; ``digests``, of these, grows with them.

    Raises:
        PackAltered: where items were added.
    """
    found, number = {}, 0
    for number, item in enumerate(expected, start=1):
        row = pack.first("SELECT * FROM allocations WHERE id = ?", (number,))
        if what := _altered(item, row, number, digests[-1]):
            found[number] = what
    if pack.first("SELECT 1 FROM allocations WHERE id NOT BETWEEN 1 AND ?", (number,)):
        raise PackAltered("items were added")
    return found


def _altered(item: PackItem, row: sqlite3.Row | None, number: int, digest: str) -> str:
    if row is None:
        return "it was removed"
    found = to_pack_item(row)
    parts = (
        ("its id", item.item == found.item),
        ("the prompt", item.messages == found.messages),
        ("the left text", item.left == found.left),
        ("the right text", item.right == found.right),
        ("the reference answer", item.reference == found.reference),
        ("the context, what is expected or a turn", item.beside == found.beside),
        ("the moment of its guess", item.guess_due == found.guess_due),
        ("its place", in_place(row, number)),
        ("its digest", row["digest"] == digest),
    )
    return next((f"{what} was altered" for what, same in parts if not same), "")


def mergeable(
    pack: Connection,
    items: Sequence[Handed],
    altered: Mapping[int, str],
    rules: EventRules,
    before: MergedBefore,
) -> Mergeable:
    """What can be taken over of a pack with such rules, of ``items`` as they were handed out.

    ``altered`` as `altered_items` finds it; ``before`` is what the study has of the pack.

    Raises:
        PackAltered: at a judgment that is verified and that nobody can have given.
        UserError: ``pack-diverged``.
    """
    reading = _Reading(items, altered, rules, before)
    for row in read_rows(pack, PACK_RATER):
        reading.read(row)
    return reading.finished(pack)


class _Reading:
    """Goes through the judgments of a pack; arguments as for `mergeable`."""

    def __init__(
        self, items: Sequence[Handed], altered: Mapping[int, str], rules: EventRules, before: MergedBefore
    ) -> None:
        self._items, self._left, self._before = items, dict(altered), before
        self._rules = rules
        self._stored: dict[int, str] = {}
        self._events: list[JudgmentEvent] = []
        self._impossible, self._broken = "", bool(altered)

    def read(self, row: sqlite3.Row) -> None:
        """Takes in the next row."""
        event = self._verified(row)
        self._stored[row["seq"]] = row["digest"]
        if event is None:
            self._broken = True
            self._leave(row["allocation"], f"judgment {row['seq']} was altered, or the one before it")
        elif not self._rules.answerable(event):
            raise PackAltered(impossible_event(event))
        elif event.allocation not in self._left:
            self._follow(event)

    def finished(self, pack: Connection) -> Mergeable:
        """The result, when all rows were read."""
        if pack.value("SELECT COUNT(*) FROM events") != len(self._stored):
            self._broken = True
        if self._impossible and not self._broken:
            raise PackAltered(self._impossible)
        for row in pack.rows("SELECT id, standing, standing_kind, guess FROM allocations ORDER BY id"):
            if (row["standing"], row["standing_kind"], row["guess"]) != self._rules.state(row["id"]):
                self._leave(row["id"], "its judgment was altered or removed")
        kept = (event for event in self._events if event.allocation not in self._left)
        new = tuple(event for event in kept if event.seq not in self._before.digests)
        left = tuple(LeftItem(number, self._left[number]) for number in sorted(self._left))
        return Mergeable(new, left, self._stored)

    def _follow(self, event: JudgmentEvent) -> None:
        if self._rules.possible(event):
            self._rules.take(event)
            self._events.append(event)
            return
        self._impossible = self._impossible or impossible_event(event)
        self._leave(event.allocation, "one of its judgments was altered or removed")

    def _leave(self, number: int, why: str) -> None:
        if 1 <= number <= len(self._items):
            self._left.setdefault(number, why)

    def _verified(self, row: sqlite3.Row) -> JudgmentEvent | None:
        seq, number = row["seq"], row["allocation"]
        if not 1 <= number <= len(self._items):
            return None
        merged, target = self._before.digests, item_target(number, *self._items[number - 1])
        event = linked_event(row, target, self._previous(seq))
        if event is not None and merged.get(seq, event.digest) != event.digest:
            raise _diverged(seq)
        stored = self._stored.get(seq - 1, "")
        if event is None and linked_event(row, target, stored):
            raise _diverged(seq - 1)
        return event

    def _previous(self, seq: int) -> str:
        """What an event must be chained to; empty where nothing is known of the one before it."""
        if seq == 1:
            return self._before.start
        for known in (self._before.digests, self._before.links, self._stored):
            if seq - 1 in known:
                return known[seq - 1]
        self._broken = True
        return ""


def _diverged(seq: int) -> UserError:
    differs = f"this one has other judgments than the one that was merged, from the {seq}. on"
    how = "Decide with the rater which copy counts; only that one can be merged."
    return UserError(f"Two copies of this pack were rated apart: {differs}.", how=how, code="pack-diverged")
