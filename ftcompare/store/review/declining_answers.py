"""Answers to prompts that expect a refusal or an answer, with people's labels whether the answers decline."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.core.annotations import AnnotationKind, ExpertId, RefusalLabel, RefusalSaid
from ftcompare.core.study import ResponseId
from ftcompare.store.review.annotation_rows import to_annotation
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.study.responses import IS_SECOND

_TO_LABEL = f"""FROM responses r JOIN prompts p ON p.id = r.prompt AND p.kind = ''
    JOIN systems s ON s.id = r.system AND s.kind <> 'gold'
    WHERE CASE WHEN json_valid(p.fields) THEN json_extract(p.fields, '$.expects') END
        IN ('refusal', 'answer') AND trim(r.text) <> '' AND NOT {IS_SECOND}"""
_SAID = """SELECT * FROM standing_annotations
    WHERE kind = ?1 AND (?2 IS NULL OR expert = ?2) AND id > ? ORDER BY id LIMIT ?"""


class DecliningAnswers(Repository):
    """Answers to label and their labels. Empty answers and second answers are left out."""

    def to_label(self) -> tuple[ResponseId, ...]:
        """The answers to label, in the order they were stored."""
        return tuple(ResponseId(row["id"]) for row in self._db.rows(f"SELECT r.id {_TO_LABEL} ORDER BY r.id"))

    def count_said(self, expert: ExpertId) -> int:
        """Number of answers that this person has labelled."""
        sql = "SELECT COUNT(*) FROM standing_annotations WHERE kind = ? AND expert = ?"
        counted: int = self._db.value(sql, (AnnotationKind.REFUSAL, expert))
        return counted

    def said(self, expert: ExpertId | None = None) -> Iterator[tuple[ExpertId, ResponseId, RefusalSaid]]:
        """The standing labels of all people, or of one; oldest first."""
        for row in self._db.paged(_SAID, (AnnotationKind.REFUSAL, expert)):
            stored = to_annotation(row)
            if isinstance(stored.given, RefusalLabel):
                yield stored.expert, stored.given.response, stored.given.label
