"""The answers to one prompt with raters' comments, for reading; no figure is computed from them."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.core.errors import UserError
from ftcompare.core.study import ComparisonKind, JudgedRow, Prompt, PromptId, Response, ResponseId
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.study.prompts import to_prompt
from ftcompare.store.study.responses import to_response
from ftcompare.store.study.study_judgments import JUDGED, SKIPPED, JudgmentReader, SkippedRow

_OF_PROMPT = """AND al.comparison IN (
        SELECT c.id FROM comparisons c JOIN responses r ON r.id = c.a
        WHERE r.prompt = ? AND c.kind = 'ordinary') ORDER BY e.at, e.id"""
_JUDGED_HERE = f"{JUDGED} AND al.kind = ? AND al.repeat_of IS NULL {_OF_PROMPT}"
_SKIPPED_HERE = f"{SKIPPED} {_OF_PROMPT}"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A response; ``compared`` is whether it is in an ordinary comparison."""

    response: Response
    compared: bool


class StudyAnswers(Repository):
    """The answers to the study's own prompts."""

    def prompt(self, prompt: PromptId) -> Prompt:
        """One of the study's own prompts."""
        row = self._db.first("SELECT * FROM prompts WHERE id = ? AND kind = ''", (prompt,))
        if row is None:
            raise UserError("The prompt is not in the study any more.", code="no-answer")
        return to_prompt(row)

    def prompt_of(self, response: ResponseId) -> PromptId:
        """The prompt that a response answers."""
        row = self._db.first("SELECT prompt FROM responses WHERE id = ?", (response,))
        if row is None:
            raise UserError("The answer is not in the study any more.", code="no-answer")
        return PromptId(row["prompt"])

    def of_prompt(self, prompt: PromptId) -> tuple[StoredAnswer, ...]:
        rows = self._db.rows(
            """SELECT r.*, EXISTS (SELECT 1 FROM comparisons c JOIN responses o ON o.id = c.a
                    WHERE o.prompt = r.prompt AND c.kind = 'ordinary' AND r.id IN (c.a, c.b)) AS compared
                FROM responses r JOIN systems s ON s.id = r.system AND s.kind <> 'gold'
                WHERE r.prompt = ? ORDER BY r.system, r.sample""",
            (prompt,),
        )
        return tuple(StoredAnswer(to_response(row), bool(row["compared"])) for row in rows)

    def judged(self, prompt: PromptId) -> tuple[JudgedRow, ...]:
        """The standing judgments of a prompt's ordinary pairs in order of time, without hidden repeats."""
        reader = JudgmentReader(self._db)
        return tuple(map(reader.judged, self._db.rows(_JUDGED_HERE, (ComparisonKind.ORDINARY, prompt))))

    def skipped(self, prompt: PromptId) -> tuple[SkippedRow, ...]:
        """The standing skips of a prompt's ordinary pairs in order of time, without hidden repeats."""
        reader = JudgmentReader(self._db)
        return tuple(map(reader.skipped, self._db.rows(_SKIPPED_HERE, (ComparisonKind.ORDINARY, prompt))))
