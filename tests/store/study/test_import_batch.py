"""Imported judgments are written many at a time, and are what they would be one at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, canonical_json, digest
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Choice
from ftcompare.core.study import AllocationId, EventKind, JudgmentEvent, Message, Rater, RaterId, Verdict
from ftcompare.store.judging.verdict_recorder import Target, payload
from ftcompare.store.study import import_batch
from ftcompare.store.study.import_batch import JudgedPlace, event_json, origin_digest
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present
from tests.store.schemas import schema

SIGNS = ('"', "\\", "\0", "\n", "\x1f", "\x7f", "é", "心", "🫀", "\u2028", "/", "a", " ")
VOTE = JudgmentRecord(
    (Message("user", "What is a stroke?"),), "x", "y", "one", "two", "Ann", choice="a", preference=0.0
)


@pytest.fixture(autouse=True)
def batches_of_seven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_batch, "_SIZE", 7)


def any_text(rng: Random) -> str:
    return "".join(rng.choices(SIGNS, k=rng.randrange(6)))


def any_event(rng: Random) -> JudgmentEvent:
    return JudgmentEvent(
        EventKind.JUDGMENT,
        choice=rng.choice(("a", "b", "tie", "both_bad")),
        strength=rng.choice((None, 1, 2, 3)),
        preference=rng.choice((0.0, 0.5, 1.0, rng.random(), 5e-324, 1 / 3)),
        comment=any_text(rng),
        flagged=rng.random() < 0.2,
        seconds=rng.choice((None, 0.0, 1.5, 1 / 3, rng.random() * 600)),
        details=rng.choice(("", json.dumps({"reasons": [any_text(rng)]}, ensure_ascii=False))),
        at=rng.choice(("", "2026-01-01T00:00:00.000Z")),
    )


def any_place(rng: Random) -> JudgedPlace:
    shown = (f"{rng.getrandbits(256):064x}", f"{rng.getrandbits(256):064x}")
    sides = rng.choice((None, True, False))
    return JudgedPlace(RaterId(rng.randrange(1, 10**9)), rng.randrange(1, 10**9), "ordinary", sides, shown)


@pytest.mark.parametrize("seed", range(5))
def test_an_event_is_spelled_as_the_payload_that_its_chain_is_proved_by(seed: int) -> None:
    rng = Random(seed)
    for _ in range(500):
        place, event = any_place(rng), any_event(rng)
        allocation, seq = rng.randrange(1, 10**12), rng.randrange(1, 10**6)
        where = Target(
            AllocationId(allocation),
            place.rater,
            (allocation, place.comparison, None, None, place.a_is_left),
            place.shown,
        )
        value: Json = ["f" * 64, payload(where, replace(event, seq=seq))]
        assert event_json("f" * 64, allocation, seq, place, event) == canonical_json(value)


def test_an_origin_is_the_digest_of_the_judgment() -> None:
    rng = Random(1)
    for _ in range(500):
        event, left = any_event(rng), rng.choice(("", "a", "b"))
        said: list[Json] = [event.choice, event.strength, event.preference, event.comment]
        value: list[Json] = [4, 2, *said, left, event.at]
        assert origin_digest(4, RaterId(2), event, left, event.at) == digest("imported-judgment", value)


def votes(number: int) -> Iterator[JudgmentRecord]:
    for n in range(number):
        choice = "ab"[n % 2]
        yield replace(
            VOTE, rater=f"rater {n % 3}", choice=choice, preference=float(n % 2), comment=f"{n}, naïve"
        )


@pytest.mark.parametrize("number", [1, 6, 7, 8, 14, 50])
def test_every_judgment_of_every_batch_stands_and_is_proved(
    study: StudyFile, number: int, now: datetime
) -> None:
    """A second import goes on where the first one ended, and knows all that it added."""
    assert study.imports.judgments(votes(number), now=now).judgments == number
    assert study.imports.judgments(votes(number + 9), now=now).judgments == 9
    assert {row.comment for row in study.judgments.standing()} == {f"{n}, naïve" for n in range(number + 9)}
    assert all(finding.ok for finding in study.check())


def test_a_large_import_keeps_every_rule_of_the_file(
    study: StudyFile, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Indexes that are made again at its end are those that were there, and hold what came before it."""
    monkeypatch.setattr(import_batch, "_MANY", 20)
    before = schema(study._db.database)
    study.imports.judgments(votes(15), now=now)
    made: list[str] = []
    study._db.database.conn.set_trace_callback(made.append)
    study.imports.judgments(votes(80), now=now)
    study._db.database.conn.set_trace_callback(None)
    assert [statement.split()[2] for statement in made if statement.startswith("DROP INDEX")] != []
    assert schema(study._db.database) == before
    assert study.imports.judgments(votes(80), now=now).judgments == 0
    assert len(list(study.judgments.votes())) == 80
    assert all(finding.ok for finding in study.check())


def test_a_large_import_that_fails_leaves_the_file_as_it_was(
    study: StudyFile, path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_batch, "_MANY", 20)
    study.imports.judgments(votes(5), now=now)
    before, kept = schema(study._db.database), path.read_bytes()
    with pytest.raises(UserError):
        study.imports.judgments([*votes(60), replace(VOTE, choice="left")], now=now)
    assert schema(study._db.database) == before
    assert path.read_bytes() == kept


@pytest.mark.parametrize("field", ["comment", "reasons"])
@pytest.mark.parametrize("place", [1, 7, 20])
def test_a_text_that_cannot_be_stored_is_told_with_its_record_and_nothing_stays(
    study: StudyFile, field: str, place: int, now: datetime
) -> None:
    records = list(votes(30))
    half = "half a \ud83e"
    records[place - 1] = replace(VOTE, comment=half) if field == "comment" else replace(VOTE, reasons=(half,))
    with pytest.raises(UserError) as caught:
        study.imports.judgments(records, now=now)
    assert (caught.value.code, caught.value.where) == ("text-not-unicode", f"record {place}")
    assert study.counts().judgments == 0
    assert study._db.value("SELECT COUNT(*) FROM allocations") == 0


def test_an_import_goes_on_where_judgments_made_here_ended(
    study: StudyFile, ann: Rater, now: datetime
) -> None:
    """What was taken back is an event too: events and allocations are not numbered alike."""
    for second in range(3):
        item = present(study.judgments.next_item(ann.id))
        study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now + timedelta(seconds=second))
        study.judgments.undo(ann.id, now=now + timedelta(seconds=second))
    study.imports.judgments([replace(vote, rater="Ann") for vote in votes(20)], now=now)
    assert {row.comment for row in study.judgments.standing()} == {f"{n}, naïve" for n in range(20)}
    assert all(finding.ok for finding in study.check())
