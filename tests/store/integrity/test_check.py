"""Whatever is changed in a study file behind the product's back, a check finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.judgment_limits import MAX_COMMENT
from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, EventKind, JudgmentEvent, Rater, Verdict
from ftcompare.store.judging.verdict_recorder import ChainWriter
from ftcompare.store.sqlite.values import stamp
from ftcompare.store.study.raters import genesis
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import StudyJudgments, to_target
from tests.builders import refusal_code
from tests.store.integrity.tampering import make_full_study, unprotected


def failed(path: Path, now: datetime) -> set[str]:
    with StudyFile.open(path, now=now) as study:
        return {finding.subject for finding in study.check() if not finding.ok}


def tamper(path: Path, *statements: str) -> None:
    """Changes the file as one who knows SQLite would: rules off, change, rules on again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("BEGIN")
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert raw.execute(statement).rowcount > 0, statement
        for _, sql in triggers:
            raw.execute(sql)
        raw.execute("COMMIT")


def test_an_honest_study_passes(judged: Path, now: datetime) -> None:
    with StudyFile.open(judged, now=now) as study:
        findings = study.check()
    assert [finding for finding in findings if not finding.ok] == []
    assert {"file", "audit log", "allocations", "judgments of Ann", "judgments of Zoe"} <= {
        finding.subject for finding in findings
    }


MARKERS = ["A-COMMENT-MADE-BY-ANN", "THE-REASON-FOR-UNBLINDING", "plain on p3", "Question 4?", "models/plain"]


@pytest.mark.parametrize("marker", MARKERS)
def test_one_byte_changed_in_the_file_is_found(judged: Path, marker: str, now: datetime) -> None:
    content = judged.read_bytes()
    place = content.index(marker.encode()) + len(marker) - 1
    for flip in (0x01, 0x02):
        altered = bytearray(content)
        altered[place] ^= flip
        judged.write_bytes(altered)
        assert failed(judged, now), f"byte {place}"
    judged.write_bytes(content)
    assert failed(judged, now) == set()


EVENTS = [
    "UPDATE events SET choice = 'right' WHERE choice = 'left' AND seq = 1 AND rater = 1",
    "UPDATE events SET strength = 3 WHERE seq = 2 AND rater = 1",
    "UPDATE events SET strength = NULL WHERE seq = 2 AND rater = 1",
    "UPDATE events SET preference = 0.5 WHERE seq = 1 AND rater = 1",
    "UPDATE events SET comment = comment || ' ' WHERE seq = 1 AND rater = 1",
    "UPDATE events SET flagged = 1 WHERE seq = 1 AND rater = 1",
    "UPDATE events SET seconds = seconds + 0.001 WHERE seq = 1 AND rater = 1",
    "UPDATE events SET seconds = NULL WHERE seq = 4 AND rater = 1",
    "UPDATE events SET reason = 'other' WHERE kind = 'skip'",
    "UPDATE events SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 5 AND rater = 1",
    "UPDATE events SET kind = 'skip', choice = NULL WHERE seq = 2 AND rater = 1",
    "UPDATE events SET allocation = 11 WHERE seq = 1 AND rater = 1",
    "UPDATE events SET digest = '0' || substr(digest, 2) WHERE rater = 1",
    "UPDATE events SET retracts = 5 WHERE kind = 'retraction'",
    "DELETE FROM events WHERE seq = 2 AND rater = 1",
    "UPDATE raters SET name = 'Eve' WHERE name = 'Ann'",
    "UPDATE raters SET kind = 'automatic' WHERE name = 'Ann'",
]


@pytest.mark.parametrize("statement", EVENTS)
def test_a_changed_judgment_is_found(judged: Path, statement: str, now: datetime) -> None:
    tamper(judged, statement)
    assert failed(judged, now) & {"judgments of Ann", "judgments of Eve"}


