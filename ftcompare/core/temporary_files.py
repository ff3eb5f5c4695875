"""Temporary files beside a target until they are complete: their names, registration, and renaming."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Protocol

_NAME = re.compile(r"\.ftcompare-[0-9a-f]{16}\.part")


class Notes(Protocol):
    """A register of temporary files, so that those of a killed program can be removed at the next start."""

    def announce(self, part: Path) -> None:
        """Register a file or folder that is about to be created."""

    def forget(self, part: Path) -> None:
        """Remove an entry: the file was deleted or renamed to its target."""


_notes: Notes | None = None


def keep_notes(notes: Notes | None) -> None:
    """Set the register for the temporary files of this process; None for no register."""
    global _notes
    _notes = notes


def is_temporary(path: Path) -> bool:
    """Return whether a path has a name that `part_beside` gives."""
    return _NAME.fullmatch(path.name) is not None


def part_beside(target: Path) -> Path:
    """Return a free, registered name; call `forget_part` when it is complete or deleted."""
    part = target.with_name(f".ftcompare-{token_hex(8)}.part")
    if _notes is not None:
        _notes.announce(part)
    return part


def forget_part(part: Path) -> None:
    if _notes is not None:
        _notes.forget(part)


def put_new(part: Path, target: Path) -> None:
    """Rename a complete file to its target in one step, only where the target does not exist.

    If the file system has no hard links, an empty target is created first; a program that is killed
    between the two steps leaves an empty file. Raises FileExistsError if the target exists, possibly as a
    symbolic link to nothing, else OSError.
    """
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        create_exclusively(target)
        try:
            part.replace(target)
        except OSError:
            target.unlink(missing_ok=True)
            raise
    else:
        part.unlink()


def create_exclusively(target: Path, mode: int = 0o666) -> None:
    """Create an empty file with `mode` (less the umask) from the start; FileExistsError if it exists."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))


def sync_file(path: Path) -> None:
    """Write a file's content to the disk (fsync), so that it survives a power cut."""
    _sync(path, os.O_RDWR)


def sync_folder(folder: Path) -> None:
    """Write a folder's entries to the disk (fsync), where the system supports this."""
    with suppress(OSError):
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
