"""What the audit log records of packs: when each was written, in which form, and when results came back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.hashing import Json
from ftcompare.store.pack.browser_pages import PAGE_MADE
from ftcompare.store.pack.merged_annotations import MARKS_MERGED
from ftcompare.store.pack.register import MERGED
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
        left: items that the newest merge of judgments left out, each with the reason.
        marks_left: why the newest merge of marks left some out; empty if it left none out.
    """

    issues: tuple[PackIssue, ...] = ()
    merges: tuple[str, ...] = ()
    left: tuple[tuple[int, str], ...] = ()
    marks_left: str = ""


def note_again(db: Connection, pack: str, *, now: datetime) -> None:
    """Add an audit entry, within the caller's transaction, that a pack is written again."""
    audit.append(db, MADE_AGAIN, {"pack": pack}, now=now)


def pack_histories(db: Connection) -> dict[str, PackHistory]:
    """The history of every pack, by the pack's name."""
    by_pack: dict[str, list[AuditEvent]] = defaultdict(list)
    for entry in audit.entries(db):
        if entry.kind in (MADE, MADE_AGAIN, PAGE_MADE, MERGED, MARKS_MERGED):
            by_pack[str(entry.detail.get("pack"))].append(entry)
    return {name: _history(entries) for name, entries in by_pack.items()}


def _history(entries: list[AuditEvent]) -> PackHistory:
    merges = tuple(entry.at for entry in entries if entry.kind in (MERGED, MARKS_MERGED))
    left = _newest(entries, MERGED).get("left", [])
    marks_left = _newest(entries, MARKS_MERGED).get("left", "")
    return PackHistory(tuple(_issues(entries)), merges, tuple(_items(left)), str(marks_left))


def _issues(entries: list[AuditEvent]) -> Iterable[PackIssue]:
    """When and in which form a pack was written.

    A page is written after its pack, so its entry follows the pack's entry.
    """
    issued = [entry for entry in entries if entry.kind in (MADE, MADE_AGAIN, PAGE_MADE)]
    for entry, after in zip(issued, [*issued[1:], None], strict=True):
        if entry.kind != PAGE_MADE:
            yield PackIssue(entry.at, page=after is not None and after.kind == PAGE_MADE)


def _newest(entries: list[AuditEvent], kind: str) -> Mapping[str, Json]:
    return next((entry.detail for entry in reversed(entries) if entry.kind == kind), {})


def _items(left: Json) -> Iterable[tuple[int, str]]:
    for item in left if isinstance(left, list) else []:
        if isinstance(item, list):
            yield int(str(item[0])), str(item[1])
