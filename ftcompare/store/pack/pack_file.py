"""A rater pack on disk: what one rater needs and nothing that identifies a system."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from ftcompare.core.errors import UserError
from ftcompare.core.integrity import IntegrityFinding
from ftcompare.store.integrity.backup import discard
from ftcompare.store.pack.connection import PackConnection, claim, opened_pack
from ftcompare.store.pack.contents import PACK_RATER, PackItem, PackWords, fill, read_words
from ftcompare.store.pack.pack_judgments import PackJudgments
from ftcompare.store.pack.schema import is_pack, make_tables, seal
from ftcompare.store.pack.verification import check_pack
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.repository import KeyValueStore

__all__ = ["PACK_RATER", "PackFile", "is_pack"]


class PackFile:
    """An open pack: one connection, held exclusively, used from one thread, as with `StudyFile`.

    Failures are `UserError` (``pack-locked``, ``pack-read-only``, ``pack-damaged``, …) or
    `EnvironmentFault` (``disk-full``, …).
    """

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self.judgments = PackJudgments(connection)
        self.state = KeyValueStore(connection)

    @property
    def path(self) -> Path:
        """Where the pack is."""
        return self._db.path

    @property
    def rater_name(self) -> str:
        """Whom the pack was made for."""
        return read_words(self._db)[1].rater

    @property
    def name(self) -> str:
        """The pack's random id, by which its study knows it."""
        return read_words(self._db)[0]

    @classmethod
    def create(
        cls, path: Path, name: str, words: PackWords, commitment: str, items: Iterable[PackItem]
    ) -> Self:
        """Makes a new pack and opens it. If that fails, no file is left.

        Args:
            path: where nothing is yet.
            name: random id.
            words: what raters read and are asked.
            commitment: the promise of the allocation key, which stays in the study.
            items: pairs in the rater's order.

        Raises:
            UserError: ``pack-exists``, ``folder-missing``, ``pack-read-only``.
            EnvironmentFault: ``disk-full``.
        """
        claim(path)
        try:
            connection = PackConnection(path)
            try:
                with connection.atomic():
                    make_tables(connection)
                    fill(connection, name, words, commitment, items)
                    seal(connection)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            discard(path)
            raise
        return cls(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Opens a pack to rate in it, once it is verified: nobody rates what would be refused.

        Raises:
            UserError: ``pack-missing``, ``pack-none`` where it is no pack, ``pack-newer``,
                ``pack-damaged``, with the item, ``pack-locked``, ``pack-read-only``.
        """
        connection = opened_pack(path)
        try:
            _require_whole(connection)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def close(self) -> None:
        """Gives the file back; harmless when done twice."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check(self) -> tuple[IntegrityFinding, ...]:
        """Verifies the pack as far as that is possible without its study."""
        return check_pack(self._db)


def _require_whole(db: Connection) -> None:
    wrong = next((finding for finding in check_pack(db) if not finding.ok), None)
    if wrong is not None:
        raise UserError(
            f"The pack is damaged: {' '.join(wrong.detail.split())}.",
            where=str(db.path),
            how="Ask for the pack again. Send this one back all the same if you have judged in it: what is "
            "whole of it can be merged.",
            code="pack-damaged",
        )
