"""The raters' chains: every judgment, skip and retraction, each covering all that came before it.

An allocation's ``standing`` state is derived from its events and written with them.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from ftcompare.core.errors import BugError
from ftcompare.core.hashing import Json, digest, link
from ftcompare.core.study import AllocationId, EventKind, RaterId
from ftcompare.store.connection import Connection
from ftcompare.store.views import JudgmentEvent

EVENT_TAG = "event"
_PAGE = 1000

TARGET = """SELECT al.id, al.rater, al.comparison, al.draw, al.position, al.a_is_left,
        al.standing, al.standing_kind, a.digest AS digest_a, b.digest AS digest_b
    FROM allocations al
    JOIN comparisons c ON c.id = al.comparison
    JOIN responses a ON a.id = c.a
    JOIN responses b ON b.id = c.b"""


@dataclass(frozen=True, slots=True)
class Target:
    """The allocation that an event is about, with the digests of the two responses that were shown."""

    allocation: AllocationId
    rater: RaterId
    comparison: int
    draw: int | None
    position: int | None
    a_is_left: bool | None
    digest_a: str
    digest_b: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a rater did, before it has a place in the chain. Fields as in `JudgmentEvent`."""

    kind: EventKind
    choice: str | None = None
    strength: int | None = None
    preference: float | None = None
    comment: str = ""
    flagged: bool = False
    seconds: float | None = None
    reason: str = ""
    retracts: int | None = None


class Ledger:
    """Appends to the raters' chains, within one transaction of the caller's."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._heads: dict[RaterId, tuple[int, str]] = {}

    def append(self, target: Target, act: Act, at: str) -> int:
        """Adds an event, brings the allocation's standing state along, and returns the event's id."""
        head = self._heads.get(target.rater) or self._head(target.rater)
        seq = head[0] + 1
        act = _as_stored(act)
        value = link(EVENT_TAG, head[1], payload(target, seq, act, at))
        event = self._db.insert(
            """INSERT INTO events (rater, seq, allocation, kind, choice, strength, preference, comment,
                flagged, seconds, reason, retracts, at, digest)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *(target.rater, seq, target.allocation, act.kind, act.choice, act.strength, act.preference),
                *(act.comment, act.flagged, act.seconds, act.reason, act.retracts, at, value),
            ),
        )
        self._heads[target.rater] = (seq, value)
        self._settle(target.allocation, act.kind, event)
        return event

    def _head(self, rater: RaterId) -> tuple[int, str]:
        last = self._db.first(
            "SELECT seq, digest FROM events WHERE rater = ? ORDER BY seq DESC LIMIT 1", (rater,)
        )
        return (last["seq"], last["digest"]) if last else (0, genesis(self._db, rater))

    def _settle(self, allocation: AllocationId, kind: EventKind, event: int) -> None:
        standing = (None, "") if kind is EventKind.RETRACTION else (event, kind)
        self._db.execute(
            "UPDATE allocations SET standing = ?, standing_kind = ? WHERE id = ?", (*standing, allocation)
        )


def _as_stored(act: Act) -> Act:
    """The act with its numbers as SQLite gives them back, so that the digest can be proved."""
    numbers = [number for number in (act.seconds, act.preference) if number is not None]
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise BugError("A time or share is not a number of 0 or more.", code="event-number")
    return Act(
        act.kind,
        act.choice,
        act.strength,
        _real(act.preference),
        act.comment,
        bool(act.flagged),
        _real(act.seconds),
        act.reason,
        act.retracts,
    )


def _real(number: float | None) -> float | None:
    return None if number is None else abs(float(number))


def genesis(db: Connection, rater: RaterId) -> str:
    """Where a rater's chain begins: it covers who the rater is."""
    row = db.rows("SELECT name, kind FROM raters WHERE id = ?", (rater,))[0]
    return digest("rater", [rater, row["name"], row["kind"]])


def payload(target: Target, seq: int, act: Act, at: str) -> Json:
    """All that an event's digest covers: every stored field, the allocation, and what was shown."""
    allocation: list[Json] = [
        *(target.allocation, target.comparison, target.draw, target.position, target.a_is_left)
    ]
    done: list[Json] = [
        *(act.kind, act.choice, act.strength, act.preference, act.comment, act.flagged),
        *(act.seconds, act.reason, act.retracts),
    ]
    return [target.rater, seq, allocation, [target.digest_a, target.digest_b], done, at]


def to_target(row: sqlite3.Row) -> Target:
    """A row of `TARGET`."""
    a_is_left = row["a_is_left"]
    return Target(
        AllocationId(row["id"]),
        RaterId(row["rater"]),
        row["comparison"],
        row["draw"],
        row["position"],
        None if a_is_left is None else bool(a_is_left),
        row["digest_a"],
        row["digest_b"],
    )


def to_act(row: sqlite3.Row) -> Act:
    """The act in a row of ``events``."""
    return Act(
        EventKind(row["kind"]),
        row["choice"],
        row["strength"],
        row["preference"],
        row["comment"],
        bool(row["flagged"]),
        row["seconds"],
        row["reason"],
        row["retracts"],
    )


def to_event(row: sqlite3.Row) -> JudgmentEvent:
    """A row of ``events``."""
    act = to_act(row)
    return JudgmentEvent(
        row["seq"],
        AllocationId(row["allocation"]),
        act.kind,
        act.choice,
        act.strength,
        act.preference,
        act.comment,
        act.flagged,
        act.seconds,
        act.reason,
        act.retracts,
        row["at"],
        row["digest"],
    )


def read_rows(db: Connection, rater: RaterId) -> Iterator[sqlite3.Row]:
    """A rater's rows of ``events``, oldest first, a page at a time."""
    last = -1
    while rows := db.rows(
        "SELECT * FROM events WHERE rater = ? AND seq > ? ORDER BY seq LIMIT ?", (rater, last, _PAGE)
    ):
        yield from rows
        last = rows[-1]["seq"]
