"""Whom the owner leaves out of the results, with the reason. The table is only added to."""

from __future__ import annotations

from datetime import datetime

from ftcompare.core.errors import UserError
from ftcompare.core.study import RaterId
from ftcompare.store.records import Exclusion
from ftcompare.store.sqlite.connection import Part, stamp
from ftcompare.store.study import audit
from ftcompare.store.study.settings import read_study

ENTRY_KINDS = {True: "rater-excluded", False: "rater-included"}
"""Kinds of the audit entries, by whether the rater is left out."""


class ExclusionsPart(Part):
    """Raters left out of a study's results."""

    def exclude(self, rater: RaterId, reason: str, *, now: datetime) -> None:
        """Leaves a rater out of the results. Their judgments stay in the study.

        Raises:
            UserError: ``no-reason``, ``already-excluded``; ``still-blinded``: how well somebody rates is
                looked at once nobody can rate any more.
        """
        self._decide(rater, True, reason, now)

    def include(self, rater: RaterId, reason: str, *, now: datetime) -> None:
        """Takes a rater back into the results.

        Raises:
            UserError: ``no-reason``, ``not-excluded``, ``still-blinded``.
        """
        self._decide(rater, False, reason, now)

    def excluded(self) -> dict[RaterId, Exclusion]:
        """Who is left out now, and why."""
        found: dict[RaterId, Exclusion] = {}
        for row in self._db.rows("SELECT rater, excluded, reason, at FROM exclusions ORDER BY id"):
            rater = RaterId(row["rater"])
            found.pop(rater, None)
            if row["excluded"]:
                found[rater] = Exclusion(rater, row["reason"], row["at"])
        return found

    def _decide(self, rater: RaterId, excluded: bool, reason: str, now: datetime) -> None:
        if not reason.strip():
            raise UserError(
                "Leaving a rater out, or taking one back, needs a reason.",
                how="Say why in a few words; it is kept.",
                code="no-reason",
            )
        with self._db.atomic():
            self._require_change(rater, excluded)
            self._db.execute(
                "INSERT INTO exclusions (rater, excluded, reason, at) VALUES (?, ?, ?, ?)",
                (rater, excluded, reason, stamp(now)),
            )
            audit.append(self._db, ENTRY_KINDS[excluded], {"rater": rater, "reason": reason}, now=now)

    def _require_change(self, rater: RaterId, excluded: bool) -> None:
        if read_study(self._db).blinded:
            raise UserError(
                "The study is still blinded: who is left out is decided after unblinding.",
                how="Unblind the study first.",
                code="still-blinded",
            )
        if excluded and rater in self.excluded():
            raise UserError("This rater is left out already.", code="already-excluded")
        if not excluded and rater not in self.excluded():
            raise UserError("This rater is not left out.", code="not-excluded")
