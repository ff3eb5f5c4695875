"""Judges that are models, their replies, and the votes derived from the replies.

Both tables are append-only. A vote is stored like an imported judgment of the judge's automatic rater, so
that code that compares automatic raters with people needs no special case.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import NamedTuple

from ftcompare.core import study
from ftcompare.core.errors import UserError
from ftcompare.core.judge import (
    JUDGE_FORM,
    Judge,
    JudgeId,
    JudgeOutcome,
    JudgeReply,
    JudgeSpec,
    JudgeVote,
)
from ftcompare.core.study import folded_name, kept_name
from ftcompare.core.typed_json import read_record, record_json
from ftcompare.store.judging.verdict_recorder import ChainWriter
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_object, read_row, stamp, to_json
from ftcompare.store.study import audit
from ftcompare.store.study.import_batch import JudgedPlace, JudgmentBatch, origin_digest
from ftcompare.store.study.measured_results import insert_measured
from ftcompare.store.study.raters import genesis, get_rater
from ftcompare.store.study.responses import to_response
from ftcompare.store.study.systems import keep_names

ADDED = "judge-added"  # kind of the audit entry of a new judge


_PAIRS = """SELECT c.id, a.prompt, c.a, c.b, a.system, b.system, EXISTS (
        SELECT 1 FROM allocations al JOIN raters r ON r.id = al.rater AND r.kind = 'human'
        WHERE al.comparison = c.id AND al.kind = 'ordinary' AND al.standing_kind = 'judgment')
    FROM comparisons c JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
    WHERE c.kind = 'ordinary' ORDER BY c.id"""


class PairToJudge(NamedTuple):
    """An ordinary pair without its texts; ``a`` is the response of the system that was added first."""

    comparison: study.ComparisonId
    prompt: study.PromptId
    a: study.ResponseId
    b: study.ResponseId
    system_a: study.SystemId
    system_b: study.SystemId
    by_people: bool  # whether a person has judged the pair


class Judges(Repository):
    """Judges in the order they were added, with their replies and votes."""

    def all(self) -> tuple[Judge, ...]:
        return tuple(_to_judge(row) for row in self._db.rows("SELECT * FROM judges ORDER BY id"))

    def named(self, name: str) -> Judge | None:
        """Return the judge of this name, ignoring case and surrounding spaces; None if there is none."""
        found = (judge for judge in self.all() if folded_name(judge.name) == folded_name(name))
        return next(found, None)

    def known(self, spec: JudgeSpec) -> Judge | None:
        """Return the judge with this description; None if it can be added. Raises as `add`."""
        found = self.named(spec.name)
        if found is None:
            self._require_free(spec.name)
            return None
        one, other = (record_json(given, JUDGE_FORM) for given in (found.spec, spec))
        if one != other and kept_name(spec.name) == found.name:
            what = f"The study has a judge called “{found.name}” with other settings."
            how = "Give this one another name. A judge's votes belong to its rubric, model, and settings."
            raise UserError(what, how=how, code="judge-differs")
        return found

    def add(self, spec: JudgeSpec, *, now: datetime) -> Judge:
        """Add a judge with its own automatic rater; return the existing one of the same description."""
        with self._db.atomic():
            known = self.known(spec)
            if known is not None:
                return known
            keep_names(self._db, now=now)
            rater = get_rater(self._db, spec.name, study.RaterKind.AUTOMATIC)[0]
            record = to_json(record_json(spec, JUDGE_FORM))
            judge = insert_measured(self._db, "judges", name=rater.name, rater=rater.id, record=record)
            made = _to_judge(self._db.rows("SELECT * FROM judges WHERE id = ?", (judge,))[0])
            audit.append(self._db, ADDED, {"judge": judge, "record": made.digest}, now=now)
            return made

    def add_reply(self, reply: JudgeReply, *, examination: int) -> None:
        """Store a judge's reply to a pair in one order or to a response; an existing one stays."""
        with self._db.atomic():
            if reply.response is None:
                sql = "SELECT 1 FROM judge_replies WHERE comparison = ? AND judge = ? AND a_first = ?"
                key: tuple[int | None, ...] = (reply.comparison, reply.judge, reply.a_first)
            else:
                sql = "SELECT 1 FROM judge_replies WHERE response = ? AND judge = ?"
                key = (reply.response, reply.judge)
            if not (self._db.first(sql, key) is not None):
                insert_measured(
                    self._db,
                    "judge_replies",
                    judge=reply.judge,
                    examination=examination,
                    comparison=reply.comparison,
                    a_first=None if reply.a_first is None else int(reply.a_first),
                    response=reply.response,
                    outcome=reply.outcome.value,
                    score=None if reply.score is None else float(reply.score),
                    replies=to_json([asdict(one) for one in reply.tries]),
                )

    def add_votes(
        self, judge: Judge, comparison: study.ComparisonId, votes: Iterable[JudgeVote], *, now: datetime
    ) -> int:
        """Store votes of the judge's rater, unless it has judged the pair; return how many were added."""
        with self._db.atomic():
            if self._db.first(_HAS_VOTED, (judge.rater, comparison)):
                return 0
            return self._append(judge.rater, comparison, votes, stamp(now))

    def replies(self, judge: JudgeId) -> Iterator[JudgeReply]:
        sql = "SELECT *, replies AS tries FROM judge_replies WHERE judge = ? AND id > ? ORDER BY id LIMIT ?"
        return (read_row(JudgeReply, row) for row in self._db.paged(sql, (judge,)))

    def replies_on(self, comparison: study.ComparisonId) -> tuple[JudgeReply, ...]:
        """Return the replies of all judges to a pair and to its two responses, oldest first."""
        rows = self._db.rows(
            """SELECT *, replies AS tries FROM judge_replies WHERE comparison = ?1 OR response IN (
                SELECT a FROM comparisons WHERE id = ?1 UNION SELECT b FROM comparisons WHERE id = ?1)
            ORDER BY id""",
            (comparison,),
        )
        return tuple(read_row(JudgeReply, row) for row in rows)

    def orders_judged(self, judge: JudgeId) -> dict[tuple[study.ComparisonId, bool], JudgeOutcome]:
        """Return the outcome for each pair in each order; the second part of a key is ``a_first``."""
        sql = """SELECT comparison, a_first, outcome FROM judge_replies
            WHERE judge = ? AND comparison IS NOT NULL ORDER BY id"""
        return {
            (study.ComparisonId(pair), bool(first)): JudgeOutcome(outcome)
            for pair, first, outcome in self._db.each(sql, (judge,))
        }

    def scores(self, judge: JudgeId) -> dict[study.ResponseId, float | None]:
        """Return a judge's score of each response; None if none could be read from its replies."""
        sql = "SELECT response, score FROM judge_replies WHERE judge = ? AND response IS NOT NULL ORDER BY id"
        return {study.ResponseId(response): score for response, score in self._db.each(sql, (judge,))}

    def voted(self, judge: Judge) -> frozenset[study.ComparisonId]:
        sql = "SELECT DISTINCT comparison FROM allocations WHERE rater = ?"
        return frozenset(study.ComparisonId(pair) for (pair,) in self._db.each(sql, (judge.rater,)))

    def pairs(self) -> tuple[PairToJudge, ...]:
        return tuple(
            PairToJudge(
                study.ComparisonId(pair),
                study.PromptId(prompt),
                study.ResponseId(a),
                study.ResponseId(b),
                study.SystemId(first),
                study.SystemId(second),
                bool(people),
            )
            for pair, prompt, a, b, first, second, people in self._db.each(_PAIRS)
        )

    def responses(self, ids: Collection[study.ResponseId]) -> dict[study.ResponseId, study.Response]:
        sql = "SELECT r.* FROM json_each(?) asked JOIN responses r ON r.id = asked.value"
        found = (to_response(row) for row in self._db.rows(sql, (to_json([*sorted(ids)]),)))
        return {response.id: response for response in found}

    def sides(self, comparison: study.ComparisonId) -> tuple[study.Response, study.Response]:
        sql = """SELECT r.* FROM comparisons c JOIN responses r ON r.id IN (c.a, c.b)
            WHERE c.id = ? ORDER BY r.id = c.b"""
        a, b = (to_response(row) for row in self._db.rows(sql, (comparison,)))
        return a, b

    def _require_free(self, name: str) -> None:
        taken = self._db.first("SELECT kind FROM raters WHERE folded = ?", (folded_name(name),))
        if taken is not None:
            who = (
                "A person"
                if taken["kind"] == study.RaterKind.HUMAN
                else "An automatic rater with other votes"
            )
            how = "Give the judge another name."
            raise UserError(
                f"{who} is already called “{name}” in this study.", how=how, code="judge-name-taken"
            )

    def _append(
        self, rater: study.RaterId, comparison: study.ComparisonId, votes: Iterable[JudgeVote], at: str
    ) -> int:
        batch, added = JudgmentBatch(self._db, ChainWriter(self._db, genesis)), 0
        shown = _shown(self._db, comparison)
        for vote in votes:
            left = {None: "", True: "a", False: "b"}[vote.a_is_left]
            place = JudgedPlace(rater, comparison, study.ComparisonKind.ORDINARY.value, vote.a_is_left, shown)
            preference = abs(float(vote.preference))
            event = study.JudgmentEvent(
                study.EventKind.JUDGMENT, vote.choice, preference=preference, comment=vote.comment, at=at
            )
            batch.add(place, event, origin_digest(comparison, rater, event, left, at))
            added += 1
        batch.finish()
        return added


_HAS_VOTED = "SELECT 1 FROM allocations WHERE rater = ? AND comparison = ? LIMIT 1"


def _shown(db: Connection, comparison: study.ComparisonId) -> tuple[str, str]:
    sql = """SELECT a.digest, b.digest FROM comparisons c JOIN responses a ON a.id = c.a
        JOIN responses b ON b.id = c.b WHERE c.id = ?"""
    a, b = db.rows(sql, (comparison,))[0]
    return a, b


def _to_judge(row: sqlite3.Row) -> Judge:
    spec = read_record(JudgeSpec, read_object(row["record"]), JUDGE_FORM)
    return read_row(Judge, row, spec=spec)
