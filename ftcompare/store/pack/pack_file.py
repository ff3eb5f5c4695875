"""A rater pack on disk: what one rater needs and nothing that identifies a system."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from ftcompare.core.errors import BugError, UserError
from ftcompare.core.study import EventKind, RaterId
from ftcompare.store.integrity.backup import discard
from ftcompare.store.integrity.event_chain import Ledger, Target
from ftcompare.store.pack.connection import PackConnection, claim, opened_pack
from ftcompare.store.pack.contents import (
    LINKS,
    PACK_RATER,
    PackItem,
    PackWords,
    chain_start,
    fill,
    item_target,
    read_words,
)
from ftcompare.store.pack.register import MergedEvent
from ftcompare.store.pack.schema import is_pack, make_tables, seal
from ftcompare.store.pack.verification import check_pack
from ftcompare.store.records import Finding, RatingSettings
from ftcompare.store.sqlite.connection import Connection, to_json
from ftcompare.store.study.judgment_log import RatingLog
from ftcompare.store.study.rating_json import read_design, read_scale

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
        """Opens a pack to rate in it, once it is proved: nobody rates what would be refused.

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

    def replay(self, events: Iterable[MergedEvent], links: Mapping[int, str]) -> None:
        """Does again what a rater did in an earlier copy of the pack.

        Args:
            events: oldest first.
            links: the digest of each event that is not among them and to which one of them is chained.
        """
        with self._db.atomic():
            ledger, newest = self._ledger(), 0
            for event in events:
                if event.seq != newest + 1:
                    ledger.go_on(PACK_RATER, event.seq - 1, links[event.seq - 1])
                self._replay(ledger, event)
                newest = event.seq
            if links:
                self.remember(LINKS, to_json([[number, links[number]] for number in sorted(links)]))

    def _replay(self, ledger: Ledger, event: MergedEvent) -> None:
        act = event.act
        if act.kind is EventKind.RETRACTION:
            rows = self._db.rows("SELECT * FROM events WHERE rater = 1 AND seq = ?", (act.retracts,))
            self._retract(ledger, rows[0], datetime.fromisoformat(event.at))
            return
        ledger.append(self._target(self._target_row(event.allocation)), act, event.at)
        self._db.execute("DELETE FROM drafts WHERE allocation = ?", (event.allocation,))

    def _target(self, row: sqlite3.Row) -> Target:
        return item_target(row["id"], row["item"], row["digest"])

    def _genesis(self, db: Connection, rater: RaterId) -> str:
        if rater != PACK_RATER:
            raise BugError("A pack has one rater.", code="pack-rater")
        return chain_start(read_words(db)[3])


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
