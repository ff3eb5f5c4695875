"""A private study has private copies, and each study has copies of its own."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ftcompare.store.integrity import backup
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present
from tests.store.study.test_migrations import VERSION_1, kept

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permission bits")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("chosen", [0o600, 0o640, 0o644])
def test_copies_have_the_mode_of_their_study(
    study: StudyFile, path: Path, tmp_path: Path, now: datetime, chosen: int
) -> None:
    study.close()
    path.chmod(chosen)
    backups = tmp_path / "home" / "backups"
    with StudyFile.open(path, now=now, backups=backups) as again:
        again.save_copy(tmp_path / "copy.ftstudy")
    (made,) = backups.iterdir()
    assert (mode(made), mode(tmp_path / "copy.ftstudy")) == (chosen, chosen)
    assert mode(backups) == 0o700


def test_a_folder_of_backups_that_everyone_could_read_becomes_private(
    study: StudyFile, path: Path, tmp_path: Path, now: datetime
) -> None:
    study.close()
    (tmp_path / "backups").mkdir(mode=0o755)
    StudyFile.open(path, now=now, backups=tmp_path / "backups").close()
    assert mode(tmp_path / "backups") == 0o700


def test_a_copy_is_private_from_its_first_byte(
    study: StudyFile, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.chmod(0o600)
    seen = []
    original: Callable[..., sqlite3.Connection] = sqlite3.connect

    def noting(database: Path, **named: object) -> sqlite3.Connection:
        seen.append(mode(database))
        return original(database, **named)

    monkeypatch.setattr(sqlite3, "connect", noting)
    study.save_copy(tmp_path / "copy.ftstudy")
    assert seen == [0o600]


def test_copies_from_before_an_update_are_told_apart(tmp_path: Path, now: datetime) -> None:
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        path = kept(tmp_path / place / "same.ftstudy", VERSION_1, 1)
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("UPDATE study SET title = ?", (place,))
            raw.commit()
        path.chmod(0o600)
        StudyFile.open(path, now=now, backups=tmp_path / "backups").close()
    copies = sorted((tmp_path / "backups").glob("same-*-before-update-from-1.ftstudy"))
    titles = set()
    for copy in copies:
        with closing(sqlite3.connect(copy)) as raw:
            titles.add(raw.execute("SELECT title FROM study").fetchone()[0])
    assert titles == {"one", "two"}
    assert {mode(copy) for copy in copies} == {0o600}


def test_a_copy_beside_a_study_leaves_its_folder_as_it_is(tmp_path: Path, now: datetime) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    StudyFile.open(kept(folder / "old.ftstudy", VERSION_1, 1), now=now).close()
    assert mode(folder) == 0o755
    assert (folder / "old-before-update-from-1.ftstudy").is_file()


def test_a_copy_of_a_study_that_was_moved_away_is_private(
    study: StudyFile, path: Path, tmp_path: Path
) -> None:
    path.rename(tmp_path / "moved")
    study.save_copy(tmp_path / "copy.ftstudy")
    assert mode(tmp_path / "copy.ftstudy") == 0o600


def test_the_newest_backup_is_the_studys_own(
    study: StudyFile, path: Path, tmp_path: Path, now: datetime
) -> None:
    backups = tmp_path / "backups"
    assert backup.newest_backup(path, backups) is None
    study.close()
    for day in range(2):
        StudyFile.open(path, now=now + timedelta(days=day), backups=backups).close()
    newest = present(backup.newest_backup(path, backups))
    assert newest == sorted(backups.iterdir())[-1]
    assert backup.newest_backup(path.with_name("other.ftstudy"), backups) is None
