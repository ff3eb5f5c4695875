"""What a study file defines, as text, for tests that compare it with what a version must define."""

from __future__ import annotations

from contextlib import closing

from sqlite_utils import Database

from ftcompare.store.study.migrations import STEPS, made_in_memory

_MIGRATIONS_TABLE = "_sqlite_migrations"


def schema(db: Database) -> frozenset[tuple[str, str, str]]:
    """Kind, name and text of all that a file defines, without what its libraries keep for themselves."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return frozenset((kind, name, sql) for kind, name, sql in rows if not _library_own(name))


def _library_own(name: str) -> bool:
    return name.startswith(("sqlite_", _MIGRATIONS_TABLE, f"idx_{_MIGRATIONS_TABLE}"))


def expected_schema(up_to: int) -> frozenset[tuple[str, str, str]]:
    """What `schema` gives for a sound file of a version."""
    with closing(made_in_memory(STEPS[:up_to])) as fresh:
        return schema(fresh)
