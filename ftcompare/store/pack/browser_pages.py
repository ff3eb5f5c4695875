"""Packs that were handed out as pages for a browser, and their judgments when they come back.

A page's judgments and marks are chained as those of a pack's file are: the pack is made again with them, and
merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.store.pack import register
from ftcompare.store.pack.contents import PackAltered
from ftcompare.store.pack.pack_annotations import PackAnnotation
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study import audit

PAGE_MADE = "pack-page-made"
"""Kind of the audit log's entries: a pack was written as a page, whose data have this digest."""


@dataclass(frozen=True, slots=True)
class PageJudgments:
    """What came back of a page.

    Args:
        pack: random id of the pack.
        page: digest of the page's data, as the page found it.
        items: digest of what was shown of each item, in order.
        events: with the digests that the page gave them, oldest first.
        annotations: what was marked, likewise.
        marks: digest of the newest of these, as the page found it; empty for none.
    """

    pack: str
    page: str
    items: tuple[str, ...]
    events: tuple[JudgmentEvent, ...]
    annotations: tuple[PackAnnotation, ...] = ()
    marks: str = ""


def note_page(db: Connection, pack: str, page: str, *, now: datetime) -> None:
    """Remembers the digest of a page that is about to be handed out; a page that is written again, too."""
    audit.append(db, PAGE_MADE, {"pack": pack, "page": page}, now=now)


def pages_of(db: Connection, pack: str) -> frozenset[str]:
    """The digests of all pages of a pack."""
    made = (entry.detail for entry in audit.entries(db, PAGE_MADE))
    return frozenset(str(detail["page"]) for detail in made if detail["pack"] == pack)


def write_pack_of_page(db: Connection, found: PageJudgments, path: Path) -> None:
    """Makes the pack again with the judgments and marks of its page, unverified: merging verifies them.

    Raises:
        UserError: ``pack-foreign`` where another study made the page.
        PackAltered: where the page or a text of it is not what was handed out.
    """
    known = db.first("SELECT * FROM packs WHERE name = ?", (found.pack,))
    if known is None:
        how = "Merge it into the study that its page was made from."
        raise UserError("This result is not of a page of this study.", how=how, code="pack-foreign")
    words, held = register.read_record(known["record"]), register.held_items(db, known["id"])
    digests: list[str] = []
    items = register.pack_items(db, held, words, digests, drafts=False)
    with PackFile.create(path, known["name"], words, known["commitment"], items) as pack:
        _require_shown(db, found, digests)
        pack.take_events(found.events)
        if words.error_scheme is not None:
            pack.annotations.take(found.annotations, found.marks)
        elif found.annotations:
            raise PackAltered("errors are marked in it, and the page was made without that")


def _require_shown(db: Connection, found: PageJudgments, digests: Sequence[str]) -> None:
    if len(found.items) != len(digests):
        raise PackAltered("pairs were removed from the page, or added")
    for number, (shown, handed) in enumerate(zip(found.items, digests, strict=True), start=1):
        if shown != handed:
            raise PackAltered(f"pair {number} of the page is not as it was handed out")
    if found.page not in pages_of(db, found.pack):
        raise PackAltered("the page is not as it was handed out")
