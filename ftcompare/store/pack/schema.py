"""The schema of a rater pack, an SQLite file that does not record when or how it was made."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from ftcompare.store.sqlite.bounded_connection import connect
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.schema_comparison import Definition, definitions, statements

PACK_APPLICATION_ID = 0x46545043  # SQLite application id (ASCII ``FTPC``); a study's is ``FTCS``

PLAIN, WITH_REFERENCES, WITH_MARKS, WITH_CONTEXTS, WITH_GRADES, WITH_RANKINGS = 1, 2, 3, 4, 5, 6
"""Format versions of packs: 1 without and 2 with reference answers; 3 with marks of errors; 4 with contexts;
5 with answers that are graded one at a time, or with questions around the pairs; 6 with answers that are
ranked at once. Versions 3 to 6 may also hold what earlier ones hold; a pack that needs no newer field has an
older one."""

PACK_VERSION = WITH_RANKINGS  # the newest format version

_REFERENCE = {PLAIN: "", WITH_REFERENCES: "reference TEXT NOT NULL", WITH_MARKS: "reference TEXT"}
_REFERENCE[WITH_CONTEXTS] = "reference TEXT,\n        beside TEXT NOT NULL"
_REFERENCE[WITH_GRADES] = _REFERENCE[WITH_RANKINGS] = "reference TEXT,\n        beside TEXT"

_CHOICES = "'left', 'right', 'tie', 'both_bad'"

_FIXED = "id, rater, position, draw, pack, kind, item, messages, left_text, right_text, guess_due, digest"


def make_tables(db: Connection, version: int = PLAIN) -> None:
    """Create the tables within the caller's transaction; rows can be changed until `seal`."""
    for statement in _tables(version):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {PACK_APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {version}")


def seal(db: Connection, version: int = PLAIN) -> None:
    """Create the triggers that keep items unchanged and let judgments only be added."""
    for statement in _triggers(version):
        db.execute(statement)


def _tables(version: int) -> list[str]:
    before = "guess_due TEXT"
    column = f"{_REFERENCE[version]},\n        {before}"
    tables = [one.replace(before, column) if version > PLAIN else one for one in statements("pack")]
    if version >= WITH_GRADES:
        tables = [one.replace(_CHOICES, f"{_CHOICES}, 'grade'") for one in tables]
    return [*tables, *statements("pack_marks")] if version >= WITH_MARKS else tables


def _triggers(version: int) -> list[str]:
    fixed = f"{_FIXED}, reference" if version > PLAIN else _FIXED
    fixed += ", beside" if version >= WITH_CONTEXTS else ""
    sealed = {
        "pack": ("INSERT", "UPDATE", "DELETE"),
        "allocations": ("INSERT", f"UPDATE OF {fixed}", "DELETE"),
        "events": ("UPDATE", "DELETE"),
    }
    if version >= WITH_MARKS:
        sealed["annotations"] = ("UPDATE", "DELETE")
    return [
        f"""CREATE TRIGGER {table}_no_{act.split()[0].lower()} BEFORE {act} ON {table}
        BEGIN SELECT RAISE (ABORT, '{table} is sealed'); END"""
        for table, acts in sealed.items()
        for act in acts
    ]


@lru_cache(PACK_VERSION)
def expected_definitions(version: int) -> frozenset[Definition]:
    """Return all definitions of an intact pack of this version, with SQLite's own indexes."""
    with closing(sqlite3.connect(":memory:")) as fresh:
        for statement in (*_tables(version), *_triggers(version)):
            fresh.execute(statement)
        return frozenset(definitions(fresh))


def application_id(path: Path) -> int:
    """Return the SQLite application id of a file; 0 if it is not an SQLite file.

    SQLite reads the file, without locks: if it is open in this process, closing a descriptor of our own would
    release the process's locks (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        if not path.is_file():
            return 0
        where = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(connect(where)) as raw:
            raw.execute("PRAGMA writable_schema = ON")  # SQLite's leave to read a file that was cut short
            found: int = raw.execute("PRAGMA application_id").fetchone()[0]
            return found
    except (sqlite3.Error, UnicodeDecodeError, OSError):
        return 0


def is_pack(path: Path) -> bool:
    return application_id(path) == PACK_APPLICATION_ID
