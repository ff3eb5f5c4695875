"""Opens another study for reading only. Its file stays unchanged, even if an earlier version wrote it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.store.integrity.file_validation import refuse_changed_rules
from ftcompare.store.sqlite.bounded_connection import SCHEMA_STEPS, BoundedConnection, connect
from ftcompare.store.sqlite.connection import closed_on_failure, existing
from ftcompare.store.sqlite.errors import fault, study_error, told_of_original
from ftcompare.store.study.migrations import APPLICATION_ID
from ftcompare.store.study.study_file import StudyFile

PAGES = 2048  # database pages copied between two calls of ``copied``: 8 MiB

COMMIT_SECONDS = 3  # seconds to wait for a lock: a run that lends its study locks it during each commit

_UNCLOSED = (sqlite3.SQLITE_READONLY_ROLLBACK, sqlite3.SQLITE_READONLY_RECOVERY)


@contextmanager
def read_copy(path: Path, *, now: datetime, copied: Callable[[float], None]) -> Iterator[StudyFile]:
    """Open a copy of a study in a temporary folder that is deleted at the end.

    If an earlier version wrote the study, only the copy is migrated. The study may be in a folder without
    write permission. It must not be open in this process, see `StudyFile`. `copied` is called with the share
    copied so far, 0 to 1; it may raise to cancel.
    """
    refuse_changed_rules(existing(path))
    with _private_folder() as folder:
        copy = folder / path.name
        with told_of_original(path, copy):
            _copy(path, copy, copied)
            with StudyFile.open(copy, now=now) as study:
                yield study


@contextmanager
def _private_folder() -> Iterator[Path]:
    try:
        folder = TemporaryDirectory(prefix="ftcompare-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _no_room("the folder for temporary files") from error
    with folder as name:
        yield Path(name)


def _copy(path: Path, copy: Path, copied: Callable[[float], None]) -> None:
    def look(_status: int, remaining: int, total: int) -> None:
        copied(1 - remaining / max(total, 1))

    with closing(_source(path)) as source, closing(sqlite3.connect(copy, isolation_level=None)) as target:
        try:
            source.backup(target, pages=PAGES, progress=look)
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise _no_room(str(copy.parent)) from error
            raise fault(error, path) from error


def _source(path: Path) -> BoundedConnection:
    """Connect with a lock: others cannot change the file until the connection is closed."""
    try:
        source = connect(f"{path.absolute().as_uri()}?mode=ro")
        with closed_on_failure(source):
            source.execute(f"PRAGMA busy_timeout = {COMMIT_SECONDS * 1000}")
            source.allow(SCHEMA_STEPS)
            source.execute("BEGIN")
            application = source.execute("PRAGMA application_id").fetchone()[0]
            source.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
            if application != APPLICATION_ID:
                raise study_error("study-foreign", path)
    except sqlite3.Error as error:
        raise _unreadable(error, path) from error
    return source


def _unreadable(error: sqlite3.Error, path: Path) -> FTCompareError:
    if error.sqlite_errorcode in _UNCLOSED:
        what = "The study was not closed properly when it was last written to."
        how = "Open it once in FTCompare, then try again."
        return UserError(what, where=str(path), how=how, code="study-unclosed")
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN:
        how = "Make the file readable, or copy it to a folder where it is readable."
        return UserError("The study cannot be read.", where=str(path), how=how, code="study-unreadable")
    return fault(error, path)


def _no_room(where: str) -> EnvironmentFault:
    what = "There is not enough space for a temporary copy."
    return EnvironmentFault(what, where=where, how="Free some space and try again.", code="disk-full")