@pytest.mark.parametrize("field", ["choice = 'b'", "preference = 0.3", "comment = 'x'", "at = '2020'"])
def test_a_changed_imported_judgment_is_found(judged: Path, field: str, now: datetime) -> None:
    tamper(judged, f"UPDATE events SET {field} WHERE rater = 2 AND seq = 2")
    assert "judgments of Zoe" in failed(judged, now)


@pytest.mark.parametrize(
    ("statement", "subject"),
    [
        ("UPDATE audit SET detail = replace(detail, 'THE', 'ANY')", "audit log"),
        ("UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 1", "audit log"),
        ("UPDATE audit SET kind = 'nothing' WHERE seq = 1", "audit log"),
        ("UPDATE audit SET detail = 'no json' WHERE seq = 2", "audit log"),
        ("DELETE FROM audit WHERE seq = 2", "audit log"),
        ("DELETE FROM audit WHERE kind = 'unblinded'", "unblinding"),
        ("UPDATE study SET unblinded_at = '2020-01-01T00:00:00.000Z'", "unblinding"),
        ("UPDATE study SET unblinded_at = ''", "unblinding"),
        ("UPDATE runs SET record = replace(record, '0.5', '0.6')", "generation records"),
        ("UPDATE allocations SET a_is_left = 1 - a_is_left WHERE position = 11", "allocations"),
        ("UPDATE allocations SET a_is_left = 1 - a_is_left WHERE position = 0", "judgments of Ann"),
        ("UPDATE allocations SET a_is_left = NULL WHERE rater = 2", "judgments of Zoe"),
        ("UPDATE allocations SET position = 90 WHERE position = 11", "allocations"),
        ("UPDATE allocations SET rater = 2 WHERE position = 11", "allocations"),
        ("UPDATE draws SET nonce = 'other'", "allocations"),
        ("UPDATE draws SET commitment = 'other'", "allocations"),
        ("UPDATE draws SET rater = 2", "allocations"),
        ("UPDATE allocations SET standing = NULL, standing_kind = '' WHERE id = 1", "state of the items"),
        ("UPDATE allocations SET standing_kind = 'skip' WHERE position = 0", "state of the items"),
        ("UPDATE allocations SET standing = 2 WHERE position = 0", "state of the items"),
        ("UPDATE allocations SET standing = 1, standing_kind = 'skip' WHERE id = 9", "state of the items"),
        ("UPDATE events SET retracts = 2 WHERE kind = 'retraction'", "state of the items"),
        ("UPDATE events SET allocation = 1 WHERE kind = 'judgment'", "state of the items"),
        ("UPDATE responses SET text = text || ' ' WHERE id = 3", "responses"),
        ("UPDATE responses SET finish_reason = 'length' WHERE id = 3", "responses"),
        ("UPDATE responses SET tokens = 6 WHERE id = 3", "responses"),
        ("UPDATE responses SET system = 3 - system, sample = 1 WHERE id IN (3, 4)", "responses"),
        ("UPDATE responses SET digest = 'other' WHERE id = 3", "responses"),
        ("UPDATE systems SET name = 'renamed' WHERE id = 1", "responses"),
        ("UPDATE systems SET adapter = 'other' WHERE id = 2", "responses"),
        ("UPDATE prompts SET category = 'lung' WHERE id = 3", "prompts"),
        ("UPDATE prompts SET tags = '[\"dose\"]' WHERE id = 3", "prompts"),
        ("UPDATE prompts SET messages = replace(messages, 'Q', 'q') WHERE id = 3", "prompts"),
        ("UPDATE prompts SET split = 'no such split' WHERE id = 3", "prompts"),
        ("UPDATE comparisons SET b = b + 2 WHERE id = 1", "file|judgments of Ann"),
        ("DELETE FROM comparisons WHERE id = 12", "references"),
    ],
)  # fmt: skip
def test_a_changed_study_is_found(judged: Path, statement: str, subject: str, now: datetime) -> None:
    tamper(judged, statement)
    assert failed(judged, now) & set(subject.split("|"))


