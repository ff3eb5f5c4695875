"""SQLite's failures in the product's words, told apart by error code and never by message."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError

IMPOSSIBLE_VALUE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading a value raises that the product never stores."""

_PRIMARY = 0xFF
"""Extended codes carry the primary code in their lowest byte: https://sqlite.org/rescode.html"""


OVERWRITTEN = "study-overwritten"
"""Code of a fault after which a backup is offered."""

REFUSED = "store-refused"
"""Code of a failure that nothing outside of the product explains."""


def foreign(path: Path) -> UserError:
    """The file is something else."""
    return UserError(
        "This file is not a study.",
        where=str(path),
        how="Open a file made by FTCompare, or make a new study and import into it.",
        code="study-foreign",
    )


def damaged(path: Path, detail: str) -> UserError:
    """The file was a study and is broken."""
    return UserError(
        f"The study is damaged: {' '.join(detail.split())}.",
        where=str(path),
        how="Open the newest backup; the damaged file is left as it is.",
        code="study-damaged",
    )


def unreadable(path: Path) -> UserError:
    """The file holds bytes that no text is made of."""
    return damaged(path, "a text in it cannot be read")


def unknown_format(refused: BaseException, path: Path) -> BaseException:
    """What a refusal at opening means: of statements that never change, the file is at fault and not they."""
    is_refusal = isinstance(refused, BugError) and refused.code == REFUSED
    return damaged(path, "SQLite does not know its format") if is_refusal else refused


def read_only(path: Path) -> UserError:
    """The file or its folder cannot be written to."""
    return UserError(
        "The study cannot be written to.",
        where=str(path),
        how="Make the file and its folder writable, or copy the study to a folder that is.",
        code="study-read-only",
    )


def disk_full(path: Path) -> EnvironmentFault:
    """Nothing more fits."""
    return EnvironmentFault(
        "The disk is full: nothing was saved.",
        where=str(path),
        how="Free some space and try again.",
        code="disk-full",
    )


def _locked(path: Path) -> UserError:
    return UserError(
        "The study is open in an FTCompare window, or in another program.",
        where=str(path),
        how="Close it there first (in the window: File → Close).",
        code="study-locked",
    )


def unreachable(path: Path) -> EnvironmentFault:
    """The drive is gone."""
    return EnvironmentFault(
        "The disk that holds the study does not answer: nothing was saved.",
        where=str(path),
        how="Check that the drive or network folder is still connected and try again.",
        code="study-unreachable",
    )


def moved(path: Path) -> EnvironmentFault:
    """What is written would go to a file that the user can no longer find, or to none."""
    return EnvironmentFault(
        "The study file was moved or deleted while it was open: nothing was saved.",
        where=str(path),
        how="Put it back and try again, or save a copy.",
        code="study-moved",
    )


def time_of(backup: Path) -> str:
    """When a backup was made, in the user's time."""
    try:
        made = datetime.fromtimestamp(backup.stat().st_mtime, UTC).astimezone()
    except OSError:
        return "an unknown time"
    return f"{made.day} {made:%B, %H:%M}"


def displaced(path: Path) -> EnvironmentFault:
    """Another file has the name, as a program that synchronises folders leaves it."""
    return EnvironmentFault(
        "Another file was put in the place of the study while it was open: nothing was saved.",
        where=str(path),
        how="Save a copy of what is open, then close it and compare the copy with the file that is there.",
        code="study-moved",
    )


def overwritten(path: Path, backup: Path | None) -> EnvironmentFault:
    """Another program wrote to the file, or cut it short."""
    return EnvironmentFault(
        "Another program changed the study file while it was open: nothing was saved.",
        where=str(path),
        how=f"Open the newest backup, of {time_of(backup)}; what was saved since then is not in it. "
        f"It lies at {backup}"
        if backup
        else "Close it, and open a copy or a backup of it.",
        code=OVERWRITTEN,
    )


def interrupted(path: Path, *, exhausted: bool, closed_down: bool) -> BaseException:
    """Why a statement was ended while it ran; ended by nothing of ours, it was Ctrl-C."""
    if exhausted:
        return damaged(path, "to read it takes far longer than it can")
    if closed_down:
        return EnvironmentFault(
            "The program was closed before this was done.", where=str(path), code="closed-down"
        )
    return KeyboardInterrupt()


def _out_of_memory(path: Path) -> EnvironmentFault:
    return EnvironmentFault("There is not enough memory.", where=str(path), code="out-of-memory")


def _too_long(path: Path) -> UserError:
    return UserError("A text is too long for a study file.", where=str(path), code="text-too-long")


_FAULTS = {
    sqlite3.SQLITE_BUSY: _locked,
    sqlite3.SQLITE_LOCKED: _locked,
    sqlite3.SQLITE_READONLY: read_only,
    sqlite3.SQLITE_READONLY_DBMOVED: moved,
    sqlite3.SQLITE_PERM: read_only,
    sqlite3.SQLITE_AUTH: read_only,
    sqlite3.SQLITE_CANTOPEN: read_only,
    sqlite3.SQLITE_NOTADB: foreign,
    sqlite3.SQLITE_FULL: disk_full,
    sqlite3.SQLITE_IOERR: unreachable,
    sqlite3.SQLITE_NOMEM: _out_of_memory,
    sqlite3.SQLITE_TOOBIG: _too_long,
}


def fault(error: sqlite3.Error, path: Path) -> FTCompareError:
    """What an SQLite error means to the user of the study at ``path``."""
    if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
        # Raised by the binding and not by SQLite: a text that is no UTF-8, which is never written.
        return unreadable(path)
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
    if code & _PRIMARY == sqlite3.SQLITE_CORRUPT:
        return damaged(path, "its contents contradict themselves")
    known = _FAULTS.get(code) or _FAULTS.get(code & _PRIMARY)
    if known is not None:
        return known(path)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return BugError(f"The study file refused an operation ({name}).", where=str(path), code=REFUSED)


def not_unicode(error: UnicodeEncodeError) -> UserError:
    """Half of a surrogate pair: no encoding of Unicode can hold it."""
    return UserError(
        f"A text holds half a character (at position {error.start + 1}) and cannot be stored.",
        how="Repair the text at its source.",
        code="text-not-unicode",
    )
