"""Compares the schema of an SQLite file with the expected one, before any SQL of the file runs.

Triggers, views, generated columns, CHECK constraints and indexes contain SQL of whoever made the file. SQLite
reads their text when it opens a file, but runs none of it until a statement uses them.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeAlias

from ftcompare.core.paths import resources
from ftcompare.store.sqlite.bounded_connection import MIB, SCHEMA_STEPS, BoundedConnection, connect
from ftcompare.store.sqlite.connection import Connection

Definition: TypeAlias = tuple[bytes | None, ...]  # type, name, table and SQL of one row of ``sqlite_master``

_MOST_ROWS = 1000
_MOST_NAMED = 5
_LONGEST_NAME = 60

_DEFINITIONS = """SELECT CAST(type AS BLOB), CAST(name AS BLOB), CAST(tbl_name AS BLOB),
    substr(CAST(sql AS BLOB), 1, 20000) FROM sqlite_master LIMIT ?"""
"""All definitions. The longest SQL of the product's own has about 2,000 bytes."""

_MIGRATIONS = b"_sqlite_migrations"

# Versions of sqlite-utils name the columns of its table differently, so any plain table is accepted.
_PLAIN_COLUMN = rb"\w+( (integer|text))?( primary key)?( not null)?"
_PLAIN_TABLE = (
    rb"create table _sqlite_migrations ?\( ?" + _PLAIN_COLUMN + rb"( ?, ?" + _PLAIN_COLUMN + rb"){0,9}"
)
_PLAIN_KEY = rb"( ?, ?primary key ?\( ?\w+( ?, ?\w+)* ?\))? ?\)( strict)?"
_PLAIN_INDEX = rb"create (unique )?index \w+ on _sqlite_migrations ?\( ?\w+( ?, ?\w+){0,9} ?\)"
_LIBRARY = re.compile(rb"(" + _PLAIN_TABLE + _PLAIN_KEY + rb"|" + _PLAIN_INDEX + rb")")

# Tables that SQLite adds when statistics are collected: https://sqlite.org/fileformat2.html
_STATISTIC_COLUMNS = {b"sqlite_stat1": b"(tbl,idx,stat)", b"sqlite_stat4": b"(tbl,idx,neq,nlt,ndlt,sample)"}
_STATISTICS = frozenset(
    (b"table", name, name, b"CREATE TABLE " + name + columns) for name, columns in _STATISTIC_COLUMNS.items()
)


def definitions(raw: sqlite3.Connection) -> Counter[Definition]:
    """Return all definitions of a file, including SQLite's own indexes."""
    cursor = raw.execute(_DEFINITIONS, (_MOST_ROWS,))
    return Counter(tuple(row) for row in cursor.fetchall())


def changed_rules(db: Connection, expected: frozenset[Definition]) -> tuple[str, ...]:
    """Return the names of definitions of an open file that differ, are missing or extra."""
    found = Counter(tuple(row) for row in db.rows(_DEFINITIONS, (_MOST_ROWS,)))
    return changed_names(found, expected)


def changed_names(definitions: Counter[Definition], expected: frozenset[Definition]) -> tuple[str, ...]:
    """Return the names of definitions that differ from the expected ones, are missing, or are extra."""
    wanted = Counter(one for one in expected if not _of_library(one))
    present = Counter({one: count for one, count in definitions.items() if count > 1 or not _of_library(one)})
    differing = (wanted - present) + (present - wanted)
    shown = {(name or b"").decode("utf-8", "replace")[:_LONGEST_NAME] for _, name, *_ in differing}
    return tuple(sorted(shown))


def naming(names: tuple[str, ...]) -> str:
    named = ", ".join(f"“{name}”" for name in names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"its rules were changed ({named}{more})"


def _of_library(definition: Definition) -> bool:
    """Return whether sqlite-utils or SQLite makes this definition and it contains no SQL that could run."""
    if definition in _STATISTICS:
        return True
    kind, name, table, sql = definition
    if table != _MIGRATIONS or kind not in (b"table", b"index"):
        return False
    if sql is None:
        return (name or b"").startswith(b"sqlite_autoindex_")
    plain = b" ".join(re.sub(rb"[\"\[\]`]", b"", sql).split()).lower()
    return _LIBRARY.fullmatch(plain) is not None


def examine_untouched(path: Path, examine: Callable[[BoundedConnection], None]) -> None:
    """Examine a file without locking, changing or recovering it; `examine` raises if it differs.

    A file with a journal is skipped: the locked connection first lets SQLite recover it, which runs no SQL.
    So is a file that cannot be opened, because that connection reports the error.
    """
    if _unfinished(path):
        return
    try:
        raw = connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1")
    except sqlite3.Error:
        return
    with closing(raw):
        # This lets SQLite read a truncated file, or one with an invalid definition.
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("PRAGMA trusted_schema = OFF")
        raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MIB)
        raw.allow(SCHEMA_STEPS)
        examine(raw)


def _unfinished(path: Path) -> bool:
    for suffix in ("-journal", "-wal"):
        with suppress(OSError):
            if path.with_name(f"{path.name}{suffix}").stat().st_size:
                return True
    return False


def statements(name: str) -> tuple[str, ...]:
    """Return the statements of ``NAME.sql`` as SQLite stores them: files equal those of earlier programs."""
    text = (resources() / "schema" / f"{name}.sql").read_text("utf-8")
    lines = (line for line in text.split("\n") if not line.startswith("--"))
    return tuple(filter(None, (each.strip() for each in "\n".join(lines).split(";\n"))))
