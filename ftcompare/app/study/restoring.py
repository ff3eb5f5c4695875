"""The newest backup of a study, put beside it under a name of its own."""

from __future__ import annotations

import os
import shutil
import stat
from itertools import count
from pathlib import Path

from ftcompare.app import paths
from ftcompare.core.errors import UserError
from ftcompare.core.temporary_files import part_beside, put_new, sync_folder
from ftcompare.store.backup import discard, newest_backup


def restore_backup(study: Path) -> Path:
    """Copies a study's newest backup beside it. Nothing is replaced, and the backup stays.

    Returns:
        The copy, which is the user's to go on in: backups are removed when newer ones are there.

    Raises:
        UserError: ``backup-missing`` where there is none.
        OSError: the folder cannot be written to.
    """
    backup = newest_backup(study, paths.backups())
    if backup is None:
        raise UserError(
            "There is no backup of this study yet.",
            where=str(study),
            how="One is made on each day on which it is opened.",
            code="backup-missing",
        )
    day = backup.stem[-len("2000-01-01") :]
    for number in count(1):
        again = f" {number}" if number > 1 else ""
        copy = study.with_name(f"{study.stem} (backup of {day}){again}{study.suffix}")
        if _copied(backup, copy):
            return copy
    raise AssertionError  # pragma: no cover - the numbers do not end


def _copied(backup: Path, copy: Path) -> bool:
    """False where something has the name already; the copy gets it once it is whole."""
    part = part_beside(copy)
    try:
        _write(backup, part)
        put_new(part, copy)
    except FileExistsError:
        return False
    finally:
        discard(part)
    sync_folder(copy.parent)
    return True


def _write(backup: Path, part: Path) -> None:
    mode = stat.S_IMODE(backup.stat().st_mode)
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(descriptor, "wb") as target, backup.open("rb") as source:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(descriptor)
