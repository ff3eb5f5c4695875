"""Imports judgments in batches: the same rows as one by one, in half the time."""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import NamedTuple

from ftcompare.core.hashing import digest_spelled
from ftcompare.core.study import RaterId
from ftcompare.store.judging.event_chain_writer import EVENT_TAG, ChainWriter
from ftcompare.store.sqlite.connection import Connection, Value
from ftcompare.store.sqlite.errors import not_unicode
from ftcompare.store.sqlite.values import to_json

_SIZE = 250
"""Rows that one statement writes: half again as quick as a statement for each."""

_MANY = 20_000
"""From so many judgments on, and as many as the file held before, indexes are made again at the end."""

_INDEXES = ("allocations_by_comparison", "allocations_by_origin", "allocations_compared", "events_by_time")
"""Of these a new judgment takes a place anywhere."""

_MADE_BY = """SELECT name, sql FROM sqlite_master
    WHERE type = 'index' AND name IN (SELECT value FROM json_each(?))"""

_ALLOCATION = """INSERT INTO allocations (id, rater, comparison, a_is_left, origin, kind)
    VALUES """
_ALLOCATION_ROW = "(?, ?, ?, ?, ?, ?)"

_EVENT = """INSERT INTO events (id, allocation, rater, seq, kind, choice, strength, preference, comment,
        flagged, seconds, reason, retracts, at, digest, details)
    VALUES """
_EVENT_ROW = "(?, ?, ?, ?, 'judgment', ?, ?, ?, ?, ?, ?, '', NULL, ?, ?, ?)"

_STANDING = """UPDATE allocations SET standing = id + ?, standing_kind = 'judgment'
    WHERE id BETWEEN ? AND ?"""


class JudgedPlace(NamedTuple):
    """The pair and the rater of a judgment; ``shown`` are the digests of the two responses."""

    rater: RaterId
    comparison: int
    kind: str
    a_is_left: bool | None
    shown: tuple[str, str]


class Opinion(NamedTuple):
    """The judgment itself. Fields as in `JudgmentEvent`; preference and seconds floats of 0 or more."""

    choice: str
    strength: int | None
    preference: float
    comment: str
    flagged: bool
    seconds: float | None
    details: str
    at: str


class JudgmentBatch:
    """Adds judgments to new allocations at the ends of the raters' chains. Nobody else may meanwhile.

    All is in the file, within a transaction, after `finish`.
    """

    def __init__(self, db: Connection, chains: ChainWriter) -> None:
        self._db = db
        self._chains = chains
        self._allocation: int = db.value("SELECT COALESCE(MAX(id), 0) FROM allocations")
        self._event: int = db.value("SELECT COALESCE(MAX(id), 0) FROM events")
        self._waiting = 0
        # Row after row in one list: a tuple for each would be one more thing to collect.
        self._allocations: list[Value] = []
        self._events: list[Value] = []
        self._first = self._allocation
        self._without: tuple[str, ...] = ()

    def add(self, place: JudgedPlace, opinion: Opinion, origin: str) -> None:
        """Adds one judgment.

        Raises:
            UserError: for a text that is not Unicode, which storing would refuse too late to name it.
        """
        _require_unicode(opinion)
        rater, comparison, kind, a_is_left, _ = place
        seq, previous = self._chains.head(rater)
        allocation, event, seq = self._allocation + 1, self._event + 1, seq + 1
        value = digest_spelled(EVENT_TAG, event_json(previous, allocation, seq, place, opinion))
        side = None if a_is_left is None else int(a_is_left)  # a bool takes sqlite3 much longer
        self._allocations += (allocation, rater, comparison, side, origin, kind)
        choice, strength, preference, comment, flagged, seconds, details, at = opinion
        self._events += (event, allocation, rater, seq, choice, strength)
        self._events += (preference, comment, int(flagged), seconds, at, value, details)
        self._chains.go_on(rater, seq, value)
        self._allocation, self._event = allocation, event
        self._waiting += 1
        if self._waiting == _SIZE:
            self._flush()

    def finish(self) -> None:
        """Writes what is still held back, and makes the indexes again where there are none for now."""
        self._flush()
        for index in self._without:
            self._db.execute(index)
        self._without = ()

    def _flush(self) -> None:
        if not self._waiting:
            return
        first = self._allocation - self._waiting + 1
        self._db.execute(_many(_ALLOCATION, _ALLOCATION_ROW, self._waiting), self._allocations)
        self._db.execute(_many(_EVENT, _EVENT_ROW, self._waiting), self._events)
        self._db.execute(_STANDING, (self._event - self._allocation, first, self._allocation))
        self._waiting, self._allocations, self._events = 0, [], []
        if not self._without and self._allocation - self._first >= max(self._first, _MANY):
            self._leave_indexes()

    def _leave_indexes(self) -> None:
        """Takes away indexes that nothing asks for meanwhile.

        Sorting all of an index once at the end is several times as quick as finding a place in it for each
        row. It is the same index: the file keeps the statement that made it.
        """
        rows = self._db.rows(_MADE_BY, (to_json(_INDEXES),))
        for row in rows:
            self._db.execute(f"DROP INDEX {row['name']}")
        self._without = tuple(row["sql"] for row in rows)


@lru_cache(4)
def _many(statement: str, row: str, rows: int) -> str:
    return statement + ", ".join([row] * rows)


def event_json(previous: str, allocation: int, seq: int, place: JudgedPlace, opinion: Opinion) -> bytes:
    """What the event's digest covers, spelled at once: `canonical_json` of ``[previous, payload]``.

    Several times as quick as building the value and encoding it.
    """
    rater, comparison, _, a_is_left, (shown_a, shown_b) = place
    choice, strength, preference, comment, flagged, seconds, details, at = opinion
    left = "null" if a_is_left is None else "true" if a_is_left else "false"
    more = f",{quoted(details)}" if details else ""
    return (
        f'["{previous}",[{rater},{seq},[{allocation},{comparison},null,null,{left}],'
        f'["{shown_a}","{shown_b}"],'
        f'["judgment","{choice}",{optional(strength)},{preference!r},{quoted(comment)},'
        f'{"true" if flagged else "false"},{optional(seconds)},"",null{more}],"{at}"]]'
    ).encode("ascii")


def optional(number: float | None) -> str:
    """A number or null in JSON."""
    return "null" if number is None else repr(number)


def _require_unicode(opinion: Opinion) -> None:
    if opinion.comment.isascii() and opinion.details.isascii():
        return
    try:
        opinion.comment.encode()
        opinion.details.encode()
    except UnicodeEncodeError as error:
        raise not_unicode(error) from error
