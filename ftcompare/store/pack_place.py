"""Where a pack is put: beside its place first, and what stood there is kept until the study knows of it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Self

from ftcompare.core.errors import UserError
from ftcompare.store.backup import discard
from ftcompare.store.connection import Connection
from ftcompare.store.migrations import APPLICATION_ID
from ftcompare.store.pack_connection import file_trouble, is_there, occupied, pack_copy
from ftcompare.store.pack_contents import read_words
from ftcompare.store.pack_schema import application_id, is_pack


class NewFile:
    """A file that takes the place of ``path`` when told to; if what follows fails, all is as before.

    Args:
        path: the place; links are followed, as by other programs.

    Raises (when it takes its place):
        UserError: ``pack-read-only`` and the like.
        EnvironmentFault: ``disk-full``.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        token = token_hex(8)
        self.part = self._path.with_name(f".ftcompare-{token}.part")
        """Where to write it."""
        self._before = self._path.with_name(f".ftcompare-{token}.before")
        self._taken = False

    def take_place(self) -> None:
        """Puts the file, written and closed, at its place."""
        try:
            _move(self._path, self._before)
            self.part.replace(self._path)
            self._taken = True
            self._sync_folder()
        except OSError as error:
            raise file_trouble(error, self._path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        discard(self.part)
        if kind is None:
            discard(self._before)
            return
        if self._taken:
            discard(self._path)
        with suppress(OSError):
            _move(self._before, self._path)

    def _sync_folder(self) -> None:
        """Makes the rename last through a power cut, where the system lets a folder be synced."""
        with suppress(OSError):
            descriptor = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _move(source: Path, target: Path) -> None:
    """Moves a file, if it is there, and the journal that belongs to it and would spoil any other file."""
    for suffix in ("-journal", ""):
        present = source.with_name(f"{source.name}{suffix}")
        if is_there(present):
            present.replace(target.with_name(f"{target.name}{suffix}"))


def refuse_taken(db: Connection, path: Path, *, replace: bool) -> None:
    """Refuses a place where a pack would destroy what cannot be made again.

    Args:
        db: the study.
        path: where the pack is to be.
        replace: the user wants to replace what is there.

    Raises:
        UserError: ``pack-exists``; ``over-study``; ``pack-unmerged`` where judgments are in a pack that
            the study does not have; whatever keeps that pack from being read.
    """
    if not is_there(path):
        return
    if not replace:
        raise occupied(path)
    if path.is_dir():
        raise UserError("This is a folder.", where=str(path), how="Name a file in it.", code="pack-exists")
    if application_id(path) == APPLICATION_ID:
        raise UserError(
            "A study is not replaced by a pack.",
            where=str(path),
            how="Choose another name.",
            code="over-study",
        )
    if is_pack(path) and _any_unmerged(db, path):
        raise UserError(
            "The pack that is there holds judgments that this study does not have.",
            where=str(path),
            how="Merge it first, or choose another name.",
            code="pack-unmerged",
        )


def _any_unmerged(db: Connection, path: Path) -> bool:
    with pack_copy(path) as pack:
        held = {row["digest"] for row in pack.rows("SELECT digest FROM events")}
        name = read_words(pack)[0]
    rows = db.rows("SELECT m.digest FROM merged m JOIN packs p ON p.id = m.pack WHERE p.name = ?", (name,))
    return bool(held - {row["digest"] for row in rows})
