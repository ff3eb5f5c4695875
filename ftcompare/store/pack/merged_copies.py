"""The audit log's records of packs: when each was written and merged, and which merged copy of it counts.

The rows of ``merged`` and ``merged_annotations`` are append-only and numbered on from copy to copy: the
number of a row is its number in the pack plus the start of its copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ftcompare.core.annotations import ExpertId
from ftcompare.core.errors import UserError
from ftcompare.core.grouping import grouped
from ftcompare.core.hashing import Json
from ftcompare.core.study import EventKind, JudgmentEvent, RaterId
from ftcompare.store.judging.verdict_recorder import ChainWriter, require_possible
from ftcompare.store.records import AuditEvent
from ftcompare.store.review.annotations import Annotations, retraction
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study import audit
from ftcompare.store.study.raters import genesis
from ftcompare.store.study.study_judgments import StudyJudgments, to_target

MERGED = "pack-merged"  # kind of the audit entry for merged judgments
MARKS_MERGED = "pack-marks-merged"  # kind of the audit entry for merged marks
PAGE_MADE = "pack-page-made"  # kind of the audit entry for a page, with the digest of its data
TAKEN_BACK = "pack-taken-back"  # kind of the audit entry for a merged copy that was taken back

_NO_END = 2**62

_STANDING = f"""SELECT e.seq AS number, e.kind, of_item.* FROM ({StudyJudgments.TARGET}) of_item
    JOIN pack_items i ON i.allocation = of_item.allocation
    JOIN events e ON e.id IN (of_item.standing, of_item.guess)
    WHERE i.pack = ? ORDER BY e.seq DESC"""

_MARKS = """SELECT s.expert, s.seq FROM merged_annotations m
    JOIN standing_annotations s ON s.id = m.annotation WHERE m.pack = ? AND m.seq > ? ORDER BY s.id DESC"""

_ENDS = {
    "end": "SELECT COALESCE(MAX(seq), 0) FROM merged WHERE pack = ?",
    "marks_end": "SELECT COALESCE(MAX(seq), 0) FROM merged_annotations WHERE pack = ?",
}


@dataclass(frozen=True, slots=True)
class MergedCopy:
    """One copy of a pack, as far as it was merged."""

    start: int = 0  # number of rows of ``merged`` before its own, from copies that were taken back
    marks_start: int = 0  # as ``start``, for ``merged_annotations``
    end: int = _NO_END  # number of the last row of ``merged`` that can be its own; ``marks_end`` likewise
    marks_end: int = _NO_END
    merges: tuple[AuditEvent, ...] = ()  # audit entries about its judgments, oldest first
    marks_merges: tuple[AuditEvent, ...] = ()  # audit entries about its marks, oldest first

    @property
    def links(self) -> dict[int, str]:
        """Return, by its number, the digest of the last judgment of each gap of judgments left out."""
        links = self.merges[-1].detail.get("links", []) if self.merges else []
        if not isinstance(links, list):
            raise TypeError("not a list of links")
        return {int(str(link[0])): str(link[1]) for link in links if isinstance(link, list)}


def merged_copies(entries: Iterable[AuditEvent], pack: str) -> list[MergedCopy]:
    """List the copies of a pack; the last one counts, and may have nothing merged yet."""
    copies = [MergedCopy()]
    for entry in entries:
        now = copies[-1]
        if entry.detail.get("pack") != pack:
            continue
        if entry.kind == MERGED:
            copies[-1] = replace(now, merges=(*now.merges, entry))
        elif entry.kind == MARKS_MERGED:
            copies[-1] = replace(now, marks_merges=(*now.marks_merges, entry))
        elif entry.kind == TAKEN_BACK:
            end, marks_end = (int(str(entry.detail[name])) for name in ("end", "marks_end"))
            copies[-1] = replace(now, end=end, marks_end=marks_end)
            copies.append(MergedCopy(end, marks_end))
    return copies


def retractions(entries: Iterable[AuditEvent], pack: str) -> set[int]:
    """Return the numbers, in the rater's chain, of the events that took back copies of a pack."""
    details = [one.detail for one in entries if one.kind == TAKEN_BACK and one.detail["pack"] == pack]
    ranges = [(int(str(detail["first"])), int(str(detail["last"]))) for detail in details]
    return {number for first, last in ranges for number in range(first, last + 1)}


def counting_copy(db: Connection, pack: str) -> MergedCopy:
    return merged_copies(audit.entries(db), pack)[-1]