FULL = [
    ("UPDATE study SET title = 'Other'", "settings"),
    ("UPDATE study SET notice = 'Other'", "settings"),
    ("UPDATE study SET secret = '0'", "settings"),
    ("UPDATE study SET created_at = '2020'", "settings"),
    ("UPDATE study SET question = 'Which is from the tuned model?'", "settings"),
    ("UPDATE study SET strengths = 2", "settings"),
    ("UPDATE study SET rating = replace(rating, 'too long', 'too short')", "settings"),
    ("INSERT INTO glossary VALUES (1, 'heart', 'preferred', 'heart', 'en', '')", "settings"),
    ("UPDATE systems SET neutral_name = 'System ' || char(89 - (id = 2))", "neutral names"),
    ("UPDATE prompts SET kind = 'gold' WHERE key = 'p3'", "pairs"),
    ("UPDATE prompts SET kind = '' WHERE kind = 'live'", "pairs"),
    ("UPDATE prompts SET messages_digest = '0' WHERE key = 'p3'", "prompts"),
    ("UPDATE comparisons SET kind = 'ordinary' WHERE kind = 'control'", "pairs"),
    ("UPDATE comparisons SET a = b, b = a WHERE kind = 'gold'", "pairs"),
    ("UPDATE comparisons SET a = b, b = a WHERE kind = 'ordinary'", "pairs"),
    ("UPDATE allocations SET kind = 'live' WHERE kind = 'ordinary'", "pairs"),
    ("INSERT INTO comparisons SELECT id + 99, b, a, kind FROM comparisons WHERE kind = 'live'", "pairs"),
    ("UPDATE plans SET nonce = '0'", "plans"),
    ("UPDATE plans SET seed = '0'", "plans"),
    ("UPDATE shares SET slot = slot + 5", "plans"),
    ("DELETE FROM shares WHERE comparison = 1", "plans"),
    ("INSERT INTO shares (slot, comparison, plan) VALUES (9, 1, 7)", "plans"),
    ("UPDATE slots SET rater = 9 WHERE slot = 0", "plans"),
    ("UPDATE draws SET seed = '0'", "allocations"),
    ("UPDATE draws SET at = '2020'", "allocations"),
    ("UPDATE allocations SET repeat_of = NULL", "allocations"),
    ("UPDATE allocations SET guess_due = 'at_end' WHERE guess_due = ''", "allocations"),
    ("UPDATE allocations SET pack = NULL", "allocations"),
    ("UPDATE allocations SET guess = NULL", "state of the items"),
    ("UPDATE events SET choice = 'right' WHERE kind = 'guess'", "judgments of Ann"),
    ("UPDATE events SET details = '' WHERE kind = 'judgment'", "judgments of Ann"),
    ("UPDATE events SET flagged = 3 WHERE flagged = 1", "judgments of Ann"),
    ("UPDATE allocations SET origin = '0' WHERE origin IS NOT NULL", "judgments of Zoe"),
    ("UPDATE exclusions SET reason = 'slow'", "raters left out"),
    ("DELETE FROM exclusions", "raters left out"),
    ("UPDATE exclusions SET excluded = 0", "raters left out"),
    ("UPDATE allocations SET id = id + 500 WHERE id = (SELECT MAX(id) FROM allocations)", "numbering"),
]  # fmt: skip


@pytest.fixture(scope="module")
def full_study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyFile]:
    """A study in which everything has happened; what is changed in it is taken back."""
    path = tmp_path_factory.mktemp("full") / "full.ftstudy"
    with make_full_study(path, now=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)) as study:
        yield study


@pytest.mark.parametrize(("statement", "subject"), FULL)
def test_a_change_to_what_version_2_brought_is_found(
    full_study: StudyFile, statement: str, subject: str
) -> None:
    assert [finding for finding in full_study.check() if not finding.ok] == []
    with unprotected(full_study) as connection:
        assert connection.execute(statement).rowcount > 0
        wrong = {finding.subject for finding in full_study.check() if not finding.ok}
    assert subject in wrong


