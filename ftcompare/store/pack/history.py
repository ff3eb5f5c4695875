"""What the audit log records of packs: when each was written, in which form, and when results came back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.hashing import Json
from ftcompare.store.pack.browser_pages import PAGE_MADE
from ftcompare.store.pack.merged_copies import MARKS_MERGED, MERGED, TAKEN_BACK, merged_copies
from ftcompare.store.records import AuditEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study import audit

MADE = "pack-made"
"""Kind of the audit entry for pairs handed out in a pack."""
MADE_AGAIN = "pack-made-again"
"""Kind of the audit entry for a pack that was written again."""


@dataclass(frozen=True, slots=True)
class PackIssue:
    """One time that a pack was written.

    Args:
        at: ISO 8601 in UTC.
        page: whether it was written as a page for a browser, not as a pack file.
    """

    at: str
    page: bool


@dataclass(frozen=True, slots=True)
class PackHistory:
    """The history of one pack, oldest first.

    Args:
        issues: each time it was written.
        all_merges: each time that new results were merged, and when that merge was taken back, ISO 8601 in
            UTC; the second is empty for a merge that counts. A merge that added nothing is not recorded.
        left: items that the newest merge of judgments left out, each with the reason.
        unasked: items whose guesses that merge left out.
        marks_left: why the newest merge of marks left some out; empty if it left none out.
        taken_back: each time that merges were taken back, ISO 8601 in UTC, with the reason.
    """

    issues: tuple[PackIssue, ...] = ()
    all_merges: tuple[tuple[str, str], ...] = ()
    left: tuple[tuple[int, str], ...] = ()
    unasked: tuple[int, ...] = ()
    marks_left: str = ""
    taken_back: tuple[tuple[str, str], ...] = ()

    @property
    def merges(self) -> tuple[str, ...]:
        """When the merges that count were made, ISO 8601 in UTC."""
        return tuple(at for at, until in self.all_merges if not until)


def note_again(db: Connection, pack: str, *, now: datetime) -> None:
    """Add an audit entry, within the caller's transaction, that a pack is written again."""
    audit.append(db, MADE_AGAIN, {"pack": pack}, now=now)


def pack_histories(db: Connection) -> dict[str, PackHistory]:
    """The history of every pack, by the pack's name."""
    by_pack: dict[str, list[AuditEvent]] = defaultdict(list)
    for entry in audit.entries(db):
        if entry.kind in (MADE, MADE_AGAIN, PAGE_MADE, MERGED, MARKS_MERGED, TAKEN_BACK):
            by_pack[str(entry.detail.get("pack"))].append(entry)
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
    """When and in which form a pack was written.

    A page is written after its pack, so its entry follows the pack's entry.
    """
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
