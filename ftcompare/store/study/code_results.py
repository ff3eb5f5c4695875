"""Results of running the code of answers with the tests of their prompts."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.core.study import ResponseId
from ftcompare.store.records import CodeResult
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.study.measured_rows import insert_measured


class StudyCodeResults(Repository):
    """Stores one row for each response and digest of the tests that were run with its code."""

    def store(self, result: CodeResult, *, examination: int) -> None:
        """Store the result of one run. The response must not have a result with the same tests already."""
        values = {"tests": result.tests, "outcome": result.outcome, "detail": result.detail}
        with self._db.atomic():
            insert_measured(
                self._db, "code_results", examination=examination, response=result.response, **values
            )

    def run(self) -> frozenset[tuple[ResponseId, str]]:
        """The responses whose code was run, each with the digest of its tests."""
        rows = self._db.rows("SELECT response, tests FROM code_results")
        return frozenset((ResponseId(row["response"]), row["tests"]) for row in rows)

    def all(self) -> Iterator[CodeResult]:
        """Every result in the order in which they were stored, read a page at a time."""
        for row in self._db.paged("SELECT * FROM code_results WHERE id > ? ORDER BY id LIMIT ?"):
            yield CodeResult(ResponseId(row["response"]), row["tests"], row["outcome"], row["detail"])
