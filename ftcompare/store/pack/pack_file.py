"""A rater pack on disk: the data that one rater needs, and none that identifies a system."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

from ftcompare.core.blinding import BlindItem
from ftcompare.core.errors import BugError
from ftcompare.core.language import N_
from ftcompare.core.study import (
    EVENT_FIELDS,
    AllocationId,
    EventKind,
    IntegrityFinding,
    JudgmentEvent,
    RaterId,
)
from ftcompare.store.integrity.backup import discard
from ftcompare.store.judging.verdict_recorder import ChainWriter, JudgmentLog, Target, to_event
from ftcompare.store.pack import contents
from ftcompare.store.pack.connection import PackConnection, claim, damaged_pack, opened_pack
from ftcompare.store.pack.contents import PACK_RATER, PackAltered, PackItem, PackWords
from ftcompare.store.pack.pack_annotations import PackAnnotations
from ftcompare.store.pack.schema import PLAIN, WITH_CONTEXTS, WITH_GRADES, is_pack, make_tables, seal
from ftcompare.store.pack.verification import check_pack
from ftcompare.store.records import RatingSettings
from ftcompare.store.sqlite.connection import Connection, KeyValueStore, OpenFile, closed_on_failure
from ftcompare.store.sqlite.errors import REFUSED
from ftcompare.store.sqlite.values import to_json
from ftcompare.store.study.settings import read_design, read_scale
from ftcompare.store.study.survey_answers import PackSurveyAnswers

__all__ = ["PACK_RATER", "PackFile", "is_pack"]


class PackJudgments(JudgmentLog):
    SERIES = "NULL"

    ITEM = """SELECT al.id, al.standing, al.rater, NULL AS series, al.messages, al.left_text, al.right_text,
            0 AS left_cut, 0 AS right_cut, 0 AS alone, '' AS reference, '[]' AS context, '' AS expects,
            NULL AS later_turns, '[]' AS left_earlier, '[]' AS right_earlier,
            COALESCE(d.comment, '') AS comment, COALESCE(d.flagged, 0) AS flagged,
            COALESCE(d.details, '') AS details
        FROM allocations al LEFT JOIN drafts d ON d.allocation = al.id"""

    TARGET = """SELECT al.id, al.rater, NULL AS series, al.item, al.digest, al.standing, al.standing_kind,
            al.guess, al.pack
        FROM allocations al"""

    def settings(self) -> RatingSettings:
        _, words, _, _ = contents.read_words(self._db)
        design = read_design(words.rating)
        scale = read_scale(words.question, words.strengths, words.rating)
        guidance = (design.instructions, design.practice)
        words_shown = (words.title, words.notice, scale)
        shown = RatingSettings(
            *words_shown,
            *guidance,
            closed=False,
            reference=design.reference,
            conversations=design.conversations,
        )
        return replace(shown, context=design.context, survey=design.survey)

    def replay(self, events: Iterable[JudgmentEvent], links: Mapping[int, str]) -> None:
        """Add again the events of an earlier copy; `links` has the digests of missing ones by number."""
        with self._db.atomic():
            chains, newest = self._chains(), 0
            for event in events:
                if event.seq != newest + 1:
                    chains.go_on(PACK_RATER, event.seq - 1, links[event.seq - 1])
                self._replay(chains, event)
                newest = event.seq
            if links:
                KeyValueStore(self._db).put(
                    contents.LINKS, to_json([[number, links[number]] for number in sorted(links)])
                )

    def _replay(self, chains: ChainWriter, event: JudgmentEvent) -> None:
        if event.kind is EventKind.RETRACTION:
            rows = self._db.rows("SELECT * FROM events WHERE rater = 1 AND seq = ?", (event.retracts,))
            self._retract(chains, to_event(rows[0]), datetime.fromisoformat(event.at))
            return
        chains.append(self._target(self._target_row(event.allocation)), event, event.at)
        self._db.execute("DELETE FROM drafts WHERE allocation = ?", (event.allocation,))

    def _target(self, row: sqlite3.Row) -> Target:
        return contents.item_target(row["id"], row["item"], row["digest"])

    def _genesis(self, db: Connection, rater: RaterId) -> str:
        if rater != PACK_RATER:
            raise BugError("A pack has one rater.", code="pack-rater")
        return contents.chain_start(contents.read_words(db)[3])


class ReferencePackJudgments(PackJudgments):
    """The judgments of a pack that may hold reference answers."""

    ITEM = PackJudgments.ITEM.replace("'' AS reference", "COALESCE(al.reference, '') AS reference")


class ContextPackJudgments(ReferencePackJudgments):
    """The judgments of a pack that holds contexts, expectations or turns, and may hold reference answers."""

    ITEM = ReferencePackJudgments.ITEM.replace(
        "'[]' AS context, '' AS expects",
        """COALESCE(json_extract(NULLIF(al.beside, ''), '$.context'), '[]') AS context,
            COALESCE(json_extract(NULLIF(al.beside, ''), '$.expects'), '') AS expects""",
    ).replace(
        "NULL AS later_turns, '[]' AS left_earlier, '[]' AS right_earlier",
        """json_extract(NULLIF(al.beside, ''), '$.later_turns') AS later_turns,
            json_extract(NULLIF(al.beside, ''), '$.left_earlier') AS left_earlier,
            json_extract(NULLIF(al.beside, ''), '$.right_earlier') AS right_earlier""",
    )


class GradePackJudgments(ContextPackJudgments):
    """The judgments of a pack whose answers are graded one at a time."""

    ITEM = ContextPackJudgments.ITEM.replace("0 AS alone", "1 AS alone").replace(
        "json_extract(NULLIF(al.beside, ''), '$.right_earlier')", "'[]'"
    )


class RankPackJudgments(ContextPackJudgments):
    """The judgments of a pack in which several answers are ranked at once."""

    SERIES = contents.SERIES
    ITEM = ContextPackJudgments.ITEM.replace("NULL AS series", f"{SERIES} AS series")
    TARGET = ContextPackJudgments.TARGET.replace("NULL AS series", f"{SERIES} AS series")


def _judgments_of(connection: Connection) -> PackJudgments:
    version = connection.value("PRAGMA user_version")
    words = contents.read_words(connection)[1] if version >= WITH_GRADES else None
    if words is not None and (words.with_grades or words.with_rankings):
        return (GradePackJudgments if words.with_grades else RankPackJudgments)(connection)
    if version >= WITH_CONTEXTS:
        return ContextPackJudgments(connection)
    return ReferencePackJudgments(connection) if version > PLAIN else PackJudgments(connection)


class PackFile(OpenFile):
    """An open pack.

    Failures are `UserError` (``pack-locked``, ``pack-read-only``, ``pack-damaged``, …) or
    `EnvironmentFault` (``disk-full``, …).
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.judgments = _judgments_of(connection)
        self.annotations = PackAnnotations(connection)
        self.survey = PackSurveyAnswers(connection)

    @property
    def rater_name(self) -> str:
        return contents.read_words(self._db)[1].rater

    @property
    def name(self) -> str:
        return contents.read_words(self._db)[0]

    @classmethod
    def create(
        cls, path: Path, name: str, words: PackWords, commitment: str, items: Iterable[PackItem]
    ) -> Self:
        """Create a pack and open it, or leave no file; the key of `commitment` stays in the study."""
        claim(path)
        try:
            connection = PackConnection(path)
            with closed_on_failure(connection), connection.atomic():
                make_tables(connection, words.version)
                contents.fill(connection, name, words, commitment, items)
                seal(connection, words.version)
        except BaseException:
            discard(path)
            raise
        return cls(connection)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open and verify a pack, so that nobody rates one whose judgments would be refused."""
        connection = opened_pack(path)
        with closed_on_failure(connection):
            _require_whole(connection)
        return cls(connection)

    def items(self) -> Iterator[tuple[PackItem, BlindItem]]:
        """Yield the pairs in order, as digests cover them and as the rater sees them."""
        for row in contents.read_items(self._db):
            yield contents.to_pack_item(row), self.judgments.item(AllocationId(row["id"]))

    @property
    def sets(self) -> list[list[int]]:
        """The numbers of the items of each set that is ranked at once."""
        return contents.pack_sets(self._db, contents.read_words(self._db)[1])

    @property
    def chain_start(self) -> str:
        return contents.chain_start(contents.read_words(self._db)[3])

    def take_events(self, events: Iterable[JudgmentEvent]) -> None:
        """Add the judgments of a page of this pack without verifying them; see `insert_events`."""
        with self._db.atomic():
            insert_events(self._db, events)

    def check(self) -> tuple[IntegrityFinding, ...]:
        return check_pack(self._db)


def _require_whole(db: Connection) -> None:
    wrong = next((finding for finding in check_pack(db) if not finding.ok), None)
    if wrong is not None:
        how = N_(
            "Ask for the pack again. If you have judged in it, still send this one back: its undamaged "
            "parts can be merged."
        )
        raise damaged_pack(db.path, wrong.detail, how)


def insert_events(db: Connection, events: Iterable[JudgmentEvent]) -> None:
    """Insert a page's judgments with its digests; `PackAltered` if one cannot be stored in any pack."""
    standing: dict[int, tuple[int, EventKind]] = {}
    guesses: dict[int, int] = {}
    ids: dict[int, tuple[int, JudgmentEvent]] = {}
    for event in events:
        number = _inserted(db, event)
        ids[event.seq] = number, event
        if event.kind is EventKind.RETRACTION:
            back = ids[event.retracts][1] if event.retracts in ids else event
            (guesses if back.kind is EventKind.GUESS else standing).pop(event.allocation, None)
        elif event.kind is EventKind.GUESS:
            guesses[event.allocation] = number
        else:
            standing[event.allocation] = number, event.kind
    for item, (number, kind) in standing.items():
        sql = "UPDATE allocations SET standing = ?, standing_kind = ? WHERE id = ?"
        db.execute(sql, (number, kind, item))
    for item, number in guesses.items():
        db.execute("UPDATE allocations SET guess = ? WHERE id = ?", (number, item))


def _inserted(db: Connection, event: JudgmentEvent) -> int:
    try:
        return db.insert("events", rater=1, **{name: getattr(event, name) for name in EVENT_FIELDS})
    except (BugError, sqlite3.IntegrityError) as refused:
        if isinstance(refused, BugError) and refused.code != REFUSED:
            raise
        raise PackAltered(f"judgment {event.seq} is not one that a page stores") from refused
