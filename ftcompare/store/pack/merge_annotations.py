"""Merges the marks of a pack into its study under the rater's name: only verified and new ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.annotations import AnnotationKind, ExpertId
from ftcompare.core.error_scheme import ErrorScheme
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.pack_results import PackAnnotation
from ftcompare.store.pack import register
from ftcompare.store.pack.annotation_chain import AnnotationChain, MarkedItem, is_judged
from ftcompare.store.pack.contents import PackAltered
from ftcompare.store.pack.merged_copies import MARKS_MERGED
from ftcompare.store.pack.pack_annotations import merged_annotations, read_rows
from ftcompare.store.pack.register import KnownPack
from ftcompare.store.review.annotations import AddedRow, AnnotationRow, Annotations, text_to_annotate
from ftcompare.store.review.error_schemes import ErrorSchemes
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import to_json
from ftcompare.store.study import audit


@dataclass(frozen=True, slots=True)
class MarksMerged:
    """The result of merging the marks of a pack."""

    marks: int = 0  # number of new marks that were not taken back
    taken_back: int = 0  # marks merged earlier and taken back since, without replaced ones
    looked_through: int = 0  # number of answers that the rater has now looked through
    left: str = ""  # why marks were left out, as a clause without a full stop; empty if none were


class _PackMarks:
    """The marks of one open pack, without those of the altered items `left`."""

    def __init__(self, db: Connection, pack: Connection, known: KnownPack, left: Collection[int]) -> None:
        self._db, self._pack, self._known, self._left = db, pack, known, left
        self._merged = [*merged_annotations(db, known.id, known.copy)]
        self._new: list[PackAnnotation] = []
        self._problem = ""

    def read(self, scheme: ErrorScheme) -> None:
        """Verify the marks of the pack, up to the first that was altered."""
        chain = AnnotationChain(scheme, self._known.digest, self._item)
        try:
            for row in read_rows(self._pack):
                self._follow(chain.take(row))
            chain.finish(self._pack)
        except PackAltered as error:
            self._problem = error.detail

    def _follow(self, found: PackAnnotation) -> None:
        if found.seq > len(self._merged):
            self._new.append(found)
        elif found.digest != self._merged[found.seq - 1].digest:
            differs = f"this one has other marks than the one that was merged, from the {found.seq}. on"
            how = "What is merged now counts. To count this file instead, take the earlier merge back first."
            what = f"Two copies of this pack were marked apart: {differs}."
            raise UserError(what, how=how, code="pack-diverged")

    def _item(self, number: int) -> MarkedItem | None:
        if number in self._left:
            raise PackAltered(f"item {number} was left out, and with it its marks and those after them")
        if not (1 <= number <= len(self._known.held) and is_judged(self._pack, number)):
            return None
        (item,) = register.pack_items(self._db, self._known.held[number - 1 : number], self._known.words)
        return MarkedItem(item.item, item.digest(), item.left, item.right)

    def take_over(self, now: datetime) -> MarksMerged:
        if not self._new:
            return MarksMerged(left=self._problem)
        annotations = Annotations(self._db)
        expert = annotations.expert(self._known.words.rater, of_rater=True).id
        scheme = ErrorSchemes(self._db).read()
        for one in self._new:
            _require_known(scheme, one.row)
            self._keep(one, self._added(annotations, expert, one))
        counts = self._counts()
        head = self._new[-1].digest
        detail: dict[str, Json] = {"pack": self._known.name, "rater": self._known.rater, **counts}
        detail |= {"annotations": len(self._merged) + len(self._new), "head": head}
        if self._problem:
            detail["left"] = self._problem
        audit.append(self._db, MARKS_MERGED, detail, now=now)
        return MarksMerged(**counts, left=self._problem)

    def _added(self, annotations: Annotations, expert: ExpertId, one: PackAnnotation) -> AddedRow | None:
        """Add the study's annotation for a row of the pack; None if the row needs none."""
        row = self._of_study(expert, one.row)
        return None if row is None else annotations.append(expert, row, one.at)

    def _of_study(self, expert: ExpertId, row: AnnotationRow) -> AnnotationRow | None:
        if row.retracts is not None:
            sql = """SELECT s.seq FROM merged_annotations m JOIN standing_annotations s ON s.id = m.annotation
                WHERE m.pack = ? AND m.seq = ? AND s.expert = ?"""
            stands = self._db.first(
                sql, (self._known.id, self._known.copy.marks_start + row.retracts, expert)
            )
            return None if stands is None else row._replace(retracts=stands["seq"])
        if row.response is None:
            return None
        response = register.turned(self._db, self._known.held, row.response)
        return None if text_to_annotate(self._db, response) is None else row._replace(response=response)

    def _keep(self, one: PackAnnotation, added: AddedRow | None) -> None:
        seq, row, at, digest = one
        self._db.insert(
            "merged_annotations",
            pack=self._known.id,
            seq=self._known.copy.marks_start + seq,
            kind=row.kind,
            answer=row.response,
            record=to_json(row.record),
            retracts=row.retracts,
            at=at,
            digest=digest,
            annotation=None if added is None else added.id,
        )

    def _counts(self) -> dict[str, int]:
        retractions = [one.row for one in self._new if one.row.retracts is not None]
        gone = {row.retracts for row in retractions}
        stand = [one.row.kind for one in self._new if one.seq not in gone]
        before = {one.seq for one in self._merged if one.row.kind is AnnotationKind.MARK}
        taken = sum(row.retracts in before and not row.record for row in retractions)
        looked = stand.count(AnnotationKind.REVIEWED)
        return {"marks": stand.count(AnnotationKind.MARK), "taken_back": taken, "looked_through": looked}


def merge_annotations(
    db: Connection, pack: Connection, known: KnownPack, left: Collection[int], now: datetime
) -> MarksMerged:
    """Merge the marks of an open pack of this study; arguments as `_PackMarks`."""
    scheme = known.words.error_scheme
    if scheme is None:
        return MarksMerged()
    marks = _PackMarks(db, pack, known, left)
    marks.read(scheme)
    return marks.take_over(now)


def _require_known(scheme: ErrorScheme, row: AnnotationRow) -> None:
    if row.kind is not AnnotationKind.MARK:
        return
    kind, severity = str(row.record["error_type"]), str(row.record["severity"])
    if scheme.error_type(kind) is None or scheme.severity(severity) is None:
        what = f"The error scheme of the study has no “{kind}” of severity “{severity}” any more."
        how = "Set back the error scheme that the pack was made with, and merge again."
        raise UserError(what, how=how, code="error-scheme-changed")
