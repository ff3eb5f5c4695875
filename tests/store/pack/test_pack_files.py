"""Where packs are put and read from: what is in the way, what is broken, who has it open, who crashed."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import BugError, EnvironmentFault, UserError
from ftcompare.core.scale import Scale
from ftcompare.store.pack.connection import PACK_VERSION
from ftcompare.store.pack.pack_file import PackFile, is_pack
from ftcompare.store.study.study_file import StudyFile
from tests.builders import refusal_code, text_file
from tests.store.pack.pack_studies import NOW, Worker, code_of, make, merge, new_study, wrong


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    with new_study(tmp_path / "study.ftstudy") as made:
        yield made


def test_a_crashed_raters_judgments_are_recovered_from_the_journal(study: StudyFile, tmp_path: Path) -> None:
    made = make(study)
    Worker(made.path).judge(3)
    crash_while_writing(made.path)
    journal = made.path.with_name(f"{made.path.name}-journal")
    assert journal.stat().st_size > 0
    before = made.path.read_bytes(), journal.read_bytes()
    torn = merge(study, Path(shutil.copy(made.path, tmp_path / "without-its-journal.ftpack")))
    assert (torn.judged, len(torn.left)) == (0, 3)
    assert merge(study, made.path).judged == 3
    assert (made.path.read_bytes(), journal.read_bytes()) == before
    assert wrong(study) == []


def test_a_crashed_raters_journal_does_not_spoil_the_pack_that_comes_in_its_place(study: StudyFile) -> None:
    made = make(study)
    Worker(made.path).judge(3)
    crash_while_writing(made.path)
    merge(study, made.path)
    other = make(study, "Ben", made.path.name, replace=True)
    with PackFile.open(other.path) as pack:
        assert all(finding.ok for finding in pack.check())
        assert pack.rater_name == "Ben"
    crash_while_writing(other.path)
    other.path.unlink()
    again = make(study, "Ann", made.path.name)
    assert again.judged == 3
    with PackFile.open(again.path) as pack:
        assert all(finding.ok for finding in pack.check())
    assert files(made.path.parent) == ["Ann.ftpack", "study.ftstudy"]


def crash_while_writing(path: Path) -> None:
    """A process that dies with a transaction half on the disk."""
    program = (
        "import os, sqlite3, sys\n"
        "raw = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "raw.execute('PRAGMA cache_size = 1')\n"
        "raw.execute('BEGIN')\n"
        "raw.execute(\"UPDATE allocations SET standing = NULL, standing_kind = ''\")\n"
        "raw.execute(\"INSERT INTO state VALUES ('filler', hex(zeroblob(400000)))\")\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program, path], check=True)


def test_a_pack_on_a_read_only_medium_can_be_merged_but_not_rated(study: StudyFile, tmp_path: Path) -> None:
    made = make(study)
    Worker(made.path).judge(2)
    folder = tmp_path / "medium"
    folder.mkdir()
    copy = Path(shutil.copy(made.path, folder))
    copy.chmod(0o400)
    folder.chmod(0o500)
    try:
        assert merge(study, copy).judged == 2
        if os.geteuid() != 0:  # nothing is read-only to root
            with pytest.raises(UserError, match="cannot be written to") as caught:
                PackFile.open(copy)
            assert code_of(caught) == "pack-read-only"
    finally:
        folder.chmod(0o700)


def test_a_pack_that_is_open_is_neither_opened_nor_merged(study: StudyFile) -> None:
    made = make(study)
    with PackFile.open(made.path):
        for act in (lambda: PackFile.open(made.path), lambda: merge(study, made.path)):
            with pytest.raises(UserError, match="open in another window") as caught:
                act()
            assert (code_of(caught), caught.value.where) == ("pack-locked", str(made.path))
        assert is_pack(made.path)
        with pytest.raises(UserError):
            PackFile.open(made.path)
    assert merge(study, made.path).judged == 0


def files(folder: Path) -> list[str]:
    """What is in a folder, without the journals of open files."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith("-journal"))


def test_a_pack_takes_no_files_place_unless_told_to(study: StudyFile, tmp_path: Path) -> None:
    path = text_file(tmp_path / "Ann.ftpack", "precious")
    assert refusal_code(lambda: make(study)) == "pack-exists"
    assert (path.read_text(), study.raters.all(), study.packs.all()) == ("precious", (), ())
    make(study, replace=True)
    assert is_pack(path)
    assert files(tmp_path) == ["Ann.ftpack", "study.ftstudy"]


def test_no_pack_takes_the_place_of_a_study(study: StudyFile, tmp_path: Path) -> None:
    new_study(tmp_path / "other.ftstudy").close()
    for name in ("study.ftstudy", "other.ftstudy"):
        with pytest.raises(UserError) as caught:
            make(study, file=name, replace=True)
        assert code_of(caught) == "over-study"
    assert study.packs.all() == ()