def take_back(db: Connection, rater: RaterId, reason: str, *, now: datetime) -> int:
    judgments, copies = 0, 0
    with db.atomic():
        for pack in db.rows("SELECT id, name FROM packs WHERE rater = ? ORDER BY id", (rater,)):
            copy = counting_copy(db, pack["name"])
            if copy.merges or copy.marks_merges:
                found = _retract(db, pack["id"], copy, stamp(now))
                detail = {"pack": pack["name"], "rater": rater, "reason": reason.strip(), **found}
                audit.append(db, TAKEN_BACK, detail, now=now)
                judgments, copies = judgments + found["judgments"], copies + 1
    if not copies:
        raise UserError("No judgments of this rater from packs are in the study.", code="nothing-merged")
    return judgments


def _retract(db: Connection, pack: int, copy: MergedCopy, at: str) -> dict[str, int]:
    """Retract the standing judgments of a copy; return the audit entry's detail."""
    chains, rows = ChainWriter(db, genesis), db.rows(_STANDING, (pack,))
    for row in rows:
        event = JudgmentEvent(EventKind.RETRACTION, retracts=row["number"])
        require_possible(event, at)
        chains.append(to_target(row), event, at)
    marks = db.rows(_MARKS, (pack, copy.marks_start))
    for row in marks:
        Annotations(db).append(ExpertId(row["expert"]), retraction(row["seq"]), at)
    last = chains.head(RaterId(rows[0]["rater"]))[0] if rows else 0
    ends = {name: int(db.value(sql, (pack,))) for name, sql in _ENDS.items()}
    judgments = sum(row["kind"] == EventKind.JUDGMENT for row in rows)
    return {"judgments": judgments, "marks": len(marks), "first": last - len(rows) + 1, "last": last, **ends}


MADE = "pack-made"  # kind of the audit entry for pairs handed out in a pack
MADE_AGAIN = "pack-made-again"  # kind of the audit entry for a pack that was written again


@dataclass(frozen=True, slots=True)
class PackIssue:
    at: str  # ISO 8601 in UTC
    page: bool  # whether it was written as a page for a browser, not as a pack file


@dataclass(frozen=True, slots=True)
class PackHistory:
    issues: tuple[PackIssue, ...] = ()  # each time it was written
    # each time that new results were merged, and when that merge was taken back, ISO 8601 in UTC; the second
    # is empty for a merge that counts. A merge that added nothing is not recorded.
    all_merges: tuple[tuple[str, str], ...] = ()
    left: tuple[tuple[int, str], ...] = ()  # items that the newest merge left out, with the reason
    unasked: tuple[int, ...] = ()  # items whose guesses that merge left out
    marks_left: str = ""  # why the newest merge of marks left some out; empty if it left none out
    taken_back: tuple[tuple[str, str], ...] = ()  # when merges were taken back, and why

    @property
    def merges(self) -> tuple[str, ...]:
        """When the merges that count were made, ISO 8601 in UTC."""
        return tuple(at for at, until in self.all_merges if not until)


def pack_histories(db: Connection) -> dict[str, PackHistory]:
    kinds = (MADE, MADE_AGAIN, PAGE_MADE, MERGED, MARKS_MERGED, TAKEN_BACK)
    entries_of_packs = (entry for entry in audit.entries(db) if entry.kind in kinds)
    by_pack = grouped((str(entry.detail.get("pack")), entry) for entry in entries_of_packs)
    return {name: _history(name, entries) for name, entries in by_pack.items()}


def _history(pack: str, entries: list[AuditEvent]) -> PackHistory:
    taken_back = [(entry.at, str(entry.detail["reason"])) for entry in entries if entry.kind == TAKEN_BACK]
    copies = merged_copies(entries, pack)
    copy, ends = copies[-1], [*(at for at, _ in taken_back), ""]
    newest, marks = _detail(copy.merges), _detail(copy.marks_merges)
    return PackHistory(
        issues=tuple(_issues(entries)),
        all_merges=tuple(
            (at, end)
            for one, end in zip(copies, ends, strict=True)
            for at in sorted(entry.at for entry in (*one.merges, *one.marks_merges))
        ),
        left=tuple(_items(newest.get("left"))),
        unasked=tuple(int(str(item)) for item in _list(newest.get("unasked"))),
        marks_left=str(marks.get("left", "")),
        taken_back=tuple(taken_back),
    )


def _issues(entries: list[AuditEvent]) -> Iterable[PackIssue]:
    """When and in which form a pack was written; the entry of a page follows that of its pack."""
    issued = [entry for entry in entries if entry.kind in (MADE, MADE_AGAIN, PAGE_MADE)]
    for entry, after in zip(issued, [*issued[1:], None], strict=True):
        if entry.kind != PAGE_MADE:
            yield PackIssue(entry.at, page=after is not None and after.kind == PAGE_MADE)


def _detail(entries: Sequence[AuditEvent]) -> Mapping[str, Json]:
    return entries[-1].detail if entries else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _items(left: Json) -> Iterable[tuple[int, str]]:
    for item in map(_list, _list(left)):
        if item:
            yield int(str(item[0])), str(item[1])