@pytest.mark.parametrize("cut", [1, 3])
def test_a_chain_cut_after_the_unblinding_is_found(full_study: StudyFile, cut: int) -> None:
    """Whoever cuts the end of the newest chain, and mends all that follows from it, is found all the same."""
    last = full_study._db.value("SELECT COUNT(*) FROM events")
    rater = full_study._db.value("SELECT rater FROM events ORDER BY id DESC LIMIT 1")
    with unprotected(full_study) as connection:
        connection.execute("DELETE FROM merged WHERE event > ?", (last - cut,))
        connection.execute("DELETE FROM events WHERE id > ?", (last - cut,))
        connection.execute("UPDATE allocations SET guess = NULL WHERE guess > ?", (last - cut,))
        connection.execute(
            "UPDATE allocations SET standing = NULL, standing_kind = '' WHERE standing > ?", (last - cut,)
        )
        findings = {finding.subject: finding for finding in full_study.check() if not finding.ok}
    assert str(rater) in findings["ends of the chains"].detail


def test_a_forged_digest_does_not_hide_a_changed_response(judged: Path, now: datetime) -> None:
    """A judgment covers what was shown: whoever mends the response's digest breaks the judgments on it."""
    with StudyFile.open(judged, now=now) as study:
        row = next(study.judgments.standing())
        victim = row.comparison.a.id
    tamper(judged, f"UPDATE responses SET text = 'forged', digest = 'forged' WHERE id = {victim}")
    assert {"responses"} < failed(judged, now)


def test_rules_taken_away_are_told_and_the_study_is_not_opened(judged: Path, now: datetime) -> None:
    with closing(sqlite3.connect(judged)) as raw:
        raw.execute("DROP TRIGGER events_no_update")
        raw.execute("CREATE TRIGGER extra AFTER INSERT ON events BEGIN DELETE FROM drafts; END")
        raw.commit()
    assert changed_rules(judged, now) == "its rules were changed (“events_no_update”, “extra”)."


def test_a_renamed_column_is_told_and_the_study_is_not_opened(judged: Path, now: datetime) -> None:
    with closing(sqlite3.connect(judged)) as raw:
        raw.execute("ALTER TABLE runs RENAME COLUMN record TO other")
    assert changed_rules(judged, now) == "its rules were changed (“runs”)."


def test_an_index_that_contradicts_its_table_is_told(judged: Path, now: datetime) -> None:
    with closing(sqlite3.connect(judged, isolation_level=None)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '(at)', '(seq)') WHERE name = 'events_by_time'"
        )
    assert changed_rules(judged, now) == "its rules were changed (“events_by_time”)."


def changed_rules(path: Path, now: datetime) -> str:
    """What is told of a study that is refused for its rules, and left as it was."""
    before = path.read_bytes()
    with pytest.raises(UserError) as caught:
        StudyFile.open(path, now=now)
    assert caught.value.code == "study-damaged"
    assert path.read_bytes() == before
    return caught.value.what.removeprefix("The study is damaged: ")


def test_a_check_goes_on_past_what_it_cannot_read(judged: Path, now: datetime) -> None:
    tamper(judged, "UPDATE runs SET record = '{'")
    assert failed(judged, now) >= {"generation records"}


def test_rules_changed_while_the_study_is_open_are_found(judged: Path, now: datetime) -> None:
    with StudyFile.open(judged, now=now) as study:
        study._db.execute("DROP TRIGGER events_no_update")
        (found,) = (finding for finding in study.check() if not finding.ok)
    assert (found.subject, found.detail) == (
        "rules of the file",
        "“events_no_update” was changed or removed",
    )