def test_no_pack_takes_the_place_of_judgments_that_are_nowhere_else(study: StudyFile) -> None:
    made = make(study)
    Worker(made.path).judge(1)
    with pytest.raises(UserError, match="does not have") as caught:
        make(study, replace=True)
    assert code_of(caught) == "pack-unmerged"
    merge(study, made.path)
    assert make(study, replace=True).judged == 1


def test_a_rater_with_nothing_to_judge_gets_no_pack(tmp_path: Path) -> None:
    with StudyFile.create(tmp_path / "e.ftstudy", title="E", scale=Scale(), rng=Random(1), now=NOW) as study:
        assert refusal_code(lambda: make(study)) == "nothing-to-pack"
        assert (study.raters.all(), list(tmp_path.glob("*.ftpack"))) == ((), [])


@pytest.mark.parametrize("where", ["missing/Ann.ftpack", "study.ftstudy/Ann.ftpack"])
def test_a_pack_that_cannot_be_written_leaves_the_study_as_it_was(study: StudyFile, where: str) -> None:
    before = study.audit.entries()
    with pytest.raises(UserError):
        make(study, file=where)
    assert (study.audit.entries(), study.packs.all(), study.raters.all()) == (before, (), ())


def test_a_full_disk_leaves_no_file_and_no_pack(
    study: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = text_file(tmp_path / "Ann.ftpack", "precious")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ftcompare.store.pack.repository.NewFile._sync_folder", full)
    with pytest.raises(EnvironmentFault) as caught:
        make(study, replace=True)
    assert caught.value.code == "disk-full"
    assert (old.read_text(), study.packs.all()) == ("precious", ())
    assert files(tmp_path) == ["Ann.ftpack", "study.ftstudy"]


def test_a_crash_leaves_no_pack_that_the_study_does_not_know(
    study: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ftcompare.store.pack.repository.NewFile.take_place", killed)
        with pytest.raises(KeyboardInterrupt):
            make(study)
    assert files(tmp_path) == ["study.ftstudy"]
    (known,) = study.packs.all()
    again = make(study)
    assert (again.again, again.name) == (True, known.name)
    Worker(again.path).judge(2)
    assert (merge(study, again.path).judged, wrong(study)) == (2, [])


def test_what_cannot_be_replaced_stays_and_the_pack_is_made_under_another_name(
    study: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "Ann.ftpack"
    journal = text_file(tmp_path / "Ann.ftpack-journal", "precious")
    with monkeypatch.context() as patched:
        patched.setattr("ftcompare.store.pack.repository.NewFile.settle", lambda _: taken.mkdir())
        with pytest.raises(UserError) as caught:
            make(study)
    assert "Make it again under another name" in caught.value.how
    assert (taken.is_dir(), journal.read_text()) == (True, "precious")
    assert make(study, file="other.ftpack").again
    assert wrong(study) == []


def test_a_folder_that_takes_no_file_is_named_as_such(
    study: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refused(path: str | Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if str(path).endswith(".part"):
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(UserError) as caught:
        make(study)
    assert (caught.value.where, code_of(caught)) == (str(tmp_path / "Ann.ftpack"), "pack-read-only")
    assert caught.value.how == "Choose a folder in which you have write permission."
    assert study.packs.all() == ()


def test_a_pack_is_not_made_within_a_transaction(study: StudyFile) -> None:
    with pytest.raises(BugError), study.atomic():
        make(study)


@pytest.mark.parametrize("content", [b"", b"no database, and long enough to look at", b"\0" * 4096])
def test_what_is_no_pack_is_said_to_be_none(study: StudyFile, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.ftpack"
    path.write_bytes(content)
    assert not is_pack(path)
    for act in (lambda: PackFile.open(path), lambda: merge(study, path)):
        with pytest.raises(UserError) as caught:
            act()
        assert code_of(caught) == ("pack-none" if content else "pack-empty")


def test_a_missing_pack_and_a_study_are_no_packs(study: StudyFile, tmp_path: Path) -> None:
    assert refusal_code(lambda: merge(study, tmp_path / "nowhere.ftpack")) == "pack-missing"
    assert not is_pack(tmp_path / ("x" * 400))
    assert refusal_code(lambda: PackFile.open(study.path)) == "pack-none"


def test_a_pack_of_a_newer_version_says_so(study: StudyFile) -> None:
    made = make(study)
    with closing(sqlite3.connect(made.path)) as raw:
        raw.execute(f"PRAGMA user_version = {PACK_VERSION + 1}")
    with pytest.raises(UserError, match="newer") as caught:
        PackFile.open(made.path)
    assert code_of(caught) == "pack-newer"


def test_a_pack_cut_short_is_damaged(study: StudyFile) -> None:
    made = make(study)
    made.path.write_bytes(made.path.read_bytes()[:-4096])
    for act in (lambda: PackFile.open(made.path), lambda: merge(study, made.path)):
        with pytest.raises(UserError, match="The pack is damaged") as caught:
            act()
        assert code_of(caught) == "pack-damaged"
