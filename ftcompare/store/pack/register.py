"""The study's records of its packs (pairs, keys, merged judgments), and the verification of these records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ftcompare.core.hashing import Json, digest, link
from ftcompare.core.study import AllocationId, EventKind, JudgmentEvent, RaterId, ResponseId
from ftcompare.store.judging.verdict_recorder import EVENT_TAG, payload, to_event
from ftcompare.store.pack import contents
from ftcompare.store.pack.merged_copies import MergedCopy, merged_copies, retractions
from ftcompare.store.pack.pack_annotations import check_merged, place_of
from ftcompare.store.records import AuditEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_list, read_object
from ftcompare.store.study import audit
from ftcompare.store.study.settings import read_design
from ftcompare.store.study.study_judgments import of_sides

_TEXTS = """SELECT p.messages, p.reference, p.fields, al.guess_due, al.position, al.series, d.comment,
        d.flagged, d.details, {sides}
    FROM allocations al JOIN comparisons c ON c.id = al.comparison
    JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
    JOIN prompts p ON p.id = a.prompt LEFT JOIN drafts d ON d.allocation = al.id WHERE al.id = ?""".replace(
    "{sides}", of_sides(text="{}.text", earlier="{}.earlier")
)

_MERGED = """SELECT e.*, m.seq - ?2 AS number, m.digest AS pack_digest, i.number AS item,
        back.seq - ?2 AS takes_back
    FROM merged m JOIN events e ON e.id = m.event
    LEFT JOIN pack_items i ON i.pack = m.pack AND i.allocation = e.allocation
    LEFT JOIN events r ON r.rater = e.rater AND r.seq = e.retracts
    LEFT JOIN merged back ON back.event = r.id AND back.pack = m.pack
    WHERE m.pack = ?1 AND m.seq <= ?3 AND m.seq > ?2 + ?4 ORDER BY m.seq LIMIT ?5"""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One line of a pack's key: the allocation that an item was made from."""

    item: str
    allocation: int
    comparison: int
    position: int
    a_is_left: int


@dataclass(frozen=True, slots=True)
class KnownPack:
    """A pack as its study stores it."""

    id: int
    name: str
    rater: RaterId
    commitment: str
    digest: str
    words: contents.PackWords  # what the rater sees besides the items
    lines: tuple[KeyLine, ...]  # the pack's key
    copy: MergedCopy  # the merged copy that counts


def known_pack(db: Connection, name: str) -> KnownPack | None:
    row = db.first("SELECT * FROM packs WHERE name = ?", (name,))
    if row is None:
        return None
    stored = (row["id"], name, RaterId(row["rater"]), row["commitment"], row["digest"])
    copy = merged_copies(audit.entries(db), name)[-1]
    return KnownPack(*stored, read_record(row["record"]), key_lines(db, row["id"]), copy)


def key_commitment(lines: Iterable[KeyLine], *, nonce: str) -> str:
    """Return the digest of its key that a pack holds; the nonce keeps it from being guessed."""
    key: list[Json] = [[h.item, h.allocation, h.comparison, h.position, bool(h.a_is_left)] for h in lines]
    return digest("pack-key", [nonce, key])


def key_lines(db: Connection, pack: int) -> tuple[KeyLine, ...]:
    rows = db.rows(
        """SELECT i.item, i.allocation, al.comparison, al.position, al.a_is_left
            FROM pack_items i JOIN allocations al ON al.id = i.allocation
            WHERE i.pack = ? ORDER BY i.number""",
        (pack,),
    )
    return tuple(KeyLine(*row) for row in rows)


