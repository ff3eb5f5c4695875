"""One stored byte altered behind the product's back, as often as asked, for tests and benchmarks.

The study is open all the time: a change is made within a transaction, checked, and rolled back, so that
nothing waits for the disk. Whoever alters is taken to know SQLite: indexes are brought along, triggers
and CHECKs do not stand in the way. A check that finds this finds a byte altered in the file, too, where
SQLite's own checks come on top.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from ftcompare.core.annotations import Adjudicated, Adjudication, Annotation, Correction, Mark, Reviewed
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Guess,
    GuessChoice,
    GuessMoment,
    Message,
    PromptSpec,
    RaterId,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.pack.pack_annotations import PACK_EXPERT, answer_number
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer

JUDGMENTS_AND_KEYS = (
    *("events", "draws", "allocations", "plans", "shares", "slots", "packs", "pack_items", "merged"),
    *("exclusions", "audit", "experts", "annotations", "merged_annotations"),
)
CRITERIA = ("accuracy", "tone")
REASONS = ("too long", "wrong")

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Alteration:
    """What was changed: a value, by its place among the values of its column."""

    table: str
    column: str
    row: int
    before: Cell
    after: Cell


def make_full_study(path: Path, *, now: datetime, prompts: int = 6) -> StudyFile:
    """A study, left open, in which everything that can happen to judgments and keys has happened."""
    scale = Scale(strengths=3, criteria=CRITERIA, reasons=REASONS)
    design = RatingDesign(
        raters=3, each=2, repeats=0.5, controls=0.5, gold=0.5, guess_share=0.5, end_guesses=1
    )
    study = StudyFile.create(path, title="Full", scale=scale, rng=Random(7), now=now)
    study._db.execute("PRAGMA synchronous = OFF")
    with study.atomic():
        _fill(study, prompts, now)
        study.settings.set_rating(scale, design, now=now)
        study.gold.add(
            [GoldItem((Message("user", f"{n} + 2?"),), f"{n + 2}", "five") for n in (2, 9)], now=now
        )
        raters = [study.raters.add(name).id for name in ("Ann", "Bob")]
        for number, rater in enumerate(raters):
            study.allocations.draw(rater, rng=Random(number), now=now)
        _work(study, raters[0], 12, now)
        _live(study, raters[0], now)
        study.imports.judgments([_imported(number) for number in range(2)], now=now)
    _pack(study, path.with_suffix(".ftpack"), now)
    study.settings.unblind("all is judged", now=now)
    study.raters.exclude(raters[1], "in a hurry", now=now)
    with study.atomic():
        _annotate(study, now)
    return study


def _fill(study: StudyFile, prompts: int, now: datetime) -> None:
    systems = (
        study.systems.add(SystemSpec("plain", SystemKind.BASE, "models/plain")),
        study.systems.add(SystemSpec("tuned", SystemKind.ADAPTER, "models/plain", "adapters/tuned")),
    )
    run = study.runs.start({"seed": 1}, now=now)
    for prompt in study.prompts.add(PromptSpec(f"p{n}", (Message("user", f"{n}?"),)) for n in range(prompts)):
        answer(study, prompt, (f"{system.name} on {prompt.spec.key}" for system in systems), run=run)


def _work(log: StudyFile | PackFile, rater: RaterId, count: int, now: datetime) -> None:
    """Judgments with all that belongs to them, a skip, guesses, and some of it taken back."""
    for number in range(count):
        at = now + timedelta(seconds=number)
        for moment in (GuessMoment.AT_ONCE, GuessMoment.AT_END):
            if asked := log.judgments.guess_item(rater, moment):
                log.judgments.guess(asked.allocation, Guess(GuessChoice.LEFT, 2), seconds=1.5, now=at)
        item = log.judgments.next_item(rater)
        if item is None:
            break
        if number == 3:
            log.judgments.skip(item.allocation, "cannot tell", seconds=2.5, now=at)
            continue
        answered = tuple((name, Choice.RIGHT) for name in CRITERIA)
        verdict = Verdict(
            Choice.LEFT,
            2,
            comment="as I see it",
            flagged=number == 4,
            seconds=1.25,
            criteria=answered,
            reasons=REASONS[:1],
        )
        log.judgments.judge(item.allocation, verdict, now=at)
    log.judgments.undo(rater, now=now)


def _annotate(study: StudyFile, now: datetime) -> None:
    """Every kind of annotation by two experts, and some of it changed and taken back."""
    first, second = (row["id"] for row in study._db.rows("SELECT id FROM responses ORDER BY id LIMIT 2"))
    pair = next(iter(study.judgments.standing())).comparison.id
    for name in ("Eve", "Max"):
        expert = study.annotations.expert(name).id
        mark = Mark(first, 0, 5, "plain", "style", "major", "too plain", "simple")
        given: list[Annotation] = [mark, Correction(first, f"as {name} says"), Correction(first, "better")]
        given += [Adjudication(pair, Adjudicated.A, 2, "clear"), Reviewed(second)]
        numbers = [study.annotations.add(expert, one, now=now) for one in given]
        study.annotations.retract(expert, numbers[0], now=now)


def _mark(pack: PackFile, now: datetime) -> None:
    """Two marks, of which one is taken back, and an answer that was looked through."""
    item = pack.judgments.given(PACK_RATER)[0].item
    left, right = (answer_number(item.allocation, left=left) for left in (True, False))
    mark = Mark(left, 0, 1, item.left[:1], "style", "minor", "so it is")
    numbers = [pack.annotations.add(PACK_EXPERT, mark, now=now) for _ in range(2)]
    pack.annotations.add(PACK_EXPERT, Reviewed(right), now=now)
    pack.annotations.retract(PACK_EXPERT, numbers[0], now=now)


def _live(study: StudyFile, rater: RaterId, now: datetime) -> None:
    drafts = [
        ResponseDraft(system.id, f"{system.id}!", FinishReason.END, 2) for system in study.systems.all()
    ]
    for _ in range(2):
        asked = study.live.add(rater, (Message("user", "Now?"),), drafts, rng=Random(5), now=now)
        verdict = Verdict(Choice.TIE, criteria=tuple((name, Choice.TIE) for name in CRITERIA))
        study.judgments.judge(asked, verdict, now=now)
    study.live.undo(rater, now)


def _imported(number: int) -> JudgmentRecord:
    asked = (Message("user", f"Imported {number}?"),)
    return JudgmentRecord(
        asked, "plain", "tuned", "one", "other", "Zoe", choice="a", preference=0.25, left="b", comment="so"
    )


def _pack(study: StudyFile, path: Path, now: datetime) -> None:
    study.packs.hand_out("Bob", path, rng=Random(11), now=now, marks=True)
    pack = PackFile.open(path)
    try:
        _work(pack, PACK_RATER, 5, now)
        _mark(pack, now)
    finally:
        pack.close()
    study.packs.merge(path, now=now)


def altered_and_checked(
    study: StudyFile, rng: Random, tables: tuple[str, ...] = JUDGMENTS_AND_KEYS
) -> tuple[Alteration, frozenset[str]]:
    """Alters one byte of one stored value, checks, and takes it back.

    Returns:
        What was altered, and the subjects of the findings that are not in order.
    """
    with altered(study, rng, tables) as alteration:
        # A CHECK that is broken now would be told with the file's own proof: the others have to find it.
        wrong = frozenset(finding.subject for finding in study.check() if not finding.ok)
    return alteration, wrong - RULES_ALONE


@contextmanager
def altered(
    study: StudyFile, rng: Random, tables: tuple[str, ...] = JUDGMENTS_AND_KEYS
) -> Iterator[Alteration]:
    """Within it one byte of one stored value is another."""
    with unprotected(study) as connection:
        alteration = None
        while alteration is None:
            alteration = _tried(connection, rng, rng.choice(tables))
        yield alteration


RULES_ALONE = frozenset({"rules of the file"})
"""What is wrong all the time while the triggers are off."""


@contextmanager
def unprotected(study: StudyFile) -> Iterator[sqlite3.Connection]:
    """Within it the file refuses next to nothing; afterwards it is as before."""
    connection = study._db.database.conn
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("BEGIN")
    for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {row['name']}")
    try:
        yield connection
    finally:
        connection.execute("ROLLBACK")
        connection.execute("PRAGMA ignore_check_constraints = OFF")
        connection.execute("PRAGMA foreign_keys = ON")


def _tried(connection: sqlite3.Connection, rng: Random, table: str) -> Alteration | None:
    """One random byte altered; None where there is none, or SQLite itself refuses the new value."""
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    column: str = rng.choice(columns)["name"]
    rows = connection.execute(
        f"SELECT * FROM {table} WHERE {column} IS NOT NULL AND {column} <> ''"
    ).fetchall()
    if not rows:
        return None
    place = rng.randrange(len(rows))
    before = rows[place][column]
    after = other_byte(before, rng)
    keys = [row["name"] for row in columns if row["pk"]]
    where = " AND ".join(f"{key} = ?" for key in keys)
    try:
        connection.execute(
            f"UPDATE {table} SET {column} = ? WHERE {where}", (after, *(rows[place][key] for key in keys))
        )
    except sqlite3.IntegrityError:
        return None
    return Alteration(table, column, place, before, after)


def other_byte(value: Cell, rng: Random) -> Cell:
    """The value with one of its bytes changed, still of its type."""
    if isinstance(value, int):
        return value ^ rng.randrange(1, 256)
    if isinstance(value, float):
        content = bytearray(struct.pack(">d", value))
        content[rng.randrange(1, 8)] ^= rng.randrange(1, 16)
        return float(struct.unpack(">d", content)[0])
    encoded = bytearray(value.encode())
    places = [place for place, byte in enumerate(encoded) if byte < 0x80]
    place = rng.choice(places)
    encoded[place] = rng.choice([byte for byte in range(0x20, 0x7F) if byte != encoded[place]])
    return encoded.decode()
