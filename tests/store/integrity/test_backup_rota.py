"""When a backup is made at opening, and which are kept."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ftcompare.store.integrity.backup import all_backups, newest_backup
from ftcompare.store.study.study_file import StudyFile


class Backups:
    """Opens one study again and again; files get the times that they would have."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.folder = folder

    def open(self, at: datetime, *, title: str = "") -> None:
        """Open it; what is changed then is changed a minute later."""
        before = self.made
        with StudyFile.open(self.path, now=at, backups=self.folder) as study:
            if title:
                study.settings.set_title(title, now=at)
        changed = (at + timedelta(minutes=1)).timestamp()
        if title:
            os.utime(self.path, (changed, changed))
        for backup in set(self.made) - set(before):
            os.utime(backup, (at.timestamp(), at.timestamp()))

    @property
    def made(self) -> list[Path]:
        return all_backups(self.path, self.folder)

    def titles(self) -> list[str]:
        found = []
        for backup in self.made:
            with StudyFile.open(backup, now=datetime.now().astimezone()) as study:
                found.append(study.settings.read().title)
        return found


@pytest.fixture
def backups(study: StudyFile, path: Path, tmp_path: Path, now: datetime) -> Backups:
    study.close()
    before = (now - timedelta(hours=1)).timestamp()
    os.utime(path, (before, before))
    return Backups(path, tmp_path / "backups")


def test_what_was_changed_since_is_in_the_newest(backups: Backups, now: datetime) -> None:
    backups.open(now, title="first sitting")
    backups.open(now + timedelta(hours=2))
    assert backups.titles() == ["Hearts", "first sitting"]
    newest = newest_backup(backups.path, backups.folder)
    assert newest == backups.made[-1] != backups.made[0]


def test_none_is_made_where_nothing_changed_or_one_is_of_just_now(backups: Backups, now: datetime) -> None:
    backups.open(now)
    backups.open(now + timedelta(hours=2), title="changed")
    assert len(backups.made) == 1
    backups.open(now + timedelta(hours=3), title="again")
    assert len(backups.made) == 2
    backups.open(now + timedelta(hours=3, minutes=5))
    assert backups.titles() == ["Hearts", "changed"]


def test_the_first_of_five_days_are_kept_and_the_newest(backups: Backups, now: datetime) -> None:
    for day in range(7):
        for hour in (0, 2, 4):
            backups.open(now + timedelta(days=day, hours=hour), title=f"day {day}, hour {hour}")
    assert backups.titles() == [
        "day 1, hour 4",
        "day 2, hour 4",
        "day 3, hour 4",
        "day 4, hour 4",
        "day 5, hour 4",
        "day 6, hour 2",
    ]
