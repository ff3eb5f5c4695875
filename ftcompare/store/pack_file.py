"""A rater pack on disk: what one rater needs and nothing that identifies a system."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from ftcompare.core.errors import BugError
from ftcompare.core.study import AllocationId, EventKind, RaterId
from ftcompare.store.backup import discard
from ftcompare.store.connection import Connection, stamp
from ftcompare.store.events import Act, Target
from ftcompare.store.pack_connection import PackConnection, claim, opened_pack
from ftcompare.store.pack_contents import (
    PACK_RATER,
    PackItem,
    PackWords,
    chain_start,
    fill,
    item_target,
    read_words,
)
from ftcompare.store.pack_proof import check_pack
from ftcompare.store.pack_schema import is_pack, make_tables, seal
from ftcompare.store.rating_log import RatingLog
from ftcompare.store.rating_settings import read_design, read_scale
from ftcompare.store.views import Finding, RatingSettings

__all__ = ["PACK_RATER", "PackFile", "is_pack"]


class PackFile(RatingLog):
    """An open pack: one connection, held exclusively, used from one thread, as with `StudyFile`.

    Failures are `UserError` (``pack-locked``, ``pack-read-only``, ``pack-damaged``, …) or
    `EnvironmentFault` (``disk-full``, …).
    """

    ITEM = """SELECT al.id, al.messages, al.left_text, al.right_text,
            COALESCE(d.comment, '') AS comment, COALESCE(d.flagged, 0) AS flagged,
            COALESCE(d.details, '') AS details
        FROM allocations al LEFT JOIN drafts d ON d.allocation = al.id"""

    TARGET = """SELECT al.id, al.rater, al.item, al.digest, al.standing, al.standing_kind, al.guess,
            al.pack
        FROM allocations al"""

    @property
    def path(self) -> Path:
        """Where the pack is."""
        return self._db.path

    @property
    def rater_name(self) -> str:
        """Whom the pack was made for."""
        return read_words(self._db)[1].rater

    @property
    def pack_name(self) -> str:
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
        """Opens a pack to rate in it.

        Raises:
            UserError: ``pack-missing``, ``pack-none`` where it is no pack, ``pack-newer``,
                ``pack-damaged``, ``pack-locked``, ``pack-read-only``.
        """
        return cls(opened_pack(path))

    def close(self) -> None:
        """Gives the file back; harmless when done twice."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def rating(self) -> RatingSettings:
        """What raters are told and asked."""
        _, words, _, _ = read_words(self._db)
        design = read_design(words.rating)
        return RatingSettings(
            title=words.title,
            notice=words.notice,
            scale=read_scale(words.question, words.strengths, words.rating),
            instructions=design.instructions,
            practice=design.practice,
            closed=False,
        )

    def check(self) -> tuple[Finding, ...]:
        """Proves the pack as far as it can be proved without its study."""
        return check_pack(self._db)

    def replay(self, events: Iterable[tuple[AllocationId, Act, str]]) -> None:
        """Does again what a rater did in an earlier copy of the pack: item, act and time of each."""
        with self._db.atomic():
            for allocation, act, at in events:
                self._replay(allocation, act, datetime.fromisoformat(at))

    def _replay(self, allocation: AllocationId, act: Act, at: datetime) -> None:
        if act.kind is EventKind.RETRACTION:
            rows = self._db.rows("SELECT * FROM events WHERE rater = 1 AND seq = ?", (act.retracts,))
            self._retract(self._ledger(), rows[0], at)
        elif act.kind is EventKind.GUESS:
            self._ledger().append(self._target(self._target_row(allocation)), act, stamp(at))
        else:
            self._append(allocation, act, at)

    def _target(self, row: sqlite3.Row) -> Target:
        return item_target(row["id"], row["item"], row["digest"])

    def _genesis(self, db: Connection, rater: RaterId) -> str:
        if rater != PACK_RATER:
            raise BugError("A pack has one rater.", code="pack-rater")
        return chain_start(read_words(db)[3])
