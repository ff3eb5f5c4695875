"""Annotations as rows of the file: their JSON, and each expert's hash chain."""

from __future__ import annotations

import sqlite3

from ftcompare.core.annotations import (
    Adjudicated,
    Adjudication,
    Annotation,
    AnnotationKind,
    Correction,
    ExpertId,
    Mark,
    RefusalLabel,
    RefusalSaid,
    Reviewed,
    StoredAnnotation,
)
from ftcompare.core.hashing import Json, digest, link
from ftcompare.core.pack_results import AnnotationRow as AnnotationRow
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.values import read_object

_TAG = "annotation"

_OF_MARK = ("start", "end", "quote", "error_type", "severity", "comment", "suggestion")
_OF_VERDICT = ("choice", "strength", "reason", "after_comments", "amends")


def to_row(given: Annotation) -> AnnotationRow:
    """Convert an annotation to a row."""
    match given:
        case Mark():
            return AnnotationRow(AnnotationKind.MARK, given.response, None, _fields(given, *_OF_MARK))
        case Correction():
            record = _fields(given, "text", "comment")
            return AnnotationRow(AnnotationKind.CORRECTION, given.response, None, record)
        case Adjudication():
            record = _fields(given, *_OF_VERDICT)
            return AnnotationRow(AnnotationKind.ADJUDICATION, None, given.comparison, record)
        case Reviewed():
            return AnnotationRow(AnnotationKind.REVIEWED, given.response, None, {})
        case RefusalLabel():
            return AnnotationRow(AnnotationKind.REFUSAL, given.response, None, _fields(given, "label"))


def _fields(given: Annotation, *names: str) -> dict[str, Json]:
    return {name: getattr(given, name) for name in names}


def retraction(seq: int, *, replaced: bool = False) -> AnnotationRow:
    """The row that takes back an earlier one of the same expert; ``replaced`` if the next row replaces it."""
    return AnnotationRow(AnnotationKind.RETRACTION, None, None, {"replaced": True} if replaced else {}, seq)


def to_annotation(row: sqlite3.Row) -> StoredAnnotation:
    """Convert a row of ``annotations`` that is not a retraction."""
    record, kind = read_object(row["record"]), AnnotationKind(row["kind"])
    given: Annotation
    if kind is AnnotationKind.MARK:
        given = Mark(row["response"], **record)
    elif kind is AnnotationKind.CORRECTION:
        given = Correction(row["response"], **record)
    elif kind is AnnotationKind.ADJUDICATION:
        given = Adjudication(row["comparison"], **{**record, "choice": Adjudicated(record["choice"])})
    elif kind is AnnotationKind.REFUSAL:
        given = RefusalLabel(row["response"], RefusalSaid(record["label"]))
    else:
        given = Reviewed(row["response"])
    return StoredAnnotation(ExpertId(row["expert"]), row["seq"], row["at"], given)


def genesis(db: Connection, expert: ExpertId) -> str:
    """The first value of an expert's hash chain; it covers the expert's data."""
    row = db.rows("SELECT name, folded FROM experts WHERE id = ?", (expert,))[0]
    return digest("expert", [expert, *row])


def next_link(db: Connection, previous: str, expert: ExpertId, seq: int, row: AnnotationRow, at: str) -> str:
    """The digest of a row.

    It covers the row's content, the texts that it is about, and the previous digest.
    """
    target: list[Json] = [row.response, row.comparison, *_shown(db, row)]
    return link(_TAG, previous, [expert, seq, row.kind, target, row.record, row.retracts, at])


def _shown(db: Connection, row: AnnotationRow) -> list[Json]:
    """Digests of the texts that an annotation is about."""
    sql = """SELECT digest FROM responses WHERE id = ?1
        OR id IN (SELECT a FROM comparisons WHERE id = ?2 UNION SELECT b FROM comparisons WHERE id = ?2)
        ORDER BY id"""
    return [found["digest"] for found in db.rows(sql, (row.response, row.comparison))]


def check_annotations(db: Connection) -> str:
    """Verify every expert's chain, and that each retraction takes back a standing row.

    Empty if all is valid.
    """
    for expert, name in [*db.each("SELECT id, name FROM experts ORDER BY id")]:
        if problem := _check_chain(db, ExpertId(expert)):
            return f"{name}: {problem}"
    return ""


def _check_chain(db: Connection, expert: ExpertId) -> str:
    previous, standing, last = genesis(db, expert), set[int](), 0
    sql = "SELECT * FROM annotations WHERE expert = ? AND seq > ? ORDER BY seq LIMIT ?"
    for number, stored in enumerate(db.paged(sql, (expert,), key="seq"), start=1):
        row = _stored(stored)
        previous = next_link(db, previous, expert, number, row, stored["at"])
        if (stored["seq"], stored["digest"]) != (number, previous) or stored["id"] <= last:
            return f"annotation {number} or its answer was altered, or one was removed or added"
        if row.retracts is not None and row.retracts not in standing:
            return f"annotation {number} takes back nothing"
        last = stored["id"]
        standing = standing - {row.retracts} if row.retracts else standing | {number}
    return ""


def _stored(row: sqlite3.Row) -> AnnotationRow:
    kind, record = AnnotationKind(row["kind"]), read_object(row["record"])
    return AnnotationRow(kind, row["response"], row["comparison"], record, row["retracts"])
