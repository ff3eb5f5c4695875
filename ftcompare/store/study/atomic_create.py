"""Creates a study under a temporary name beside its target path and renames it when it is complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.temporary_files import create_exclusively, part_beside, put_new, sync_folder
from ftcompare.store.integrity.backup import discard, file_fault, folder_missing
from ftcompare.store.sqlite.errors import told_of_original

SQLITE_BESIDE = ("-journal", "-wal", "-shm")  # without these files a database may be corrupt


def is_of_database(path: Path) -> bool:
    """Return whether SQLite would treat a file as its own, beside a database, and delete it."""
    name = str(path)
    return any(name.lower().endswith(end) and os.path.lexists(name[: -len(end)]) for end in SQLITE_BESIDE)


def require_place(path: Path) -> None:
    """Refuse a new study without a folder, or whose name SQLite would confuse with a file beside it."""
    with _refusals_told(path):
        path.parent.stat()
    if is_of_database(path):
        raise name_of_database(path)
    for end in SQLITE_BESIDE:
        if os.path.lexists(beside := f"{path}{end}"):
            what = f"SQLite would treat this file as a part of {path.name}, and delete it."
            how = "Move it to another folder, or choose another name for the study."
            raise UserError(what, where=beside, how=how, code="journal-there")


def name_of_database(path: Path) -> UserError:
    """Return the error for a name of a companion file of a database beside it."""
    what = "This name belongs to the file beside it with the same beginning."
    return UserError(what, where=str(path), how="Choose another name.", code="over-database")


@contextmanager
def built_beside(path: Path) -> Iterator[Path]:
    """Yield an empty file that is renamed to `path` at the end; close it by then, for its journal."""
    if os.path.lexists(path):
        raise _taken(path)
    require_place(path)
    part = part_beside(path)
    try:
        with told_of_original(path, part):
            with _refusals_told(path):
                create_exclusively(part)
            yield part
            with _refusals_told(path):
                put_new(part, path)
            sync_folder(path.parent)
    finally:
        discard(part)


@contextmanager
def _refusals_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refused(error, path) from error


def _refused(error: OSError, path: Path) -> FTCompareError:
    if isinstance(error, FileExistsError):
        return _taken(path)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return folder_missing(path)
    return file_fault(error, path)


def _taken(path: Path) -> UserError:
    how = "Choose another name, or move the file."
    return UserError("There is already a file of this name.", where=str(path), how=how, code="study-exists")
