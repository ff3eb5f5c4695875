"""Rating in a study: who rates, and how their allocations are read and chained."""

from __future__ import annotations

import sqlite3
import unicodedata

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import digest
from ftcompare.core.study import AllocationId, Rater, RaterId, RaterKind
from ftcompare.store.integrity.event_chain import Target
from ftcompare.store.records import RatingSettings
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study.judgment_log import RatingLog
from ftcompare.store.study.rating_json import read_design
from ftcompare.store.study.settings import read_study

_LIVE_ONLY = """SELECT DISTINCT rater AS id FROM allocations live WHERE kind = 'live'
    AND NOT EXISTS (SELECT 1 FROM allocations own WHERE own.rater = live.rater AND own.kind <> 'live')
    AND NOT EXISTS (SELECT 1 FROM slots WHERE slots.rater = live.rater)"""


class RatingPart(RatingLog):
    """Raters and judgments of a study."""

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

    def add_rater(self, name: str, kind: RaterKind = RaterKind.HUMAN) -> Rater:
        """The rater of this name, added if new; case and surrounding spaces do not tell raters apart.

        Raises:
            UserError: ``no-rater-name`` if nothing is left of the name.
        """
        with self._db.atomic():
            return get_rater(self._db, name, kind)[0]

    def raters(self) -> tuple[Rater, ...]:
        """All raters in the order they were added."""
        return tuple(to_rater(row) for row in self._db.rows("SELECT * FROM raters ORDER BY id"))

    def live_only(self) -> frozenset[RaterId]:
        """Those who asked on the live page and have no part in the study's own pairs."""
        return frozenset(RaterId(row["id"]) for row in self._db.rows(_LIVE_ONLY))

    def rating(self) -> RatingSettings:
        """What raters are told and asked."""
        row = self._db.rows("SELECT rating FROM study")[0]
        study, design = read_study(self._db), read_design(row["rating"])
        return RatingSettings(
            title=study.title,
            notice=study.notice,
            scale=study.scale,
            instructions=design.instructions,
            practice=design.practice,
            closed=not study.blinded,
        )

    def _target(self, row: sqlite3.Row) -> Target:
        return to_target(row)

    def _genesis(self, db: Connection, rater: RaterId) -> str:
        return genesis(db, rater)


def genesis(db: Connection, rater: RaterId) -> str:
    """Where a rater's chain begins: it covers who the rater is."""
    row = db.rows("SELECT name, kind FROM raters WHERE id = ?", (rater,))[0]
    return digest("rater", [rater, row["name"], row["kind"]])


def to_target(row: sqlite3.Row) -> Target:
    """A row of `RatingPart.TARGET`, or of events joined to the same."""
    a_is_left = row["a_is_left"]
    return target(
        AllocationId(row["allocation"]),
        RaterId(row["rater"]),
        row["comparison"],
        row["draw"],
        row["position"],
        None if a_is_left is None else bool(a_is_left),
        (row["digest_a"], row["digest_b"]),
    )


def target(
    allocation: AllocationId,
    rater: RaterId,
    comparison: int,
    draw: int | None,
    position: int | None,
    a_is_left: bool | None,
    shown: tuple[str, str],
) -> Target:
    """An allocation of a study: its events cover which pair stood where, and both responses."""
    return Target(allocation, rater, (allocation, comparison, draw, position, a_is_left), shown)


def get_rater(db: Connection, name: str, kind: RaterKind) -> tuple[Rater, bool]:
    """The rater of this name and kind, and whether they were added just now."""
    shown = unicodedata.normalize("NFC", name).strip()
    if not shown:
        raise UserError("A rater needs a name.", how="Any name or initials will do.", code="no-rater-name")
    key = (unicodedata.normalize("NFC", shown.casefold()), kind)
    known = db.first("SELECT * FROM raters WHERE folded = ? AND kind = ?", key)
    if known:
        return to_rater(known), False
    rater = db.insert("INSERT INTO raters (name, folded, kind) VALUES (?, ?, ?)", (shown, *key))
    return Rater(RaterId(rater), shown, kind), True


def to_rater(row: sqlite3.Row) -> Rater:
    """A row of ``raters``."""
    return Rater(RaterId(row["id"]), row["name"], RaterKind(row["kind"]))
