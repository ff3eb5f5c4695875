"""The answers that annotations refer to, and those that people label as declining, with their prompts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ftcompare.core.annotations import (
    AnnotationKind,
    Correction,
    ExpertId,
    RefusalLabel,
    RefusalSaid,
    StoredAnnotation,
)
from ftcompare.core.errors import UserError
from ftcompare.core.study import Prompt, Response, ResponseId
from ftcompare.store.review.annotations import to_annotation
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.sqlite.values import read_object
from ftcompare.store.study.prompts import to_prompt
from ftcompare.store.study.responses import IS_SECOND, to_response

_CORRECTED = """SELECT * FROM standing_annotations
    WHERE kind = 'correction' AND (?1 IS NULL OR response = ?1) AND id > ?2 ORDER BY id LIMIT ?3"""


@dataclass(frozen=True, slots=True)
class AnnotatedAnswer:
    prompt: Prompt
    response: Response


@dataclass(frozen=True, slots=True)
class StoredCorrection:
    """A standing correction, with the answer that it corrects."""

    stored: StoredAnnotation
    correction: Correction
    of: AnnotatedAnswer


class AnnotatedAnswers(Repository):
    """Answers to the study's own prompts and to those of the live page."""

    def one(self, response: ResponseId) -> AnnotatedAnswer:
        answer = self._db.first("SELECT * FROM responses WHERE id = ?", (response,))
        if answer is None:
            raise UserError("The study has no such answer.", code="answer-unknown")
        (prompt,) = self._db.rows("SELECT * FROM prompts WHERE id = ?", (answer["prompt"],))
        return AnnotatedAnswer(to_prompt(prompt), to_response(answer))

    def corrections(self, response: ResponseId | None = None) -> Iterator[StoredCorrection]:
        """Yield the standing corrections of one answer, or of all if None; oldest first."""
        for row in self._db.paged(_CORRECTED, (response,)):
            stored = to_annotation(row)
            correction = Correction(row["response"], **read_object(row["record"]))
            yield StoredCorrection(stored, correction, self.one(correction.response))


_TO_LABEL = f"""FROM responses r JOIN prompts p ON p.id = r.prompt AND p.kind = ''
    JOIN systems s ON s.id = r.system AND s.kind <> 'gold'
    WHERE CASE WHEN json_valid(p.fields) THEN json_extract(p.fields, '$.expects') END
        IN ('refusal', 'answer') AND trim(r.text) <> '' AND NOT {IS_SECOND}"""
_SAID = """SELECT * FROM standing_annotations
    WHERE kind = ?1 AND (?2 IS NULL OR expert = ?2) AND id > ?3 ORDER BY id LIMIT ?4"""


class DecliningAnswers(Repository):
    """Answers to label and their labels. Empty answers and second answers are left out."""

    def to_label(self) -> tuple[ResponseId, ...]:
        return tuple(ResponseId(row["id"]) for row in self._db.rows(f"SELECT r.id {_TO_LABEL} ORDER BY r.id"))

    def count_said(self, expert: ExpertId) -> int:
        sql = "SELECT COUNT(*) FROM standing_annotations WHERE kind = ? AND expert = ?"
        counted: int = self._db.value(sql, (AnnotationKind.REFUSAL, expert))
        return counted

    def said(self, expert: ExpertId | None = None) -> Iterator[tuple[ExpertId, ResponseId, RefusalSaid]]:
        """Yield the standing labels of all people, or of one; oldest first."""
        for row in self._db.paged(_SAID, (AnnotationKind.REFUSAL, expert)):
            stored = to_annotation(row)
            if isinstance(stored.given, RefusalLabel):
                yield stored.expert, stored.given.response, stored.given.label
