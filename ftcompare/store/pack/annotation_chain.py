"""Verifies the marks of a pack's rater: the hash chain, and that the program can have written each mark."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from ftcompare.core.annotations import AnnotationKind, Mark, PackAnnotation, Reviewed
from ftcompare.core.error_scheme import ErrorScheme
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.judgment_limits import possible_time
from ftcompare.store.pack import contents
from ftcompare.store.pack.pack_annotations import (
    HEAD,
    annotation_link,
    annotations_start,
    mark_rows,
    place_of,
)
from ftcompare.store.review.annotations import AnnotationRow, require_mark, to_row
from ftcompare.store.sqlite.connection import Connection, KeyValueStore
from ftcompare.store.sqlite.errors import IMPOSSIBLE_VALUE
from ftcompare.store.sqlite.values import read_object, stamp

_RETRACTIONS: tuple[dict[str, Json], ...] = ({}, {"replaced": True})


class MarkedItem(NamedTuple):
    item: str
    digest: str
    left: str
    right: str


class AnnotationChain:
    """Reads and verifies a pack's rows of marks one after another.

    `item` returns the item of a number, None if the rater has not judged it. With `alone`, each item has only
    its left answer. A row that was altered or is missing raises `PackAltered`.
    """

    def __init__(
        self, scheme: ErrorScheme, whole: str, item: Callable[[int], MarkedItem | None], *, alone: bool
    ) -> None:
        self._scheme, self._item, self._alone = scheme, item, alone
        self._standing: set[int] = set()
        self.count = 0
        self.digest = annotations_start(whole)

    def take(self, stored: sqlite3.Row) -> PackAnnotation:
        """Verify the next row."""
        number = self.count + 1
        try:
            found = self._read(stored, number)
        except contents.PackAltered:
            raise
        except UserError as error:
            what = f"mark {number} is not one that the pack's texts and error scheme allow"
            raise contents.PackAltered(what) from error
        except IMPOSSIBLE_VALUE as error:
            raise contents.PackAltered(f"mark {number} was altered or removed") from error
        self.count, self.digest = number, found.digest
        return found

    def finish(self, pack: Connection) -> None:
        """Verify that no row is missing at the end."""
        stored = pack.value("SELECT COUNT(*) FROM annotations")
        newest = self.digest if self.count else ""
        if (stored, KeyValueStore(pack).get(HEAD)) != (self.count, newest):
            raise contents.PackAltered(f"mark {self.count + 1} was altered or removed")

    def _read(self, stored: sqlite3.Row, number: int) -> PackAnnotation:
        """Raise UserError for marks that are not possible, one of `IMPOSSIBLE_VALUE` for altered values."""
        answer, kind = stored["response"], AnnotationKind(stored["kind"])
        row = AnnotationRow(kind, answer, None, read_object(stored["record"]), stored["retracts"])
        item = None if answer is None else self._item(place_of(answer)[0])
        if answer is not None and item is None:
            raise contents.PackAltered(f"mark {number} is in a pair that is not judged")
        if self._alone and answer is not None and not place_of(answer)[1]:
            raise contents.PackAltered(f"mark {number} is in an answer that the pack does not have")
        value = annotation_link(self.digest, item[:2] if item else None, number, row, stored["at"])
        if (stored["expert"], stored["seq"], stored["digest"]) != (1, number, value):
            raise ValueError("not as it was")
        self._require_possible(row, item, stored["at"], number)
        return PackAnnotation(number, row, stored["at"], value)

    def _require_possible(self, row: AnnotationRow, item: MarkedItem | None, at: str, number: int) -> None:
        made = datetime.fromisoformat(at)
        if not possible_time(at) or made.tzinfo is None or stamp(made) != at:
            raise ValueError("no time")
        if item is None or row.response is None:
            self._take_back(row)
            return
        marked = row.kind is AnnotationKind.MARK
        given = Mark(row.response, **_plain(row.record)) if marked else Reviewed(row.response)
        if to_row(given) != row:
            raise ValueError("not as it is written")
        if isinstance(given, Mark):
            require_mark(given, item.left if place_of(row.response)[1] else item.right, self._scheme)
        self._standing.add(number)

    def _take_back(self, row: AnnotationRow) -> None:
        if row.retracts not in self._standing or row.record not in _RETRACTIONS:
            raise ValueError("takes back nothing")
        self._standing.remove(row.retracts)


def _plain(record: dict[str, Json]) -> dict[str, Any]:
    """Return the fields of a mark; TypeError if one has another type."""
    kinds = {"start": int, "end": int}
    if any(type(value) is not kinds.get(name, str) for name, value in record.items()):
        raise TypeError("not a mark")
    return record


def is_judged(pack: Connection, item: int) -> bool:
    """Return whether the rater has judged an item, including judgments that were taken back."""
    sql = "SELECT 1 FROM events WHERE allocation = ? AND kind = 'judgment' LIMIT 1"
    return pack.first(sql, (item,)) is not None


def verify_marks(pack: Connection) -> None:
    """Verify the chain of marks, and that the rater can have made each; raises `PackAltered`."""
    _, words, _, whole = contents.read_words(pack)
    scheme = words.error_scheme
    if pack.value("PRAGMA user_version") != words.version:
        raise contents.PackAltered("what the rater may see or mark was altered")
    if scheme is None:
        return
    chain = AnnotationChain(scheme, whole, lambda number: _marked_item(pack, number), alone=words.with_grades)
    for row in mark_rows(pack):
        chain.take(row)
    chain.finish(pack)


def _marked_item(pack: Connection, number: int) -> MarkedItem | None:
    row = pack.first("SELECT item, digest, left_text, right_text FROM allocations WHERE id = ?", (number,))
    return MarkedItem(*row) if row is not None and is_judged(pack, number) else None
