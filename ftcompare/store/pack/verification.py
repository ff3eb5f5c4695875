"""Verifies an open pack: its rules, its items, its chain of judgments, and that all of it makes sense."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator

from ftcompare.core.errors import FTCompareError
from ftcompare.core.hashing import link
from ftcompare.core.integrity import IntegrityFinding
from ftcompare.store.judging.event_chain import EVENT_TAG, Target, payload, to_event
from ftcompare.store.pack.contents import (
    PackAltered,
    chain_start,
    item_target,
    pack_digest,
    read_items,
    read_links,
    read_words,
    to_pack_item,
)
from ftcompare.store.pack.event_rules import EventRules, impossible_event
from ftcompare.store.pack.schema import PACK_VERSION, expected_definitions
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.errors import IMPOSSIBLE_VALUE
from ftcompare.store.sqlite.schema_comparison import changed_rules
from ftcompare.store.study.rating_json import read_scale

_EVENTS = """SELECT e.*, al.item, al.digest AS shown FROM events e
    LEFT JOIN allocations al ON al.id = e.allocation
    WHERE e.rater = 1 AND e.seq > ? ORDER BY e.seq LIMIT ?"""


def check_pack(db: Connection) -> tuple[IntegrityFinding, ...]:
    """Every check that a pack allows without its study, whether or not it holds."""
    return tuple(_finding(db, subject, examine) for subject, examine in _CHECKS)


def _finding(db: Connection, subject: str, examine: Callable[[Connection], None]) -> IntegrityFinding:
    try:
        examine(db)
    except PackAltered as error:
        return IntegrityFinding(subject, ok=False, detail=error.detail)
    except FTCompareError as error:
        return IntegrityFinding(subject, ok=False, detail=error.what)
    except IMPOSSIBLE_VALUE:
        return IntegrityFinding(subject, ok=False, detail="holds a value that cannot be there")
    return IntegrityFinding(subject, ok=True, detail="in order")


def verify_file(db: Connection) -> None:
    """SQLite's own check, which covers the tables' conditions, and that every reference leads somewhere."""
    found = [str(row[0]) for row in db.rows("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise PackAltered("; ".join(found))
    if broken := db.first("PRAGMA foreign_key_check"):
        raise PackAltered(f"a row of “{broken['table']}” refers to nothing")


def verify_pages(db: Connection) -> None:
    """SQLite's own check without the tables' conditions: a value that breaks one is found in its item."""
    db.execute("PRAGMA ignore_check_constraints = ON")
    found = [str(row[0]) for row in db.rows("PRAGMA integrity_check(3)")]
    db.execute("PRAGMA ignore_check_constraints = OFF")
    if found != ["ok"]:
        raise PackAltered("; ".join(found))


def verify_rules(db: Connection) -> None:
    """Tables and triggers are those that the pack was made with."""
    if wrong := changed_rules(db, expected_definitions(PACK_VERSION)):
        raise PackAltered(f"its rules ({', '.join(wrong)}) were changed")


def verify_commitment(db: Connection) -> None:
    """The promise of the allocation key has the form of one; what it promises only the study knows."""
    if not re.fullmatch("[0-9a-f]{64}", read_words(db)[2]):
        raise PackAltered("the commitment to the allocation was altered")


def verify_items(db: Connection) -> None:
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


def verify_judgments(db: Connection) -> None:
    """The whole chain, and the items' state that follows from it."""
    for _ in verified_events(db):
        pass


def verified_events(db: Connection) -> Iterator[JudgmentEvent]:
    """A pack's events, oldest first, each verified; at the end, that none is missing at the items.

    Raises:
        PackAltered: at the first event that is not what it was.
    """
    _, words, _, whole = read_words(db)
    rules = EventRules(read_scale(words.question, words.strengths, words.rating))
    previous, newest, count, links = chain_start(whole), 0, 0, read_links(db)
    for row in db.paged(_EVENTS, key="seq"):
        if row["seq"] != newest + 1:
            previous = _over_gap(row["seq"], newest, links)
        event = _linked(row, previous)
        if not (rules.answerable(event) and rules.possible(event)):
            raise PackAltered(impossible_event(event))
        rules.take(event)
        newest, previous, count = event.seq, event.digest, count + 1
        yield event
    if db.value("SELECT COUNT(*) FROM events") != count:
        raise PackAltered(f"judgment {newest + 1} was altered or removed")
    _require_states(db, rules)


def _over_gap(seq: int, newest: int, links: dict[int, str]) -> str:
    """What an event is chained to where the one before it is not in the pack."""
    if seq - 1 not in links:
        raise PackAltered(f"judgment {newest + 1} was altered or removed")
    return links[seq - 1]


def _linked(row: sqlite3.Row, previous: str) -> JudgmentEvent:
    target = None if row["item"] is None else item_target(row["allocation"], row["item"], row["shown"])
    event = None if target is None else linked_event(row, target, previous)
    if event is None:
        raise PackAltered(f"judgment {row['seq']} was altered or removed")
    return event


def linked_event(row: sqlite3.Row, target: Target, previous: str) -> JudgmentEvent | None:
    """The event of a row if its digest covers it and what was before it, else None."""
    if row["flagged"] not in (0, 1):
        return None
    try:
        event = to_event(row)
        found = link(EVENT_TAG, previous, payload(target, event))
    except (ValueError, TypeError):
        return None
    return event if found == event.digest else None


def _require_states(db: Connection, rules: EventRules) -> None:
    """Every item stands as its events left it."""
    for row in db.rows("SELECT id, standing, standing_kind, guess FROM allocations ORDER BY id"):
        if (row["standing"], row["standing_kind"], row["guess"]) != rules.state(row["id"]):
            raise PackAltered(f"the judgment of item {row['id']} was altered or removed")


_CHECKS: tuple[tuple[str, Callable[[Connection], None]], ...] = (
    ("file", verify_file),
    ("rules of the file", verify_rules),
    ("commitment", verify_commitment),
    ("items", verify_items),
    ("judgments", verify_judgments),
)
