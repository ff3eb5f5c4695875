"""Answers of raters to the questions around their work, in a study and in a pack, apart from judgments."""

from __future__ import annotations

from collections.abc import Iterable

from ftcompare.core.grouping import grouped
from ftcompare.core.study import RaterId
from ftcompare.core.survey import SurveyAnswer, answers_json, read_answers
from ftcompare.store.sqlite.connection import KeyValueStore, Repository
from ftcompare.store.sqlite.values import read_any, read_row, to_json

_ALL = "SELECT rater, moment, question, answer, at FROM survey_answers ORDER BY at, id"
_ADD = """INSERT OR IGNORE INTO survey_answers (rater, moment, question, answer, at)
    VALUES (?, ?, ?, ?, ?)"""
_KEY = "survey"  # key in the table ``state`` of a pack


class SurveyAnswers(Repository):
    """The answers in a study."""

    def all(self) -> dict[RaterId, tuple[SurveyAnswer, ...]]:
        """Return the newest answer of each rater to each question, oldest first."""
        rows = self._db.rows(_ALL)
        by_rater = grouped((RaterId(row["rater"]), read_row(SurveyAnswer, row)) for row in rows)
        return {rater: _newest(answers) for rater, answers in by_rater.items()}

    def of(self, rater: RaterId) -> tuple[SurveyAnswer, ...]:
        return self.all().get(rater, ())

    def add(self, rater: RaterId, answers: Iterable[SurveyAnswer]) -> int:
        """Store the answers that are not stored yet; return their number."""
        with self._db.atomic():
            rows = ((rater, one.moment.value, one.question, one.answer, one.at) for one in answers)
            return sum(self._db.execute(_ADD, row).rowcount for row in rows)


class PackSurveyAnswers(Repository):
    """The answers in a pack, which has one rater."""

    def of(self, _rater: RaterId) -> tuple[SurveyAnswer, ...]:
        """Return the newest answer to each question. Raises ValueError if the stored ones are damaged."""
        return _newest(read_answers(read_any(KeyValueStore(self._db).get(_KEY) or "[]")))

    def add(self, rater: RaterId, answers: Iterable[SurveyAnswer]) -> None:
        if new := tuple(answers):
            KeyValueStore(self._db).put(_KEY, to_json(answers_json((*self.of(rater), *new))))


def _newest(answers: Iterable[SurveyAnswer]) -> tuple[SurveyAnswer, ...]:
    by_time = sorted(answers, key=lambda one: one.at)
    return tuple({(one.moment, one.question): one for one in by_time}.values())
