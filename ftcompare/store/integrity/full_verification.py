"""Verification that a study file is whole and that nothing in it was changed behind the product's back."""

from __future__ import annotations

from collections.abc import Callable

from ftcompare.core.errors import FTCompareError
from ftcompare.core.hashing import GENESIS, Json, link
from ftcompare.core.integrity import IntegrityFinding
from ftcompare.core.study import RaterId
from ftcompare.store.integrity import judgment_checks, text_checks
from ftcompare.store.pack.register_verification import check_packs
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.errors import IMPOSSIBLE_VALUE
from ftcompare.store.sqlite.schema_comparison import changed_rules
from ftcompare.store.sqlite.values import read_object
from ftcompare.store.study import audit
from ftcompare.store.study.glossary import glossary_digest
from ftcompare.store.study.migrations import expected_definitions, version
from ftcompare.store.study.neutral_names import NAMES_KEPT, names_digest
from ftcompare.store.study.runs import run_digest
from ftcompare.store.study.scores import check_examinations, check_scores
from ftcompare.store.study.settings import SAMPLES_WRONG, StudySettings, rating_digest, stored_samples

_COUNTED = ("responses", "comparisons", "raters", "runs", "draws", "plans", "allocations", "events", "packs",
    "exclusions", "examinations", "scores")  # fmt: skip
"""Tables that nothing is ever deleted from: their ids count from 1 without gaps."""


def check(db: Connection) -> tuple[IntegrityFinding, ...]:
    """Every check the file allows, whether or not it holds."""
    raters = db.rows("SELECT id, name FROM raters ORDER BY id")
    of_rater = judgment_checks.chain_check()
    chains = [(f"judgments of {row['name']}", of_rater(RaterId(row["id"]))) for row in raters]
    return tuple(finding(db, subject, examine) for subject, examine in (*_CHECKS, *chains))


def quick_findings(db: Connection) -> tuple[IntegrityFinding, ...]:
    """Of these checks the ones that take no time: of what figures are made of, but for the long tables."""
    return tuple(finding(db, subject, examine) for subject, examine in _CHECKS if subject in _QUICK)


def finding(db: Connection, subject: str, examine: Callable[[Connection], str]) -> IntegrityFinding:
    """``examine`` returns what is wrong in words; empty for nothing."""
    try:
        problem = examine(db)
    except FTCompareError as error:
        problem = error.what
    except IMPOSSIBLE_VALUE:
        problem = "holds a value that cannot be there"
    return IntegrityFinding(subject, not problem, problem or "in order")


def _file(db: Connection) -> str:
    found = [row[0] for row in db.rows("PRAGMA integrity_check(5)")]
    return "" if found == ["ok"] else "; ".join(found)


def _references(db: Connection) -> str:
    broken = db.first("PRAGMA foreign_key_check")
    return "" if broken is None else f"a row of “{broken['table']}” refers to nothing"


def _numbering(db: Connection) -> str:
    for table in _COUNTED:
        gap = db.value(f"SELECT COUNT(*) - COALESCE(MAX(id), 0) FROM {table}")  # noqa: S608 - names from above
        if gap:
            return f"a row of “{table}” was removed or renumbered"
    return ""


def _rules(db: Connection) -> str:
    changed = changed_rules(db, expected_definitions(version(db.database)))
    return ", ".join(f"“{name}” was changed or removed" for name in changed)


def _prompts(db: Connection) -> str:
    return text_checks.prompts(db)[1]


def _responses(db: Connection) -> str:
    return text_checks.responses(db)[1]


def _audit_log(db: Connection) -> str:
    previous = GENESIS
    for number, entry in enumerate(audit.entries(db), start=1):
        previous = link(audit.AUDIT_TAG, previous, audit.payload(number, entry.at, entry.kind, entry.detail))
        if entry.seq != number or entry.digest != previous:
            return f"entry {number} was altered, removed or added"
    return ""


def _runs(db: Connection) -> str:
    logged = {entry.detail["run"]: entry.detail["record"] for entry in audit.entries(db, "run-started")}
    rows = db.rows("SELECT id, at, record FROM runs")
    found = {row["id"]: run_digest(row["at"], read_object(row["record"])) for row in rows}
    return "" if found == logged else "a generation record is not the one in the audit log"


def _settings(db: Connection) -> str:
    """Title, notice, scale, design and glossary as they were last set; version 1 logged none of them."""
    created = audit.entries(db, "created")[0].detail
    found: dict[str, Json] = {
        "title": StudySettings(db).read().title,
        "founding": StudySettings(db).founding_digest(),
        "rating": rating_digest(db),
        "glossary": glossary_digest(db),
    }
    logged: dict[str, Json] = {name: created[name] for name in found if name in created}
    for entry in audit.entries(db):
        if entry.kind in _SET:
            name, key = _SET[entry.kind]
            logged[name] = entry.detail[key]
    if stored_samples(db) is None:
        return SAMPLES_WRONG
    wrong = [name for name in logged if found[name] != logged[name]]
    return f"not as last set: {', '.join(_SETTING[name] for name in wrong)}" if wrong else ""


_SET = {
    "title-set": ("title", "title"),
    "rating-set": ("rating", "digest"),
    "glossary-set": ("glossary", "digest"),
}
"""Kind of entry: the setting, and under what the entry holds its newest state."""

_SETTING = {
    "title": "the title",
    "founding": "the notice, the secret or the time of making",
    "rating": "the question, the scale or the design of the rating",
    "glossary": "the glossary",
}


def _names(db: Connection) -> str:
    for entry in audit.entries(db, NAMES_KEPT):
        systems = entry.detail["systems"]
        if not isinstance(systems, list):
            raise TypeError("not a list of systems")
        if names_digest(db, [int(str(system)) for system in systems]) != entry.detail["digest"]:
            return "a neutral name was altered"
    return ""


def _unblinding(db: Connection) -> str:
    study = StudySettings(db).read()
    logged = [(entry.at, entry.detail["reason"]) for entry in audit.entries(db, "unblinded")]
    found = [] if study.blinded else [(study.unblinded_at, study.unblinding_reason)]
    return "" if found == logged else "the unblinding is not the one in the audit log"


_CHECKS: tuple[tuple[str, Callable[[Connection], str]], ...] = (
    ("file", _file),
    ("references", _references),
    ("rules of the file", _rules),
    ("numbering", _numbering),
    ("audit log", _audit_log),
    ("settings", _settings),
    ("neutral names", _names),
    ("prompts", _prompts),
    ("responses", _responses),
    ("generation records", _runs),
    ("records of measuring and scoring", check_examinations),
    ("scores", check_scores),
    ("pairs", judgment_checks.comparisons),
    ("plans", judgment_checks.plans),
    ("allocations", judgment_checks.allocations),
    ("rater packs", check_packs),
    ("state of the items", judgment_checks.standing),
    ("unblinding", _unblinding),
    ("ends of the chains", judgment_checks.heads),
    ("raters left out", judgment_checks.exclusions),
)

_QUICK = frozenset({
    "numbering", "audit log", "settings", "neutral names", "pairs", "unblinding", "ends of the chains",
    "raters left out",
})  # fmt: skip
