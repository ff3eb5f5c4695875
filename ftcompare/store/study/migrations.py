"""The schema of a study file, as the migrations that lead to its newest version.

A migration is never edited after a release, because existing files of that version were made with it.

sqlite-utils is imported inside functions because it loads slowly, and the window opens before any file does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from ftcompare.store.sqlite.connection import without_numpy
from ftcompare.store.sqlite.schema_comparison import Definition, definitions, statements

if TYPE_CHECKING:
    from sqlite_utils import Database


def refusing(table: str, act: str, columns: str = "") -> str:
    """Return SQL of a trigger that refuses `act` with the message that `errors` recognizes."""
    what = f"{act} OF {columns}" if columns else act
    return f"""CREATE TRIGGER {table}_no_{act.lower()} BEFORE {what} ON {table}
        BEGIN SELECT RAISE (ABORT, '{table} is only added to'); END"""


def refusing_all(tables: Iterable[str]) -> Iterable[str]:
    """Return SQL of triggers that refuse updates and deletes: rows can only be added to these tables."""
    return (refusing(table, act) for table in tables for act in ("UPDATE", "DELETE"))


def run_all(db: Database, statements: Iterable[str]) -> None:
    for statement in statements:
        db.execute(statement)


def relax_checks(db: Database, relaxed: Iterable[tuple[str, str, str]]) -> None:
    """Replace CHECK constraints by wider ones; no stored row changes.

    `relaxed` holds, for each change, the table, the part of its SQL to replace, and the replacement.
    Procedure: https://sqlite.org/lang_altertable.html, for changes that do not affect the content.
    """
    version = db.execute("PRAGMA schema_version").fetchone()[0]
    db.execute("PRAGMA writable_schema = ON")
    for table, before, after in relaxed:
        db.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
            (before, after, table),
        )
    db.execute(f"PRAGMA schema_version = {version + 1}")
    db.execute("PRAGMA writable_schema = OFF")


APPLICATION_ID = 0x46544353  # the SQLite application id of a study file (ASCII ``FTCS``)

MIGRATION_SET = "ftcompare-study"

_ONLY_ADDED = {
    1: ("responses", "comparisons", "raters", "runs", "draws", "events", "audit"),
    2: ("plans", "shares", "slots", "packs", "pack_items", "merged", "exclusions"),
    3: ("examinations", "scores"),
    5: ("experts", "annotations"),
    7: ("merged_annotations",),
    8: ("judges", "judge_replies", "label_scores", "code_results", "benchmark_results"),
    9: ("source_judgments", "inherited"),
    11: ("survey_answers",),
}
"""New tables of a version whose rows are neither changed nor deleted."""

_NEVER_ALTERED = {
    "systems": "id, name, kind, model, adapter",
    "prompts": "id, key, messages, category, split, reference, checks, messages_digest, digest",
    "allocations": "id, rater, comparison, draw, position, a_is_left, origin",
}

_RELAXED = {
    2: (
        (
            "comparisons",
            "kind IN ('ordinary', 'control', 'gold')",
            "kind IN ('ordinary', 'control', 'gold', 'live')",
        ),
        (
            "events",
            "kind IN ('judgment', 'skip', 'retraction')",
            "kind IN ('judgment', 'skip', 'retraction', 'guess')",
        ),
        (
            "events",
            "(kind = 'judgment') = (choice IS NOT NULL)",
            "(kind IN ('judgment', 'guess')) = (choice IS NOT NULL)",
        ),
    ),
    8: (
        (
            "examinations",
            "kind IN ('measured', 'scored')",
            "kind IN ('measured', 'scored', 'labels_scored', 'code_run', 'benchmarked', 'judged')",
        ),
        # Whether an answer refuses, as confirmed by a person.
        (
            "annotations",
            "kind IN ('mark', 'correction', 'adjudication', 'reviewed', 'retraction')",
            "kind IN ('mark', 'correction', 'adjudication', 'reviewed', 'refusal', 'retraction')",
        ),
        (
            "annotations",
            "kind IN ('mark', 'correction', 'reviewed')) = (response IS NOT NULL)",
            "kind IN ('mark', 'correction', 'reviewed', 'refusal')) = (response IS NOT NULL)",
        ),
    ),
    10: (
        *(
            (
                table,
                "kind IN ('ordinary', 'control', 'gold', 'live')",
                "kind IN ('ordinary', 'control', 'gold', 'live', 'graded')",
            )
            for table in ("comparisons", "allocations")
        ),
        (
            "events",
            "choice IN ('left', 'right', 'a', 'b', 'tie', 'both_bad')",
            "choice IN ('left', 'right', 'a', 'b', 'tie', 'both_bad', 'grade')",
        ),
    ),
}
"""CHECK constraints that a version widens, as `relax_checks` takes them."""


def _upgrade(db: Database, number: int) -> None:
    """Run ``resources/schema/study_version_NUMBER.sql``, and keep the rows of new tables."""
    if number in _RELAXED:
        relax_checks(db, _RELAXED[number])
    run_all(db, (*statements(f"study_version_{number}"), *refusing_all(_ONLY_ADDED.get(number, ()))))


def version_1(db: Database) -> None:
    _upgrade(db, 1)
    for table, columns in _NEVER_ALTERED.items():
        db.execute(refusing(table, "UPDATE", columns))
    db.execute(refusing("allocations", "DELETE"))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


NEWEST = 12
STEPS: tuple[Callable[[Database], None], ...] = (
    version_1,
    *(partial(_upgrade, number=number) for number in range(2, NEWEST + 1)),
)
"""The migrations; the one at index n - 1 leads to version n, and is stored as ``version_n``."""


def newest_version() -> int:
    return len(STEPS)


def version(db: Database) -> int:
    """Return the format version of a file; 0 for an empty file."""
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    return found


def migrate(db: Database, steps: Sequence[Callable[[Database], None]] | None = None) -> None:
    """Apply the migrations that a file needs (from `STEPS` by default): all or, if one fails, none."""
    with without_numpy():
        from sqlite_utils import Migrations

    taken = STEPS if steps is None else steps
    migrations = Migrations(MIGRATION_SET)
    for number, step in enumerate(taken, start=1):
        migrations(name=f"version_{number}")(step)
    with db.atomic():
        migrations.apply(db)
        db.execute(f"PRAGMA user_version = {len(taken)}")


def expected_definitions(up_to: int) -> frozenset[Definition]:
    """Return all definitions of an intact file of version `up_to`, with SQLite's own indexes."""
    return _definitions(STEPS[:up_to])


@lru_cache(8)
def _definitions(steps: tuple[Callable[[Database], None], ...]) -> frozenset[Definition]:
    with closing(made_in_memory(steps)) as fresh:
        return frozenset(definitions(fresh.conn))


def made_in_memory(steps: Sequence[Callable[[Database], None]]) -> Database:
    """Make an empty study in memory by the given migration steps."""
    with without_numpy():
        from sqlite_utils import Database

    fresh = Database(memory=True, execute_plugins=False)
    migrate(fresh, steps)
    return fresh
