"""A file that names another one: only what lies in its own folder is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.formats.text_files import file_beside, read_lines

ELSEWHERE = [
    "../secret.jsonl",
    "sub/../../secret.jsonl",
    "sub/../sound.jsonl",
    "..",
    "..\\secret.jsonl",
    "sub\\..\\..\\secret.jsonl",
    "/etc/passwd",
    "//server/share/x.jsonl",
    "\\\\server\\share\\x.jsonl",
    "\\secret.jsonl",
    "C:\\secret.jsonl",
    "C:secret.jsonl",
    "c:/secret.jsonl",
    "\\\\?\\C:\\secret.jsonl",
    "a\0b",
    ".",
    "",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file beside it that is nobody's to read."""
    (tmp_path / "secret.jsonl").write_text("{}\n", encoding="utf-8")
    folder = tmp_path / "received"
    (folder / "sub").mkdir(parents=True)
    (folder / "sound.jsonl").write_text("{}\n", encoding="utf-8")
    (folder / "sub" / "sound.jsonl").write_text("{}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["sound.jsonl", "sub/sound.jsonl", "./sound.jsonl", "not there.jsonl"])
def test_a_file_in_the_folder_may_be_named(folder: Path, name: str) -> None:
    assert file_beside(folder / "rating.toml", name) == folder / name


@pytest.mark.parametrize("name", [*ELSEWHERE, "../" + "x" * 5000])
def test_a_file_elsewhere_may_not(folder: Path, name: str) -> None:
    with pytest.raises(UserError, match="not in its folder") as caught:
        file_beside(folder / "rating.toml", name)
    assert caught.value.code == "file-elsewhere"
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    (folder / "link.jsonl").symlink_to("../secret.jsonl")
    (folder / "up").symlink_to("..")
    for name in ("link.jsonl", "up/secret.jsonl"):
        with pytest.raises(UserError, match="not in its folder"):
            file_beside(folder / "rating.toml", name)


def test_links_within_the_folder_and_a_folder_that_is_a_link_are_fine(folder: Path) -> None:
    (folder / "link.jsonl").symlink_to("sub/sound.jsonl")
    assert file_beside(folder / "rating.toml", "link.jsonl").is_file()
    other = folder.parent / "by another name"
    other.symlink_to(folder)
    assert file_beside(other / "rating.toml", "sound.jsonl").is_file()


def test_what_is_no_file_is_not_read(folder: Path) -> None:
    os.mkfifo(folder / "fifo.jsonl")
    for name in ("fifo.jsonl", "sub"):
        with pytest.raises(UserError, match="This is not a file"):
            list(read_lines(file_beside(folder / "rating.toml", name), max_bytes=100))


def test_a_name_with_nul_is_no_file(folder: Path) -> None:
    with pytest.raises(UserError, match="There is no such file"):
        list(read_lines(folder / "a\0b", max_bytes=100))
