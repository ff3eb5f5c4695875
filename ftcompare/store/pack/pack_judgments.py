"""The judgments of a rater pack, given in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

from ftcompare.core.errors import BugError
from ftcompare.core.study import EventKind, RaterId
from ftcompare.store.judging.event_chain import ChainWriter, Target, to_event
from ftcompare.store.judging.verdict_recorder import JudgmentLog
from ftcompare.store.pack.contents import LINKS, PACK_RATER, chain_start, item_target, read_words
from ftcompare.store.records import JudgmentEvent, RatingSettings
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.sqlite.repository import KeyValueStore
from ftcompare.store.sqlite.values import to_json
from ftcompare.store.study.rating_json import read_design, read_scale


class PackJudgments(JudgmentLog):
    """The judgments of a pack's one rater."""

    ITEM = """SELECT al.id, al.messages, al.left_text, al.right_text,
            COALESCE(d.comment, '') AS comment, COALESCE(d.flagged, 0) AS flagged,
            COALESCE(d.details, '') AS details
        FROM allocations al LEFT JOIN drafts d ON d.allocation = al.id"""

    TARGET = """SELECT al.id, al.rater, al.item, al.digest, al.standing, al.standing_kind, al.guess,
            al.pack
        FROM allocations al"""

    def settings(self) -> RatingSettings:
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

    def replay(self, events: Iterable[JudgmentEvent], links: Mapping[int, str]) -> None:
        """Does again what a rater did in an earlier copy of the pack.

        Args:
            events: oldest first.
            links: the digest of each event that is not among them and to which one of them is chained.
        """
        with self._db.atomic():
            chains, newest = self._chains(), 0
            for event in events:
                if event.seq != newest + 1:
                    chains.go_on(PACK_RATER, event.seq - 1, links[event.seq - 1])
                self._replay(chains, event)
                newest = event.seq
            if links:
                KeyValueStore(self._db).put(
                    LINKS, to_json([[number, links[number]] for number in sorted(links)])
                )

    def _replay(self, chains: ChainWriter, event: JudgmentEvent) -> None:
        if event.kind is EventKind.RETRACTION:
            rows = self._db.rows("SELECT * FROM events WHERE rater = 1 AND seq = ?", (event.retracts,))
            self._retract(chains, to_event(rows[0]), datetime.fromisoformat(event.at))
            return
        chains.append(self._target(self._target_row(event.allocation)), event, event.at)
        self._db.execute("DELETE FROM drafts WHERE allocation = ?", (event.allocation,))

    def _target(self, row: sqlite3.Row) -> Target:
        return item_target(row["id"], row["item"], row["digest"])

    def _genesis(self, db: Connection, rater: RaterId) -> str:
        if rater != PACK_RATER:
            raise BugError("A pack has one rater.", code="pack-rater")
        return chain_start(read_words(db)[3])
