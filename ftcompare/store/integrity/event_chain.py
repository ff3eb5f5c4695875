"""The raters' chains: every judgment, skip and retraction, each covering all that came before it.

An allocation's ``standing`` state is derived from its events and written with them.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ftcompare.core.errors import BugError
from ftcompare.core.hashing import Json, link
from ftcompare.core.study import AllocationId, EventKind, RaterId
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.sqlite.connection import Connection, read_object, to_json

EVENT_TAG = "event"
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """The allocation that an event is about.

    Args:
        where: what of the allocation every event about it covers.
        shown: digests of the texts that were shown.
    """

    allocation: AllocationId
    rater: RaterId
    where: tuple[Json, ...]
    shown: tuple[str, ...]


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
    details: str = ""


class Ledger:
    """Appends to the raters' chains, within one transaction of the caller's.

    Args:
        db: the file.
        genesis: where a rater's chain begins.
    """

    def __init__(self, db: Connection, genesis: Callable[[Connection, RaterId], str]) -> None:
        self._db = db
        self._genesis = genesis
        self._heads: dict[RaterId, tuple[int, str]] = {}

    def append(self, target: Target, act: Act, at: str) -> int:
        """Adds an event, brings the allocation's standing state along, and returns the event's id."""
        head = self.head(target.rater)
        seq = head[0] + 1
        act = _as_stored(act)
        value = link(EVENT_TAG, head[1], payload(target, seq, act, at))
        event = self._db.insert(
            """INSERT INTO events (rater, seq, allocation, kind, choice, strength, preference, comment,
                flagged, seconds, reason, retracts, at, digest, details)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *(target.rater, seq, target.allocation, act.kind, act.choice, act.strength, act.preference),
                *(act.comment, act.flagged, act.seconds, act.reason, act.retracts, at, value, act.details),
            ),
        )
        self._heads[target.rater] = (seq, value)
        self._settle(target, act, event)
        return event

    def _head(self, rater: RaterId) -> tuple[int, str]:
        last = self._db.first(
            "SELECT seq, digest FROM events WHERE rater = ? ORDER BY seq DESC LIMIT 1", (rater,)
        )
        return (last["seq"], last["digest"]) if last else (0, self._genesis(self._db, rater))

    def head(self, rater: RaterId) -> tuple[int, str]:
        """The number and the digest of a rater's newest event."""
        return self._heads.get(rater) or self._head(rater)

    def go_on(self, rater: RaterId, seq: int, digest: str) -> None:
        """Takes an event that is not in the file for a rater's newest: the next one is chained to it."""
        self._heads[rater] = (seq, digest)

    def _settle(self, target: Target, act: Act, event: int) -> None:
        kind = self._retracted_kind(target.rater, act) if act.kind is EventKind.RETRACTION else act.kind
        if kind is EventKind.GUESS:
            guess = event if act.kind is EventKind.GUESS else None
            self._db.execute("UPDATE allocations SET guess = ? WHERE id = ?", (guess, target.allocation))
            return
        standing = (None, "") if act.kind is EventKind.RETRACTION else (event, act.kind)
        self._db.execute(
            "UPDATE allocations SET standing = ?, standing_kind = ? WHERE id = ?",
            (*standing, target.allocation),
        )

    def _retracted_kind(self, rater: RaterId, act: Act) -> EventKind:
        found = self._db.value("SELECT kind FROM events WHERE rater = ? AND seq = ?", (rater, act.retracts))
        return EventKind(found)


def _as_stored(act: Act) -> Act:
    """The act with its numbers as SQLite gives them back, so that the digest can be proved."""
    numbers = [number for number in (act.seconds, act.preference) if number is not None]
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise BugError("A time or share is not a number of 0 or more.", code="event-number")
    return replace(
        act,
        preference=_real(act.preference),
        flagged=bool(act.flagged),
        seconds=_real(act.seconds),
    )


def _real(number: float | None) -> float | None:
    return None if number is None else abs(float(number))


def payload(target: Target, seq: int, act: Act, at: str) -> Json:
    """All that an event's digest covers: every stored field, the allocation, and what was shown."""
    done: list[Json] = [
        *(act.kind, act.choice, act.strength, act.preference, act.comment, act.flagged),
        *(act.seconds, act.reason, act.retracts),
    ]
    # Files of version 1 have no details: their digests were made without.
    more: list[Json] = [act.details] if act.details else []
    return [target.rater, seq, list(target.where), list(target.shown), done + more, at]


def details_json(criteria: Iterable[tuple[str, str]], reasons: Iterable[str]) -> str:
    """Criteria and reasons as an event or a draft holds them; empty where there are none."""
    given: dict[str, Json] = {"criteria": [[*pair] for pair in criteria], "reasons": [*reasons]}
    return to_json({name: value for name, value in given.items() if value}) if any(given.values()) else ""


def read_details(text: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Criteria and reasons from their stored form."""
    given = read_object(text) if text else {}
    criteria = tuple((name, choice) for name, choice in given.get("criteria", ()))
    return criteria, tuple(given.get("reasons", ()))


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
        row["details"],
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
        act.details,
    )


def read_rows(db: Connection, rater: RaterId) -> Iterator[sqlite3.Row]:
    """A rater's rows of ``events``, oldest first, a page at a time."""
    last = -1
    while rows := db.rows(
        "SELECT * FROM events WHERE rater = ? AND seq > ? ORDER BY seq LIMIT ?", (rater, last, _PAGE)
    ):
        yield from rows
        last = rows[-1]["seq"]
