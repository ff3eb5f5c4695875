"""Writes a pack under a temporary name, and renames it when the study has recorded the pack."""

from __future__ import annotations

import os
from collections.abc import Set
from contextlib import suppress
from pathlib import Path
from typing import Self

from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.paths import is_there
from ftcompare.core.temporary_files import part_beside, sync_folder
from ftcompare.store.integrity.backup import discard
from ftcompare.store.pack.connection import file_trouble, occupied, pack_copy
from ftcompare.store.pack.contents import read_words
from ftcompare.store.pack.merged_copies import counting_copy
from ftcompare.store.pack.schema import application_id, is_pack
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study.migrations import APPLICATION_ID


class NewFile:
    """A file that replaces ``path`` in one step, in `take_place`; until then ``path`` is unchanged.

    The study records the pack before the file is renamed: a recorded pack can be written again, but judgments
    in a pack that the study does not know could never be merged. Symbolic links are followed.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        self.part = part_beside(self._path)
        """The temporary path to write to."""
        self._journal = self._path.with_name(f"{self._path.name}-journal")
        self._before = self.part.with_suffix(".before")

    def settle(self) -> None:
        """Make the written and closed file durable against power loss; only the renaming is left."""
        try:
            self._sync_folder()
        except OSError as error:
            raise file_trouble(error, self._path) from error

    def take_place(self) -> None:
        """Rename the file, and remove the journal of the file that was there.

        SQLite would apply that journal to the new file and corrupt it.
        """
        try:
            if is_there(self._journal):
                self._journal.replace(self._before)
            self.part.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                self._before.replace(self._journal)
            refused = file_trouble(error, self._path)
            refused.how = "The study knows of the pack: make it again under another name."
            raise refused from error
        self._sync_folder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        discard(self.part)
        discard(self._before)
        if isinstance(error, FTCompareError) and error.where == str(self.part):
            error.where = str(self._path)

    def _sync_folder(self) -> None:
        sync_folder(self._path.parent)


def refuse_taken(db: Connection, path: Path, *, replace: bool) -> None:
    """Refuse a path where a pack would replace a file that cannot be made again."""
    if not is_there(path):
        return
    if not replace:
        raise occupied(path)
    if path.is_dir():
        raise UserError("This is a folder.", where=str(path), how="Name a file in it.", code="pack-exists")
    if application_id(path) == APPLICATION_ID:
        how = "Choose another name."
        raise UserError("A study is not replaced by a pack.", where=str(path), how=how, code="over-study")
    if is_pack(path):
        with pack_copy(path) as pack:
            name, words, _, _ = read_words(pack)
            digests = _digests(pack, "SELECT digest FROM events")
            if words.error_scheme is not None:
                digests |= _digests(pack, "SELECT digest FROM annotations")
        require_merged(db, path, name, digests)


def require_merged(db: Connection, path: Path, name: str, digests: Set[str]) -> None:
    """Refuse to replace a pack or its page before its judgments and marks were merged."""
    merged = """SELECT m.digest FROM merged m JOIN packs p ON p.id = m.pack WHERE p.name = ?1 AND m.seq > ?2
        UNION SELECT m.digest FROM merged_annotations m JOIN packs p ON p.id = m.pack
        WHERE p.name = ?1 AND m.seq > ?3"""
    copy = counting_copy(db, name)
    if digests - _digests(db, merged, name, copy.start, copy.marks_start):
        what = "The file contains judgments or marks that this study does not have."
        raise UserError(
            what, where=str(path), how="Merge these first, or choose another name.", code="pack-unmerged"
        )


def _digests(db: Connection, sql: str, *parameters: str | int) -> set[str]:
    return {row["digest"] for row in db.rows(sql, parameters)}
