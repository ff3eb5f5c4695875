"""The window of the program for raters: packs are opened and judged in it, and nothing else is offered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app.commands_and_keys import RATER_COMMANDS
from ftcompare.app.raters.packs import make_browser_pack
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.pages.study.welcome_page import RecentRow
from ftcompare.ui.shell.pack_window import PackWindow
from ftcompare.ui.shell.rater_application import open_rater_window
from ftcompare.ui.shell.shortcut_editor import KeysEditor
from ftcompare.ui.shell.wiring import make_application, utc_now
from tests.builders import present
from tests.ui.conftest import START, make_study
from tests.ui.page_driver import press, visible_text
from tests.ui.shell.conftest import OpenWindow, bar_words, opened
from tests.ui.shell.window_packs import drop, made_pack, menus, rating


@pytest.fixture
def window(qapp: QApplication) -> Iterator[PackWindow]:
    with open_rater_window(make_application(), clock=utc_now, rng=Random(5)) as made:
        made.show()
        yield made


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return make_study(tmp_path / "owner.ftstudy")


@pytest.fixture
def pack(study: Path, tmp_path: Path) -> Path:
    return made_pack(study, tmp_path / "grace.ftpack", "Grace")


def test_the_first_page_asks_for_a_pack_alone(
    window: PackWindow, pack: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = [b.accessibleName() for b in window.welcome.findChildren(QPushButton) if b.isVisible()]
    assert buttons == ["Open a pack…"]
    assert "FTCompare for raters" in visible_text(window.welcome)
    kinds: list[str] = []

    def choose(*arguments: object) -> tuple[str, str]:
        kinds.append(str(arguments[-1]))
        return str(pack), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    press(window.welcome, "welcome:study.open", qtbot)
    rating(window, qtbot)
    assert kinds == ["Rater packs (*.ftpack)"]
    assert window.windowTitle() == "Rating – FTCompare"


def test_menus_offer_nothing_of_studies(window: PackWindow) -> None:
    assert list(menus(window)) == ["File", "Edit", "View", "Help"]
    assert menus(window)["File"] == ["Open…", "Open recent", "Close", "Quit"]


def ready(window: PackWindow, judged: int) -> bool:
    shown = window.rate.shown
    return window.rate.state is RateState.READY and shown is not None and shown.judged == judged


def test_a_pair_is_judged_taken_back_and_judged_again(window: PackWindow, pack: Path, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    opened(window, pack, qtbot)
    rating(window, qtbot)
    for key, judged in ((Qt.Key.Key_Left, 1), (Qt.Key.Key_Z, 0), (Qt.Key.Key_Right, 1)):
        held = Qt.KeyboardModifier.ControlModifier if key == Qt.Key.Key_Z else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(window.rate, key, held)
        qtbot.waitUntil(partial(ready, window, judged))
    window.trigger("study.close")
    qtbot.waitUntil(lambda: window.study is None)
    with PackFile.open(pack) as file:
        (given,) = file.judgments.given(PACK_RATER)
    assert given.verdict.choice == "right"


def test_whoever_goes_on_from_rating_is_back_on_the_first_page(
    window: PackWindow, pack: Path, qtbot: QtBot
) -> None:
    window.go("rate")
    assert window.page == "welcome"
    opened(window, pack, qtbot)
    rating(window, qtbot)
    window.trigger("page.rate")
    window.trigger("view.theme_dark")
    window.trigger("rate.pause")
    assert window.page == "rate"
    window.trigger("page.setup")
    qtbot.waitUntil(lambda: window.study is None)
    assert window.page == "welcome"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("study", "This is a study. This program is for raters"),
        ("page", "This is a rater pack for browsers"),
        ("result", "This file contains what a rater judged in a browser"),
        ("other", "This file is not a rater pack"),
    ],
)
def test_a_file_for_another_program_is_refused_with_where_it_belongs(
    window: PackWindow, study: Path, tmp_path: Path, qtbot: QtBot, kind: str, told: str
) -> None:
    path = {"study": study, "page": tmp_path / "p.html"}.get(kind, tmp_path / f"file.{kind}")
    if kind == "page":
        with StudyFile.open(study, now=START) as file:
            make_browser_pack(file, path, "Grace", rng=Random(3), now=START)
    elif kind == "result":
        path.write_text('{"ftcompare_result": 1}\n', encoding="utf-8")
    elif kind == "other":
        path.write_text("something else", encoding="utf-8")
    window.acts.open(path)
    qtbot.waitUntil(lambda: told in bar_words(window))
    assert (window.page, window.study) == ("welcome", None)
    assert "Choose another file" in visible_text(window.bar)


def test_files_are_dropped_on_the_window(window: PackWindow, study: Path, pack: Path, qtbot: QtBot) -> None:
    drop(window, study)
    qtbot.waitUntil(lambda: "This is a study" in bar_words(window))
    drop(window, study, pack)
    rating(window, qtbot)
    drop(window, study.with_suffix(".txt"))
    assert window.study is not None
    assert window.study.path == pack


def test_of_what_was_open_before_only_packs_are_offered(
    open_one: OpenWindow, study: Path, pack: Path, qtbot: QtBot
) -> None:
    owner = open_one()
    for path in (study, pack):
        opened(owner, path, qtbot)
    owner.acts.close()
    qtbot.waitUntil(lambda: owner.study is None)
    with open_rater_window(make_application(), clock=utc_now, rng=Random(5)) as window:
        window.show()
        rows = [row.button.accessibleName() for row in window.welcome.findChildren(RecentRow)]
    assert rows == ["grace"]


def test_keys_are_given_to_what_the_program_offers(window: PackWindow) -> None:
    window.trigger("app.keys")
    editor = present(window.findChild(KeysEditor))
    shown = {row.key for row in editor.keys.table.model.shown}
    assert shown == {command.id for command in RATER_COMMANDS}
    editor.keys.take("study.open")
    editor.keys.field.given.emit("Ctrl+P")
    editor.close()
    assert window.actions_by_id["study.open"].shortcut().toString() == "Ctrl+P"


def test_a_link_that_leads_to_itself_is_refused_in_words(
    window: PackWindow, pack: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(window, pack, qtbot)
    loop = tmp_path / "loop.ftpack"
    loop.symlink_to(loop.name)
    window.acts.open(loop)
    qtbot.waitUntil(lambda: "There is no such file" in bar_words(window))
    assert window.study is not None
