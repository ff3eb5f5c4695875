"""What a study remembers of its packs: which pairs are in them, the key, and what was merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ftcompare.core.hashing import Json, digest
from ftcompare.core.study import AllocationId, EventKind, RaterId
from ftcompare.store.judging.event_chain import to_event
from ftcompare.store.pack.contents import PackItem, PackWords
from ftcompare.store.records import AuditEvent, JudgmentEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_object

MERGED = "pack-merged"
"""The kind of the audit log's entries about merging."""

_TEXTS = """SELECT p.messages, al.guess_due, d.comment, d.flagged, d.details,
        CASE al.a_is_left WHEN 1 THEN a.text ELSE b.text END AS left_text,
        CASE al.a_is_left WHEN 1 THEN b.text ELSE a.text END AS right_text
    FROM allocations al
    JOIN comparisons c ON c.id = al.comparison
    JOIN responses a ON a.id = c.a
    JOIN responses b ON b.id = c.b
    JOIN prompts p ON p.id = a.prompt
    LEFT JOIN drafts d ON d.allocation = al.id
    WHERE al.id = ?"""

_MERGED = """SELECT e.*, m.seq AS number, m.digest AS pack_digest, i.number AS item, back.seq AS takes_back
    FROM merged m JOIN events e ON e.id = m.event
    LEFT JOIN pack_items i ON i.pack = m.pack AND i.allocation = e.allocation
    LEFT JOIN events r ON r.rater = e.rater AND r.seq = e.retracts
    LEFT JOIN merged back ON back.event = r.id AND back.pack = m.pack
    WHERE m.pack = ? AND m.seq > ? ORDER BY m.seq LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Held:
    """One line of a pack's key: which allocation an item of the pack stands for."""

    item: str
    allocation: int
    comparison: int
    position: int
    a_is_left: int


def key_commitment(held: Iterable[Held], *, nonce: str) -> str:
    """The digest that a pack bears of its key; the nonce keeps it unguessable."""
    key: list[Json] = [[h.item, h.allocation, h.comparison, h.position, bool(h.a_is_left)] for h in held]
    return digest("pack-key", [nonce, key])


def held_items(db: Connection, pack: int) -> tuple[Held, ...]:
    """A pack's key, in the order of its items."""
    rows = db.rows(
        """SELECT i.item, i.allocation, al.comparison, al.position, al.a_is_left
            FROM pack_items i JOIN allocations al ON al.id = i.allocation
            WHERE i.pack = ? ORDER BY i.number""",
        (pack,),
    )
    return tuple(Held(*row) for row in rows)


def pack_items(
    db: Connection, held: Sequence[Held], digests: list[str] | None = None, *, drafts: bool = False
) -> Iterator[PackItem]:
    """What a pack holds of each pair, one at a time: they may be large.

    Args:
        db: the study.
        held: the pack's key.
        digests: gets the digest of each item that was yielded.
        drafts: with what the rater has begun in the study.
    """
    for one in held:
        row = db.rows(_TEXTS, (one.allocation,))[0]
        begun = row["comment"], row["flagged"], row["details"]
        draft = begun if drafts and row["comment"] is not None else None
        texts = row["messages"], row["left_text"], row["right_text"]
        item = PackItem(one.item, *texts, row["guess_due"], draft)
        if digests is not None:
            digests.append(item.digest())
        yield item


def read_record(text: str) -> PackWords:
    """The words of a pack as the study keeps them."""
    return PackWords(**read_object(text))


def merged_events(db: Connection, pack: int) -> Iterator[JudgmentEvent]:
    """What was merged from a pack, oldest first, with the pack's numbers and digests; ids are the study's."""
    for row in db.paged(_MERGED, (pack,), key="number"):
        event = to_event(row)
        yield replace(
            event,
            seq=row["number"],
            allocation=AllocationId(row["item"] or 0),
            retracts=row["takes_back"] if event.kind is EventKind.RETRACTION else event.retracts,
            digest=row["pack_digest"],
        )


def merged_links(entries: Iterable[AuditEvent], name: str) -> dict[int, str]:
    """Where judgments of a pack were left out: the digest of the last one of each gap, by its number.

    Args:
        entries: of the audit log.
        name: the pack's.
    """
    merges = [entry for entry in entries if entry.kind == MERGED and entry.detail["pack"] == name]
    links = merges[-1].detail.get("links", []) if merges else []
    if not isinstance(links, list):
        raise TypeError("not a list of links")
    return {int(str(link[0])): str(link[1]) for link in links if isinstance(link, list)}


def newest_seq(db: Connection, rater: RaterId) -> int:
    """The number of a rater's newest event; 0 before the first."""
    found: int = db.value("SELECT COALESCE(MAX(seq), 0) FROM events WHERE rater = ?", (rater,))
    return found


def counted_standing(db: Connection, pack: int) -> tuple[int, int, int]:
    """How many pairs a pack has, and of these, how many the study knows as judged and as skipped."""
    row = db.rows(
        """SELECT COUNT(*) AS items, SUM(al.standing_kind = 'judgment') AS judged,
                SUM(al.standing_kind = 'skip') AS skipped
            FROM pack_items i JOIN allocations al ON al.id = i.allocation WHERE i.pack = ?""",
        (pack,),
    )[0]
    return row["items"], row["judged"] or 0, row["skipped"] or 0
