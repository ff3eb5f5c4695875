"""SQLite's errors as the product's errors, distinguished by error code and never by message."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
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

_STUDY_ERRORS: dict[str, tuple[type[FTCompareError], str, str]] = {
    "study-foreign": (UserError, "This file is not a study.",
        "Open a file made by FTCompare, or make a new study and import into it."),
    "study-newer": (UserError, "The study was made by a newer version of FTCompare.",
        "Update FTCompare and open it again."),
    "study-read-only": (UserError, "The study cannot be written to.",
        "Make the file and its folder writable, or copy the study to a folder that is."),
    "study-locked": (UserError, "The study is open in an FTCompare window, or in another program.",
        "Close it there first (in the window: File → Close)."),
    "study-unreachable": (EnvironmentFault,
        "The disk that holds the study does not answer: nothing was saved.",
        "Check that the drive or network folder is still connected and try again."),
    "study-moved": (EnvironmentFault,
        "The study file was moved or deleted while it was open: nothing was saved.",
        "Put it back and try again, or save a copy."),
    "disk-full": (EnvironmentFault, "The disk is full: nothing was saved.", "Free some space and try again."),
    "out-of-memory": (EnvironmentFault, "There is not enough memory.", ""),
    "text-too-long": (UserError, "A text is too long for a study file.", ""),
}  # fmt: skip
"""By code: the kind of error, what happened, what can be done."""


def study_error(code: str, path: Path) -> FTCompareError:
    """The error of a code in `_STUDY_ERRORS`, about the study at ``path``."""
    kind, what, how = _STUDY_ERRORS[code]
    return kind(what, where=str(path), how=how, code=code)


@contextmanager
def told_of_original(original: Path, copy: Path) -> Iterator[None]:
    """What is wrong with a copy is told of the original: nobody knows the copy."""
    try:
        yield
    except FTCompareError as error:
        if error.where == str(copy):
            error.where = str(original)
        raise


def damaged(path: Path, detail: str) -> UserError:
    """The file was a study and is broken."""
    what = f"The study is damaged: {' '.join(detail.split())}."
    how = "Open the newest backup; the damaged file is left as it is."
    return UserError(what, where=str(path), how=how, code="study-damaged")


def unreadable(path: Path) -> UserError:
    """The file holds bytes that no text is made of."""
    return damaged(path, "a text in it cannot be read")


def unknown_format(refused: BaseException, path: Path) -> BaseException:
    """What a refusal at opening means: of statements that never change, the file is at fault and not they."""
    is_refusal = isinstance(refused, BugError) and refused.code == REFUSED
    return damaged(path, "SQLite does not know its format") if is_refusal else refused


def time_of(backup: Path) -> str:
    """When a backup was made, in the user's time."""
    try:
        made = datetime.fromtimestamp(backup.stat().st_mtime, UTC).astimezone()
    except OSError:
        return "an unknown time"
    return f"{made.day} {made:%B, %H:%M}"


def displaced(path: Path) -> EnvironmentFault:
    """Another file has the name, as a program that synchronises folders leaves it."""
    what = "Another file was put in the place of the study while it was open: nothing was saved."
    how = "Save a copy of what is open, then close it and compare the copy with the file that is there."
    return EnvironmentFault(what, where=str(path), how=how, code="study-moved")


def overwritten(path: Path, backup: Path | None) -> EnvironmentFault:
    """Another program wrote to the file, or cut it short."""
    how = "Close it, and open a copy or a backup of it."
    if backup:
        kept = f"Open the newest backup, of {time_of(backup)}; what was saved since then is not in it."
        how = f"{kept} It lies at {backup}"
    what = "Another program changed the study file while it was open: nothing was saved."
    return EnvironmentFault(what, where=str(path), how=how, code=OVERWRITTEN)


def interrupted(path: Path, *, exhausted: bool, closed_down: bool) -> BaseException:
    """Why a statement was ended while it ran; ended by nothing of this program, it was Ctrl-C."""
    if exhausted:
        return damaged(path, "to read it takes far longer than it can")
    if closed_down:
        what = "The program was closed before this was done."
        return EnvironmentFault(what, where=str(path), code="closed-down")
    return KeyboardInterrupt()


_CODES = {
    sqlite3.SQLITE_BUSY: "study-locked",
    sqlite3.SQLITE_LOCKED: "study-locked",
    sqlite3.SQLITE_READONLY: "study-read-only",
    sqlite3.SQLITE_READONLY_DBMOVED: "study-moved",
    sqlite3.SQLITE_PERM: "study-read-only",
    sqlite3.SQLITE_AUTH: "study-read-only",
    sqlite3.SQLITE_CANTOPEN: "study-read-only",
    sqlite3.SQLITE_NOTADB: "study-foreign",
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_IOERR: "study-unreachable",
    sqlite3.SQLITE_NOMEM: "out-of-memory",
    sqlite3.SQLITE_TOOBIG: "text-too-long",
}


def fault(error: sqlite3.Error, path: Path) -> FTCompareError:
    """What an SQLite error means to the user of the study at ``path``."""
    if isinstance(error, sqlite3.OperationalError) and not hasattr(error, "sqlite_errorcode"):
        # Raised by the binding and not by SQLite: a text that is no UTF-8, which is never written.
        return unreadable(path)
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
    if code & _PRIMARY == sqlite3.SQLITE_CORRUPT:
        return damaged(path, "its contents contradict themselves")
    known = _CODES.get(code) or _CODES.get(code & _PRIMARY)
    if known is not None:
        return study_error(known, path)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return BugError(f"The study file refused an operation ({name}).", where=str(path), code=REFUSED)


def not_unicode(error: UnicodeEncodeError) -> UserError:
    """Half of a surrogate pair: no encoding of Unicode can hold it."""
    what = f"A text holds half a character (at position {error.start + 1}) and cannot be stored."
    return UserError(what, how="Repair the text at its source.", code="text-not-unicode")
