"""The schema of a study file, as the migrations that lead to its newest version.

A migration is never edited after a release, because existing files of that version were made with it.

sqlite-utils is imported inside functions because it loads slowly, and the window opens before any file does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from ftcompare.core.paths import resources
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


@cache
def _rules() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((resources() / "schema" / "study_rules.toml").read_text("utf-8"))


def _upgrade(db: Database, number: int) -> None:
    """Run ``resources/schema/study_version_NUMBER.sql``, and what ``study_rules.toml`` adds to it."""
    name = f"version_{number}"
    if relaxed := _rules()["relaxed"].get(name):
        relax_checks(db, relaxed)
    run_all(db, (*statements(f"study_{name}"), *refusing_all(_rules()["only_added"].get(name, ()))))


def version_1(db: Database) -> None:
    _upgrade(db, 1)
    for table, columns in _rules()["never_altered"].items():
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
    number: int = db.execute("PRAGMA user_version").fetchone()[0]
    return number


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
