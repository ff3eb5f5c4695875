"""Appends events to the raters' hash chains.

The digest of each event covers all earlier events of the rater.

An allocation's ``standing`` columns (its current judgment or skip) are derived from its events and written
with them.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from ftcompare.core.errors import BugError
from ftcompare.core.hashing import Json, link
from ftcompare.core.study import AllocationId, EventKind, RaterId
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_object, to_json

EVENT_TAG = "event"

_COLUMNS = (
    "seq", "allocation", "kind", "choice", "strength", "preference", "comment", "flagged", "seconds",
    "reason", "retracts", "at", "details",
)  # fmt: skip
"""The columns of ``events`` that are fields of `JudgmentEvent`, except those that the file assigns."""


@dataclass(frozen=True, slots=True)
class Target:
    """The allocation that an event is about.

    Args:
        where: values that identify the allocation and that every event about it covers.
        shown: digests of the texts that were shown.
    """

    allocation: AllocationId
    rater: RaterId
    where: tuple[Json, ...]
    shown: tuple[str, ...]


class ChainWriter:
    """Appends to the raters' chains within one transaction of the caller.

    ``genesis`` gives the value at which a rater's chain begins.
    """

    def __init__(self, db: Connection, genesis: Callable[[Connection, RaterId], str]) -> None:
        self._db = db
        self._genesis = genesis
        self._heads: dict[RaterId, tuple[int, str]] = {}

    def append(self, target: Target, event: JudgmentEvent, at: str) -> int:
        """Append an event, update the allocation's standing columns, and return the event's id."""
        seq, previous = self.head(target.rater)
        event = _in_place(event, target, seq + 1, at)
        value = link(EVENT_TAG, previous, payload(target, event))
        fields = {name: getattr(event, name) for name in _COLUMNS}
        added = self._db.insert("events", rater=target.rater, **fields, digest=value)
        self._heads[target.rater] = (event.seq, value)
        self._settle(target, event, added)
        return added

    def head(self, rater: RaterId) -> tuple[int, str]:
        """The number and the digest of a rater's newest event.

        0 and the chain's first value if there is none.
        """
        if rater in self._heads:
            return self._heads[rater]
        sql = "SELECT seq, digest FROM events WHERE rater = ? ORDER BY seq DESC LIMIT 1"
        last = self._db.first(sql, (rater,))
        return (last["seq"], last["digest"]) if last else (0, self._genesis(self._db, rater))

    def go_on(self, rater: RaterId, seq: int, digest: str) -> None:
        """Set the number and digest of a rater's newest event, which is not in this file.

        The next event is chained to it.
        """
        self._heads[rater] = (seq, digest)

    def _settle(self, target: Target, event: JudgmentEvent, added: int) -> None:
        kind, retracted = event.kind, event.kind is EventKind.RETRACTION
        if retracted:
            sql = "SELECT kind FROM events WHERE rater = ? AND seq = ?"
            kind = EventKind(self._db.value(sql, (target.rater, event.retracts)))
        if kind is EventKind.GUESS:
            guess = None if retracted else added
            self._db.execute("UPDATE allocations SET guess = ? WHERE id = ?", (guess, target.allocation))
            return
        standing = (None, "") if retracted else (added, kind)
        sql = "UPDATE allocations SET standing = ?, standing_kind = ? WHERE id = ?"
        self._db.execute(sql, (*standing, target.allocation))


def _in_place(event: JudgmentEvent, target: Target, seq: int, at: str) -> JudgmentEvent:
    """The event with number, allocation and time set, and numbers as SQLite returns them for verification."""
    numbers = [number for number in (event.seconds, event.preference) if number is not None]
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise BugError("A time or share is not a number of 0 or more.", code="event-number")
    event = replace(event, preference=_real(event.preference), seconds=_real(event.seconds))
    return replace(event, seq=seq, allocation=target.allocation, at=at, flagged=bool(event.flagged))


def _real(number: float | None) -> float | None:
    return None if number is None else abs(float(number))


def payload(target: Target, event: JudgmentEvent) -> Json:
    """The content that an event's digest covers: every stored field, the allocation, and what was shown."""
    done: list[Json] = [event.kind, event.choice, event.strength, event.preference, event.comment]
    done += [event.flagged, event.seconds, event.reason, event.retracts]
    # Digests of files of version 1 were made without details, because these files have none.
    more: list[Json] = [event.details] if event.details else []
    return [target.rater, event.seq, list(target.where), list(target.shown), done + more, event.at]


class Details(NamedTuple):
    """Data of a judgment besides its choice.

    Sides are ``left`` or ``right``, for imported judgments ``a`` or ``b``.
    """

    criteria: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    sides: tuple[tuple[str, str], ...] = ()
    reference_seen: bool = False


DETAIL_NAMES = frozenset(("criteria", "reasons", "sides", "reference_seen"))
"""The fields of an event's details."""


def details_json(
    criteria: Iterable[tuple[str, str]],
    reasons: Iterable[str],
    sides: Iterable[tuple[str, str]] = (),
    *,
    reference_seen: bool = False,
) -> str:
    """The details of an event or a draft as JSON; empty if there are none."""
    given: dict[str, Json] = {"criteria": [[*pair] for pair in criteria], "reasons": [*reasons]}
    given |= {"sides": [[*pair] for pair in sides], "reference_seen": reference_seen}
    return to_json({name: value for name, value in given.items() if value}) if any(given.values()) else ""


def read_details(text: str) -> Details:
    """The details from their JSON; files of earlier versions have fewer fields.

    Raises:
        ValueError, TypeError: for text that `details_json` does not write.
    """
    given = read_object(text) if text else {}
    criteria = tuple((name, choice) for name, choice in given.get("criteria", ()))
    sides = tuple((name, side) for name, side in given.get("sides", ()))
    seen = given.get("reference_seen", False)
    if not isinstance(seen, bool):
        raise TypeError("not whether the reference answer was seen")
    return Details(criteria, tuple(given.get("reasons", ())), sides, seen)


def to_event(row: sqlite3.Row) -> JudgmentEvent:
    """Convert a row of ``events``."""
    fields = {name: row[name] for name in (*_COLUMNS, "digest", "id")}
    return JudgmentEvent(**{**fields, "kind": EventKind(row["kind"]), "flagged": bool(row["flagged"])})


def read_rows(db: Connection, rater: RaterId) -> Iterator[sqlite3.Row]:
    """A rater's rows of ``events``, oldest first, read a page at a time."""
    sql = "SELECT * FROM events WHERE rater = ? AND seq > ? ORDER BY seq LIMIT ?"
    return db.paged(sql, (rater,), key="seq")
