"""The audit log: operations on the study as a whole, in a hash chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import GENESIS, Json, link
from ftcompare.core.language import N_
from ftcompare.core.study import folded_name
from ftcompare.store.records import AuditEvent
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_object, read_row, stamp, to_json
from ftcompare.store.study.measured_results import measured_ends

AUDIT_TAG = "audit"
ANNOTATION_HEADS = "annotation_heads"  # key in a detail: length of each expert's chain and its last digest
MEASURED_ENDS = "measured_ends"  # key in a detail: id and digest of each measured table's last row
ANSWERS_CARRIED = "answers-carried"  # kind of the entry on answers of other studies, paired in this one
SUITE_CARRIED = "suite-carried"  # kind of the entry on the answers of a run of a fixed test set
MEASURES_KEPT = "measures-kept"  # kind of the entry at the end of a run that wrote measured rows
AUTOMATIC_STAGE = "automatic-stage"  # kind of the entries from which `AutomaticStage` is read
NOT_PASSED = N_(
    "The study did not pass the automatic stage of its release check, so nobody is asked to judge."
)
HOW_ON = N_(
    "Unblind the study, or allow judging on Results → Checkpoints or with `gate STUDY --judge-anyway REASON`."
)

_STAGE_RUN = "SELECT EXISTS (SELECT 1 FROM audit WHERE kind = ?)"
_LAST_ENDS = f"""SELECT ends FROM (
        SELECT seq, CASE WHEN json_valid(detail) THEN json_extract(detail, '$.{MEASURED_ENDS}') END AS ends
        FROM audit)
    WHERE ends IS NOT NULL ORDER BY seq DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class AutomaticStage:
    """The state of the automatic stage of a release check in a blinded study, by its audit entries."""

    people: frozenset[str]  # folded names of the people who have run it, and therefore may not rate
    stopped: bool  # whether it was not passed, and judging was not allowed since


class Audit(Repository):
    def entries(self, kind: str = "") -> tuple[AuditEvent, ...]:
        return entries(self._db, kind)

    def automatic_stage(self) -> AutomaticStage:
        return automatic_stage(self._db)

    def require_judging(self) -> None:
        """Raise ``stage-not-passed`` if the automatic stage stopped the study."""
        if self._db.value(_STAGE_RUN, (AUTOMATIC_STAGE,)):  # asked for each judgment: few studies have one
            require_judging(self._db)

    def append(self, kind: str, detail: dict[str, Json], *, now: datetime) -> None:
        """Add an entry for an operation outside the file, such as an export.

        It holds the ends of the experts' chains and of the tables of measured rows: rows up to these cannot
        be removed unnoticed afterwards.
        """
        with self._db.atomic():
            append(self._db, kind, {**detail, **ends(self._db)}, now=now)

    def keep_measured_ends(self, *, now: datetime) -> None:
        """Log the ends of the tables of measured rows, unless the last entry has the same."""
        with self._db.atomic():
            found, last = measured_ends(self._db), self._db.first(_LAST_ENDS)
            if found and (last is None or read_object(last["ends"]) != found):
                append(self._db, MEASURES_KEPT, ends(self._db), now=now)


def append(db: Connection, kind: str, detail: dict[str, Json], *, now: datetime) -> None:
    last = db.first("SELECT seq, digest FROM audit ORDER BY seq DESC LIMIT 1")
    seq, previous = (last["seq"] + 1, last["digest"]) if last else (1, GENESIS)
    at = stamp(now)
    digest = link(AUDIT_TAG, previous, payload(seq, at, kind, detail))
    db.insert("audit", seq=seq, at=at, kind=kind, detail=to_json(detail), digest=digest)


def annotation_heads(db: Connection) -> dict[str, Json]:
    """Return the ends of the experts' chains, for an entry's detail; empty without annotations."""
    rows = db.rows("SELECT expert, MAX(seq), digest FROM annotations GROUP BY expert ORDER BY expert")
    heads: dict[str, Json] = {str(expert): [seq, head] for expert, seq, head in rows}
    return {ANNOTATION_HEADS: heads} if heads else {}


def ends(db: Connection) -> dict[str, Json]:
    """Return the ends of the experts' chains and of the tables of measured rows, for a detail."""
    found: dict[str, Json] = {**measured_ends(db)}
    return {**annotation_heads(db), **({MEASURED_ENDS: found} if found else {})}


def payload(seq: int, at: str, kind: str, detail: dict[str, Json]) -> Json:
    return [seq, at, kind, detail]


def entries(db: Connection, kind: str = "") -> tuple[AuditEvent, ...]:
    sql = "SELECT seq, at, kind, detail, digest FROM audit WHERE ? IN ('', kind) ORDER BY seq"
    rows = db.rows(sql, (kind,))
    return tuple(read_row(AuditEvent, row) for row in rows)


def automatic_stage(db: Connection) -> AutomaticStage:
    """Read the state. Only the conditions that were not passed can pass later: others prove nothing."""
    found, failed = entries(db, AUTOMATIC_STAGE), set[str]()
    for entry in found:
        if not entry.detail["passed"]:
            failed.add(str(entry.detail["gate"]))
        elif "reason" in entry.detail:
            failed.clear()
        else:
            failed.discard(str(entry.detail["gate"]))
    people = (folded_name(str(entry.detail["by"])) for entry in found if "by" in entry.detail)
    return AutomaticStage(frozenset(people), bool(failed))


def require_judging(db: Connection) -> None:
    if automatic_stage(db).stopped:
        raise UserError(NOT_PASSED, where=db.path.name, how=HOW_ON, code="stage-not-passed")
