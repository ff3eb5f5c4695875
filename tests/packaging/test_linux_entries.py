"""Menu entries, file types and metadata for Linux desktops: valid, true, and enough for a double click."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ftcompare.app.application_paths import PACK_SUFFIX, RESULT_SUFFIX, STUDY_SUFFIX
from ftcompare.store.pack.connection import PACK_APPLICATION_ID
from ftcompare.store.study.migrations import APPLICATION_ID
from ftcompare.ui.shell import application, rater_application

LINUX = Path(__file__).parents[2] / "packaging" / "linux"
ENTRIES = {"ftcompare": application.DESKTOP_FILE, "ftcompare-rater": rater_application.DESKTOP_FILE}
TYPES = {kind: f"application/vnd.ftcompare.{kind}" for kind in ("study", "pack", "result")}
ASK_QT = """
import sys
from PySide6.QtCore import QMimeDatabase
for path in sys.argv[1:]:
    print(QMimeDatabase().mimeTypeForFile(path, QMimeDatabase.MatchMode.{mode}).name())
"""


def entry(app: str) -> dict[str, str]:
    head, *lines = (LINUX / f"{app}.desktop").read_text(encoding="utf-8").splitlines()
    assert head == "[Desktop Entry]"
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize(("program", "app"), ENTRIES.items())
def test_a_menu_entry_starts_the_program_with_a_file(program: str, app: str) -> None:
    told = entry(app)
    assert told["Exec"].split()[0] == program
    assert told["Exec"].endswith(" %f")
    assert (told["Icon"], told["Terminal"]) == (app, "false")
    wanted = {TYPES["pack"]} | ({TYPES["study"]} if program == "ftcompare" else set())
    assert set(told["MimeType"].rstrip(";").split(";")) == wanted


@pytest.mark.parametrize(("program", "app"), ENTRIES.items())
def test_the_metadata_name_the_same_program_entry_and_types(program: str, app: str) -> None:
    root = ElementTree.parse(LINUX / f"{app}.metainfo.xml").getroot()
    assert (root.findtext("id"), root.findtext("launchable")) == (app, f"{app}.desktop")
    assert root.findtext("name") == entry(app)["Name"]
    assert root.findtext("provides/binary") == program
    types = {node.text for node in root.findall("provides/mediatype")}
    assert types == set(entry(app)["MimeType"].rstrip(";").split(";"))
    assert root.findtext("project_license") == "MIT"


@pytest.mark.parametrize("command", ["desktop-file-validate", "appstreamcli"])
@pytest.mark.parametrize("app", ENTRIES.values())
def test_the_systems_own_tools_find_nothing_wrong(command: str, app: str) -> None:
    if not shutil.which(command):
        pytest.skip(f"{command} is not installed")
    files = {"desktop-file-validate": f"{app}.desktop", "appstreamcli": f"{app}.metainfo.xml"}
    before = ["validate", "--no-net"] if command == "appstreamcli" else []
    done = subprocess.run(
        [command, *before, str(LINUX / files[command])], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_file_types_are_known_by_name_and_by_what_is_in_them(tmp_path: Path) -> None:
    share = tmp_path / "share"
    (share / "mime" / "packages").mkdir(parents=True)
    shutil.copy(LINUX / "io.github.ftcompare.xml", share / "mime" / "packages")
    sqlite = b"SQLite format 3\0".ljust(68, b"\0")
    contents = {
        STUDY_SUFFIX: sqlite + APPLICATION_ID.to_bytes(4, "big"),
        PACK_SUFFIX: sqlite + PACK_APPLICATION_ID.to_bytes(4, "big"),
        RESULT_SUFFIX: b'{"ftcompare_result": 1}\n',
    }
    named = [tmp_path / f"empty{suffix}" for suffix in contents]
    for path in named:
        path.touch()
    unnamed = [tmp_path / f"file{number}" for number in range(3)]
    for path, content in zip(unnamed, contents.values(), strict=True):
        path.write_bytes(content.ljust(200, b"\0"))
    expected = list(TYPES.values())
    assert asked(share, "MatchExtension", named) == expected
    assert asked(share, "MatchContent", unnamed) == expected


def asked(share: Path, mode: str, files: list[Path]) -> list[str]:
    environment = {**os.environ, "XDG_DATA_HOME": str(share), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", ASK_QT.format(mode=mode), *map(str, files)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_a_users_own_menu_entry_names_the_program_and_goes_again(tmp_path: Path) -> None:
    program = tmp_path / "a folder & 100%" / "ftcompare"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$_FTCOMPARE_COMPLETE"\n', encoding="utf-8")
    program.chmod(0o755)
    script = ["sh", str(LINUX / "install_entries.sh")]
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "share")}
    subprocess.run([*script, str(program)], env=environment, check=True, capture_output=True)
    (made,) = (tmp_path / "share" / "applications").glob("*.desktop")
    escaped = str(program).replace("%", "%%")
    assert f'Exec="{escaped}" open %f' in made.read_text(encoding="utf-8").splitlines()
    icon = tmp_path / "share/icons/hicolor/scalable/apps/io.github.ftcompare.FTCompare.svg"
    assert icon.is_file()
    completions = [
        path
        for path in (tmp_path / "share").rglob("*ftcompare*")
        if "complet" in str(path) or "zsh" in str(path)
    ]
    assert sorted(path.read_text("utf-8").strip() for path in completions) == [
        "bash_source",
        "fish_source",
        "zsh_source",
    ]
    subprocess.run([*script, "--remove"], env=environment, check=True, capture_output=True)
    assert not any(path.exists() for path in completions)
    assert not made.exists()
    assert not icon.exists()


def test_a_backslash_a_quote_and_a_dollar_in_the_programs_path_are_written_as_the_specification_asks(
    tmp_path: Path,
) -> None:
    share = tmp_path / "share"
    environment = {**os.environ, "XDG_DATA_HOME": str(share)}
    command = ["sh", str(LINUX / "install_entries.sh"), '/opt/a\\b "c" $d/ftcompare']
    subprocess.run(command, env=environment, check=True, capture_output=True)
    (made,) = (share / "applications").glob("*.desktop")
    # Desktop Entry Specification 1.5, "The Exec key": as a value of type string, and then within quotes.
    wanted = r"""Exec="/opt/a\\\\b \\"c\\" \\$d/ftcompare" open %f"""
    assert wanted in made.read_text(encoding="utf-8").splitlines()


def test_a_folder_of_the_users_with_a_space_in_its_name_has_its_types_known(tmp_path: Path) -> None:
    share, tools = tmp_path / "x y" / "share", tmp_path / "tools"
    tools.mkdir()
    for name in ("update-mime-database", "update-desktop-database"):
        (tools / name).write_text(f'#!/bin/sh\necho "$#" "$1" >"$1/{name}"\n', encoding="utf-8")
        (tools / name).chmod(0o755)
    environment = {**os.environ, "XDG_DATA_HOME": str(share), "PATH": f"{tools}:{os.environ['PATH']}"}
    command = ["sh", str(LINUX / "install_entries.sh"), "/opt/ftcompare"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert (share / "mime" / "update-mime-database").read_text("utf-8") == f"1 {share}/mime\n"
    assert (share / "applications" / "update-desktop-database").is_file()
