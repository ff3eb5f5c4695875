"""The study's record of merged marks: the rows of each pack, and the annotation made from each row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from ftcompare.core.annotations import AnnotationKind
from ftcompare.core.study import ResponseId
from ftcompare.store.pack.merged_copies import MergedCopy
from ftcompare.store.pack.pack_annotations import (
    PackAnnotation,
    annotation_link,
    annotations_start,
    place_of,
)
from ftcompare.store.review.annotation_rows import AnnotationRow
from ftcompare.store.review.annotations import text_to_annotate
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_object

_ROWS = """SELECT m.*, m.seq - ?2 AS place, a.expert, a.seq AS number, a.kind AS own_kind,
        a.response AS own_response,
        a.record AS own_record, a.retracts AS own_retracts, a.at AS own_at,
        EXISTS (SELECT 1 FROM standing_annotations s WHERE s.id = a.id) AS stands
    FROM merged_annotations m LEFT JOIN annotations a ON a.id = m.annotation
    WHERE m.pack = ?1 AND m.seq <= ?3 AND m.seq > ?2 + ?4 ORDER BY m.seq LIMIT ?5"""

Turned = Callable[[int], ResponseId]
"""Returns the study's response for the number of an answer in the pack."""


def merged_annotations(db: Connection, pack: int, copy: MergedCopy) -> Iterator[PackAnnotation]:
    """The rows merged from a copy of a pack, oldest first, as they were in the pack."""
    return map(_in_pack, _rows(db, pack, copy))


def _rows(db: Connection, pack: int, copy: MergedCopy) -> Iterator[sqlite3.Row]:
    return db.paged(_ROWS, (pack, copy.marks_start, copy.marks_end), key="place")


def _in_pack(row: sqlite3.Row) -> PackAnnotation:
    record = read_object(row["record"])
    held = AnnotationRow(AnnotationKind(row["kind"]), row["answer"], None, record, row["retracts"])
    return PackAnnotation(row["place"], held, row["at"], row["digest"])


def check_merged(
    db: Connection,
    pack: sqlite3.Row,
    copy: MergedCopy,
    items: Sequence[tuple[str, str]],
    turned: Turned,
) -> Iterator[str]:
    """Describe each error in the record of merged marks.

    The rows must be a valid hash chain and agree with the study's annotations.

    Args:
        db: the study.
        pack: the pack's row of ``packs``.
        copy: the copy of the pack whose marks are checked.
        items: id and digest of each of the pack's items.
        turned: returns the response for the number of an answer of the pack.
    """
    previous, count = annotations_start(pack["digest"]), 0
    before: dict[int, sqlite3.Row] = {}
    for row in _rows(db, pack["id"], copy):
        seq, given, at, found = _in_pack(row)
        answer = given.response
        if seq != count + 1 or not (answer is None or 1 <= answer <= 2 * len(items)):
            yield f"merged mark {count + 1} is not one of its pack"
            return
        item = None if answer is None else items[place_of(answer)[0] - 1]
        previous, count = annotation_link(previous, item, seq, given, at), seq
        if previous != found or not _same(db, row, before.get(given.retracts or 0), turned):
            yield f"merged mark {seq} is not as it was in the pack"
            return
        before[seq] = row
    logged = [(entry.detail["annotations"], entry.detail["head"]) for entry in copy.marks_merges][-1:]
    if logged != ([(count, previous)] if count else []):
        yield "the marks that were merged are not those of the audit log"


def _same(db: Connection, row: sqlite3.Row, taken: sqlite3.Row | None, turned: Turned) -> bool:
    """Whether a row's annotation in the study has the same content, or rightly has none.

    ``taken`` is the row that this row takes back, if any.
    """
    response = None if row["answer"] is None else turned(row["answer"])
    if row["annotation"] is None:
        none_due = taken is None or not taken["stands"]
        return none_due if response is None else text_to_annotate(db, response) is None
    own = (row["own_kind"], row["own_record"], row["own_at"], row["own_response"], row["own_retracts"])
    retracts = None if taken is None else taken["number"]
    return own == (row["kind"], row["record"], row["at"], response, retracts)
