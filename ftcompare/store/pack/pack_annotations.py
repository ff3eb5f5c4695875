"""The marks that a pack's rater made in its answers, stored in the form of a study's annotations.

An answer of a pack has a number: twice the number of its item, minus one for the left text. `verify_marks`
verifies the hash chain, and that the program can have written each mark.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ftcompare.core.annotations import AnnotationKind, AnnotationRow, ExpertId, Mark, PackAnnotation, Reviewed
from ftcompare.core.error_scheme import ErrorScheme
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.hashing import Json, digest, link
from ftcompare.core.judgment_limits import possible_time
from ftcompare.core.study import ResponseId
from ftcompare.store.pack import contents
from ftcompare.store.pack.merged_copies import MergedCopy
from ftcompare.store.review.annotations import AddedRow, Annotations, require_mark, text_to_annotate, to_row
from ftcompare.store.sqlite.connection import Connection, KeyValueStore
from ftcompare.store.sqlite.errors import IMPOSSIBLE_VALUE, REFUSED
from ftcompare.store.sqlite.values import read_object, stamp, to_json

PACK_EXPERT = ExpertId(1)  # the id of the pack's rater as an expert

HEAD = "annotations"  # key in ``state``: digest of the newest row, which reveals missing ones


def answer_number(item: int, *, left: bool) -> ResponseId:
    """Return the number of an item's left or right text; items count from 1."""
    return ResponseId(2 * item - left)


def place_of(answer: int) -> tuple[int, bool]:
    """Return the item's number of an answer, and whether the answer is the left text."""
    return (answer + 1) // 2, answer % 2 == 1


def annotations_start(whole: str) -> str:
    """Return the first value of the chain of annotations; `whole` is the pack's digest."""
    return digest("pack-expert", [whole])


def annotation_link(
    previous: str, item: tuple[str, str] | None, seq: int, row: AnnotationRow, at: str
) -> str:
    """Digest a row with the id and digest of its item and the previous row's digest."""
    target: list[Json] = [] if item is None else [row.response, *item]
    return link("pack-annotation", previous, [seq, row.kind, target, row.record, row.retracts, at])


class PackAnnotations(Annotations):
    """Marks in a pack's judged pairs, and the record of answers that were looked through."""

    @property
    def scheme(self) -> ErrorScheme | None:
        """The error scheme that the pack was made with; None if its rater may not mark errors."""
        return contents.read_words(self._db)[1].error_scheme

    @property
    def start(self) -> str:
        return self._chain_start(PACK_EXPERT)

    def rows(self) -> Iterator[PackAnnotation]:
        """Return all marks and retractions, oldest first; none if the rater may not mark errors."""
        return map(_in_pack, mark_rows(self._db))

    def take(self, rows: Iterable[PackAnnotation], head: str) -> None:
        """Add the marks of a page unverified; raises `PackAltered` if one cannot be stored in any pack."""
        with self._db.atomic():
            for one in rows:
                self._insert(one)
            KeyValueStore(self._db).put(HEAD, head)

    def _insert(self, annotation: PackAnnotation) -> None:
        columns = {**annotation.row._asdict(), "record": to_json(annotation.row.record)}
        try:
            self._db.insert(
                "annotations",
                expert=PACK_EXPERT,
                seq=annotation.seq,
                **columns,
                at=annotation.at,
                digest=annotation.digest,
            )
        except (BugError, sqlite3.IntegrityError) as refused:
            if isinstance(refused, BugError) and refused.code != REFUSED:
                raise
            raise contents.PackAltered(f"mark {annotation.seq} is not one that a page stores") from refused

    def append(self, expert: ExpertId, row: AnnotationRow, at: str) -> AddedRow:
        added = super().append(expert, row, at)
        KeyValueStore(self._db).put(HEAD, added.digest)
        return added

    def replay(self, rows: Iterable[PackAnnotation]) -> None:
        """Add again, in the same order, the marks made in an earlier copy of the pack."""
        with self._db.atomic():
            for one in rows:
                if self.append(PACK_EXPERT, one.row, one.at).digest != one.digest:
                    raise contents.not_as_it_was()

    def _chain_start(self, expert: ExpertId) -> str:
        del expert  # a pack has one
        return annotations_start(contents.read_words(self._db)[3])

    def _link(self, previous: str, expert: ExpertId, seq: int, row: AnnotationRow, at: str) -> str:
        del expert
        item = None
        if row.response is not None:
            number, _ = place_of(row.response)
            found = self._db.rows("SELECT item, digest FROM allocations WHERE id = ?", (number,))
            item = found[0]["item"], found[0]["digest"]
        return annotation_link(previous, item, seq, row, at)

    def _scheme(self) -> ErrorScheme:
        if (scheme := self.scheme) is None:
            raise BugError("This pack was made without marking.", code="pack-unmarked")
        return scheme

    def _text(self, response: ResponseId) -> str:
        item, left = place_of(response)
        sql = "SELECT left_text, right_text FROM allocations WHERE id = ? AND standing_kind = 'judgment'"
        row = self._db.first(sql, (item,))
        if row is None:
            how = "Judge the pair first."
            raise UserError("Errors are marked only in judged pairs.", how=how, code="answer-unknown")
        return str(row["left_text" if left else "right_text"])


