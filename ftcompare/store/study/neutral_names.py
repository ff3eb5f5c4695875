"""Names that stand for systems until the study is unblinded ("System X"), and when they are settled.

They are drawn from the study's secret. While nothing is handed out they are drawn anew with each system, so
that no name tells when its system was added; from the first pair that is handed out on they stay, and the
audit log holds a digest of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from random import Random

from ftcompare.core.blinding import neutral_names, seeded
from ftcompare.core.hashing import Json, digest
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study import audit

NAMES_KEPT = "names-kept"
"""Kind of the audit entry that settles neutral names."""


def names_kept(db: Connection) -> bool:
    """Whether neutral names have been promised in the audit log, so that they stay."""
    return db.first("SELECT 1 FROM audit WHERE kind = ? LIMIT 1", (NAMES_KEPT,)) is not None


def name_systems(db: Connection) -> None:
    """Names all systems anew, so that no name tells when its system was added."""
    ids = [row["id"] for row in db.rows("SELECT id FROM systems WHERE kind <> 'gold' ORDER BY id")]
    names = neutral_names(len(ids), rng=_naming(db, len(ids)))
    for system, name in zip(ids, names, strict=True):
        db.execute("UPDATE systems SET neutral_name = ? WHERE id = ?", (name, system))


def keep_names(db: Connection, *, now: datetime) -> None:
    """Puts the neutral names of all that has written into the audit log, where they are not there yet.

    Done before anything is handed out, within the caller's transaction: from then on they stay.
    """
    rows = db.rows("SELECT id FROM systems WHERE id IN (SELECT system FROM responses) AND kind <> 'gold'")
    systems = sorted(row["id"] for row in rows)
    kept = [entry.detail["systems"] for entry in audit.entries(db, NAMES_KEPT)]
    if systems and systems not in kept[-1:]:
        detail: dict[str, Json] = {"systems": [*systems], "digest": names_digest(db, systems)}
        audit.append(db, NAMES_KEPT, detail, now=now)


def names_digest(db: Connection, systems: Iterable[int]) -> str:
    """What the audit log holds of neutral names; the study's secret keeps it unguessable."""
    names: dict[int, str] = {row["id"]: row["neutral_name"] for row in db.rows("SELECT * FROM systems")}
    secret: str = db.value("SELECT secret FROM study")
    return digest("neutral names", [secret, [[system, names.get(system)] for system in systems]])


def unused_name(db: Connection) -> str:
    """A neutral name for one more system, which no other has."""
    used = {row["neutral_name"] for row in db.rows("SELECT neutral_name FROM systems WHERE kind <> 'gold'")}
    count = len(used) + 1
    return next(name for name in neutral_names(count, rng=_naming(db, count)) if name not in used)


def _naming(db: Connection, count: int) -> Random:
    secret = db.value("SELECT secret FROM study")
    return seeded(f"{secret}/neutral names/{count}")
