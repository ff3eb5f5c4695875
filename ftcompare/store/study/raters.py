"""The raters of a study, and their exclusions from the results, each with the owner's reason."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import digest
from ftcompare.core.language import tr
from ftcompare.core.study import Rater, RaterId, RaterKind, folded_name, kept_name
from ftcompare.store.records import Exclusion
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_row, stamp
from ftcompare.store.study import audit
from ftcompare.store.study.settings import StudySettings

ENTRY_KINDS = {True: "rater-excluded", False: "rater-included"}  # of audit entries, by whether excluded

_LIVE_ONLY = """SELECT DISTINCT rater AS id FROM allocations live WHERE kind = 'live'
    AND NOT EXISTS (SELECT 1 FROM allocations own WHERE own.rater = live.rater AND own.kind <> 'live')
    AND NOT EXISTS (SELECT 1 FROM slots WHERE slots.rater = live.rater)"""


class Raters(Repository):
    """People and programs in the order they were added."""

    def all(self) -> tuple[Rater, ...]:
        return tuple(to_rater(row) for row in self._db.rows("SELECT * FROM raters ORDER BY id"))

    def add(self, name: str, kind: RaterKind = RaterKind.HUMAN) -> Rater:
        """Return the rater of this name, added if new; case and surrounding spaces are ignored."""
        with self._db.atomic():
            return get_rater(self._db, name, kind)[0]

    def live_only(self) -> frozenset[RaterId]:
        """Return raters who asked on the live page and have none of the study's own pairs."""
        return frozenset(RaterId(row["id"]) for row in self._db.rows(_LIVE_ONLY))

    def exclude(self, rater: RaterId, reason: str, *, now: datetime) -> None:
        """Exclude a rater from the results; the rater's judgments stay in the study."""
        self._decide(rater, True, reason, now)

    def include(self, rater: RaterId, reason: str, *, now: datetime) -> None:
        self._decide(rater, False, reason, now)

    def excluded(self) -> dict[RaterId, Exclusion]:
        """Return the raters who are excluded now, each with the exclusion's reason and time."""
        found: dict[RaterId, Exclusion] = {}
        for row in self._db.rows("SELECT rater, excluded, reason, at FROM exclusions ORDER BY id"):
            rater = RaterId(row["rater"])
            found.pop(rater, None)
            if row["excluded"]:
                found[rater] = read_row(Exclusion, row)
        return found

    def _decide(self, rater: RaterId, excluded: bool, reason: str, now: datetime) -> None:
        if not reason.strip():
            what = "Excluding a rater, or including one again, needs a reason."
            raise UserError(what, how="Give a short reason; it is recorded.", code="no-reason")
        with self._db.atomic():
            self._require_change(rater, excluded)
            self._db.insert("exclusions", rater=rater, excluded=excluded, reason=reason, at=stamp(now))
            audit.append(self._db, ENTRY_KINDS[excluded], {"rater": rater, "reason": reason}, now=now)

    def _require_change(self, rater: RaterId, excluded: bool) -> None:
        if StudySettings(self._db).read().blinded:
            what = "The study is still blinded. Raters can be left out after unblinding."
            raise UserError(what, how="Unblind the study first.", code="still-blinded")
        if excluded and rater in self.excluded():
            raise UserError("This rater is already left out.", code="already-excluded")
        if not excluded and rater not in self.excluded():
            raise UserError("This rater is not left out.", code="not-excluded")


def genesis(db: Connection, rater: RaterId) -> str:
    """Return the first value of a rater's hash chain; it covers the rater's data."""
    row = db.rows("SELECT name, kind FROM raters WHERE id = ?", (rater,))[0]
    return digest("rater", [rater, row["name"], row["kind"]])


def get_rater(db: Connection, name: str, kind: RaterKind) -> tuple[Rater, bool]:
    """Return the rater of this name and kind, and whether this call added the rater."""
    shown = kept_name(name)
    if not shown:
        raise UserError("A rater needs a name.", how="Any name or initials will do.", code="no-rater-name")
    key = (folded_name(name), kind)
    known = db.first("SELECT * FROM raters WHERE folded = ? AND kind = ?", key)
    if known:
        return to_rater(known), False
    if kind is RaterKind.HUMAN and key[0] in audit.automatic_stage(db).people:
        what = tr("{name} has run the automatic stage of the release check, and so may not rate.", shown)
        raise UserError(what, how="Somebody else must rate.", code="stage-rater")
    rater = db.insert("raters", name=shown, folded=key[0], kind=kind)
    return Rater(RaterId(rater), shown, kind), True


def to_rater(row: sqlite3.Row) -> Rater:
    return read_row(Rater, row)
