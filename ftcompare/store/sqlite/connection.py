"""The one connection to a study file: how it is opened and locked, and how its failures are told."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from ftcompare.core.errors import BugError, UserError
from ftcompare.store.sqlite.bounded_connection import BoundedConnection, connect
from ftcompare.store.sqlite.errors import (
    displaced,
    fault,
    interrupted,
    not_unicode,
    overwritten,
    study_error,
    unknown_format,
    unreadable,
)
from ftcompare.store.sqlite.file_guard import FileGuard
from ftcompare.store.sqlite.without_pandas import without_pandas

Value = str | int | float | None

_PAGE = 500
"""Rows that `Connection.paged` holds at once: a text may have megabytes."""

SETTINGS = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cell_size_check = ON",
    "PRAGMA cache_size = -65536",
)


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
        with without_pandas():  # here, and not above: see migrations.py
            from sqlite_utils import Database

        self.path = path
        self.newest_backup: Path | None = None
        """What to offer should another program spoil the file."""
        self._guard: FileGuard | None = None
        try:
            self.raw = connect(f"{path.absolute().as_uri()}?mode=rw")
        except sqlite3.Error as error:
            raise fault(error, path) from error
        self._identity = _identity(path)
        self.raw.row_factory = sqlite3.Row
        self.database = Database(self.raw, execute_plugins=False)
        try:
            self._lock()
        except BaseException:
            self.close()
            raise

    def _lock(self) -> None:
        try:
            for setting in (*SETTINGS, "BEGIN EXCLUSIVE", "COMMIT"):
                self.execute(setting)
        except BugError as refused:
            raise unknown_format(refused, self.path) from refused

    def close(self) -> None:
        """Gives the file back; harmless when done twice."""
        self.database.close()
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    @property
    def in_transaction(self) -> bool:
        """Whether an `atomic` block is open."""
        return self.raw.in_transaction

    @property
    def changes(self) -> int:
        """How many rows were changed through this connection."""
        return self.database.conn.total_changes

    def _require_in_place(self) -> None:
        """SQLite itself looks only when it makes a journal, which a locked connection does once.

        Raises:
            EnvironmentFault: ``study-moved``; ``study-overwritten``.
        """
        if self.in_transaction:
            return
        if (found := _identity(self.path)) != self._identity:
            raise displaced(self.path) if found else study_error("study-moved", self.path)
        if self._guard is not None and not self._told_of_disk(self._guard.untouched):
            raise overwritten(self.path, self.newest_backup)

    def guard(self) -> None:
        """From here on, whatever another program writes to the file is told before anything is saved.

        Raises:
            EnvironmentFault: ``study-moved``, ``study-unreachable``.
        """
        if self._guard is None:
            try:
                self._guard = FileGuard(self.path)
            except OSError as error:
                raise study_error("study-moved", self.path) from error

    def _settle(self) -> None:
        """After a transaction of this connection's own: the file is what was written."""
        if self.in_transaction:
            return
        self.guard()
        if self._guard is not None and not self._told_of_disk(self._guard.settle):
            raise overwritten(self.path, self.newest_backup)

    def _doubt(self) -> None:
        """A transaction that failed has written, too: what it began, and what was there before it."""
        if self._guard is not None:
            self._guard.settled = False

    def _told_of_disk(self, look: Callable[[BoundedConnection], bool]) -> bool:
        try:
            return look(self.raw)
        except sqlite3.Error as error:
            raise told(self.raw, error, self.path) from error
        except OSError as error:
            raise study_error("study-unreachable", self.path) from error

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing; when the outermost block has ended, what was written is on the disk."""
        self._require_in_place()
        try:
            with self.database.atomic():
                yield
        except sqlite3.Error as error:
            raise told(self.raw, error, self.path) from error
        finally:
            self._doubt()
        self._settle()

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> sqlite3.Cursor:
        """Runs one statement that writes."""
        self._require_in_place()
        try:
            with self._reading():
                cursor = self.raw.execute(sql, parameters)
        finally:
            self._doubt()
        if self._guard is not None:
            self._settle()
        return cursor

    def insert(self, table: str, **values: Value) -> int:
        """Adds one row, with its values by column, and returns its id."""
        return self.execute(_insertion(table, tuple(values)), tuple(values.values())).lastrowid or 0

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._reading():
            return self.raw.execute(sql, parameters).fetchall()

    def first(self, sql: str, parameters: Sequence[Value] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None; no other is read."""
        with self._reading(), closing(self.raw.execute(sql, parameters)) as cursor:
            row: sqlite3.Row | None = cursor.fetchone()
            return row

    def paged(self, sql: str, parameters: Sequence[Value] = (), *, key: str = "id") -> Iterator[sqlite3.Row]:
        """The rows of a query, so many at a time that little is held; others may be written meanwhile.

        Args:
            sql: ends with ``n > ? ORDER BY n LIMIT ?``, where n is a number of 1 or more.
            parameters: those before these two.
            key: the name of n among the columns of the result.
        """
        last = 0
        while rows := self.rows(sql, (*parameters, last, _PAGE)):
            yield from rows
            last = rows[-1][key]

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
            raise told(self.raw, error, self.path) from error
        except UnicodeEncodeError as error:
            raise not_unicode(error) from error
        except UnicodeDecodeError as error:
            raise unreadable(self.path) from error

    def value(self, sql: str, parameters: Sequence[Value] = ()) -> Any:
        """The first column of a query that always has a row."""
        return self.rows(sql, parameters)[0][0]


@lru_cache(64)
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    """The statement that inserts a row; the names are the product's own."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def told(raw: BoundedConnection, error: sqlite3.Error, path: Path) -> BaseException:
    """What a failure means; one of Ctrl-C, which SQLite gives back as its own, is one again."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_INTERRUPT:
        return interrupted(path, exhausted=raw.exhausted, closed_down=raw.closed_down)
    return fault(error, path)


def existing(path: Path) -> Path:
    """The path, if a file is there.

    Raises:
        UserError: ``study-missing`` or, for a folder or an empty file, ``study-foreign``;
            ``journal-no-file``.
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
        raise study_error("study-foreign", path)
    refuse_odd_companions(path)
    return path


def refuse_odd_companions(path: Path) -> None:
    """Refuses what SQLite would open beside a file and wait for: a pipe, which it cannot be called back from.

    Raises:
        UserError: ``journal-no-file``.
    """
    for suffix in ("-journal", "-wal", "-shm"):
        beside = path.with_name(f"{path.name}{suffix}")
        if os.path.exists(beside) and not beside.is_file():  # noqa: PTH110 - see `existing`
            raise UserError(
                f"Beside it there is “{beside.name}”, which is no file.",
                where=str(path),
                how="Move that away and open it again.",
                code="journal-no-file",
            )


def sqlite_version() -> str:
    """The version of SQLite that this Python stands on."""
    return sqlite3.sqlite_version
