"""SQLite's error codes in the product's words."""

from __future__ import annotations

import errno
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.core.study import PromptId
from ftcompare.store.integrity.backup import file_fault
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.errors import fault
from ftcompare.store.study.study_file import StudyFile


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, EnvironmentFault, "disk-full"),
        (errno.EDQUOT, EnvironmentFault, "disk-full"),
        (errno.EROFS, UserError, "study-read-only"),
        (errno.EACCES, UserError, "study-read-only"),
        (errno.EIO, EnvironmentFault, "study-unreachable"),
        (errno.ENAMETOOLONG, UserError, "place-refused"),
    ],
)
def test_the_file_systems_numbers_decide(number: int, kind: type[FTCompareError], code: str) -> None:
    found = file_fault(OSError(number, "whatever it says"), Path("s.ftstudy"))
    assert (type(found), found.code) == (kind, code)


@pytest.mark.parametrize(
    ("sqlite_code", "kind", "code"),
    [
        (sqlite3.SQLITE_BUSY, UserError, "study-locked"),
        (sqlite3.SQLITE_BUSY_RECOVERY, UserError, "study-locked"),
        (sqlite3.SQLITE_LOCKED, UserError, "study-locked"),
        (sqlite3.SQLITE_READONLY, UserError, "study-read-only"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, UserError, "study-read-only"),
        (sqlite3.SQLITE_READONLY_ROLLBACK, UserError, "study-read-only"),
        (sqlite3.SQLITE_READONLY_DBMOVED, EnvironmentFault, "study-moved"),
        (sqlite3.SQLITE_CANTOPEN, UserError, "study-read-only"),
        (sqlite3.SQLITE_PERM, UserError, "study-read-only"),
        (sqlite3.SQLITE_NOTADB, UserError, "study-foreign"),
        (sqlite3.SQLITE_CORRUPT, UserError, "study-damaged"),
        (sqlite3.SQLITE_CORRUPT_INDEX, UserError, "study-damaged"),
        (sqlite3.SQLITE_FULL, EnvironmentFault, "disk-full"),
        (sqlite3.SQLITE_IOERR_FSYNC, EnvironmentFault, "study-unreachable"),
        (sqlite3.SQLITE_IOERR_WRITE, EnvironmentFault, "study-unreachable"),
        (sqlite3.SQLITE_NOMEM, EnvironmentFault, "out-of-memory"),
        (sqlite3.SQLITE_TOOBIG, UserError, "text-too-long"),
        (sqlite3.SQLITE_CONSTRAINT_TRIGGER, BugError, "store-refused"),
        (sqlite3.SQLITE_ERROR, BugError, "store-refused"),
    ],
)
def test_codes_decide_and_messages_do_not(sqlite_code: int, kind: type[FTCompareError], code: str) -> None:
    error = sqlite3.OperationalError("disk full, locked and read-only, says the message")
    error.sqlite_errorcode = sqlite_code
    found = fault(error, Path("s.ftstudy"))
    assert (type(found), found.code, found.where) == (kind, code, "s.ftstudy")


def test_an_error_without_a_code_is_ours() -> None:
    found = fault(sqlite3.ProgrammingError("used in another thread"), Path("s.ftstudy"))
    assert type(found) is BugError


def test_a_moved_file_is_told_before_a_judgment_is_called_saved(
    study: StudyFile, path: Path, now: datetime
) -> None:
    elsewhere = path.with_name("elsewhere.ftstudy")
    path.rename(elsewhere)
    with pytest.raises(EnvironmentFault) as caught:
        study.settings.set_title("into nothing", now=now)
    assert caught.value.code == "study-moved"
    with pytest.raises(EnvironmentFault), study.atomic():
        study.settings.set_title("into nothing", now=now)
    elsewhere.rename(path)
    study.settings.set_title("found again", now=now)
    assert study.settings.read().title == "found again"


def test_a_reference_to_nothing_is_ours(study: StudyFile) -> None:
    with pytest.raises(BugError):
        study.responses.mark_failed(PromptId(404), "no such prompt", run=404)
    assert study.responses.failures() == {}


def test_connecting_to_a_path_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        Connection(tmp_path / "no folder" / "s.ftstudy")
    assert caught.value.code == "study-read-only"
