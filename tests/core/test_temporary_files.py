"""Files beside their place: how they take it where nothing is, and never where something is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ftcompare.core.temporary_files import (
    forget_part,
    is_temporary,
    keep_notes,
    part_beside,
    put_new,
    sync_file,
    sync_folder,
)


class Listed:
    def __init__(self) -> None:
        self.known: list[Path] = []

    def announce(self, part: Path) -> None:
        self.known.append(part)

    def forget(self, part: Path) -> None:
        self.known.remove(part)


def test_a_name_beside_is_noted_until_it_is_forgotten(tmp_path: Path) -> None:
    notes = Listed()
    keep_notes(notes)
    try:
        part = part_beside(tmp_path / "study.ftstudy")
        assert notes.known == [part]
        assert part.parent == tmp_path
        assert is_temporary(part)
        assert not part.exists()
        forget_part(part)
        assert notes.known == []
    finally:
        keep_notes(None)
    forget_part(part_beside(tmp_path / "study.ftstudy"))


@pytest.mark.parametrize(
    "name", ["study.ftstudy", ".ftcompare-1.part", ".ftcompare-0123456789abcdef.part.txt"]
)
def test_other_names_are_not_ours(name: str) -> None:
    assert not is_temporary(Path(name))


@pytest.fixture(params=["links", "no links"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a file system with hard links, or without."""
    if request.param == "no links":

        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    return tmp_path


def test_a_whole_file_gets_its_name(disk: Path) -> None:
    (disk / "part").write_text("whole")
    sync_file(disk / "part")
    put_new(disk / "part", disk / "name")
    sync_folder(disk)
    assert (disk / "name").read_text() == "whole"
    assert [path.name for path in disk.iterdir()] == ["name"]


def test_what_came_meanwhile_is_kept(disk: Path) -> None:
    (disk / "part").write_text("whole")
    (disk / "name").write_text("another's")
    with pytest.raises(FileExistsError):
        put_new(disk / "part", disk / "name")
    assert (disk / "name").read_text() == "another's"


def test_a_link_that_leads_nowhere_is_kept(disk: Path) -> None:
    (disk / "part").write_text("whole")
    (disk / "name").symlink_to(disk / "nothing")
    with pytest.raises(FileExistsError):
        put_new(disk / "part", disk / "name")
    assert (disk / "name").is_symlink()


def test_where_the_rename_fails_no_empty_file_is_left(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (disk / "part").write_text("whole")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="full"):
        put_new(disk / "part", disk / "name")
    assert [path.name for path in disk.iterdir()] == ["part"]
