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
    """Remembers temporary files, so that those of a killed program can be removed at the next start."""

    def announce(self, part: Path) -> None:
        """A file or folder of this name is about to be made."""

    def forget(self, part: Path) -> None:
        """It is gone, or has taken its place."""


_notes: Notes | None = None


def keep_notes(notes: Notes | None) -> None:
    """From here on, temporary files of this process are noted there."""
    global _notes
    _notes = notes


def is_temporary(path: Path) -> bool:
    """Whether a path has a name that `part_beside` gives."""
    return _NAME.fullmatch(path.name) is not None


def part_beside(target: Path) -> Path:
    """A free name in the target's folder, noted; to be forgotten with `forget_part`."""
    part = target.with_name(f".ftcompare-{token_hex(8)}.part")
    if _notes is not None:
        _notes.announce(part)
    return part


def forget_part(part: Path) -> None:
    """The file of this name is gone, or has taken its place."""
    if _notes is not None:
        _notes.forget(part)


def put_new(part: Path, target: Path) -> None:
    """Give a whole file its name, in one step, where nothing has that name.

    Where the file system has no hard links the name is claimed first: a program that is killed in that
    instant leaves an empty file.

    Raises:
        FileExistsError: something is there, be it a link that leads nowhere.
        OSError: the file cannot be put there.
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
    """Make an empty file where nothing is, which never has another mode (less what the umask takes away).

    Raises:
        FileExistsError: something is there.
        OSError: the file cannot be made.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))


def sync_file(path: Path) -> None:
    """Make what is in a file last through a power cut.

    Raises:
        OSError: it cannot be written to the disk.
    """
    _sync(path, os.O_RDWR)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut, where the system lets a folder be synced."""
    with suppress(OSError):
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
