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
        merges: each time that new results were merged, ISO 8601 in UTC. A merge that added nothing is not
            recorded.
            A merge that was taken back is listed in ``taken_back`` only.
        left: items that the newest merge of judgments left out, each with the reason.
        unasked: items whose guesses that merge left out.
        marks_left: why the newest merge of marks left some out; empty if it left none out.
        taken_back: each time that merges were taken back, ISO 8601 in UTC, with the reason.
    """

    issues: tuple[PackIssue, ...] = ()
    merges: tuple[str, ...] = ()
    left: tuple[tuple[int, str], ...] = ()
    unasked: tuple[int, ...] = ()
    marks_left: str = ""
    taken_back: tuple[tuple[str, str], ...] = ()


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
    copy = merged_copies(entries, pack)[-1]
    newest, marks = _detail(copy.merges), _detail(copy.marks_merges)
    return PackHistory(
        issues=tuple(_issues(entries)),
        merges=tuple(sorted(entry.at for entry in (*copy.merges, *copy.marks_merges))),
        left=tuple(_items(newest.get("left"))),
        unasked=tuple(int(str(item)) for item in _list(newest.get("unasked"))),
        marks_left=str(marks.get("left", "")),
        taken_back=tuple(
            (entry.at, str(entry.detail["reason"])) for entry in entries if entry.kind == TAKEN_BACK
        ),
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
