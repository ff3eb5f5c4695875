"""Inserts the judgments of a page as rows of a pack that is written again, each with its digest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from ftcompare.core.errors import BugError
from ftcompare.core.study import EventKind
from ftcompare.store.pack.contents import PackAltered
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.errors import REFUSED


def insert_events(db: Connection, events: Iterable[JudgmentEvent]) -> None:
    """Insert a page's judgments into the pack, each with the digest that the page computed.

    Raises:
        PackAltered: a judgment cannot be stored in any pack.
    """
    standing: dict[int, tuple[int, EventKind]] = {}
    guesses: dict[int, int] = {}
    ids: dict[int, tuple[int, JudgmentEvent]] = {}
    for event in events:
        number = _inserted(db, event)
        ids[event.seq] = number, event
        if event.kind is EventKind.RETRACTION:
            back = ids[event.retracts][1] if event.retracts in ids else event
            (guesses if back.kind is EventKind.GUESS else standing).pop(event.allocation, None)
        elif event.kind is EventKind.GUESS:
            guesses[event.allocation] = number
        else:
            standing[event.allocation] = number, event.kind
    for item, (number, kind) in standing.items():
        sql = "UPDATE allocations SET standing = ?, standing_kind = ? WHERE id = ?"
        db.execute(sql, (number, kind, item))
    for item, number in guesses.items():
        db.execute("UPDATE allocations SET guess = ? WHERE id = ?", (number, item))


_FIELDS = (
    "seq", "allocation", "kind", "choice", "strength", "comment", "flagged", "seconds", "reason", "retracts",
    "at", "details", "digest",
)  # fmt: skip


def _inserted(db: Connection, event: JudgmentEvent) -> int:
    try:
        return db.insert("events", rater=1, **{name: getattr(event, name) for name in _FIELDS})
    except (BugError, sqlite3.IntegrityError) as refused:
        if isinstance(refused, BugError) and refused.code != REFUSED:
            raise
        raise PackAltered(f"judgment {event.seq} is not one that a page stores") from refused
