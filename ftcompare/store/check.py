"""Proof that a study file is whole and that nothing in it was changed behind the product's back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator

from ftcompare.core.blinding import Placement, commitment
from ftcompare.core.errors import FTCompareError
from ftcompare.core.hashing import GENESIS, link
from ftcompare.core.study import ComparisonId, EventKind, RaterId
from ftcompare.store import audit
from ftcompare.store.connection import Connection
from ftcompare.store.content import prompt_digest, read_study, to_prompt
from ftcompare.store.events import EVENT_TAG, payload, to_act
from ftcompare.store.generation import recomputed_digest, run_digest
from ftcompare.store.migrations import expected_schema, schema, version
from ftcompare.store.rating import genesis, to_target
from ftcompare.store.views import AuditEvent, Finding

_PAGE = 1000

_EVENTS = """SELECT e.*, al.comparison, al.draw, al.position, al.a_is_left,
        a.digest AS digest_a, b.digest AS digest_b
    FROM events e
    JOIN allocations al ON al.id = e.allocation
    JOIN comparisons c ON c.id = al.comparison
    JOIN responses a ON a.id = c.a
    JOIN responses b ON b.id = c.b
    WHERE e.rater = ? AND e.seq > ? ORDER BY e.seq LIMIT ?"""

_RESPONSES = """SELECT r.*, s.name, s.kind, s.model, s.adapter, s.neutral_name, p.digest AS prompt_digest
    FROM responses r JOIN systems s ON s.id = r.system JOIN prompts p ON p.id = r.prompt
    WHERE r.id > ? ORDER BY r.id LIMIT ?"""


def check(db: Connection) -> tuple[Finding, ...]:
    """Every proof the file allows, whether or not it holds."""
    raters = db.rows("SELECT id, name FROM raters ORDER BY id")
    chains = [(f"judgments of {row['name']}", _chain_check(RaterId(row["id"]))) for row in raters]
    return tuple(_finding(db, subject, examine) for subject, examine in (*_CHECKS, *chains))


def _finding(db: Connection, subject: str, examine: Callable[[Connection], str]) -> Finding:
    """``examine`` returns what is wrong in words; empty for nothing."""
    try:
        problem = examine(db)
    except FTCompareError as error:
        problem = error.what
    except (ValueError, TypeError, LookupError):
        problem = "holds a value that cannot be there"
    return Finding(subject, not problem, problem or "in order")


def _file(db: Connection) -> str:
    found = [row[0] for row in db.rows("PRAGMA integrity_check(5)")]
    return "" if found == ["ok"] else "; ".join(found)


def _references(db: Connection) -> str:
    broken = db.first("PRAGMA foreign_key_check")
    return "" if broken is None else f"a row of “{broken['table']}” refers to nothing"


def _rules(db: Connection) -> str:
    changed = expected_schema(version(db.database)) ^ schema(db.database)
    return ", ".join(sorted({f"“{name}” was changed or removed" for _, name, _ in changed}))


def _prompts(db: Connection) -> str:
    for row in db.rows("SELECT * FROM prompts ORDER BY id"):
        if prompt_digest(to_prompt(row).spec) != row["digest"]:
            return f"prompt “{row['key']}” was altered"
    return ""


def _responses(db: Connection) -> str:
    last = 0
    while rows := db.rows(_RESPONSES, (last, _PAGE)):
        for row in rows:
            if recomputed_digest(row) != row["digest"]:
                return f"response {row['id']}, its prompt or its system was altered"
        last = rows[-1]["id"]
    return ""


def _audit_log(db: Connection) -> str:
    previous = GENESIS
    for number, entry in enumerate(audit.entries(db), start=1):
        previous = link(audit.AUDIT_TAG, previous, audit.payload(number, entry.at, entry.kind, entry.detail))
        if entry.seq != number or entry.digest != previous:
            return f"entry {number} was altered, removed or added"
    return ""


def _runs(db: Connection) -> str:
    logged = {entry.detail["run"]: entry.detail["record"] for entry in _logged(db, "run-started")}
    rows = db.rows("SELECT id, at, record FROM runs")
    found = {row["id"]: run_digest(row["at"], json.loads(row["record"])) for row in rows}
    return "" if found == logged else "a generation record is not the one in the audit log"


def _unblinding(db: Connection) -> str:
    study = read_study(db)
    logged = [(entry.at, entry.detail["reason"]) for entry in _logged(db, "unblinded")]
    found = [] if study.blinded else [(study.unblinded_at, study.unblinding_reason)]
    return "" if found == logged else "the unblinding is not the one in the audit log"


def _logged(db: Connection, kind: str) -> Iterator[AuditEvent]:
    return (entry for entry in audit.entries(db) if entry.kind == kind)


def _allocations(db: Connection) -> str:
    logged = {
        entry.detail["draw"]: (entry.detail["rater"], entry.detail["commitment"])
        for entry in _logged(db, "allocated")
    }
    draws = db.rows("SELECT id, rater, nonce, commitment FROM draws ORDER BY id")
    if {row["id"]: (row["rater"], row["commitment"]) for row in draws} != logged:
        return "a draw is not the one in the audit log"
    for row in draws:
        if not _kept_promise(db, row):
            return f"draw {row['id']} is not what was committed to"
    return ""


def _kept_promise(db: Connection, draw: sqlite3.Row) -> bool:
    rows = db.rows(
        "SELECT rater, comparison, position, a_is_left FROM allocations WHERE draw = ? ORDER BY position",
        (draw["id"],),
    )
    placements = [
        Placement(ComparisonId(row["comparison"]), row["position"], bool(row["a_is_left"])) for row in rows
    ]
    whose = {row["rater"] for row in rows}
    return whose == {draw["rater"]} and commitment(placements, nonce=draw["nonce"]) == draw["commitment"]


def _standing(db: Connection) -> str:
    expected: dict[int, tuple[int, str]] = {}
    for row in _event_states(db):
        if row["kind"] != EventKind.RETRACTION:
            if row["allocation"] in expected:
                return f"item {row['allocation']} was judged twice"
            expected[row["allocation"]] = (row["id"], row["kind"])
        elif expected.pop(row["allocation"], (None,))[0] != row["retracted"]:
            return f"a retraction of item {row['allocation']} takes back nothing"
    rows = db.rows("SELECT id, standing, standing_kind FROM allocations WHERE standing_kind <> ''")
    found = {row["id"]: (row["standing"], row["standing_kind"]) for row in rows}
    return "" if found == expected else "an item's state does not follow from its judgments"


def _event_states(db: Connection) -> Iterator[sqlite3.Row]:
    last = 0
    while rows := db.rows(
        """SELECT e.id, e.kind, e.allocation, r.id AS retracted FROM events e
            LEFT JOIN events r ON r.rater = e.rater AND r.seq = e.retracts
            WHERE e.id > ? ORDER BY e.id LIMIT ?""",
        (last, _PAGE),
    ):
        yield from rows
        last = rows[-1]["id"]


def _chain_check(rater: RaterId) -> Callable[[Connection], str]:
    def examine(db: Connection) -> str:
        previous, number = genesis(db, rater), 0
        while rows := db.rows(_EVENTS, (rater, number, _PAGE)):
            for row in rows:
                number += 1
                previous = link(EVENT_TAG, previous, payload(to_target(row), number, to_act(row), row["at"]))
                if row["seq"] != number or row["digest"] != previous:
                    return f"judgment {number}, or what it was about, was altered, removed or added"
        return ""

    return examine


_CHECKS: tuple[tuple[str, Callable[[Connection], str]], ...] = (
    ("file", _file),
    ("references", _references),
    ("rules of the file", _rules),
    ("prompts", _prompts),
    ("responses", _responses),
    ("audit log", _audit_log),
    ("generation records", _runs),
    ("unblinding", _unblinding),
    ("allocations", _allocations),
    ("state of the items", _standing),
)
