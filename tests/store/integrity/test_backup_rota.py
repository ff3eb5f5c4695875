"""When a backup is made and which are kept; what is told when another program writes to an open file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Rater, Verdict
from ftcompare.store.integrity.backup import all_backups, newest_backup
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present
from tests.store.pack.pack_studies import NOW, make, new_study, verdict
from tests.store.study.test_study_file import open_elsewhere


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


PAGE = 4096


def emptied(path: Path) -> None:
    """As ``: > study`` does."""
    os.truncate(path, 0)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - PAGE)


def written_over(path: Path) -> None:
    """As ``cp other study`` does, or a program that synchronises folders."""
    other = path.with_name("other.ftstudy")
    StudyFile.create(other, title="Other", scale=Scale(), rng=Random(1), now=NOW).close()
    with path.open("r+b") as target:
        target.write(other.read_bytes())
        target.truncate()


def one_byte(path: Path) -> None:
    """In the last page, which a study in use holds in memory."""
    with path.open("r+b") as target:
        target.seek(-1, os.SEEK_END)
        last = target.read(1)
        target.seek(-1, os.SEEK_END)
        target.write(bytes([last[0] ^ 1]))


WAYS = [emptied, cut, written_over, one_byte]


@pytest.mark.parametrize("spoil", WAYS)
def test_no_judgment_is_called_saved_once_the_file_is_overwritten(
    study: StudyFile, ann: Rater, path: Path, now: datetime, spoil: Callable[[Path], None]
) -> None:
    study.close()
    with StudyFile.open(path, now=now) as again:
        again.check()  # reads every page, as does whoever works in the study for long
        item = present(again.judgments.next_item(ann.id))
        again.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
        following = present(again.judgments.next_item(ann.id))
        spoil(path)
        for _ in range(2):  # a retry does not help
            with pytest.raises(EnvironmentFault) as caught:
                again.judgments.judge(following.allocation, Verdict(Choice.LEFT), now=now)
            assert (caught.value.code, caught.value.where) == ("study-overwritten", str(path))
            assert "The last change was not saved." in caught.value.what


def test_the_newest_backup_is_named(study: StudyFile, path: Path, tmp_path: Path, now: datetime) -> None:
    study.close()
    with StudyFile.open(path, now=now, backups=tmp_path / "backups") as again:
        emptied(path)
        with pytest.raises(EnvironmentFault) as caught:
            again.settings.set_title("into nothing", now=now)
    (backup,) = (tmp_path / "backups").iterdir()
    assert caught.value.how.startswith(
        "Close the study and open it again. If it does not open, open the newest"
    )
    assert caught.value.how.endswith(str(backup))


def test_what_is_put_back_is_taken_again(study: StudyFile, ann: Rater, path: Path, now: datetime) -> None:
    content = path.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(EnvironmentFault):
        study.settings.set_title("lost", now=now)
    with path.open("r+b") as target:
        target.write(content)
    study.settings.set_title("kept", now=now)
    assert study.settings.read().title == "kept"


def test_a_file_of_another_time_with_the_same_content_is_the_same(
    study: StudyFile, path: Path, now: datetime
) -> None:
    for _ in range(2):
        os.utime(path)
        study.settings.set_title(f"{study.settings.read().title}!", now=now)
    assert study.settings.read().title == "Hearts!!"


def test_a_file_that_is_cut_while_a_transaction_is_open_is_told_at_its_end(
    study: StudyFile, ann: Rater, path: Path, now: datetime
) -> None:
    def change_and_cut() -> None:
        with study.atomic():
            study.settings.set_title("half", now=now)
            emptied(path)

    with pytest.raises(EnvironmentFault) as caught:
        change_and_cut()
    assert caught.value.code == "study-overwritten"


def test_a_statement_of_its_own_is_told_too(study: StudyFile, path: Path) -> None:
    study.state.put("page", "rate")
    emptied(path)
    with pytest.raises(EnvironmentFault):
        study.state.put("page", "results")


def test_a_failed_transaction_is_no_other_program(study: StudyFile, ann: Rater, now: datetime) -> None:
    study._db.execute("PRAGMA cache_size = 5")  # so that pages reach the file before the end

    def fail() -> None:
        with study.atomic():
            study._db.execute(
                """WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                    INSERT INTO state SELECT 'k' || i, hex(zeroblob(100)) FROM n"""
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    study.settings.set_title("goes on", now=now)
    assert all(finding.ok for finding in study.check())


def test_looking_at_the_file_keeps_the_lock(study: StudyFile, path: Path, now: datetime) -> None:
    study.settings.set_title("mine", now=now)
    assert open_elsewhere(path) == "study-locked"
    study.close()
    assert open_elsewhere(path) == "opened"


def test_the_drive_is_gone(study: StudyFile, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", gone)
        with pytest.raises(EnvironmentFault) as caught:
            study.settings.set_title("into nothing", now=now)
    assert caught.value.code == "study-unreachable"
    study.settings.set_title("back again", now=now)


@pytest.mark.parametrize("spoil", WAYS)
def test_an_overwritten_pack_is_told_as_one(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    with new_study(tmp_path / "packed.ftstudy") as study:
        path = make(study).path
    with PackFile.open(path) as pack:
        pack.check()
        item = present(pack.judgments.next_item(PACK_RATER))
        spoil(path)
        with pytest.raises(EnvironmentFault) as caught:
            pack.judgments.judge(item.allocation, verdict(pack, Choice.LEFT, ""), now=NOW)
        assert (caught.value.code, caught.value.where) == ("pack-overwritten", str(path))


def test_a_copy_put_in_its_place_is_a_moved_study(study: StudyFile, path: Path, now: datetime) -> None:
    """Replaced and not written over: the open file is the old one, which nobody can find any more."""
    copy = Path(shutil.copy(path, path.with_name("copy")))
    copy.replace(path)
    with pytest.raises(EnvironmentFault) as caught:
        study.settings.set_title("lost", now=now)
    assert caught.value.code == "study-moved"
    assert "Another file replaced the study" in str(caught.value)
    rescued = path.with_name("rescued.ftstudy")
    study.save_copy(rescued)
    with StudyFile.open(rescued, now=now) as again:
        assert again.settings.read() == study.settings.read()


def test_a_backup_that_is_opened_is_not_backed_up(
    study: StudyFile, path: Path, tmp_path: Path, now: datetime
) -> None:
    folder = tmp_path / "backups"
    study.close()
    for name in (path, path):
        StudyFile.open(name, now=now, backups=folder).close()
        path = newest_backup(path, folder) or path
    assert len(list(folder.iterdir())) == 1
