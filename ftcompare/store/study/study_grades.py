"""The grades of a study in which raters see one answer at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ftcompare.core.study import AllocationId, GradedRow, PairNotes, Prompt, Rater, Response
from ftcompare.store.judging.verdict_recorder import read_details
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.study.prompts import to_prompt
from ftcompare.store.study.raters import to_rater
from ftcompare.store.study.responses import to_response

_GRADED = """SELECT e.id, e.at, e.strength, e.comment, e.flagged, e.seconds, e.details,
        al.id AS allocation, al.rater, al.repeat_of, c.a AS response
    FROM allocations al JOIN events e ON e.id = al.standing JOIN comparisons c ON c.id = al.comparison
    WHERE al.kind = 'graded' AND al.standing_kind = 'judgment' AND e.id > ? ORDER BY e.id LIMIT ?"""


class StudyGrades(Repository):
    """The standing grades. `StudyJudgments` has the judgments of pairs; a study has only one of the two."""

    def standing(self, *, repeats: bool = False) -> Iterator[GradedRow]:
        """Yield the standing grades in order of their events, hidden repeats only with `repeats`."""
        prompts: dict[int, Prompt] = {}
        raters = {row["id"]: to_rater(row) for row in self._db.rows("SELECT * FROM raters")}
        for row in self._db.paged(_GRADED, (), key="id"):
            if row["repeat_of"] is None or repeats:
                response = to_response(self._row("responses", row["response"]))
                if response.prompt not in prompts:
                    prompts[response.prompt] = to_prompt(self._row("prompts", response.prompt))
                yield _graded(row, response, prompts[response.prompt], raters[row["rater"]])

    def _row(self, table: str, number: int) -> sqlite3.Row:
        return self._db.rows(f"SELECT * FROM {table} WHERE id = ?", (number,))[0]


def _graded(row: sqlite3.Row, response: Response, prompt: Prompt, rater: Rater) -> GradedRow:
    notes: PairNotes[str] = PairNotes(
        comment=row["comment"], flagged=bool(row["flagged"]), **read_details(row["details"])
    )
    first = None if row["repeat_of"] is None else AllocationId(row["repeat_of"])
    where = AllocationId(row["allocation"]), response, prompt, rater
    return GradedRow(*where, row["strength"], notes, row["seconds"], row["at"], first)
