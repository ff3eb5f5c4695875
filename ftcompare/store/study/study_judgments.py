"""The judgments of a study: given one by one, and read again with all that belongs to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ftcompare.core.errors import UserError
from ftcompare.core.study import AllocationId, ComparisonKind, GuessRow, JudgedRow, RaterId
from ftcompare.store.judging.event_chain import Target
from ftcompare.store.judging.verdict_recorder import JudgmentLog
from ftcompare.store.records import RatingSettings
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study.judgment_queries import (
    GUESSED,
    JUDGED,
    PAGE,
    VOTED,
    JudgmentReader,
    VoteReader,
    VoteRow,
)
from ftcompare.store.study.raters import genesis
from ftcompare.store.study.settings import StudySettings


class StudyJudgments(JudgmentLog):
    """The judgments of a study: given in it, merged from packs, imported."""

    ITEM = """SELECT al.id, p.messages,
            CASE al.a_is_left WHEN 1 THEN a.text ELSE b.text END AS left_text,
            CASE al.a_is_left WHEN 1 THEN b.text ELSE a.text END AS right_text,
            COALESCE(d.comment, '') AS comment, COALESCE(d.flagged, 0) AS flagged,
            COALESCE(d.details, '') AS details
        FROM allocations al
        JOIN comparisons c ON c.id = al.comparison
        JOIN responses a ON a.id = c.a
        JOIN responses b ON b.id = c.b
        JOIN prompts p ON p.id = a.prompt
        LEFT JOIN drafts d ON d.allocation = al.id"""

    TARGET = """SELECT al.id AS allocation, al.rater, al.comparison, al.draw, al.position, al.a_is_left,
            al.standing, al.standing_kind, al.guess, al.pack, a.digest AS digest_a, b.digest AS digest_b
        FROM allocations al
        JOIN comparisons c ON c.id = al.comparison
        JOIN responses a ON a.id = c.a
        JOIN responses b ON b.id = c.b"""

    def settings(self) -> RatingSettings:
        """What raters are told and asked."""
        settings = StudySettings(self._db)
        study, design = settings.read(), settings.design()
        return RatingSettings(
            title=study.title,
            notice=study.notice,
            scale=study.scale,
            instructions=design.instructions,
            practice=design.practice,
            closed=not study.blinded,
        )

    def of_item(self, allocation: AllocationId) -> JudgedRow:
        """One standing judgment.

        Raises:
            UserError: ``not-judged`` if the item is open or skipped.
        """
        row = self._db.first(f"{JUDGED} AND e.allocation = ?", (allocation,))
        if row is None:
            raise UserError("This item has not been judged.", code="not-judged")
        return JudgmentReader(self._db).judged(row)

    def standing(
        self, kind: ComparisonKind = ComparisonKind.ORDINARY, *, repeats: bool = False
    ) -> Iterator[JudgedRow]:
        """Standing judgments of one kind in order of time, a page at a time; skips are left out.

        Args:
            kind: of comparison; the kinds are never mixed.
            repeats: with the hidden repeats, which are no judgments of their own.
        """
        reader = JudgmentReader(self._db)
        repeated = "" if repeats else "AND al.repeat_of IS NULL"
        for rows in self._pages(f"{JUDGED} AND al.kind = ? {repeated}", kind):
            yield from map(reader.judged, rows)

    def votes(self, kind: ComparisonKind = ComparisonKind.ORDINARY) -> Iterator[VoteRow]:
        """The judgments of `standing`, in the same order, at a fraction of the time."""
        reader = VoteReader(self._db)
        for rows in self._pages(VOTED, kind):
            yield from reader.votes(rows)

    def repeat_pairs(self) -> Iterator[tuple[JudgedRow, JudgedRow]]:
        """Each standing judgment of a hidden repeat with that of the pair it repeats, in order of time."""
        reader = JudgmentReader(self._db)
        for rows in self._pages(f"{JUDGED} AND al.repeat_of IS NOT NULL"):
            for row in rows:
                first = self._db.first(f"{JUDGED} AND e.allocation = ?", (row["repeat_of"],))
                if first:
                    yield reader.judged(first), reader.judged(row)

    def _pages(self, query: str, *parameters: str) -> Iterator[list[sqlite3.Row]]:
        """The rows of a query of judgments in order of time, so many at once that little is held."""
        last = ("", 0)
        while rows := self._db.rows(
            f"{query} AND (e.at, e.id) > (?, ?) ORDER BY e.at, e.id LIMIT {PAGE}", (*parameters, *last)
        ):
            yield rows
            last = (rows[-1]["at"], rows[-1]["id"])

    def guesses(self) -> Iterator[GuessRow]:
        """The standing guesses on ordinary comparisons, by rater in order of time, a page at a time."""
        reader = JudgmentReader(self._db)
        last = (0, 0)
        while rows := self._db.rows(f"{GUESSED} LIMIT {PAGE}", last):
            yield from map(reader.guessed, rows)
            last = (rows[-1]["rater"], rows[-1]["id"])

    def _target(self, row: sqlite3.Row) -> Target:
        return to_target(row)

    def _genesis(self, db: Connection, rater: RaterId) -> str:
        return genesis(db, rater)


def to_target(row: sqlite3.Row) -> Target:
    """A row of `StudyJudgments.TARGET`, or of events joined to the same.

    Its events cover which pair stood where, and both responses.
    """
    a_is_left = None if row["a_is_left"] is None else bool(row["a_is_left"])
    where = (row["allocation"], row["comparison"], row["draw"], row["position"], a_is_left)
    shown = (row["digest_a"], row["digest_b"])
    return Target(AllocationId(row["allocation"]), RaterId(row["rater"]), where, shown)
