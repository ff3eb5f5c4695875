"""Where a new study is put: beside its place while it is made, and at its place once it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.temporary_files import part_beside, put_new, sync_folder
from ftcompare.store.backup import discard, file_fault


@contextmanager
def built_beside(path: Path) -> Iterator[Path]:
    """An empty file that gets the name ``path`` at the end, and only if all went well.

    It is to be closed by then: SQLite finds the journal of an open file by the name it had.

    Yields:
        Where to write meanwhile.

    Raises:
        UserError: ``study-exists`` if anything is at ``path``, now or at the end; ``study-read-only``;
            ``folder-missing``.
        EnvironmentFault: ``disk-full``.
    """
    if os.path.lexists(path):
        raise _taken(path)
    part = part_beside(path)
    try:
        with _refusals_told(path):
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield part
        with _refusals_told(path):
            put_new(part, path)
        sync_folder(path.parent)
    except FTCompareError as error:
        if error.where == str(part):
            error.where = str(path)
        raise
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
        return UserError(
            "The folder does not exist.", where=str(path.parent), how="Make it first.", code="folder-missing"
        )
    return file_fault(error, path)


def _taken(path: Path) -> UserError:
    return UserError(
        "There is already a file of this name.",
        where=str(path),
        how="Choose another name or move the file away.",
        code="study-exists",
    )
