"""SQL in a received file never runs, what reads one can be ended, and SQLite's errors have our words."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.raters.packs import outside_copy
from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.core.study import PromptId
from ftcompare.store.integrity.backup import file_fault
from ftcompare.store.integrity.file_validation import examine
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.sqlite import bounded_connection
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.errors import fault
from ftcompare.store.study.study_file import StudyFile, read_copy
from tests.builders import refusal_code
from tests.store.pack.pack_studies import make, new_study

ENDLESS = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"

HOSTILE = {
    "trigger": f"CREATE TRIGGER t BEFORE UPDATE ON {{table}} BEGIN SELECT ({ENDLESS}); END",
    "table": "CREATE TABLE extra (a, b AS (zeroblob(400000000)) STORED)",
    "view": f"CREATE VIEW extra AS {ENDLESS}",
    "index": "CREATE INDEX extra ON {table} (hex(zeroblob(1000)))",
    "full text": "CREATE VIRTUAL TABLE extra USING fts5 (a)",
    "library's own": "CREATE TRIGGER _sqlite_migrations_mine BEFORE INSERT ON {table} BEGIN SELECT 1; END",
}
"""Statements that change what a file defines, for tables by the names of both kinds of file."""

REPLACED = {
    "view": ("rated_here", f"CREATE VIEW rated_here AS {ENDLESS}"),
    "check": (
        "state",
        "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT CHECK (length(value) < 9)) STRICT",
    ),
    "generated column": (
        "drafts",
        "CREATE TABLE drafts (allocation INTEGER PRIMARY KEY, big AS (zeroblob(400000000)))",
    ),
    "nonsense": ("drafts", "CREATE TABLE drafts (((("),
}
"""Name of a definition, and the SQL that is put in its place without a word to SQLite."""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    with new_study(tmp_path / "packed.ftstudy") as study:
        return make(study).path


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(statement)


def replace(path: Path, name: str, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        assert raw.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, name)).rowcount


def refusals(path: Path, openers: list[Callable[[Path], object]]) -> list[tuple[str, str]]:
    """Code and words with which each opener refuses a file, which stays as it is."""
    before = path.read_bytes()
    found = []
    for opener in openers:
        with pytest.raises(UserError) as caught:
            opener(path)
        assert caught.value.where == str(path)
        found.append((caught.value.code, caught.value.what))
    assert path.read_bytes() == before
    return found


def study_openers(now: datetime) -> list[Callable[[Path], object]]:
    def copied(path: Path) -> None:
        with read_copy(path, now=now, copied=lambda _: None):
            pass

    return [lambda path: StudyFile.open(path, now=now), copied]


def pack_openers() -> list[Callable[[Path], object]]:
    def copied(path: Path) -> None:
        with outside_copy(path):
            pass

    return [PackFile.open, copied]


def test_the_files_are_opened_as_they_are(judged: Path, pack: Path, now: datetime) -> None:
    for opener in study_openers(now):
        opened = opener(judged)
        if isinstance(opened, StudyFile):
            opened.close()
    for opener in pack_openers():
        opened = opener(pack)
        if isinstance(opened, PackFile):
            opened.close()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_defines_more_is_refused_before_any_of_it_runs(
    judged: Path, pack: Path, kind: str, now: datetime
) -> None:
    change(judged, HOSTILE[kind].format(table="study"))
    change(pack, HOSTILE[kind].format(table="state"))
    for code, what in refusals(judged, study_openers(now)):
        assert code == "study-damaged"
        assert "its rules were changed" in what
    for code, what in refusals(pack, pack_openers()):
        assert code == "pack-damaged"
        assert "its rules were changed" in what


@pytest.mark.parametrize("kind", REPLACED)
def test_a_file_that_defines_otherwise_is_refused_and_the_change_is_named(
    judged: Path, pack: Path, kind: str, now: datetime
) -> None:
    name, sql = REPLACED[kind]
    replace(judged, name, sql)
    replace(pack, name, sql)
    (code, what), *_ = refusals(judged, study_openers(now)[:1])
    assert (code, what) == ("study-damaged", f"The study is damaged: its rules were changed (“{name}”).")
    (code, what), *_ = refusals(pack, pack_openers()[:1])
    assert (code, what) == ("pack-damaged", f"The pack is damaged: “its rules were changed (“{name}”)”.")


def test_a_table_of_the_library_may_not_bring_sql_along(judged: Path, now: datetime) -> None:
    table = "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, name TEXT CHECK (hex(name) > ''))"
    replace(judged, "_sqlite_migrations", table)
    assert refusals(judged, study_openers(now)[:1])[0][0] == "study-damaged"


def test_the_librarys_table_as_other_versions_of_it_write_it_is_no_change(
    judged: Path, now: datetime
) -> None:
    columns = "[id] INTEGER PRIMARY KEY,\n [migration_set] TEXT,\n [name] TEXT, [applied_at] TEXT"
    table = f"CREATE TABLE [_sqlite_migrations] (\n {columns})"
    replace(judged, "_sqlite_migrations", table)
    StudyFile.open(judged, now=now).close()


def test_statistics_that_someone_collected_are_no_change(judged: Path, now: datetime) -> None:
    change(judged, "ANALYZE")
    with StudyFile.open(judged, now=now) as study:
        assert all(finding.ok for finding in study.check())


def test_a_hostile_file_with_a_journal_is_refused(judged: Path, now: datetime) -> None:
    """What lies in a journal comes first; it is SQLite's own pages and no SQL."""
    change(judged, HOSTILE["trigger"].format(table="study"))
    judged.with_name(f"{judged.name}-journal").write_bytes(b"no journal at all")
    assert refusals(judged, study_openers(now)[:1])[0][0] == "study-damaged"


