"""A pack's judgments back into its study: only what is proved, only what is new, all of it or nothing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import AllocationId, EventKind, RaterId
from ftcompare.store import audit
from ftcompare.store.connection import Connection
from ftcompare.store.content import read_study
from ftcompare.store.events import Ledger
from ftcompare.store.pack_connection import pack_copy
from ftcompare.store.pack_contents import (
    PackAltered,
    PackItem,
    PackWords,
    pack_digest,
    read_items,
    read_words,
    to_pack_item,
)
from ftcompare.store.pack_proof import ProvedEvent, in_place, prove_file, prove_rules, proved_events
from ftcompare.store.pack_record import Held, counted_standing, held_items, pack_items, read_record
from ftcompare.store.rating import RatingPart, genesis, to_target
from ftcompare.store.rating_settings import read_design, read_scale


@dataclass(frozen=True, slots=True)
class PackMerged:
    """What merging a pack added to the study, and where its rater stands.

    Args:
        judgments: new to the study, those taken back later included.
        judged: of the pack's pairs, how many are judged in the study now.
    """

    rater_name: str
    name: str
    judgments: int
    skips: int
    retractions: int
    guesses: int
    judged: int
    items: int


def merge(db: Connection, path: Path, *, now: datetime) -> PackMerged:
    """Merges one pack; see `PacksPart.merge_pack`."""
    try:
        with pack_copy(path) as pack, db.atomic():
            return _merge(db, pack, now)
    except PackAltered as error:
        error.where = str(path)
        raise
    except UserError as error:
        error.where = error.where or str(path)
        raise


def _merge(db: Connection, pack: Connection, now: datetime) -> PackMerged:
    try:
        prove_rules(pack)
        known = _known(db, pack)
        held = held_items(db, known["id"])
        _require_same(db, pack, known, held)
        new = _new_events(db, pack, known["id"])
        prove_file(pack)
    except (ValueError, TypeError, LookupError) as error:
        raise PackAltered("it holds a value that cannot be there") from error
    if new:
        _require_scale(db, known)
        _add(db, known, held, new, now)
    counts = Counter(event.act.kind for event in new)
    items, judged, _ = counted_standing(db, known["id"])
    return PackMerged(
        read_record(known["record"]).rater,
        known["name"],
        counts[EventKind.JUDGMENT],
        counts[EventKind.SKIP],
        counts[EventKind.RETRACTION],
        counts[EventKind.GUESS],
        judged,
        items,
    )


def _known(db: Connection, pack: Connection) -> sqlite3.Row:
    row = db.first("SELECT * FROM packs WHERE name = ?", (read_words(pack)[0],))
    if row is None:
        raise UserError(
            "This pack was not made from this study.",
            how="Merge it into the study that it was made from.",
            code="pack-foreign",
        )
    return row


def _require_same(db: Connection, pack: Connection, known: sqlite3.Row, held: Sequence[Held]) -> None:
    """The pack is what was handed out, to the byte.

    Raises:
        PackAltered: saying what is not.
    """
    _, words, promise, whole = read_words(pack)
    for what in _altered_words(read_record(known["record"]), words):
        raise PackAltered(f"{what} altered")
    if promise != known["commitment"]:
        raise PackAltered("the commitment to the allocation was altered")
    _require_order(pack, [one.item for one in held])
    digests: list[str] = []
    expected = pack_items(db, held, digests)
    for number, (item, row) in enumerate(zip_longest(expected, read_items(pack)), start=1):
        if what := _altered_item(item, row, number):
            raise PackAltered(f"item {number}: {what} was altered")
        if row["digest"] != digests[-1]:
            raise PackAltered(f"item {number}: its digest was altered")
    if whole != known["digest"] or whole != pack_digest(known["name"], words, promise, digests):
        raise PackAltered("the digest of the pack was altered")


_NAMED = (
    ("rater", "the rater's name was"),
    ("title", "the title was"),
    ("question", "the question was"),
    ("strengths", "the strengths of the scale were"),
    ("notice", "the notice was"),
)

_SETTINGS = ("criteria", "reasons", "instructions", "practice")


def _altered_words(before: PackWords, found: PackWords) -> Iterator[str]:
    for name, words in _NAMED:
        if getattr(before, name) != getattr(found, name):
            yield words
    if before.rating != found.rating:
        yield _altered_settings(before, found)


def _altered_settings(before: PackWords, found: PackWords) -> str:
    one, other = ({**_settings(words)} for words in (before, found))
    changed = [name for name in _SETTINGS if one[name] != other[name]]
    if not changed:
        return "the settings of the rating were"
    return f"the {changed[0]} {'was' if changed[0] == 'practice' else 'were'}"


def _settings(words: PackWords) -> dict[str, object]:
    scale, design = read_scale(words.question, words.strengths, words.rating), read_design(words.rating)
    return {
        "criteria": scale.criteria,
        "reasons": scale.reasons,
        "instructions": design.instructions,
        "practice": design.practice,
    }


def _require_order(pack: Connection, expected: Sequence[str]) -> None:
    rows = pack.rows("SELECT item FROM allocations ORDER BY position, id")
    found = [row["item"] for row in rows]
    if found == list(expected):
        return
    if len(found) != len(expected):
        raise PackAltered(f"items were {'removed' if len(found) < len(expected) else 'added'}")
    if set(found) == set(expected):
        raise PackAltered("the order of the items was altered")
    number = next(n for n, (one, other) in enumerate(zip(found, expected, strict=True), 1) if one != other)
    raise PackAltered(f"item {number}: its id was altered")


def _altered_item(item: PackItem, row: sqlite3.Row, number: int) -> str:
    """What of an item is not as it was; empty for nothing."""
    found = to_pack_item(row)
    parts = (
        ("the prompt", item.messages == found.messages),
        ("the left text", item.left == found.left),
        ("the right text", item.right == found.right),
        ("the moment of its guess", item.guess_due == found.guess_due),
        ("its place", in_place(row, number)),
    )
    return next((what for what, same in parts if not same), "")


def _new_events(db: Connection, pack: Connection, known: int) -> list[ProvedEvent]:
    """The pack's events that the study does not have; the others are the same here and there."""
    rows = db.rows("SELECT digest FROM merged WHERE pack = ? ORDER BY seq", (known,))
    merged = [row["digest"] for row in rows]
    new = []
    for event in proved_events(pack):
        if event.seq > len(merged):
            new.append(event)
        elif event.digest != merged[event.seq - 1]:
            raise UserError(
                "Two copies of this pack were rated apart: this one has other judgments than the one that "
                f"was merged, from the {event.seq}. on.",
                how="Decide with the rater which copy counts; only that one can be merged.",
                code="pack-diverged",
            )
    return new