def pack_items(
    db: Connection,
    lines: Sequence[KeyLine],
    words: contents.PackWords,
    digests: list[str] | None = None,
    *,
    drafts: bool = False,
) -> Iterator[contents.PackItem]:
    """Yield the items of a pack with these words, one at a time because they may be large.

    `digests` gets the digest of each item yielded. With `drafts`, items hold the comment and details that the
    rater has begun in the study.
    """
    references, contexts = words.with_references, words.with_contexts
    design = read_design(words.rating)
    for one in lines:
        row = db.rows(_TEXTS, (one.allocation,))[0]
        begun = row["comment"], row["flagged"], row["details"]
        draft = begun if drafts and row["comment"] is not None else None
        texts = contents.shown_messages(row["messages"]), row["left_text"], row["right_text"]
        reference = row["reference"] if references else None
        sides = (read_list(row[f"{side}_earlier"]) for side in ("left", "right"))
        number = 0 if row["series"] is None else row["position"] + 1 - row["series"]
        fields = read_object(row["fields"])
        beside = contents.beside_json(fields, design, *sides, ranked_pair=number) if contexts else None
        item = contents.PackItem(one.item, *texts, row["guess_due"], reference, beside, draft)
        if digests is not None:
            digests.append(item.digest())
        yield item


def read_record(text: str) -> contents.PackWords:
    return contents.PackWords(**read_object(text))


def merged_events(db: Connection, pack: int, copy: MergedCopy) -> Iterator[JudgmentEvent]:
    """Yield the events of a merged copy, with numbers and digests of the pack and ids of the study."""
    for row in db.paged(_MERGED, (pack, copy.start, copy.end), key="number"):
        event = to_event(row)
        retracts = row["takes_back"] if event.kind is EventKind.RETRACTION else event.retracts
        place = {"seq": row["number"], "allocation": AllocationId(row["item"] or 0)}
        yield replace(event, **place, retracts=retracts, digest=row["pack_digest"])


def turned(db: Connection, lines: Sequence[KeyLine], answer: int) -> ResponseId:
    """Return the study's response for the number of an answer in a pack."""
    item, left = place_of(answer)
    one = lines[item - 1]
    pair = db.rows("SELECT a, b FROM comparisons WHERE id = ?", (one.comparison,))[0]
    return ResponseId(pair["a"] if bool(one.a_is_left) == left else pair["b"])


def sets_of_pack(db: Connection, pack: int) -> list[list[int]]:
    """Return the numbers of the items of each set that is ranked at once, as the study has them."""
    sql = """SELECT i.number AS id, al.series FROM pack_items i JOIN allocations al ON al.id = i.allocation
        WHERE i.pack = ? ORDER BY i.number"""
    return contents.grouped_sets(db.rows(sql, (pack,)))


def counted_standing(db: Connection, pack: int) -> tuple[int, int, int]:
    """Return how many pairs or rankings a pack has, and how many are judged and skipped in the study."""
    row = db.rows(
        """SELECT COUNT(*) AS items, SUM(al.standing_kind = 'judgment') AS judged,
                SUM(al.standing_kind = 'skip') AS skipped
            FROM pack_items i JOIN allocations al ON al.id = i.allocation
            WHERE i.pack = ? AND (al.series IS NULL OR al.series = al.position)""",
        (pack,),
    )[0]
    return row["items"], row["judged"] or 0, row["skipped"] or 0


def check_packs(db: Connection) -> str:
    """Describe what is wrong with the packs of a study; empty if nothing is."""
    return next(_problems(db, audit.entries(db)), "")


def _problems(db: Connection, entries: Sequence[AuditEvent]) -> Iterator[str]:
    packs = db.rows("SELECT * FROM packs ORDER BY id")
    made = [entry for entry in entries if entry.kind == "pack-made"]
    if [pack["name"] for pack in packs] != [entry.detail["pack"] for entry in made]:
        yield "the packs are not those in the audit log"
        return
    for pack, entry in zip(packs, made, strict=True):
        lines = key_lines(db, pack["id"])
        shown = [item.digest() for item in pack_items(db, lines, read_record(pack["record"]))]
        yield from _made(db, pack, entry, lines, shown)
        for copy in merged_copies(entries, pack["name"]):
            yield from _merged(db, pack, copy, lines, shown)
            yield from _marks(db, pack, copy, lines, shown)
        yield from _unmerged(db, pack, entry, entries)
    if db.first(
        """SELECT 1 FROM allocations al LEFT JOIN pack_items i ON i.allocation = al.id
            WHERE al.pack IS NOT i.pack"""
    ):
        yield "a pair is marked for a pack in which it is not"


