"""Older files come to the newest version with all that is in them, or stay as they are."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from ftcompare.core.errors import FTCompareError
from ftcompare.store import migrations
from ftcompare.store.migrations import (
    APPLICATION_ID,
    expected_schema,
    migrate,
    missing_tables,
    newest_version,
    schema,
    version,
    version_1,
)
from ftcompare.store.study_file import StudyFile

VERSION_1 = Path(__file__).with_name("study_version_1.sql")
"""A study as version 1 wrote it, with rows in every table. Never made anew."""


@pytest.fixture
def old_file(path: Path) -> Path:
    """The kept study of version 1 as a file."""
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(VERSION_1.read_text(encoding="utf-8"))
        raw.execute(f"PRAGMA application_id = {0x46544353}")
        raw.execute("PRAGMA user_version = 1")
    return path


def rows_of(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as raw:
        tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: raw.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for (name,) in tables}


def version_2(db: Database) -> None:
    """A step of a later release."""
    db.execute("ALTER TABLE raters ADD COLUMN language TEXT NOT NULL DEFAULT 'en'")
    db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
    db.execute("INSERT INTO notes (text) SELECT comment FROM events")


def broken_version_2(db: Database) -> None:
    """A step that fails half way."""
    version_2(db)
    db.execute("INSERT INTO notes (text) VALUES (NULL)")


def test_the_kept_file_has_rows_in_every_table(old_file: Path) -> None:
    assert {table for table, count in rows_of(old_file).items() if count == 0} == set()


def test_version_1_is_as_it_was_first_released(old_file: Path) -> None:
    with closing(Database(old_file)) as db:
        assert schema(db) == expected_schema(1)
        assert migrations.version(db) == 1
        assert db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID


def test_a_file_of_version_1_opens_whole(old_file: Path, now: datetime) -> None:
    before = rows_of(old_file)
    with StudyFile.open(old_file, now=now) as study:
        assert [finding for finding in study.check() if not finding.ok] == []
        assert study.study().title == "Kept"
        assert [rater.name for rater in study.raters()] == ["Ann", "Zoe"]
        rows = list(study.judged_rows())
        assert [(row.choice, row.left, row.comment) for row in rows] == [
            ("a", "b", ""),
            ("a", "a", "clearer"),
        ]
        assert study.format_version == newest_version()
    assert {table: count for table, count in rows_of(old_file).items() if table in before} == before


def test_migrating_keeps_every_row(old_file: Path) -> None:
    before = rows_of(old_file)
    with closing(Database(old_file)) as db:
        migrate(db, (version_1, version_2))
        assert version(db) == 2
        assert db.execute("SELECT DISTINCT language FROM raters").fetchall() == [("en",)]
        migrate(db, (version_1, version_2))
        assert version(db) == 2
    after = rows_of(old_file)
    assert after.pop("notes") == before["events"]
    assert after == {**before, "_sqlite_migrations": 2}


def test_a_failed_migration_changes_nothing(old_file: Path) -> None:
    before = old_file.read_bytes()
    with closing(Database(old_file)) as db:
        with pytest.raises(sqlite3.IntegrityError):
            migrate(db, (version_1, broken_version_2))
        assert version(db) == 1
        assert missing_tables(db) == []
    assert old_file.read_bytes() == before


def test_opening_an_older_file_keeps_a_copy_and_updates(
    old_file: Path, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STEPS", (version_1, version_2))
    before = rows_of(old_file)
    with StudyFile.open(old_file, now=now, backups=tmp_path / "backups") as study:
        assert study.format_version == 2
        assert [finding for finding in study.check() if not finding.ok] == []
    assert rows_of(old_file)["notes"] == before["events"]
    (copy,) = (tmp_path / "backups").glob("*-before-update-from-1.ftstudy")
    assert rows_of(copy) == before


def test_an_older_file_that_cannot_be_updated_stays_as_it_is(
    old_file: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STEPS", (version_1, broken_version_2))
    before = old_file.read_bytes()
    with pytest.raises(FTCompareError):
        StudyFile.open(old_file, now=now)
    assert old_file.read_bytes() == before
    (copy,) = old_file.parent.glob("*-before-update-from-1.ftstudy")
    assert rows_of(copy) == rows_of(old_file)


def test_an_empty_database_has_no_version_and_lacks_nothing() -> None:
    with closing(Database(memory=True)) as db:
        assert version(db) == 0
        assert schema(db) == frozenset()
        assert missing_tables(db) == []


def test_the_steps_are_called_after_the_versions_they_lead_to() -> None:
    assert [step.__name__ for step in migrations.STEPS] == [
        f"version_{number}" for number in range(1, newest_version() + 1)
    ]


def test_the_store_is_imported_without_slow_libraries() -> None:
    program = "import ftcompare.store.study_file, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "ftcompare.store.migrations" in loaded.stdout.split()
    assert {"pandas", "numpy", "sqlite_utils"} & set(loaded.stdout.split()) == set()


def test_missing_tables_are_named(old_file: Path) -> None:
    with closing(Database(old_file)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("DROP TABLE drafts")
        db.execute("DROP TABLE audit")
        assert missing_tables(db) == ["audit", "drafts"]
