"""The quick proof: the same verdict as the check's, and of what was proved before only what came since."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.hashing import link
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    ComparisonKind,
    FinishReason,
    Integrity,
    Message,
    PromptSpec,
    RaterId,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.integrity import verification
from ftcompare.store.integrity.chain_verification import Shown, chain_start, follow, shown_digests
from ftcompare.store.integrity.verification import IncrementalVerification
from ftcompare.store.judging.verdict_recorder import EVENT_TAG, payload, to_event
from ftcompare.store.records import ChainEnd
from ftcompare.store.sqlite.connection import Connection
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import StudyJudgments, to_target
from tests.builders import drawn_rater
from tests.store.integrity.tampering import altered, make_full_study, unprotected
from tests.store.pack.pack_studies import new_study, tamper
from tests.store.study.test_migrations import VERSION_1, VERSION_2, kept

ROUNDS = 300
VOTED = ("events", "allocations", "exclusions", "responses", "prompts", "systems", "comparisons", "raters")
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[StudyFile]:
    """In which everything has happened."""
    with make_full_study(tmp_path / "full.ftstudy", now=NOW) as study:
        yield study


def test_a_whole_study_holds(full: StudyFile) -> None:
    assert full.verify() == Integrity()
    assert full.verify().ok


def test_a_chain_ends_where_its_canonical_json_says(full: StudyFile) -> None:
    """The quick spelling is that of `payload` and `link`, event for event."""
    db = full._db
    rows = db.rows(f"""SELECT e.*, t.* FROM events e JOIN ({StudyJudgments.TARGET}) t
        ON t.allocation = e.allocation ORDER BY e.rater, e.seq""")
    shown = shown_digests(db)
    for rater in full.raters.all():
        end = start = chain_start(db, rater.id)
        for row in (row for row in rows if row["rater"] == rater.id):
            value = payload(to_target(row), to_event(row))
            digest_ = link(EVENT_TAG, end.digest, value)
            end = type(end)(row["seq"], digest_, row["id"])
        assert follow(db, rater.id, start, shown) == (end, "")
        assert follow(db, rater.id, end, shown) == (end, "")


def test_what_only_some_have_is_spelled_as_it_was_stored(tmp_path: Path) -> None:
    """Tags, checks, options of a system, what acted, letters beyond ASCII, no number of tokens."""
    with StudyFile.create(tmp_path / "s.ftstudy", title="Ü", scale=Scale(), rng=Random(1), now=NOW) as study:
        served = SystemSpec("größer", SystemKind.SERVED, "m", url="http://localhost:1/v1")
        systems = [study.systems.add(served), study.systems.add(SystemSpec("b", SystemKind.BASE, "m"))]
        run = study.runs.start({}, now=NOW)
        asked = PromptSpec(
            "ä", (Message("system", "“Q”"), Message("user", "\u2028?")), checks=("x",), tags=("t", "ü")
        )
        (prompt,) = study.prompts.add([asked])
        drafts = [
            ResponseDraft(systems[0].id, "é\n\t\x7f", FinishReason.END, None, "unknown"),
            ResponseDraft(systems[1].id, "\U0001f600", FinishReason.LENGTH, 3),
        ]
        study.responses.store(prompt.id, drafts, run=run)
        assert study.verify() == Integrity()
        for table, column in (("prompts", "tags"), ("prompts", "checks"), ("responses", "record")):
            with unprotected(study) as connection:
                connection.execute(f"UPDATE {table} SET {column} = '[]'")
                assert not IncrementalVerification(study._db).verify().ok, column
        assert study.verify().ok


def test_what_was_proved_is_not_read_again(full: StudyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def noted(db: Connection, rater: RaterId, start: ChainEnd, shown: Shown) -> tuple[ChainEnd, str]:
        seen.append(start.number)
        return follow(db, rater, start, shown)

    monkeypatch.setattr(verification, "follow", noted)
    assert full.verify().ok
    assert seen == [0] * len(full.raters.all())
    assert full.verify().ok
    assert len(seen) == len(full.raters.all())
    full.state.put("key", "value")
    lengths = [sum(1 for _ in full.judgments.events(rater.id)) for rater in full.raters.all()]
    seen.clear()
    assert full.verify().ok
    assert seen == lengths


def test_what_changes_a_vote_is_always_told(full: StudyFile) -> None:
    """A byte of any value altered: where a vote, or who counts, is then another, the proof does not hold."""
    rng, before, missed, changed = Random(20261121), counted(full), [], 0
    for _ in range(ROUNDS):
        with altered(full, rng, VOTED) as alteration:
            found = counted(full)
            if found != before:
                changed += 1
                if IncrementalVerification(full._db).verify().ok:
                    missed.append(alteration)
    assert missed == []
    assert changed > ROUNDS // 10


def counted(study: StudyFile) -> object:
    """All that figures are made of; what cannot be read is told as damage."""
    try:
        names = [(system.id, system.name, system.spec) for system in study.systems.all()]
        rows = [[*study.judgments.votes(kind)] for kind in ComparisonKind]
        return (
            rows,
            names,
            [*study.judgments.guesses()],
            [*study.judgments.repeat_pairs()],
            study.raters.excluded(),
        )
    except (ValueError, TypeError, LookupError) as error:
        return repr(error)


def test_judgments_that_came_since_are_proved(tmp_path: Path) -> None:
    """With one that was taken back after it was proved, and with one that was altered."""
    path = tmp_path / "s.ftstudy"
    with new_study(path, scale=Scale()) as study:
        rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
        judge(study, rater)
        assert study.verify().ok
        study.judgments.undo(rater, now=NOW)
        assert study.verify().ok
        judge(study, rater)
        judge(study, rater)
        assert study.verify().ok
        judge(study, rater)
        with unprotected(study) as connection:
            connection.execute("UPDATE events SET choice = 'right' WHERE seq = 5")
            assert study.verify().problems == (
                "judgments of Ann: judgment 5, its pair or its answers were altered,"
                " or a judgment was removed or added",
            )
        assert study.verify().ok


def test_a_state_that_does_not_follow_from_the_judgments_is_told(tmp_path: Path) -> None:
    path = tmp_path / "s.ftstudy"
    with new_study(path, scale=Scale()) as study:
        rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
        judge(study, rater)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE allocations SET standing = NULL, standing_kind = ''")
    with StudyFile.open(path, now=NOW) as study:
        assert study.verify().problems == (
            "judgments of Ann: the state of its item does not follow from judgment 1",
        )


def test_a_value_that_cannot_be_there_is_told(full: StudyFile) -> None:
    with unprotected(full) as connection:
        connection.execute("UPDATE events SET flagged = 7")
        assert "judgments of Ann: contains an impossible value" in full.verify().problems
    assert full.verify().ok


@pytest.mark.parametrize("version", [1, 2])
def test_a_study_of_an_earlier_version_holds_once_it_is_updated(version: int, tmp_path: Path) -> None:
    path = kept(tmp_path / "old.ftstudy", (VERSION_1, VERSION_2)[version - 1], version)
    with StudyFile.open(path, now=NOW) as study:
        assert sum(1 for _ in study.judgments.votes()) > 0
        assert study.verify() == Integrity()
    tamper(path, "UPDATE events SET choice = 'both_bad' WHERE kind = 'judgment'")
    with StudyFile.open(path, now=NOW) as study:
        assert not study.verify().ok


def judge(study: StudyFile, rater: RaterId) -> None:
    item = study.judgments.next_item(rater)
    assert item
    study.judgments.judge(item.allocation, Verdict(Choice.LEFT, comment="naïve"), now=NOW)