def _made(
    db: Connection, pack: sqlite3.Row, entry: AuditEvent, lines: Sequence[KeyLine], shown: list[str]
) -> Iterator[str]:
    rater = read_record(pack["record"]).rater
    found = (pack["rater"], pack["at"], pack["commitment"], pack["digest"], len(lines))
    logged = (entry.detail["rater"], entry.at, *(entry.detail[k] for k in ("commitment", "digest", "items")))
    if found != logged or rater != db.value("SELECT name FROM raters WHERE id = ?", (pack["rater"],)):
        yield f"the pack of {rater} ({pack['name'][:8]}) is not the one in the audit log"
    if key_commitment(lines, nonce=pack["nonce"]) != pack["commitment"]:
        yield f"the key of the pack of {rater} ({pack['name'][:8]}) does not match its seal"
    numbers = db.rows("SELECT number FROM pack_items WHERE pack = ? ORDER BY number", (pack["id"],))
    whole = contents.pack_digest(pack["name"], read_record(pack["record"]), pack["commitment"], shown)
    if whole != pack["digest"] or [row["number"] for row in numbers] != list(range(1, len(lines) + 1)):
        yield f"the pack of {rater} ({pack['name'][:8]}) is not what was handed out"


def _merged(
    db: Connection, pack: sqlite3.Row, copy: MergedCopy, lines: Sequence[KeyLine], shown: list[str]
) -> Iterator[str]:
    """Describe each error: the study's events must give the copy's chain up to the logged end.

    For judgments that were left out, the log holds the digests to which later ones are chained.
    """
    links = copy.links
    previous, count, newest = contents.chain_start(pack["digest"]), 0, 0
    for event in merged_events(db, pack["id"], copy):
        count += 1
        if event.seq != newest + 1:
            previous = links.pop(event.seq - 1, "")
        if not (1 <= event.allocation <= len(lines) and previous):
            yield f"merged judgment {event.seq} is not one of its pack"
            return
        number = event.allocation - 1
        target = contents.item_target(event.allocation, lines[number].item, shown[number])
        previous, newest = link(EVENT_TAG, previous, payload(target, event)), event.seq
        if previous != event.digest:
            yield f"merged judgment {event.seq} is not as it was in the pack"
            return
    logged = [(entry.detail["events"], entry.detail["head"]) for entry in copy.merges][-1:]
    if links or logged != ([(count, previous)] if count else []):
        yield "what was merged is not what the audit log says"


def _marks(
    db: Connection, pack: sqlite3.Row, copy: MergedCopy, lines: Sequence[KeyLine], shown: list[str]
) -> Iterator[str]:
    """Describe each error in the merged marks; unlike judgments, none is left out between others."""
    items = [(one.item, digest) for one, digest in zip(lines, shown, strict=True)]
    yield from check_merged(db, pack, copy, items, lambda answer: turned(db, lines, answer))


def _unmerged(
    db: Connection, pack: sqlite3.Row, event: AuditEvent, entries: Sequence[AuditEvent]
) -> Iterator[str]:
    """Describe each event about a pair of a pack that was neither merged nor takes a merge back."""
    rows = db.rows(
        """SELECT e.seq FROM pack_items i JOIN events e ON e.allocation = i.allocation
            LEFT JOIN merged m ON m.event = e.id AND m.pack = i.pack
            WHERE i.pack = ? AND m.event IS NULL AND e.seq > ?""",
        (pack["id"], int(str(event.detail["after"]))),
    )
    outside, taken_back = {row["seq"] for row in rows}, retractions(entries, pack["name"])
    if outside - taken_back:
        yield "a pair that is in a pack was judged outside it"
    if taken_back - outside:
        yield "a merge was not taken back as the audit log says"
