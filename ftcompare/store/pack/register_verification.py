"""Verifies that a study's packs are what was promised, and that what was merged is what was judged there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from ftcompare.core.hashing import link
from ftcompare.store.judging.event_chain import EVENT_TAG, payload
from ftcompare.store.pack.contents import chain_start, item_target, pack_digest
from ftcompare.store.pack.register import (
    Held,
    held_items,
    key_commitment,
    merged_events,
    merged_links,
    pack_items,
    read_record,
)
from ftcompare.store.records import AuditEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study import audit


def check_packs(db: Connection) -> str:
    """What is wrong with the packs of a study, in words; empty where nothing is."""
    entries = [entry for entry in audit.entries(db) if entry.kind in ("pack-made", "pack-merged")]
    return next(_problems(db, entries), "")


def _problems(db: Connection, entries: list[AuditEvent]) -> Iterator[str]:
    packs = db.rows("SELECT * FROM packs ORDER BY id")
    made = [entry for entry in entries if entry.kind == "pack-made"]
    if [pack["name"] for pack in packs] != [entry.detail["pack"] for entry in made]:
        yield "the packs are not those in the audit log"
        return
    for pack, entry in zip(packs, made, strict=True):
        held = held_items(db, pack["id"])
        shown = [item.digest() for item in pack_items(db, held)]
        yield from _made(db, pack, entry, held, shown)
        merged = [e for e in entries if e.kind == "pack-merged" and e.detail["pack"] == pack["name"]]
        yield from _merged(db, pack, merged, held, shown)
        yield from _unmerged(db, pack, entry)
    if db.first(
        """SELECT 1 FROM allocations al LEFT JOIN pack_items i ON i.allocation = al.id
            WHERE al.pack IS NOT i.pack"""
    ):
        yield "a pair is marked for a pack in which it is not"


def _made(
    db: Connection, pack: sqlite3.Row, entry: AuditEvent, held: Sequence[Held], shown: list[str]
) -> Iterator[str]:
    """The pack is the one in the audit log, and its key and contents are what was promised."""
    rater = read_record(pack["record"]).rater
    found = (pack["rater"], pack["at"], pack["commitment"], pack["digest"], len(held))
    logged = (entry.detail["rater"], entry.at, *(entry.detail[k] for k in ("commitment", "digest", "items")))
    if found != logged or rater != db.value("SELECT name FROM raters WHERE id = ?", (pack["rater"],)):
        yield f"the pack of {rater} ({pack['name'][:8]}) is not the one in the audit log"
    if key_commitment(held, nonce=pack["nonce"]) != pack["commitment"]:
        yield f"the key of the pack of {rater} ({pack['name'][:8]}) is not what was committed to"
    numbers = db.rows("SELECT number FROM pack_items WHERE pack = ? ORDER BY number", (pack["id"],))
    whole = pack_digest(pack["name"], read_record(pack["record"]), pack["commitment"], shown)
    if whole != pack["digest"] or [row["number"] for row in numbers] != list(range(1, len(held) + 1)):
        yield f"the pack of {rater} ({pack['name'][:8]}) is not what was handed out"


def _merged(
    db: Connection, pack: sqlite3.Row, entries: list[AuditEvent], held: Sequence[Held], shown: list[str]
) -> Iterator[str]:
    """The study's events give the pack's chain, link by link, as far as the audit log says.

    Of judgments that were left out the audit log holds the digests to which later ones are chained.
    """
    links = merged_links(entries, pack["name"])
    previous, count, newest = chain_start(pack["digest"]), 0, 0
    for event in merged_events(db, pack["id"]):
        count += 1
        if event.seq != newest + 1:
            previous = links.pop(event.seq - 1, "")
        if not (1 <= event.allocation <= len(held) and previous):
            yield f"merged judgment {event.seq} is not one of its pack"
            return
        number = event.allocation - 1
        target = item_target(event.allocation, held[number].item, shown[number])
        previous, newest = link(EVENT_TAG, previous, payload(target, event)), event.seq
        if previous != event.digest:
            yield f"merged judgment {event.seq} is not as it was in the pack"
            return
    logged = [(entry.detail["events"], entry.detail["head"]) for entry in entries][-1:]
    if links or logged != ([(count, previous)] if count else []):
        yield "what was merged is not what the audit log says"


def _unmerged(db: Connection, pack: sqlite3.Row, entry: AuditEvent) -> Iterator[str]:
    """Since a pair is in a pack, it is judged there alone."""
    if db.first(
        """SELECT 1 FROM pack_items i JOIN events e ON e.allocation = i.allocation
            LEFT JOIN merged m ON m.event = e.id AND m.pack = i.pack
            WHERE i.pack = ? AND m.event IS NULL AND e.seq > ? LIMIT 1""",
        (pack["id"], int(str(entry.detail["after"]))),
    ):
        yield "a pair that is in a pack was judged outside it"
