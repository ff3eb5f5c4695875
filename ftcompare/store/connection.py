"""The one connection to a study file: how it is opened and locked, and how its failures are told."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from ftcompare.core.errors import BugError, UserError
from ftcompare.core.hashing import Json
from ftcompare.store.faults import fault, foreign, moved, not_unicode, unreadable

Value = str | int | float | None

SETTINGS = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cell_size_check = ON",
    "PRAGMA cache_size = -65536",
)

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


class Connection:
    """A locked SQLite database whose errors are `UserError`, `EnvironmentFault` or `BugError`.

    Used from one thread. Every statement outside `atomic` is a transaction of its own.

    Args:
        path: an existing file; an empty one is a database without tables.

    Raises:
        UserError: ``study-locked`` at once if any process, this one included, has it open;
            ``study-foreign`` if it is not a database; ``study-read-only``.
    """

    def __init__(self, path: Path) -> None:
        from sqlite_utils import Database  # slow to load; see migrations.py

        self.path = path
        try:
            raw = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None
            )
        except sqlite3.Error as error:
            raise fault(error, path) from error
        self._identity = _identity(path)
        raw.row_factory = sqlite3.Row
        self.database = Database(raw, execute_plugins=False)
        try:
            self._lock()
        except BaseException:
            self.close()
            raise

    def _lock(self) -> None:
        for setting in SETTINGS:
            self.execute(setting)
        self.execute("BEGIN EXCLUSIVE")
        self.execute("COMMIT")

    def close(self) -> None:
        """Gives the file back; harmless when done twice."""
        self.database.close()

    @property
    def in_transaction(self) -> bool:
        """Whether an `atomic` block is open."""
        return self.database.conn.in_transaction

    @property
    def changes(self) -> int:
        """How many rows were changed through this connection."""
        return self.database.conn.total_changes

    def _require_in_place(self) -> None:
        """SQLite itself looks only when it makes a journal, which a locked connection does once."""
        if not self.in_transaction and _identity(self.path) != self._identity:
            raise moved(self.path)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing; when the outermost block has ended, what was written is on the disk."""
        self._require_in_place()
        try:
            with self.database.atomic():
                yield
        except sqlite3.Error as error:
            raise fault(error, self.path) from error

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> sqlite3.Cursor:
        """Runs one statement that writes."""
        self._require_in_place()
        try:
            return self.database.conn.execute(sql, parameters)
        except sqlite3.Error as error:
            raise fault(error, self.path) from error
        except UnicodeEncodeError as error:
            raise not_unicode(error) from error
        except UnicodeDecodeError as error:
            raise unreadable(self.path) from error

    def insert(self, sql: str, parameters: Sequence[Value]) -> int:
        """Runs one INSERT and returns the row's id."""
        return self.execute(sql, parameters).lastrowid or 0

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._reading():
            return self.database.conn.execute(sql, parameters).fetchall()

    def first(self, sql: str, parameters: Sequence[Value] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None; no other is read."""
        with self._reading(), closing(self.database.conn.execute(sql, parameters)) as cursor:
            row: sqlite3.Row | None = cursor.fetchone()
            return row

    def each(self, sql: str, parameters: Sequence[Value] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query one by one, as plain tuples: of many rows, the quickest way to have all values.

        To be read to the end before anything is written.
        """
        with self._reading(), closing(self.database.conn.cursor()) as cursor:
            cursor.row_factory = None
            yield from cursor.execute(sql, parameters)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise fault(error, self.path) from error
        except UnicodeEncodeError as error:
            raise not_unicode(error) from error
        except UnicodeDecodeError as error:
            raise unreadable(self.path) from error

    def value(self, sql: str, parameters: Sequence[Value] = ()) -> Any:
        """The first column of a query that always has a row."""
        return self.rows(sql, parameters)[0][0]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Part:
    """What every part of a study file stands on."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection


def existing(path: Path) -> Path:
    """The path, if a file is there.

    Raises:
        UserError: ``study-missing`` or, for a folder or an empty file, ``study-foreign``.
    """
    if not os.path.exists(path):  # noqa: PTH110 - before Python 3.14, Path.exists raises for too long a name
        raise UserError(
            "There is no such study.",
            where=str(path),
            how="It may have been moved or renamed.",
            code="study-missing",
        )
    # An empty file is refused here because locking it would make a database of it.
    if not path.is_file() or path.stat().st_size == 0:
        raise foreign(path)
    return path


def sqlite_version() -> str:
    """The version of SQLite that this Python stands on."""
    return sqlite3.sqlite_version


def stamp(now: datetime) -> str:
    """A time as the file holds it: ISO 8601, UTC, milliseconds."""
    if now.tzinfo is None:
        raise BugError("A time without a time zone cannot be stored.", code="naive-time")
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_json(value: Json) -> str:
    """JSON as the file holds it; half surrogate pairs are left in, so that storing refuses them."""
    return _ENCODER.encode(value)


def seeded(seed: str) -> Random:
    """A generator that draws the same from the same seed, so that a draw can be proved later."""
    return Random(seed)  # noqa: S311 - the seed holds 128 secret bits
