"""Restore a backup of a study as a new file beside it: the newest backup, or the newest unaltered one."""

from __future__ import annotations

import os
import shutil
import stat
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from ftcompare.app import application_paths
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.temporary_files import part_beside, put_new, sync_folder
from ftcompare.store.integrity.backup import all_backups, backup_stem, discard
from ftcompare.store.sqlite.errors import time_of
from ftcompare.store.study.study_file import StudyFile


def restore_backup(study: Path) -> Path:
    """Copy a study's newest backup beside the study, and return the path of the copy.

    The user works on in the copy, because old backups are deleted when newer ones are made. Raises `OSError`
    where the folder cannot be written to.
    """
    found = all_backups(study, application_paths.backups())
    if not found:
        what = "There is no backup of this study yet."
        how = "A backup is made on each day on which the study is opened."
        raise UserError(what, where=str(study), how=how, code="backup-missing")
    return _put_beside(study, found[-1])


def restore_unaltered_backup(study: Path, *, now: datetime) -> Path:
    """Copy the newest backup that passes verification. Raises `OSError` if the folder is read-only."""
    for backup in reversed(all_backups(study, application_paths.backups())):
        copy = _put_beside(study, backup)
        if _unaltered(copy, now):
            return copy
        copy.unlink()
    what = "There is no unaltered backup of this study."
    how = "Open a copy of it that you made yourself."
    raise UserError(what, where=str(study), how=how, code="backup-missing")


def has_backup(study: Path) -> bool:
    return bool(all_backups(study, application_paths.backups()))


def restored_time(copy: Path) -> str:
    return time_of(copy)


def _unaltered(copy: Path, now: datetime) -> bool:
    try:
        with StudyFile.open(copy, now=now) as study:
            return study.verify().ok
    except FTCompareError:
        return False


def _put_beside(study: Path, backup: Path) -> Path:
    day = backup.stem.removeprefix(backup_stem(study))[1 : 1 + len("2000-01-01")]
    again_today = chain([""], (f" {number}" for number in count(2)))  # several copies of one day
    names = (f"{study.stem} (backup of {day}){again}{study.suffix}" for again in again_today)
    return next(copy for name in names if _copied(backup, copy := study.with_name(name)))


def _copied(backup: Path, copy: Path) -> bool:
    """Copy a backup under a new name, completely or not at all; False when a file has that name already."""
    part = part_beside(copy)
    try:
        mode = stat.S_IMODE(backup.stat().st_mode)
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(descriptor, "wb") as target, backup.open("rb") as source:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(descriptor)
        made = backup.stat()
        # `restored_time` reads the backup's time from this.
        os.utime(part, ns=(made.st_atime_ns, made.st_mtime_ns))
        put_new(part, copy)
    except FileExistsError:
        return False
    finally:
        discard(part)
    sync_folder(copy.parent)
    return True
