"""Settings outlive a run and never stop a start; commands have keys that do not clash."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ftcompare.app import application_paths, user_settings
from ftcompare.app.commands_and_keys import COMMANDS, effective_keys
from ftcompare.app.user_settings import RECENT_KEPT, UserSettings
from ftcompare.core.errors import UserError
from tests.builders import refusal_code, text_file


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    chosen = UserSettings(
        theme="dark", zoom=1.25, rater="Ada", recent=("a", "b"), shortcuts={"rate.flag": "G"}
    )
    file = tmp_path / "deep" / "settings.json"
    user_settings.save(file, chosen)
    assert user_settings.load(file) == chosen


@pytest.mark.parametrize("content", ["", "not json", "[1]", '{"zoom": "wide", "theme": 3, "new": 1}'])
def test_a_settings_file_that_cannot_be_read_gives_defaults(tmp_path: Path, content: str) -> None:
    file = text_file(tmp_path / "settings.json", content)
    assert user_settings.load(file) == UserSettings()
    assert user_settings.load(tmp_path / "missing.json") == UserSettings()


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        f'{{"break_after": {"9" * 5000}}}',
        '{"zoom": 1e999}',
        '{"reading_moment": NaN}',
        "\0",
        " " * 2**21,
    ],
)
def test_hostile_settings_give_defaults(tmp_path: Path, content: str) -> None:
    path = text_file(tmp_path / "settings.json", content)
    assert user_settings.load(path) == UserSettings()


def test_settings_that_are_no_file_give_defaults(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "missing", "."):
        assert user_settings.load(tmp_path / name) == UserSettings()


def test_numbers_beyond_any_and_names_that_no_file_has_are_brought_back(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    stored = {"zoom": 10**400, "second_press": -(10**400), "recent": ["a\0b", "/name of bytes \udcff"]}
    path.write_text(json.dumps(stored), encoding="utf-8")
    found = user_settings.load(path)
    assert (found.zoom, found.second_press) == (2.0, 0.0)
    assert found.recent == ("/name of bytes \udcff",)
    user_settings.save(path, found)
    assert user_settings.load(path) == found


def test_settings_that_cannot_be_kept_are_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError):
        user_settings.save(tmp_path / "file" / "home" / "settings.json", UserSettings())


def test_values_out_of_range_are_brought_back_into_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    wild = {"theme": "pink", "zoom": 9, "reading_moment": -1, "break_after": 10**6, "recent": ["x", 1]}
    file.write_text(json.dumps(wild), encoding="utf-8")
    found = user_settings.load(file)
    assert (found.theme, found.zoom, found.reading_moment, found.break_after) == ("system", 2.0, 0.0, 600)
    assert found.recent == ("x", "1")


def test_the_newest_study_stands_first_and_once(tmp_path: Path) -> None:
    found = UserSettings()
    for number in range(RECENT_KEPT + 3):
        found = found.with_recent(tmp_path / f"{number}.ftstudy", f"Study {number}")
    found = found.with_recent(tmp_path / "5.ftstudy")
    assert len(found.recent) == RECENT_KEPT
    assert found.recent[0].endswith("5.ftstudy")
    assert len(set(found.recent)) == RECENT_KEPT
    assert list(found.recent_titles) == list(found.recent[1:])


def test_the_users_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FTCOMPARE_HOME", str(tmp_path))
    assert application_paths.settings_file() == tmp_path / "settings.json"
    assert application_paths.backups().parent == tmp_path
    monkeypatch.delenv("FTCOMPARE_HOME")
    assert application_paths.home() != tmp_path


def test_command_ids_are_unique_and_keys_do_not_clash() -> None:
    assert len({c.id for c in COMMANDS}) == len(COMMANDS)
    assert effective_keys({})["rate.left"] == "Left"


def test_the_pages_have_the_numbers_in_the_order_of_the_work() -> None:
    order = ("setup", "generate", "rate", "live", "raters", "results", "review", "export", "audit")
    keys = effective_keys({})
    assert [keys[f"page.{page}"] for page in order] == [f"Ctrl+{n}" for n in range(1, 10)]
    in_menu = [c.id.removeprefix("page.") for c in COMMANDS if c.id.startswith("page.")]
    assert tuple(in_menu) == order


def test_keys_can_be_changed_and_swapped_but_not_to_taken_ones() -> None:
    assert effective_keys({"rate.flag": "G"})["rate.flag"] == "G"
    assert effective_keys({"rate.flag": ""})["rate.flag"] == ""
    with pytest.raises(UserError, match=r"Skip.*Flag") as caught:
        effective_keys({"rate.flag": "s"})
    assert caught.value.code == "shortcut-conflict"
    assert effective_keys({"rate.flag": "S", "rate.skip": "F"})["rate.skip"] == "F"


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("study.check", "N"),
        ("study.check", "Shift+N"),
        ("view.zoom_in", "+"),
        ("rate.flag", "Return"),
        ("rate.flag", "Shift+Space"),
    ],
)
def test_keys_for_typing_and_moving_about_are_refused(command: str, keys: str) -> None:
    assert refusal_code(lambda: effective_keys({command: keys})) == "shortcut-reserved"


@pytest.mark.parametrize("keys", ["Ctrl+Shift+N", "Alt+Return", "F5", "Shift+F12", "Ctrl++", ""])
def test_held_keys_and_function_keys_can_be_given_to_any_command(keys: str) -> None:
    found = effective_keys({"study.check": keys, "view.zoom_in": ""})
    assert found["study.check"] == keys