def mark_rows(pack: Connection) -> Iterator[sqlite3.Row]:
    return pack.paged(
        "SELECT *, seq AS number FROM annotations WHERE seq > ? ORDER BY seq LIMIT ?", key="seq"
    )


def _in_pack(stored: sqlite3.Row) -> PackAnnotation:
    record = read_object(stored["record"])
    row = AnnotationRow(AnnotationKind(stored["kind"]), stored["response"], None, record, stored["retracts"])
    return PackAnnotation(stored["number"], row, stored["at"], stored["digest"])


_ROWS = """SELECT m.*, m.seq - ?2 AS number, m.answer AS response,
        a.expert, a.seq AS own_number, a.kind AS own_kind,
        a.response AS own_response,
        a.record AS own_record, a.retracts AS own_retracts, a.at AS own_at,
        EXISTS (SELECT 1 FROM standing_annotations s WHERE s.id = a.id) AS stands
    FROM merged_annotations m LEFT JOIN annotations a ON a.id = m.annotation
    WHERE m.pack = ?1 AND m.seq <= ?3 AND m.seq > ?2 + ?4 ORDER BY m.seq LIMIT ?5"""

Turned = Callable[[int], ResponseId]  # returns the study's response for the number of an answer in the pack


def merged_annotations(db: Connection, pack: int, copy: MergedCopy) -> Iterator[PackAnnotation]:
    return map(_in_pack, _rows(db, pack, copy))


def _rows(db: Connection, pack: int, copy: MergedCopy) -> Iterator[sqlite3.Row]:
    return db.paged(_ROWS, (pack, copy.marks_start, copy.marks_end), key="number")


def check_merged(
    db: Connection,
    pack: sqlite3.Row,
    copy: MergedCopy,
    items: Sequence[tuple[str, str]],
    turned: Turned,
) -> Iterator[str]:
    """Describe each error in the record of merged marks.

    The rows must be a valid hash chain and agree with the study's annotations. `turned` returns the response
    for the number of an answer of the pack.
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
    """Return whether a row's annotation, which may take back `taken`, is the same or rightly missing."""
    response = None if row["answer"] is None else turned(row["answer"])
    if row["annotation"] is None:
        none_due = taken is None or not taken["stands"]
        return none_due if response is None else text_to_annotate(db, response) is None
    own = (row["own_kind"], row["own_record"], row["own_at"], row["own_response"], row["own_retracts"])
    retracts = None if taken is None else taken["own_number"]
    return own == (row["kind"], row["record"], row["at"], response, retracts)


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