def _require_scale(db: Connection, known: sqlite3.Row) -> None:
    words = read_record(known["record"])
    before, scale = read_scale(words.question, words.strengths, words.rating), read_study(db).scale
    if (before.strengths, before.criteria) != (scale.strengths, scale.criteria):
        raise UserError(
            "The scale of the study was changed after this pack was made.",
            how="Set strengths and criteria back to what they were, and merge again.",
            code="scale-changed",
        )


def _add(
    db: Connection, known: sqlite3.Row, held: Sequence[Held], new: Sequence[ProvedEvent], now: datetime
) -> None:
    """Replays events into the rater's chain, each with its own time."""
    ledger, rater = Ledger(db, genesis), RaterId(known["rater"])
    numbers = _numbers(db, known["id"])
    counts: Counter[EventKind] = Counter()
    for event in new:
        allocation = AllocationId(held[event.allocation - 1].allocation)
        row = db.rows(f"{RatingPart.TARGET} WHERE al.id = ?", (allocation,))[0]
        _require_open(row, event)
        act = event.act
        if act.retracts is not None:
            act = replace(act, retracts=numbers[act.retracts])
        added = ledger.append(to_target(row), act, event.at)
        numbers[event.seq] = ledger.head(rater)[0]
        db.execute("INSERT INTO merged VALUES (?, ?, ?, ?)", (known["id"], event.seq, added, event.digest))
        if act.kind in (EventKind.JUDGMENT, EventKind.SKIP):
            db.execute("DELETE FROM drafts WHERE allocation = ?", (allocation,))
        counts[act.kind] += 1
    detail: dict[str, Json] = {
        "pack": known["name"],
        "rater": rater,
        "judgments": counts[EventKind.JUDGMENT],
        "skips": counts[EventKind.SKIP],
        "retractions": counts[EventKind.RETRACTION],
        "guesses": counts[EventKind.GUESS],
        "events": len(numbers),
        "head": db.value(
            "SELECT digest FROM merged WHERE pack = ? ORDER BY seq DESC LIMIT 1", (known["id"],)
        ),
    }
    audit.append(db, "pack-merged", detail, now=now)


def _numbers(db: Connection, pack: int) -> dict[int, int]:
    """The study's number of each event of the pack, by the pack's."""
    rows = db.rows(
        "SELECT m.seq, e.seq AS number FROM merged m JOIN events e ON e.id = m.event WHERE m.pack = ?",
        (pack,),
    )
    return {row["seq"]: row["number"] for row in rows}


def _require_open(row: sqlite3.Row, event: ProvedEvent) -> None:
    """What is in a pack is judged there alone; should a study have been judged past that, say so."""
    judging = event.act.kind in (EventKind.JUDGMENT, EventKind.SKIP)
    taken = row["standing"] is not None if judging else False
    if event.act.kind is EventKind.GUESS:
        taken = row["guess"] is not None
    if taken:
        raise UserError(
            f"Item {event.allocation} of the pack was judged in the study as well.",
            how="`ftcompare check` says more about the study.",
            code="pack-conflict",
        )
