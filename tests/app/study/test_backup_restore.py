"""The newest backup of a study, beside it, and nothing replaced."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import BinaryIO

import pytest

from ftcompare.app import application_paths
from ftcompare.app.study.backup_restore import restore_backup, restore_unaltered_backup, restored_time
from ftcompare.app.study.opening import open_study
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.store.integrity.backup import all_backups
from ftcompare.store.sqlite.errors import time_of
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import judged_study
from tests.app.study.test_altered_study import ALTERATIONS, alter


@pytest.fixture
def spoilt(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of which there is a backup, and which another program emptied."""
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path / "home"))
    path = tmp_path / "hearts.ftstudy"
    StudyFile.create(path, title="Hearts", scale=Scale(), rng=Random(1), now=now).close()
    path.chmod(0o600)
    open_study(path, now=now).close()
    os.truncate(path, 0)
    return path


def test_each_copy_is_a_study_of_its_own(spoilt: Path, now: datetime) -> None:
    first, second = restore_backup(spoilt), restore_backup(spoilt)
    assert [path.name for path in (first, second)] == [
        f"hearts (backup of {now:%Y-%m-%d}).ftstudy",
        f"hearts (backup of {now:%Y-%m-%d}) 2.ftstudy",
    ]
    for path in (first, second):
        assert path.parent == spoilt.parent
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with open_study(path, now=now) as study:
            assert study.settings.read().title == "Hearts"
    assert spoilt.stat().st_size == 0


def test_a_copy_keeps_the_time_of_its_backup(spoilt: Path) -> None:
    (backup,) = application_paths.backups().iterdir()
    os.utime(backup, (1_700_000_000, 1_700_000_000))
    copy = restore_backup(spoilt)
    assert copy.stat().st_mtime == backup.stat().st_mtime
    made = datetime.fromtimestamp(1_700_000_000, UTC).astimezone()
    assert restored_time(copy) == f"14 November, {made:%H:%M}" == time_of(backup)
    assert time_of(backup.with_name("gone")) == "an unknown time"


def test_the_newest_unaltered_backup_is_older_than_the_alteration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path / "home"))
    path = judged_study(tmp_path / "hearts.ftstudy", prompts=6)
    open_study(path, now=now).close()
    alter(path, ALTERATIONS["choice"])
    open_study(path, now=now + timedelta(days=1)).close()
    copy = restore_unaltered_backup(path, now=now)
    assert copy.name == f"hearts (backup of {now:%Y-%m-%d}).ftstudy"
    with open_study(copy, now=now) as study:
        assert study.verify().ok
    assert sorted(tmp_path.glob("*.ftstudy")) == sorted((path, copy))
    newest = all_backups(path, application_paths.backups())[0]
    newest.write_bytes(b"")
    with pytest.raises(UserError) as caught:
        restore_unaltered_backup(path, now=now)
    assert caught.value.code == "backup-missing"
    assert sorted(tmp_path.glob("*.ftstudy")) == sorted((path, copy))


def test_without_a_backup_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path / "home"))
    with pytest.raises(UserError) as caught:
        restore_backup(tmp_path / "hearts.ftstudy")
    assert caught.value.code == "backup-missing"


def test_a_copy_that_fails_half_way_leaves_nothing(spoilt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(spoilt.parent.iterdir())
    seen: list[list[str]] = []

    def half(source: BinaryIO, target: BinaryIO) -> None:
        target.write(source.read(5_000))
        seen.append([path.name for path in spoilt.parent.glob("*backup of*")])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", half)
    with pytest.raises(OSError, match="No space"):
        restore_backup(spoilt)
    assert seen == [[]]
    assert sorted(spoilt.parent.iterdir()) == before
