"""Packs written as pages for a browser, and the judgments that come back from them.

A page's judgments and marks have the same hash chains as those of a pack file. To merge them, the pack file
is written again with them in a temporary place, verified and merged.
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
"""Kind of the audit entry for a pack written as a page; the entry holds the digest of the page's data."""


@dataclass(frozen=True, slots=True)
class PageJudgments:
    """The result of a page.

    Args:
        pack: random id of the pack.
        page: digest of the page's data, as the page computed it.
        items: for each item in order, the digest of what was shown; empty if the page found it altered.
        events: the judgments with the digests that the page computed, oldest first.
        annotations: the marks with the digests that the page computed, oldest first.
        marks: digest of the newest mark, as the page computed it; empty if there are no marks.
    """

    pack: str
    page: str
    items: tuple[str, ...]
    events: tuple[JudgmentEvent, ...]
    annotations: tuple[PackAnnotation, ...] = ()
    marks: str = ""


def note_page(db: Connection, pack: str, page: str, *, now: datetime) -> None:
    """Record the digest of a page before it is handed out, also when a page is written again."""
    audit.append(db, PAGE_MADE, {"pack": pack, "page": page}, now=now)


def pages_of(db: Connection, pack: str) -> frozenset[str]:
    """The digests of all pages written for a pack."""
    made = (entry.detail for entry in audit.entries(db, PAGE_MADE))
    return frozenset(str(detail["page"]) for detail in made if detail["pack"] == pack)


def write_pack_of_page(db: Connection, found: PageJudgments, path: Path) -> dict[int, str]:
    """Write the pack file again with the judgments and marks of its page, without verifying these.

    Merging verifies them. Returns what is wrong with each pair that the page showed altered, by its number.

    Raises:
        UserError: ``pack-foreign`` if another study made the page.
        PackAltered: more than single pairs of the page is not what was handed out.
    """
    known = db.first("SELECT * FROM packs WHERE name = ?", (found.pack,))
    if known is None:
        how = "Merge it into the study that its page was made from."
        raise UserError("This result is not of a page of this study.", how=how, code="pack-foreign")
    words, held = register.read_record(known["record"]), register.held_items(db, known["id"])
    digests: list[str] = []
    items = register.pack_items(db, held, words, digests, drafts=False)
    with PackFile.create(path, known["name"], words, known["commitment"], items) as pack:
        altered = _altered_pairs(db, found, digests)
        pack.take_events(found.events)
        if words.error_scheme is not None:
            pack.annotations.take(found.annotations, found.marks)
        elif found.annotations:
            raise PackAltered("errors are marked in it, and the page was made without that")
    return altered


def _altered_pairs(db: Connection, found: PageJudgments, digests: Sequence[str]) -> dict[int, str]:
    if len(found.items) != len(digests):
        raise PackAltered("pairs were removed from the page, or added")
    pairs = enumerate(zip(found.items, digests, strict=True), start=1)
    altered = [number for number, (shown, handed) in pairs if shown != handed]
    if found.page not in pages_of(db, found.pack):
        what = f"pair {altered[0]} of the page" if altered else "the page"
        raise PackAltered(f"{what} is not as it was handed out")
    return dict.fromkeys(altered, "it was altered in the page")
