"""Temporary files of killed programs: recorded while they are written, removed at the next start."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from ftcompare.app import application_paths
from ftcompare.core.temporary_files import is_temporary, keep_notes

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: BinaryIO) -> None:
        """Lock the file until it is closed or the process ends; OSError if another process holds the lock."""
        handle.seek(_LOCKED_BYTE)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        handle.seek(0)

else:
    import fcntl

    def _lock(handle: BinaryIO) -> None:
        """Lock the file until it is closed or the process ends; OSError if another process holds the lock."""
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_LOCKED_BYTE = 2**20
"""Position of the locked byte, far behind the content, since Windows prevents reading locked bytes."""


class UnfinishedFiles:
    """A record for each temporary file of this process: a small file that contains its path.

    Each record is locked while its temporary file is in use. The operating system releases the lock when the
    process ends for any reason, so a record that can be locked belongs to a file that nobody writes.
    """

    def __init__(self) -> None:
        self._held: dict[Path, tuple[BinaryIO, Path]] = {}

    def announce(self, part: Path) -> None:
        """Record a temporary file, or go on without a record if the user's folder is not writable."""
        with suppress(OSError):
            folder = _folder()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            note = folder / token_hex(8)
            handle = note.open("xb", buffering=0)
            self._held[part] = handle, note
            _lock(handle)
            handle.write(os.fsencode(part.absolute()))

    def forget(self, part: Path) -> None:
        handle, note = self._held.pop(part, (None, None))
        if handle is None or note is None:
            return
        with suppress(OSError):
            handle.close()
            note.unlink(missing_ok=True)


def keep_unfinished_files() -> None:
    """At program start: remove files of killed programs, and record those of this one."""
    remove_left_over()
    keep_notes(UnfinishedFiles())


def remove_left_over() -> None:
    """Remove temporary files and folders that ended processes have recorded."""
    with suppress(OSError):
        for note in tuple(_folder().iterdir()):
            with suppress(OSError):
                _settle(note)


def _settle(note: Path) -> None:
    if note.is_symlink() or not note.is_file():  # not from this program; reading a pipe would block
        return
    with note.open("r+b", buffering=0) as handle:
        _lock(handle)
        part = Path(os.fsdecode(handle.read()))
        if is_temporary(part):
            _remove(part)
    # The drive may not be connected now: keep the record.
    if not is_temporary(part) or (part.parent.is_dir() and not os.path.lexists(part)):
        note.unlink(missing_ok=True)


def _remove(part: Path) -> None:
    if part.is_dir() and not part.is_symlink():
        shutil.rmtree(part, ignore_errors=True)
        return
    for remains in (part.with_name(f"{part.name}-journal"), part):
        remains.unlink(missing_ok=True)


def _folder() -> Path:
    return application_paths.home() / "unfinished"
