"""Older files come to the newest version with all that is in them, or stay as they are."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from sqlite_utils import Database

from ftcompare.core.errors import FTCompareError
from ftcompare.core.rating_design import GoldItem, RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import Message, PromptSpec, Verdict
from ftcompare.store.study import migrations
from ftcompare.store.study.migrations import APPLICATION_ID, STEPS, migrate, newest_version, version
from ftcompare.store.study.study_file import StudyFile
from tests.builders import drawn_rater, present
from tests.store.schemas import expected_schema, schema

VERSION_1 = Path(__file__).with_name("study_version_1.sql")
"""A study as version 1 wrote it, with rows in every table. Never made again."""

VERSION_2 = VERSION_1.with_name("study_version_2.sql")
"""The same of version 2."""


def kept(path: Path, script: Path, version: int) -> Path:
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(script.read_text(encoding="utf-8"))
        raw.execute(f"PRAGMA application_id = {0x46544353}")
        raw.execute(f"PRAGMA user_version = {version}")
    return path


@pytest.fixture
def old_file(path: Path) -> Path:
    return kept(path, VERSION_1, 1)


@pytest.fixture
def second_file(path: Path) -> Path:
    return kept(path, VERSION_2, 2)


def rows_of(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as raw:
        tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: raw.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for (name,) in tables}


def values_of(path: Path) -> dict[str, list[dict[str, object]]]:
    with closing(sqlite3.connect(path)) as raw:
        raw.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in raw.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in rows_of(path)
            if not table.startswith("_")
        }


def version_13(db: Database) -> None:
    """A step of a later release."""
    db.execute("ALTER TABLE raters ADD COLUMN language TEXT NOT NULL DEFAULT 'en'")
    db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
    db.execute("INSERT INTO notes (text) SELECT comment FROM events")


def broken_version_13(db: Database) -> None:
    """A step that fails half way."""
    version_13(db)
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
        assert study.settings.read().title == "Kept"
        assert [rater.name for rater in study.raters.all()] == ["Ann", "Zoe"]
        rows = list(study.judgments.standing())
        assert [(row.choice, row.left, row.comment) for row in rows] == [
            ("a", "b", ""),
            ("a", "a", "clearer"),
        ]
        assert study.format_version == newest_version()
    assert {table: rows_of(old_file)[table] for table in before} == {
        **before,
        "_sqlite_migrations": newest_version(),
    }


@pytest.mark.parametrize("version", ["old_file", "second_file"])
def test_every_value_is_kept_to_the_letter(
    request: pytest.FixtureRequest, version: str, now: datetime
) -> None:
    path: Path = request.getfixturevalue(version)
    before = values_of(path)
    with StudyFile.open(path, now=now) as study:
        assert study.format_version == newest_version()
    after = values_of(path)
    for table, rows in before.items():
        same = [{name: row[name] for name in old} for old, row in zip(rows, after[table], strict=True)]
        assert same == rows, table


def test_a_study_of_version_1_is_judged_to_the_end(old_file: Path, now: datetime) -> None:
    with StudyFile.open(old_file, now=now) as study:
        ann = study.raters.all()[0]
        chain = list(study.judgments.events(ann.id))
        first = present(study.judgments.next_item(ann.id))
        study.judgments.judge(first.allocation, Verdict(Choice.TIE, comment="later"), now=now)
        assert study.judgments.return_to_skipped(ann.id, now=now) == 1
        while item := study.judgments.next_item(ann.id):
            study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
        assert list(study.judgments.events(ann.id))[: len(chain)] == chain
        study.judgments.undo(ann.id, now=now)
        bob = study.raters.add("Bob")
        assert study.allocations.draw(bob.id, rng=Random(1), now=now) > 0
        assert [finding for finding in study.check() if not finding.ok] == []


def test_a_study_of_version_1_can_be_given_what_version_2_brought(old_file: Path, now: datetime) -> None:
    with StudyFile.open(old_file, now=now) as study:
        assert study.settings.design() == RatingDesign()
        assert study.raters.excluded() == {}
        assert (list(study.judgments.guesses()), list(study.judgments.repeat_pairs())) == ([], [])
        design = RatingDesign(repeats=0.5, controls=0.5, guess_share=0.5, end_guesses=1)
        study.settings.set_title("Kept and renamed", now=now)
        study.settings.set_rating(study.settings.read().scale, design, now=now)
        study.glossary.replace([], now=now)
        study.gold.add([GoldItem((Message("user", "2 + 2?"),), "4", "5")], now=now)
        cid = drawn_rater(study, "Cid", rng=Random(1), now=now)
        assert study.judgments.progress(cid.id).guesses == 1
        assert [finding for finding in study.check() if not finding.ok] == []


def test_the_kept_file_of_version_2_has_rows_in_every_table(second_file: Path) -> None:
    assert {table for table, count in rows_of(second_file).items() if count == 0} == set()


def test_version_2_is_as_it_was_first_released(second_file: Path) -> None:
    with closing(Database(second_file)) as db:
        assert schema(db) == expected_schema(2)
        assert migrations.version(db) == 2


def test_a_file_of_version_2_opens_whole(second_file: Path, now: datetime) -> None:
    before = rows_of(second_file)
    with StudyFile.open(second_file, now=now) as study:
        assert [finding for finding in study.check() if not finding.ok] == []
        assert study.settings.read().title == "Kept, second"
        assert [rater.name for rater in study.raters.all()] == ["Bob", "Ann", "Zoe"]
        judged = [(row.rater.name, row.comment, row.reasons) for row in study.judgments.standing()]
        assert judged[:2] == [("Zoe", "", ()), ("Bob", "clearer", ("too long",))]
        assert {prompt.spec.tags for prompt in study.prompts.all()} == {()}
        assert [row.pair.tags for row in study.judgments.votes()] == [()] * len(judged)
        assert study.format_version == newest_version()
    after = {table: rows_of(second_file)[table] for table in before}
    assert after == {**before, "_sqlite_migrations": newest_version()}


def test_a_study_of_version_2_takes_prompts_with_tags(second_file: Path, now: datetime) -> None:
    with StudyFile.open(second_file, now=now) as study:
        spec = PromptSpec("tagged", (Message("user", "And now?"),), tags=("dose", "child"))
        (added,) = study.prompts.add([spec])
        assert [prompt.spec.tags for prompt in study.prompts.all() if prompt.id == added.id] == [
            ("dose", "child")
        ]
        assert [finding for finding in study.check() if not finding.ok] == []


def test_migrating_keeps_every_row(old_file: Path) -> None:
    before = rows_of(old_file)
    with closing(Database(old_file)) as db:
        migrate(db, (*STEPS, version_13))
        assert version(db) == newest_version() + 1
        assert db.execute("SELECT DISTINCT language FROM raters").fetchall() == [("en",)]
        migrate(db, (*STEPS, version_13))
        assert version(db) == newest_version() + 1
    after = rows_of(old_file)
    assert after.pop("notes") == before["events"]
    assert {table: after[table] for table in before} == {**before, "_sqlite_migrations": newest_version() + 1}
    assert {count for table, count in after.items() if table not in before} == {0}


def test_a_failed_migration_changes_nothing(old_file: Path) -> None:
    before = old_file.read_bytes()
    with closing(Database(old_file)) as db:
        with pytest.raises(sqlite3.IntegrityError):
            migrate(db, (*STEPS, broken_version_13))
        assert version(db) == 1
        assert schema(db) == expected_schema(1)
    assert old_file.read_bytes() == before


def test_opening_an_older_file_keeps_a_copy_and_updates(
    old_file: Path, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, version_13))
    before = rows_of(old_file)
    with StudyFile.open(old_file, now=now, backups=tmp_path / "backups") as study:
        assert study.format_version == newest_version()
        assert [finding for finding in study.check() if not finding.ok] == []
    assert rows_of(old_file)["notes"] == before["events"]
    (copy,) = (tmp_path / "backups").glob("*-before-update-from-1.ftstudy")
    assert rows_of(copy) == before


def test_an_older_file_that_cannot_be_updated_stays_as_it_is(
    old_file: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STEPS", (*STEPS, broken_version_13))
    before = old_file.read_bytes()
    with pytest.raises(FTCompareError):
        StudyFile.open(old_file, now=now)
    assert old_file.read_bytes() == before
    (copy,) = old_file.parent.glob("*-before-update-from-1.ftstudy")
    assert rows_of(copy) == rows_of(old_file)


def test_an_empty_database_has_no_version() -> None:
    with closing(Database(memory=True)) as db:
        assert version(db) == 0
        assert schema(db) == frozenset()


def test_steps_are_stored_under_the_versions_they_lead_to() -> None:
    with closing(migrations.made_in_memory(migrations.STEPS)) as fresh:
        names = [row["name"] for row in fresh.query("SELECT name FROM _sqlite_migrations ORDER BY id")]
    assert names == [f"version_{number}" for number in range(1, newest_version() + 1)]


def test_the_store_is_imported_without_slow_libraries() -> None:
    program = "import ftcompare.store.study.study_file, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "ftcompare.store.study.migrations" in loaded.stdout.split()
    assert {"pandas", "numpy", "sqlite_utils"} & set(loaded.stdout.split()) == set()


def test_a_study_is_opened_without_numpy() -> None:
    # NumPy would take longer to load than everything else that `ftcompare info` does.
    program = """
import importlib, sys
from ftcompare.store.study import migrations
migrations.made_in_memory(migrations.STEPS).close()
print(*sys.modules)
assert importlib.import_module("numpy").arange(3).sum() == 3
"""
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "sqlite_utils" in loaded.stdout.split()
    assert not {"pandas", "numpy"} & set(loaded.stdout.split())
