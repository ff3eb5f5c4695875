"""A pack's judgments back into its study: only what is verified, only what is new, all of that or nothing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import AllocationId, EventKind, RaterId
from ftcompare.store.judging.event_chain import ChainWriter
from ftcompare.store.pack.connection import pack_copy
from ftcompare.store.pack.contents import PackAltered, PackWords, chain_start, pack_digest, read_words
from ftcompare.store.pack.register import (
    MERGED,
    Held,
    counted_standing,
    held_items,
    merged_links,
    pack_items,
    read_record,
)
from ftcompare.store.pack.unaltered_items import LeftItem, Mergeable, MergedBefore, altered_items, mergeable
from ftcompare.store.pack.verification import verify_pages, verify_rules
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.errors import IMPOSSIBLE_VALUE
from ftcompare.store.study import audit
from ftcompare.store.study.raters import genesis
from ftcompare.store.study.rating_json import read_design, read_scale
from ftcompare.store.study.settings import StudySettings
from ftcompare.store.study.study_judgments import StudyJudgments, to_target


@dataclass(frozen=True, slots=True)
class PackMerged:
    """What merging a pack added to the study, and where its rater stands.

    Args:
        judgments: new to the study, those taken back later included.
        judged: of the pack's pairs, how many are judged in the study now.
        left: items of a damaged pack of which nothing was taken over.
    """

    rater_name: str
    name: str
    judgments: int
    skips: int
    retractions: int
    guesses: int
    judged: int
    items: int
    left: tuple[LeftItem, ...] = ()


def merge_pack(db: Connection, path: Path, *, now: datetime) -> PackMerged:
    """Merges one pack; see `Packs.merge`."""
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
        verify_rules(pack)
        verify_pages(pack)
        known = _known(db, pack)
        held = held_items(db, known["id"])
        _require_same_words(pack, known)
        found = _mergeable(db, pack, known, held)
    except IMPOSSIBLE_VALUE as error:
        raise PackAltered("it holds a value that cannot be there") from error
    if found.events:
        _require_scale(db, known)
        _add(db, known, held, found, now)
    counts = Counter(event.kind for event in found.events)
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
        found.left,
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


def _require_same_words(pack: Connection, known: sqlite3.Row) -> None:
    """What was asked is what was handed out, to the byte; without it no judgment says anything.

    Raises:
        PackAltered: saying what is not.
    """
    _, words, promise, whole = read_words(pack)
    for what in _altered_words(read_record(known["record"]), words):
        raise PackAltered(f"{what} altered")
    if promise != known["commitment"]:
        raise PackAltered("the commitment to the allocation was altered")
    if whole != known["digest"]:
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


def _mergeable(db: Connection, pack: Connection, known: sqlite3.Row, held: Sequence[Held]) -> Mergeable:
    digests: list[str] = []
    altered = altered_items(pack, pack_items(db, held, digests), digests)
    words = read_record(known["record"])
    if pack_digest(known["name"], words, known["commitment"], digests) != known["digest"]:
        raise UserError(
            "What was handed out in this pack is no longer in the study as it was.",
            how="`ftcompare check` says what was altered; open a backup.",
            code="study-altered",
        )
    rows = db.rows("SELECT seq, digest FROM merged WHERE pack = ?", (known["id"],))
    links = merged_links(audit.entries(db, MERGED), known["name"])
    before = MergedBefore(chain_start(known["digest"]), {row["seq"]: row["digest"] for row in rows}, links)
    items = [(one.item, digest) for one, digest in zip(held, digests, strict=True)]
    scale = read_scale(words.question, words.strengths, words.rating)
    return mergeable(pack, items, altered, scale, before)


def _require_scale(db: Connection, known: sqlite3.Row) -> None:
    words = read_record(known["record"])
    before, scale = read_scale(words.question, words.strengths, words.rating), StudySettings(db).read().scale
    if (before.strengths, before.criteria) != (scale.strengths, scale.criteria):
        raise UserError(
            "The scale of the study was changed after this pack was made.",
            how="Set strengths and criteria back to what they were, and merge again.",
            code="scale-changed",
        )


def _add(db: Connection, known: sqlite3.Row, held: Sequence[Held], found: Mergeable, now: datetime) -> None:
    """Replays events into the rater's chain, each with its own time."""
    chains, numbers = ChainWriter(db, genesis), _numbers(db, known["id"])
    for event in found.events:
        allocation = AllocationId(held[event.allocation - 1].allocation)
        row = db.rows(f"{StudyJudgments.TARGET} WHERE al.id = ?", (allocation,))[0]
        _require_open(row, event)
        if event.retracts is not None:
            event = replace(event, retracts=numbers[event.retracts])
        added = chains.append(to_target(row), event, event.at)
        numbers[event.seq] = chains.head(RaterId(known["rater"]))[0]
        db.insert("merged", pack=known["id"], seq=event.seq, event=added, digest=event.digest)
        if event.kind in (EventKind.JUDGMENT, EventKind.SKIP):
            db.execute("DELETE FROM drafts WHERE allocation = ?", (allocation,))
    links = {**found.stored, **merged_links(audit.entries(db, MERGED), known["name"])}
    audit.append(db, MERGED, _entry(db, known, found, numbers, links), now=now)


def _entry(
    db: Connection, known: sqlite3.Row, found: Mergeable, numbers: Collection[int], links: Mapping[int, str]
) -> dict[str, Json]:
    """What the audit log says of a merge; of gaps, the digests to which the next judgment is chained."""
    counts = Counter(event.kind for event in found.events)
    detail: dict[str, Json] = {
        "pack": known["name"],
        "rater": known["rater"],
        "judgments": counts[EventKind.JUDGMENT],
        "skips": counts[EventKind.SKIP],
        "retractions": counts[EventKind.RETRACTION],
        "guesses": counts[EventKind.GUESS],
        "events": len(numbers),
        "head": db.value(
            "SELECT digest FROM merged WHERE pack = ? ORDER BY seq DESC LIMIT 1", (known["id"],)
        ),
    }
    gaps = sorted(seq - 1 for seq in numbers if seq > 1 and seq - 1 not in numbers)
    if found.left:
        detail["left"] = [[item.number, item.why] for item in found.left]
    if gaps:
        detail["links"] = [[seq, links[seq]] for seq in gaps]
    return detail


def _numbers(db: Connection, pack: int) -> dict[int, int]:
    """The study's number of each event of the pack, by the pack's."""
    rows = db.rows(
        "SELECT m.seq, e.seq AS number FROM merged m JOIN events e ON e.id = m.event WHERE m.pack = ?",
        (pack,),
    )
    return {row["seq"]: row["number"] for row in rows}


def _require_open(row: sqlite3.Row, event: JudgmentEvent) -> None:
    """What is in a pack is judged there alone; should a study have been judged past that, say so."""
    judging = event.kind in (EventKind.JUDGMENT, EventKind.SKIP)
    taken = row["standing"] is not None if judging else False
    if event.kind is EventKind.GUESS:
        taken = row["guess"] is not None
    if taken:
        raise UserError(
            f"Item {event.allocation} of the pack was judged in the study as well.",
            how="`ftcompare check` says more about the study.",
            code="pack-conflict",
        )
