"""The schema of a rater pack, and the connection to its file or a copy; errors are worded for a pack.

A pack is an SQLite file that does not record when or how it was made.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.language import N_, tr
from ftcompare.core.temporary_files import create_exclusively
from ftcompare.store.integrity.backup import file_fault, folder_missing
from ftcompare.store.integrity.file_validation import FileKind, examine, refuse_changed_rules
from ftcompare.store.sqlite.bounded_connection import SCHEMA_STEPS, BoundedConnection, connect
from ftcompare.store.sqlite.connection import Connection, Value, closed_on_failure, existing
from ftcompare.store.sqlite.errors import fault, study_error, told_of_original
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


PACK = FileKind(
    PACK_APPLICATION_ID,
    lambda: PACK_VERSION,
    expected_definitions,
    # Altered values are accepted here: verification names their item or judgment.
    conditions=False,
    touch="INSERT OR REPLACE INTO state VALUES ('writable', '')",
)


def opened_pack(path: Path) -> Connection:
    """Connect to an undamaged, writable pack; see `PackFile.open`."""
    with _worded_for_packs(path):
        _require_pack(path)
        refuse_changed_rules(path, PACK)
    connection = PackConnection(path)
    with closed_on_failure(connection), _worded_for_packs(path):
        examine(connection, PACK)
        connection.guard()
    return connection


class PackConnection(Connection):
    """A connection whose errors are worded for a pack."""

    def __init__(self, path: Path) -> None:
        with _worded_for_packs(path):
            super().__init__(path)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        with _worded_for_packs(self.path), super().atomic():
            yield

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> sqlite3.Cursor:
        with _worded_for_packs(self.path):
            return super().execute(sql, parameters)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with _worded_for_packs(self.path), super()._reading():
            yield


_PACK_ERRORS = {
    "study-missing": (N_("There is no such file."), N_("It may have been moved or renamed.")),
    "study-locked": (N_("The pack is open in another window or program."), N_("Close it there first.")),
    "study-read-only": (N_("The pack cannot be written to."),
        N_("Copy it to a folder in which you have write permission, and rate there.")),
    "study-foreign": (N_("This file is not a rater pack."), N_("Choose a file that ends in .ftpack.")),
    "study-unreachable": (N_("The disk that holds the pack does not answer: nothing was saved."),
        N_("Check that the drive or network folder is still connected and try again.")),
    "study-moved": (N_("The pack was moved or deleted while it was open: nothing was saved."),
        N_("Put it back and try again.")),
    "study-overwritten": (N_("Another program changed the pack while it was open: nothing was saved."),
        N_("Close it, and continue in the pack as it was sent. Readable judgments in this file can be "
           "merged.")),
    "study-newer": (N_("The pack was made by a newer version of FTCompare."),
        N_("Update FTCompare and open it again.")),
    "text-too-long": (N_("A text is too long for a pack."), ""),
}  # fmt: skip


@contextmanager
def _worded_for_packs(path: Path) -> Iterator[None]:
    try:
        yield
    except FTCompareError as error:
        worded = _of_packs(error, path)
        if worded is error:
            raise
        raise worded from error


def _of_packs(error: FTCompareError, path: Path) -> FTCompareError:
    if error.code == "study-damaged":
        return damaged_pack(path, error.what.partition(": ")[2].rstrip("."))
    if error.code not in _PACK_ERRORS:
        return error
    if error.code == "study-foreign" and path.is_file() and path.stat().st_size == 0:
        how = tr("Ask the sender to send it again.")
        return UserError(tr("The file is empty."), where=str(path), how=how, code="pack-empty")
    code = "pack-none" if error.code == "study-foreign" else error.code.replace("study-", "pack-")
    what, how = map(tr, _PACK_ERRORS[error.code])
    return type(error)(what, where=str(path), how=how, code=code)


UNREADABLE = N_("Use an older copy, or ask for the pack again. The damaged file is unchanged.")


def damaged_pack(path: Path, detail: str, how: str = UNREADABLE) -> UserError:
    """Return the error for a damaged pack; details that are not in the catalog stay in English."""
    shown = " ".join(detail.split())
    what = tr("The pack is damaged: “{detail}”.", tr(shown))
    return UserError(what, where=str(path), how=tr(how), code="pack-damaged")


def claim(path: Path) -> None:
    """Create an empty file where nothing exists; see `PackFile.create`."""
    try:
        create_exclusively(path)
    except FileExistsError as error:
        raise occupied(path) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise folder_missing(path) from error
    except OSError as error:
        refused = file_trouble(error, path)
        if refused.code == "pack-read-only":
            refused.how = tr("Choose a folder in which you have write permission.")
        raise refused from error


def file_trouble(error: OSError, path: Path) -> FTCompareError:
    return _of_packs(file_fault(error, path), path)


def occupied(path: Path) -> UserError:
    how = tr("Choose another name, or allow replacing the file.")
    return UserError(
        tr("There is already a file of this name."), where=str(path), how=how, code="pack-exists"
    )


def _require_pack(path: Path) -> None:
    if not is_pack(existing(path)):
        raise study_error("study-foreign", path)


@contextmanager
def pack_copy(path: Path) -> Iterator[Connection]:
    """Open a copy of a pack, with its journal: SQLite then recovers from a crash in the copy."""
    with _worded_for_packs(path):
        _require_pack(path)
    with TemporaryDirectory(prefix="ftcompare-pack-") as folder:
        copy = Path(folder, "pack.ftpack")
        try:
            with closing(_reader(path)):
                journal = path.with_name(f"{path.name}-journal")
                if journal.is_file():
                    _copy_with_room(journal, copy.with_name(f"{copy.name}-journal"))
                _copy_with_room(path, copy)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise file_trouble(error, Path(folder) if full else path) from error
        with told_of_original(path, copy), closing(opened_pack(copy)) as connection:
            yield connection


def _copy_with_room(source: Path, target: Path) -> None:
    """Copy a file if there is room for its length; a sparse file may report one beyond the disk's."""
    if source.stat().st_size > shutil.disk_usage(target.parent).free:
        raise OSError(errno.ENOSPC, tr("not enough space for a copy"))
    shutil.copyfile(source, target)


def _reader(path: Path) -> BoundedConnection:
    """Connect for reading with a lock that keeps writers out; raises if others may be writing.

    If a journal must be played back and the folder is not writable, SQLite cannot read the file; then nobody
    has it open for writing.
    """
    where = f"{path.absolute().as_uri()}?mode=ro"
    with _worded_for_packs(path):
        try:
            raw = connect(where)
        except sqlite3.Error as error:
            raise fault(error, path) from error
        try:
            raw.allow(SCHEMA_STEPS)
            raw.execute("BEGIN")
            raw.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except UnicodeDecodeError:  # a broken file, of which the copy will tell
            pass
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raw.close()
                raise fault(error, path) from error
    return raw
