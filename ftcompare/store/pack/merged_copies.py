"""The copies of a pack that a study has merged: those that were taken back, and the one that counts.

The rows of ``merged`` and ``merged_annotations`` are append-only and numbered on from copy to copy: the
number of a row is its number in the pack plus the start of its copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ftcompare.core.annotations import ExpertId
from ftcompare.core.errors import UserError
from ftcompare.core.study import EventKind, RaterId
from ftcompare.store.judging.event_chain_writer import ChainWriter
from ftcompare.store.judging.verdict_recorder import require_possible
from ftcompare.store.records import AuditEvent, JudgmentEvent
from ftcompare.store.review.annotation_rows import retraction
from ftcompare.store.review.annotations import Annotations
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study import audit
from ftcompare.store.study.raters import genesis
from ftcompare.store.study.study_judgments import StudyJudgments, to_target

MERGED = "pack-merged"
"""Kind of the audit entry for merged judgments."""
MARKS_MERGED = "pack-marks-merged"
"""Kind of the audit entry for merged marks."""
TAKEN_BACK = "pack-taken-back"
"""Kind of the audit entry for a merged copy that was taken back."""

_NO_END = 2**62

_STANDING = f"""SELECT e.seq AS number, e.kind, of_item.* FROM ({StudyJudgments.TARGET}) of_item
    JOIN pack_items i ON i.allocation = of_item.allocation
    JOIN events e ON e.id IN (of_item.standing, of_item.guess)
    WHERE i.pack = ? ORDER BY e.seq DESC"""  # noqa: S608 - SQL of this program

_MARKS = """SELECT s.expert, s.seq FROM merged_annotations m
    JOIN standing_annotations s ON s.id = m.annotation WHERE m.pack = ? AND m.seq > ? ORDER BY s.id DESC"""

_ENDS = {
    "end": "SELECT COALESCE(MAX(seq), 0) FROM merged WHERE pack = ?",
    "marks_end": "SELECT COALESCE(MAX(seq), 0) FROM merged_annotations WHERE pack = ?",
}


@dataclass(frozen=True, slots=True)
class MergedCopy:
    """One copy of a pack, as far as it was merged.

    Args:
        start: number of rows of ``merged`` before its own, from copies that were taken back.
        marks_start: as ``start``, for ``merged_annotations``.
        end: number of the last row of ``merged`` that can be its own; ``marks_end`` likewise.
        merges: audit entries about its judgments, oldest first.
        marks_merges: audit entries about its marks, oldest first.
    """

    start: int = 0
    marks_start: int = 0
    end: int = _NO_END
    marks_end: int = _NO_END
    merges: tuple[AuditEvent, ...] = ()
    marks_merges: tuple[AuditEvent, ...] = ()

    @property
    def links(self) -> dict[int, str]:
        """For each gap of judgments left out, the digest of the gap's last judgment, by its number."""
        links = self.merges[-1].detail.get("links", []) if self.merges else []
        if not isinstance(links, list):
            raise TypeError("not a list of links")
        return {int(str(link[0])): str(link[1]) for link in links if isinstance(link, list)}


def merged_copies(entries: Iterable[AuditEvent], pack: str) -> list[MergedCopy]:
    """The copies of a pack, by its random id; the last one counts, and may have nothing merged yet."""
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
    """The numbers, in the rater's chain, of the events that took back copies of a pack."""
    details = [one.detail for one in entries if one.kind == TAKEN_BACK and one.detail["pack"] == pack]
    ranges = [(int(str(detail["first"])), int(str(detail["last"]))) for detail in details]
    return {number for first, last in ranges for number in range(first, last + 1)}


def counting_copy(db: Connection, pack: str) -> MergedCopy:
    """The copy of a pack that counts."""
    return merged_copies(audit.entries(db), pack)[-1]


def take_back(db: Connection, rater: RaterId, reason: str, *, now: datetime) -> int:
    """Retract all judgments and marks merged from a rater's packs; see `Packs.take_back`."""
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
        raise UserError("Nothing is merged from packs of this rater.", code="nothing-merged")
    return judgments


def _retract(db: Connection, pack: int, copy: MergedCopy, at: str) -> dict[str, int]:
    """Retract what stands of a copy; returns what the audit entry says of it.

    The retractions have the numbers from ``first`` to ``last`` in the rater's chain.
    """
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
