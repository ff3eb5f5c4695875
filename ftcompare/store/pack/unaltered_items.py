"""Finds the unaltered items of a returned pack, with the judgments of them that verify.

The chain is verified with the study's own digests of the items, so an altered text of one item does not break
the chain of the others. An event that does not match its digest is left out with all other events of its
item; later events are verified against its stored digest. An item is accepted only if its verified events
lead to the state that the pack stores for it, which reveals removed events. A guess on an item on which the
program asks for none is left out alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ftcompare.core.errors import UserError
from ftcompare.core.study import JudgmentEvent
from ftcompare.store.judging.verdict_recorder import read_rows
from ftcompare.store.pack.contents import PACK_RATER, PackAltered, PackItem, item_target, to_pack_item
from ftcompare.store.pack.verification import EventRules, impossible_event, in_place, linked_event
from ftcompare.store.sqlite.connection import Connection

Handed: TypeAlias = tuple[str, str]  # id and digest of an item


@dataclass(frozen=True, slots=True)
class LeftItem:
    """An item whose judgments were all left out."""

    number: int  # number of the item in the pack, from 1
    why: str  # what is wrong, as a clause without a full stop


@dataclass(frozen=True, slots=True)
class Mergeable:
    """The items that can be merged from a pack."""

    events: tuple[JudgmentEvent, ...]  # new and verified events, oldest first
    left: tuple[LeftItem, ...]  # items that were altered, or that have an altered event
    unasked: tuple[int, ...]  # numbers of the items of which only a guess was left out
    stored: Mapping[int, str]  # the stored digest of every event of the pack, by its number


def altered_items(pack: Connection, expected: Iterable[PackItem], digests: Sequence[str]) -> dict[int, str]:
    """Return what is wrong with each altered item; reading `expected` extends `digests`."""
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


class PackReading:
    """Reads a pack's events; `items` are ids and digests as handed out, `merged` digests by number."""

    def __init__(
        self,
        items: Sequence[Handed],
        altered: Mapping[int, str],
        rules: EventRules,
        start: str,
        merged: Mapping[int, str],
        links: Mapping[int, str],
    ) -> None:
        self._items, self._left, self._rules = items, dict(altered), rules
        self._start, self._merged, self._links = start, merged, links
        self._stored: dict[int, str] = {}
        self._events: list[JudgmentEvent] = []
        self._unasked: dict[int, int] = {}
        self._impossible, self._broken = "", bool(altered)

    def read_all(self, pack: Connection) -> Mergeable:
        """Find what can be merged from an open pack; PackAltered if a verified event is not possible."""
        for row in read_rows(pack, PACK_RATER):
            self._read(row)
        return self._finished(pack)

    def _read(self, row: sqlite3.Row) -> None:
        event = self._verified(row)
        self._stored[row["seq"]] = row["digest"]
        if event is None:
            self._broken = True
            self._leave(row["allocation"], f"judgment {row['seq']} was altered, or the one before it")
        elif not self._rules.answerable(event):
            raise PackAltered(impossible_event(event))
        elif event.allocation not in self._left:
            self._follow(event)

    def _finished(self, pack: Connection) -> Mergeable:
        if pack.value("SELECT COUNT(*) FROM events") != len(self._stored):
            self._broken = True
        if self._impossible and not self._broken:
            raise PackAltered(self._impossible)
        for row in pack.rows("SELECT id, standing, standing_kind, guess FROM allocations ORDER BY id"):
            *judged, guess = self._rules.state(row["id"])
            guess = row["guess"] if row["id"] in self._unasked.values() else guess
            if (row["standing"], row["standing_kind"], row["guess"]) != (*judged, guess):
                self._leave(row["id"], "its judgment was altered or removed")
        kept = (event for event in self._events if event.allocation not in self._left)
        new = tuple(event for event in kept if event.seq not in self._merged)
        left = tuple(LeftItem(number, self._left[number]) for number in sorted(self._left))
        unasked = tuple(sorted({*self._unasked.values()} - self._left.keys()))
        return Mergeable(new, left, unasked, self._stored)

    def _follow(self, event: JudgmentEvent) -> None:
        if self._rules.possible(event):
            self._rules.take(event)
            self._events.append(event)
            return
        if self._rules.unasked(event) or event.retracts in self._unasked:
            self._unasked[event.seq] = event.allocation
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
        merged, target = self._merged, item_target(number, *self._items[number - 1])
        event = linked_event(row, target, self._previous(seq))
        if event is not None and merged.get(seq, event.digest) != event.digest:
            raise _diverged(seq)
        stored = self._stored.get(seq - 1, "")
        if event is None and linked_event(row, target, stored):
            raise _diverged(seq - 1)
        return event

    def _previous(self, seq: int) -> str:
        """Return the digest that an event must be chained to; empty if the event before it is unknown."""
        if seq == 1:
            return self._start
        for known in (self._merged, self._links, self._stored):
            if seq - 1 in known:
                return known[seq - 1]
        self._broken = True
        return ""


def _diverged(seq: int) -> UserError:
    differs = f"from judgment {seq} on, this one differs from the merged one"
    how = "The merged copy counts. To count this file instead, first take the earlier merge back."
    return UserError(
        f"Two copies of this pack were rated differently: {differs}.", how=how, code="pack-diverged"
    )
