"""Proof of an open pack: its rules, its items, its chain of judgments, and that all of it makes sense."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.core.hashing import link
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import AllocationId, EventKind
from ftcompare.store.connection import Connection, stamp
from ftcompare.store.events import EVENT_TAG, Act, payload, read_details, to_act
from ftcompare.store.pack_contents import (
    PackAltered,
    chain_start,
    item_target,
    pack_digest,
    read_items,
    read_words,
    to_pack_item,
)
from ftcompare.store.pack_schema import altered_rules
from ftcompare.store.rating_settings import read_scale
from ftcompare.store.views import Finding

_PAGE = 1000
_GUESSES = (Choice.LEFT, Choice.RIGHT, Choice.TIE)
_MOST_SURE = 3

_EVENTS = """SELECT e.*, al.item, al.digest AS shown FROM events e
    LEFT JOIN allocations al ON al.id = e.allocation
    WHERE e.rater = 1 AND e.seq > ? ORDER BY e.seq LIMIT ?"""


@dataclass(frozen=True, slots=True)
class ProvedEvent:
    """An event of a pack that is what its chain says and what the scale offers."""

    seq: int
    allocation: AllocationId
    act: Act
    at: str
    digest: str


def check_pack(db: Connection) -> tuple[Finding, ...]:
    """Every proof that a pack allows without its study, whether or not it holds."""
    return tuple(_finding(db, subject, examine) for subject, examine in _CHECKS)


def _finding(db: Connection, subject: str, examine: Callable[[Connection], None]) -> Finding:
    try:
        examine(db)
    except PackAltered as error:
        return Finding(subject, ok=False, detail=error.detail)
    except FTCompareError as error:
        return Finding(subject, ok=False, detail=error.what)
    except (ValueError, TypeError, LookupError):
        return Finding(subject, ok=False, detail="holds a value that cannot be there")
    return Finding(subject, ok=True, detail="in order")


def prove_file(db: Connection) -> None:
    """SQLite's own proof, which covers the tables' conditions, and that every reference leads somewhere."""
    found = [str(row[0]) for row in db.rows("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise PackAltered("; ".join(found))
    if broken := db.first("PRAGMA foreign_key_check"):
        raise PackAltered(f"a row of “{broken['table']}” refers to nothing")


def prove_rules(db: Connection) -> None:
    """Tables and triggers are those that the pack was made with."""
    if wrong := altered_rules(db):
        raise PackAltered(f"its rules ({', '.join(wrong)}) were changed")


def prove_commitment(db: Connection) -> None:
    """The promise of the allocation key has the form of one; what it promises only the study knows."""
    if not re.fullmatch("[0-9a-f]{64}", read_words(db)[2]):
        raise PackAltered("the commitment to the allocation was altered")


def prove_items(db: Connection) -> None:
    """Every item is what its digest says, and together with the words they are the pack."""
    name, words, commitment, whole = read_words(db)
    digests = []
    for number, row in enumerate(read_items(db), start=1):
        if not in_place(row, number) or to_pack_item(row).digest() != row["digest"]:
            raise PackAltered(f"item {number} was altered, removed or added")
        digests.append(row["digest"])
    require_no_more(db, len(digests))
    if pack_digest(name, words, commitment, digests) != whole:
        raise PackAltered("its words, its items or their order were changed")


def in_place(row: sqlite3.Row, number: int) -> bool:
    """Whether an item has the number, the place and the kind that it must have."""
    found = (row["id"], row["rater"], row["position"], row["draw"], row["pack"], row["kind"])
    return found == (number, 1, number - 1, 1, None, "ordinary")


def require_no_more(db: Connection, items: int) -> None:
    """No item hides from `read_items`."""
    if db.value("SELECT COUNT(*) FROM allocations") != items:
        raise PackAltered("items were added")


def prove_judgments(db: Connection) -> None:
    """The whole chain, and the items' state that follows from it."""
    for _ in proved_events(db):
        pass


