"""The schema of a rater pack, an SQLite file that does not record when or how it was made."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from ftcompare.store.sqlite.bounded_connection import connect
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.schema_comparison import Definition, definitions

PACK_APPLICATION_ID = 0x46545043  # SQLite application id (ASCII ``FTPC``); a study's is ``FTCS``

PLAIN, WITH_REFERENCES, WITH_MARKS, WITH_CONTEXTS = 1, 2, 3, 4
"""Format versions of packs: 1 without and 2 with reference answers; 3 with marks of errors; 4 with contexts.
Versions 3 and 4 may also hold what earlier ones hold; a pack that needs no newer field has an older one."""

PACK_VERSION = WITH_CONTEXTS  # the newest format version

# The tables of judgments have the same columns as those of a study (resources/schema), so that `JudgmentLog`
# works on both. Columns that only distinguish kinds of items in a study have one fixed value here.
_TABLES = (
    """CREATE TABLE pack (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        name TEXT NOT NULL,
        rater TEXT NOT NULL,
        title TEXT NOT NULL,
        question TEXT NOT NULL,
        strengths INTEGER NOT NULL,
        notice TEXT NOT NULL,
        rating TEXT NOT NULL,
        commitment TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT""",
    """CREATE TABLE allocations (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL CHECK (rater = 1),
        position INTEGER NOT NULL,
        draw INTEGER NOT NULL CHECK (draw = 1),
        pack INTEGER CHECK (pack IS NULL),
        kind TEXT NOT NULL CHECK (kind = 'ordinary'),
        item TEXT NOT NULL UNIQUE,
        messages TEXT NOT NULL,
        left_text TEXT NOT NULL,
        right_text TEXT NOT NULL,
        guess_due TEXT NOT NULL CHECK (guess_due IN ('', 'at_once', 'at_end')),
        digest TEXT NOT NULL,
        standing INTEGER REFERENCES events (id),
        standing_kind TEXT NOT NULL DEFAULT '' CHECK (standing_kind IN ('', 'judgment', 'skip')),
        guess INTEGER REFERENCES events (id),
        UNIQUE (rater, position),
        CHECK ((standing IS NULL) = (standing_kind = ''))
    ) STRICT""",
    """CREATE TABLE drafts (
        allocation INTEGER PRIMARY KEY REFERENCES allocations (id),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
        details TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        rater INTEGER NOT NULL CHECK (rater = 1),
        seq INTEGER NOT NULL,
        allocation INTEGER NOT NULL REFERENCES allocations (id),
        kind TEXT NOT NULL CHECK (kind IN ('judgment', 'skip', 'retraction', 'guess')),
        choice TEXT CHECK (choice IN ('left', 'right', 'tie', 'both_bad')),
        strength INTEGER,
        preference REAL CHECK (preference IS NULL),
        comment TEXT NOT NULL,
        flagged INTEGER NOT NULL CHECK (flagged IN (0, 1)),
        seconds REAL,
        reason TEXT NOT NULL,
        retracts INTEGER,
        at TEXT NOT NULL,
        digest TEXT NOT NULL,
        details TEXT NOT NULL,
        UNIQUE (rater, seq),
        FOREIGN KEY (rater, retracts) REFERENCES events (rater, seq),
        CHECK ((kind IN ('judgment', 'guess')) = (choice IS NOT NULL)),
        CHECK ((kind = 'retraction') = (retracts IS NOT NULL))
    ) STRICT""",
    """CREATE VIEW rated_here AS SELECT * FROM allocations
        WHERE draw IS NOT NULL AND pack IS NULL AND kind <> 'live'""",
    "CREATE INDEX allocations_here ON allocations (rater, position) WHERE standing IS NULL",
    "CREATE INDEX allocations_progress ON allocations (rater, standing_kind)",
    "CREATE INDEX allocations_standing ON allocations (rater, standing) WHERE standing IS NOT NULL",
    "CREATE INDEX allocations_guessed ON allocations (rater, guess) WHERE guess IS NOT NULL",
    """CREATE INDEX allocations_to_guess ON allocations (rater, guess_due, standing_kind, position)
        WHERE guess_due <> '' AND guess IS NULL""",
    "CREATE INDEX allocations_at_end ON allocations (rater, standing_kind) WHERE guess_due = 'at_end'",
    "CREATE UNIQUE INDEX events_retracted ON events (rater, retracts) WHERE retracts IS NOT NULL",
    "CREATE INDEX events_timed ON events (rater, seq) WHERE seconds IS NOT NULL",
)

# As in a study (resources/schema), so that `Annotations` works on both; an answer here is a text of an item.
_ANNOTATIONS = (
    """CREATE TABLE annotations (
        id INTEGER PRIMARY KEY,
        expert INTEGER NOT NULL CHECK (expert = 1),
        seq INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('mark', 'reviewed', 'retraction')),
        response INTEGER,
        comparison INTEGER CHECK (comparison IS NULL),
        record TEXT NOT NULL,
        retracts INTEGER,
        at TEXT NOT NULL,
        digest TEXT NOT NULL,
        UNIQUE (expert, seq),
        FOREIGN KEY (expert, retracts) REFERENCES annotations (expert, seq),
        CHECK ((kind = 'retraction') = (response IS NULL)),
        CHECK ((kind = 'retraction') = (retracts IS NOT NULL))
    ) STRICT""",
    "CREATE INDEX annotations_by_response ON annotations (response, kind) WHERE response IS NOT NULL",
    """CREATE UNIQUE INDEX annotations_retracted ON annotations (expert, retracts)
        WHERE retracts IS NOT NULL""",
    """CREATE VIEW standing_annotations AS SELECT * FROM annotations a
        WHERE kind <> 'retraction' AND NOT EXISTS (
            SELECT 1 FROM annotations r WHERE r.expert = a.expert AND r.retracts = a.seq)""",
)

_REFERENCE = {PLAIN: "", WITH_REFERENCES: "reference TEXT NOT NULL", WITH_MARKS: "reference TEXT"}
_REFERENCE[WITH_CONTEXTS] = "reference TEXT,\n        beside TEXT NOT NULL"

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
    tables = [one.replace(before, column) if version > PLAIN else one for one in _TABLES]
    return [*tables, *_ANNOTATIONS] if version >= WITH_MARKS else tables


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