@pytest.mark.parametrize("beside", [b"", b"no journal at all"])
def test_a_format_that_sqlite_does_not_know_is_damage(
    judged: Path, pack: Path, beside: bytes, now: datetime
) -> None:
    """The schema format number: https://sqlite.org/fileformat2.html#the_database_header"""
    for path, openers in ((judged, study_openers(now)[:1]), (pack, pack_openers())):
        content = path.read_bytes()
        path.write_bytes(content[:44] + (5).to_bytes(4, "big") + content[48:])
        for opener in openers:
            path.with_name(f"{path.name}-journal").write_bytes(beside)
            [(code, _)] = refusals(path, [opener])
            assert code.endswith("-damaged")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only POSIX has named pipes")
@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("make_it", ["mkfifo", "mkdir"])
def test_what_is_no_file_beside_a_file_is_not_waited_for(
    judged: Path, pack: Path, suffix: str, make_it: str, now: datetime
) -> None:
    for path, openers in ((judged, study_openers(now)), (pack, pack_openers())):
        getattr(os, make_it)(path.with_name(f"{path.name}{suffix}"))
        for code, what in refusals(path, openers):
            assert code == "journal-no-file"
            assert f"{path.name}{suffix}" in what


def test_a_file_put_in_place_after_the_first_look_is_refused(judged: Path) -> None:
    change(judged, HOSTILE["trigger"].format(table="study"))
    connection = Connection(judged)
    try:
        with pytest.raises(UserError) as caught:
            examine(connection)
    finally:
        connection.close()
    assert caught.value.code == "study-damaged"


def test_reading_that_never_ends_is_ended(judged: Path) -> None:
    connection = Connection(judged)
    try:
        connection.raw.allow(1_000_000)
        with pytest.raises(UserError) as caught:
            connection.rows(ENDLESS)
    finally:
        connection.close()
    assert caught.value.code == "study-damaged"
    assert "takes too long" in caught.value.what


def test_closing_the_program_ends_what_only_reads(judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_connection, "GRACE", 0.0)
    over, told = threading.Event(), list[FTCompareError]()

    def work() -> None:
        bounded_connection.end_statements_on(over)
        connection = Connection(judged)
        try:
            connection.rows(ENDLESS)
        except FTCompareError as error:
            told.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    over.set()
    thread.join()
    assert [(type(error), error.code) for error in told] == [(EnvironmentFault, "closed-down")]


CTRL_C = f"""
import sys
from pathlib import Path
from ftcompare.store.sqlite.connection import Connection
connection = Connection(Path(sys.argv[1]))
try:
    print("ready", flush=True)
    connection.rows({ENDLESS!r})
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGINT")
def test_ctrl_c_ends_a_statement(judged: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-c", CTRL_C, str(judged)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    with worker, worker.stdout:
        try:
            assert worker.stdout.readline() == "ready\n"
            worker.send_signal(signal.SIGINT)
            assert worker.stdout.read() == "stopped\n"
        finally:
            worker.kill()


def test_a_value_beyond_all_bounds_is_refused(judged: Path) -> None:
    connection = Connection(judged)
    try:
        with pytest.raises(UserError) as caught:
            connection.rows("SELECT zeroblob(400000000)")
    finally:
        connection.close()
    assert caught.value.code == "text-too-long"


def test_a_large_honest_study_is_proved_within_its_steps(judged: Path, now: datetime) -> None:
    """The steps that are allowed grow with the file, whatever machine it is on."""
    copy = Path(shutil.copy(judged, judged.with_name("large.ftstudy")))
    with closing(sqlite3.connect(copy, isolation_level=None)) as raw:
        raw.execute(
            """WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
                INSERT INTO state SELECT 'k' || i, '' FROM n"""
        )
    looks = []
    connection = Connection(copy)
    try:
        connection.raw.set_progress_handler(lambda: looks.append(1), 1000)
        assert connection.value("PRAGMA quick_check(1)") == "ok"
    finally:
        connection.close()
    assert 1000 * len(looks) < bounded_connection.STEPS_A_BYTE * copy.stat().st_size / 5


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
    assert refusal_code(lambda: Connection(tmp_path / "no folder" / "s.ftstudy")) == "study-read-only"
