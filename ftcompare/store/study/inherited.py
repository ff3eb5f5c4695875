"""Judgments that a study inherits from the study before it, on pairs whose answers are equal.

The study keeps a copy of the judgments of people in the study before it. A pair with the same prompt and the
same answers of the same systems gets its judgments when it is made, at the ends of the raters' chains. Nobody
judges such a pair again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ftcompare.core.hashing import Json, digest
from ftcompare.core.study import ComparisonId, ComparisonKind, EventKind, JudgmentEvent, RaterId, RaterKind
from ftcompare.store.judging.verdict_recorder import ChainWriter, details_json
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_list
from ftcompare.store.study import audit
from ftcompare.store.study.import_batch import JudgedPlace, JudgmentBatch, origin_digest
from ftcompare.store.study.raters import genesis, get_rater
from ftcompare.store.study.settings import rating_digest

CARRIED_ON = "carried-on"  # kind of the audit entry on the study before this one

OF_INHERITED_PAIRS = """SELECT al.comparison FROM inherited i JOIN allocations al ON al.id = i.allocation"""
"""SQL of the pairs whose judgments are inherited."""

_SIDES: dict[int | None, bool | None] = {None: None, 0: False, 1: True}
"""Whether the first answer was left, as stored."""

_COPIED = ("choice", "strength", "preference", "comment", "flagged", "seconds", "details", "at")
"""Columns of a source judgment and of its event here."""

_PAIRS = """SELECT c.id, p.messages_digest AS question, a.earlier AS earlier_a, a.text AS text_a,
        b.earlier AS earlier_b, b.text AS text_b, a.digest AS digest_a, b.digest AS digest_b,
        (SELECT COUNT(*) FROM systems s WHERE s.kind <> 'gold' AND s.id < a.system) AS system_a,
        (SELECT COUNT(*) FROM systems s WHERE s.kind <> 'gold' AND s.id < b.system) AS system_b
    FROM comparisons c JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
    JOIN prompts p ON p.id = a.prompt WHERE c.kind = 'ordinary'"""

_KEPT = f"""SELECT s.pair, r.name, s.a_is_left, {", ".join(f"s.{name}" for name in _COPIED)}, s.digest
    FROM source_judgments s JOIN raters r ON r.id = s.rater ORDER BY s.id"""

_OF_PAIR = """SELECT * FROM source_judgments
    WHERE pair = ? AND id NOT IN (SELECT judgment FROM inherited) ORDER BY id"""

_DIFFERING = f"""SELECT al.id FROM inherited i JOIN allocations al ON al.id = i.allocation
    JOIN source_judgments s ON s.id = i.judgment LEFT JOIN events e ON e.id = al.standing
    WHERE (al.rater, al.a_is_left) IS NOT (s.rater, s.a_is_left) OR al.draw IS NOT NULL
        OR {" OR ".join(f"e.{name} IS NOT s.{name}" for name in _COPIED)} LIMIT 1"""

_UNMARKED = """SELECT al.id, al.comparison, i.judgment, (SELECT s.pair FROM source_judgments s
        WHERE s.id = i.judgment) AS pair
    FROM allocations al JOIN raters r ON r.id = al.rater AND r.kind = 'human'
    LEFT JOIN inherited i ON i.allocation = al.id WHERE al.draw IS NULL AND al.kind = 'ordinary'"""


class SourceJudgment(NamedTuple):
    """A judgment of the study before, in the order of columns that its digest covers."""

    pair: str  # digest of what was judged
    rater: str  # the person's name
    a_is_left: bool | None
    choice: str  # ``a``, ``b``, ``tie`` or ``both_bad``
    strength: int | None
    preference: float
    comment: str
    flagged: bool
    seconds: float | None
    details: str
    at: str  # ISO 8601 UTC
    digest: str  # of the event in the chain of the study before


class Inherited(Repository):
    """The judgments that a study offers to the next one, and those that it has from the study before it."""

    def pairs(self) -> frozenset[ComparisonId]:
        """Return the pairs whose judgments are inherited."""
        return frozenset(ComparisonId(row[0]) for row in self._db.each(OF_INHERITED_PAIRS))

    def seconds(self) -> tuple[float, ...]:
        """Return the times that people took for a judgment in the study before."""
        rows = self._db.rows("SELECT seconds FROM source_judgments WHERE seconds > 0")
        return tuple(row["seconds"] for row in rows)

    def digests(self) -> dict[int, str]:
        """Return, by allocation, the digest that an inherited judgment has in the study before."""
        sql = "SELECT i.allocation, s.digest FROM inherited i JOIN source_judgments s ON s.id = i.judgment"
        return dict(map(tuple, self._db.rows(sql)))

    def offered(self) -> Iterator[SourceJudgment]:
        """Yield the standing judgments of people on ordinary pairs; of equal pairs, those of the first."""
        from ftcompare.store.study.study_judgments import StudyJudgments  # it imports what imports this

        sql = "SELECT al.id, e.digest FROM allocations al JOIN events e ON e.id = al.standing"
        digests = dict(map(tuple, self._db.rows(sql)))
        pairs = {row["id"]: _pair_digest(row) for row in self._db.rows(_PAIRS)}
        first: dict[str, ComparisonId] = {}
        for row in StudyJudgments(self._db).standing():
            pair, number = pairs[row.comparison.id], row.comparison.id
            if row.rater.kind is not RaterKind.HUMAN or first.setdefault(pair, number) != number:
                continue
            yield SourceJudgment(
                pair=pair,
                rater=row.rater.name,
                a_is_left={"": None, "a": True, "b": False}[row.left],
                choice=row.choice,
                strength=row.strength,
                preference=abs(float(row.preference)),
                comment=row.comment,
                flagged=row.flagged,
                seconds=None if row.seconds is None else abs(float(row.seconds)),
                details=details_json(row),
                at=row.at,
                digest=digests[row.allocation],
            )

    def keep(self, judgments: Sequence[SourceJudgment], about: dict[str, Json], *, now: datetime) -> None:
        """Keep the judgments of another study, for the pairs that will be made here.

        ``about`` describes the other study in the audit entry.
        """
        with self._db.atomic():
            for one in judgments:
                rater = get_rater(self._db, one.rater, RaterKind.HUMAN)[0].id
                self._db.insert("source_judgments", **{**one._asdict(), "rater": rater})
            covered: dict[str, Json] = {"judgments": len(judgments), "digest": judgments_digest(judgments)}
            audit.append(
                self._db, CARRIED_ON, {**about, **covered, "rating": rating_digest(self._db)}, now=now
            )


def judgments_digest(judgments: Iterable[SourceJudgment]) -> str:
    return digest("source-judgments", [[*one] for one in judgments])


def _pair_digest(row: sqlite3.Row) -> str:
    answers: list[Json] = [[*read_list(row[f"earlier_{side}"]), row[f"text_{side}"]] for side in "ab"]
    return digest("judged-pair", [row["system_a"], row["system_b"], row["question"], *answers])


def inherit(db: Connection, comparison: ComparisonId) -> None:
    """Add the judgments of the study before on a new pair, if it has the same prompt, answers and rules."""
    if db.first("SELECT 1 FROM source_judgments LIMIT 1") is None:
        return
    pair = db.rows(f"{_PAIRS} AND c.id = ?", (comparison,))[0]
    rows = db.rows(_OF_PAIR, (_pair_digest(pair),))
    if not rows or audit.entries(db, CARRIED_ON)[-1].detail["rating"] != rating_digest(db):
        return
    batch = JudgmentBatch(db, ChainWriter(db, genesis))
    for row in rows:
        rater, side = RaterId(row["rater"]), row["a_is_left"]
        event = JudgmentEvent(EventKind.JUDGMENT, **{name: row[name] for name in _COPIED})
        origin = origin_digest(comparison, rater, event, {None: "", 0: "b", 1: "a"}[side], event.at)
        shown = pair["digest_a"], pair["digest_b"]
        kind = ComparisonKind.ORDINARY.value
        batch.add(JudgedPlace(rater, comparison, kind, _SIDES[side], shown), event, origin)
    batch.finish()
    made = db.rows("SELECT id FROM allocations WHERE comparison = ? ORDER BY id", (comparison,))
    for allocation, row in zip(made, rows, strict=True):
        db.insert("inherited", allocation=allocation["id"], judgment=row["id"])


def check_inherited(db: Connection) -> str:
    """Verify the kept judgments against the audit log, and the inherited ones against these."""
    kept = [SourceJudgment(*row) for row in db.rows(_KEPT)]
    kept = [one._replace(flagged=bool(one.flagged), a_is_left=_SIDES[one.a_is_left]) for one in kept]
    logged = [entry.detail["digest"] for entry in audit.entries(db, CARRIED_ON)]
    if logged != ([judgments_digest(kept)] if logged or kept else []):
        return "the judgments of the study before are not those in the audit log"
    if differing := db.first(_DIFFERING):
        return f"the inherited judgment of item {differing['id']} differs from the study before"
    known = {one.pair for one in kept}
    pairs = {row["id"]: _pair_digest(row) for row in db.rows(_PAIRS)} if known else {}
    for row in db.rows(_UNMARKED) if known else ():
        if row["pair"] != pairs[row["comparison"]] and (row["pair"] or pairs[row["comparison"]] in known):
            return f"item {row['id']} is not marked as inherited, or wrongly"
    return ""
