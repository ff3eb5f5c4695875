"""The three ways an operation can fail. Callers tell errors apart by class and code, never by message."""

from __future__ import annotations

import errno
import os

from ftcompare.core.message_texts import translated_message

_MENDABLE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EACCES, errno.EPERM}
_MENDABLE |= {errno.EROFS, errno.ELOOP, errno.ENAMETOOLONG}


class FTCompareError(Exception):
    """An error with a description, its place, and advice, in the present language.

    Args:
        what: one sentence in plain words on what went wrong.
        where: the file, line or item concerned; empty where there is none.
        how: what the user can do next; empty where nothing helps.
        code: a stable identifier for programs and tests, such as ``study-locked``.
    """

    def __init__(self, what: str, *, where: str = "", how: str = "", code: str = "") -> None:
        # Raised in English: the catalog has the text with places for its values.
        self.what = translated_message(what)
        self.where = where
        self.how = translated_message(how)
        super().__init__(self.what)
        self.code = code

    def __str__(self) -> str:
        """Return the place, the problem and the advice, in one line."""
        place = f"{self.where}: " if self.where else ""
        return " ".join(part for part in (f"{place}{self.what}", self.how) if part)


class UserError(FTCompareError):
    """An error that the user can correct: a wrong file, a missing folder, a study that is open elsewhere."""


class EnvironmentFault(FTCompareError):
    """The machine failed: disk full, read-only, out of memory, no display, worker process killed."""


class BugError(FTCompareError):
    """An error in this program: a state that should not be reachable."""


def from_system(error: OSError) -> FTCompareError:
    """Return a UserError where another name or place helps, else an EnvironmentFault."""
    named = isinstance(error.filename, str | bytes)
    where = os.fsdecode(error.filename) if named else ""
    what = f"{error.strerror or type(error).__name__}."
    if error.errno in _MENDABLE:
        return UserError(what, where=where, how="Choose another name or place.", code="place-refused")
    return EnvironmentFault(what, where=where, code="system-refused")