def proved_events(db: Connection) -> Iterator[ProvedEvent]:
    """A pack's events, oldest first, each proved; at the end, that none is missing at the items.

    Raises:
        PackAltered: at the first event that is not what it was.
    """
    _, words, _, whole = read_words(db)
    scale = read_scale(words.question, words.strengths, words.rating)
    previous, number, course = chain_start(whole), 0, _Course(scale)
    while rows := db.rows(_EVENTS, (number, _PAGE)):
        for row in rows:
            number += 1
            event = _linked(row, number, previous)
            course.follow(event, row["id"])
            previous = event.digest
            yield event
    if db.value("SELECT COUNT(*) FROM events") != number:
        raise PackAltered(f"judgment {number + 1} was altered or removed")
    course.require_states(db)


def _linked(row: sqlite3.Row, number: int, previous: str) -> ProvedEvent:
    broken = PackAltered(f"judgment {number} was altered or removed")
    if row["seq"] != number or row["item"] is None or row["flagged"] not in (0, 1):
        raise broken
    try:
        act = to_act(row)
        target = item_target(row["allocation"], row["item"], row["shown"])
        found = link(EVENT_TAG, previous, payload(target, number, act, row["at"]))
    except (ValueError, TypeError) as error:
        raise broken from error
    if found != row["digest"]:
        raise broken
    return ProvedEvent(number, target.allocation, act, row["at"], found)


class _Course:
    """Follows what a rater does, and refuses what no rater can do with this scale."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._standing: dict[int, tuple[int, int, EventKind]] = {}
        self._guesses: dict[int, tuple[int, int]] = {}

    def follow(self, event: ProvedEvent, row: int) -> None:
        """Takes in one event; ``row`` is its id in the file."""
        if not (_timed(event) and self._possible(event)):
            raise PackAltered(f"judgment {event.seq} is not one that the pack's scale and order allow")
        item = event.allocation
        if event.act.kind is EventKind.GUESS:
            self._guesses[item] = (event.seq, row)
        elif event.act.kind is not EventKind.RETRACTION:
            self._standing[item] = (event.seq, row, event.act.kind)
        elif event.act.retracts == self._guesses.get(item, (None,))[0]:
            del self._guesses[item]
        else:
            del self._standing[item]

    def _possible(self, event: ProvedEvent) -> bool:
        item, act = event.allocation, event.act
        standing, guess = self._standing.get(item), self._guesses.get(item)
        if act.kind is EventKind.RETRACTION:
            return act.retracts in {held[0] for held in (standing, guess) if held}
        if act.kind is EventKind.GUESS:
            return standing is not None and guess is None and _is_guess(act)
        return standing is None and (act.kind is EventKind.SKIP or _is_judgment(act, self._scale))

    def require_states(self, db: Connection) -> None:
        """Every item stands as its events left it."""
        for row in db.rows("SELECT id, standing, standing_kind, guess FROM allocations ORDER BY id"):
            _, standing, kind = self._standing.get(row["id"], (0, None, ""))
            _, guess = self._guesses.get(row["id"], (0, None))
            if (row["standing"], row["standing_kind"], row["guess"]) != (standing, kind, guess):
                raise PackAltered(f"the judgment of item {row['id']} was altered or removed")


def _timed(event: ProvedEvent) -> bool:
    seconds = event.act.seconds
    try:
        told = stamp(datetime.fromisoformat(event.at)) == event.at
    except (ValueError, BugError):
        return False
    return told and (seconds is None or (math.isfinite(seconds) and seconds >= 0))


def _is_guess(act: Act) -> bool:
    sure = act.strength
    return act.choice in _GUESSES and (sure is None or 1 <= sure <= _MOST_SURE)


def _is_judgment(act: Act, scale: Scale) -> bool:
    if act.preference is not None:
        return False
    try:
        criteria, reasons = read_details(act.details)
        answered = {name: Choice(choice) for name, choice in criteria}
        accepted = scale.accepts(Choice(act.choice or ""), act.strength)
    except (ValueError, TypeError, AttributeError):
        return False
    return accepted and scale.accepts_details(answered, reasons)


_CHECKS: tuple[tuple[str, Callable[[Connection], None]], ...] = (
    ("file", prove_file),
    ("rules of the file", prove_rules),
    ("commitment", prove_commitment),
    ("items", prove_items),
    ("judgments", prove_judgments),
)