@pytest.mark.parametrize("table", ["events", "audit", "draws", "responses", "comparisons", "runs", "raters"])
def test_the_file_itself_refuses_changes_to_what_is_only_added(
    judged: Path, table: str, now: datetime
) -> None:
    with closing(sqlite3.connect(judged)) as raw:
        raw.execute("PRAGMA recursive_triggers = ON")
        (first, column) = raw.execute(f"SELECT * FROM {table}").description[:2]
        for statement in (
            f"UPDATE {table} SET {column[0]} = {column[0]}",
            f"DELETE FROM {table}",
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE {first[0]} = 1",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                raw.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE allocations SET a_is_left = 1 - a_is_left",
        "UPDATE allocations SET position = position + 100",
        "DELETE FROM allocations",
        "UPDATE systems SET name = name || '!'",
        "UPDATE prompts SET category = ''",
        "UPDATE prompts SET tags = '[]'",
    ],
)
def test_the_file_itself_refuses_changes_to_what_is_fixed(judged: Path, statement: str) -> None:
    with (
        closing(sqlite3.connect(judged)) as raw,
        pytest.raises(sqlite3.IntegrityError, match="only added to"),
    ):
        raw.execute(statement)


# Judgments that cannot be: not recorded here, and found where they are in a file nevertheless.


def test_what_a_check_would_not_accept_is_not_recorded(study: StudyFile, ann: Rater, now: datetime) -> None:
    item, years = study.judgments.next_item(ann.id), timedelta(days=366 * 40)
    assert item is not None
    judged = Verdict(Choice.TIE, seconds=1.0)
    long = "x" * (MAX_COMMENT + 1)
    refused = {
        "judgment-impossible": (
            lambda: study.judgments.judge(item.allocation, replace(judged, comment=long), now=now),
            lambda: study.judgments.judge(item.allocation, replace(judged, seconds=1.7e308), now=now),
            lambda: study.judgments.skip(item.allocation, long, seconds=None, now=now),
            lambda: study.judgments.skip(
                item.allocation, "Other", draft=Draft(comment=long), seconds=None, now=now
            ),
        ),
        "clock-wrong": (
            lambda: study.judgments.judge(item.allocation, judged, now=now - years),
            lambda: study.judgments.skip(item.allocation, "Other", seconds=None, now=now + 2 * years),
        ),
    }
    for code, acts in refused.items():
        assert [refusal_code(act) for act in acts] == [code] * len(acts)
    study.judgments.judge(item.allocation, judged, now=now)
    assert refusal_code(lambda: study.judgments.undo(ann.id, now=now - years)) == "clock-wrong"
    assert len(list(study.judgments.events(ann.id))) == 1
    assert all(finding.ok for finding in study.check())


@pytest.mark.parametrize(
    ("event", "at", "told"),
    [
        (
            JudgmentEvent(EventKind.JUDGMENT, "tie", seconds=1.7e308),
            "",
            "judgment 1 has an impossible time on the pair",
        ),
        (
            JudgmentEvent(EventKind.JUDGMENT, "tie", comment="x" * 60_000_000),
            "",
            "judgment 1 has a text of more than",
        ),
        (
            JudgmentEvent(EventKind.SKIP),
            "0001-01-01T00:00:00.000Z",
            "judgment 1 is not in the years 2000 to 2099",
        ),
        (
            JudgmentEvent(EventKind.SKIP),
            "9999-12-31T00:00:00.000Z",
            "judgment 1 is not in the years 2000 to 2099",
        ),
    ],
)
def test_a_judgment_that_cannot_be_is_found_though_its_chain_holds(
    study: StudyFile, ann: Rater, now: datetime, event: JudgmentEvent, at: str, told: str
) -> None:
    row = study._db.rows(f"{StudyJudgments.TARGET} WHERE al.rater = ? LIMIT 1", (ann.id,))[0]
    with study.atomic():
        ChainWriter(study._db, genesis).append(to_target(row), event, at or stamp(now))
    found = [finding.detail for finding in study.check() if finding.subject == "judgments of Ann"]
    assert found[0].startswith(told)
