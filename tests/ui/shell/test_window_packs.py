"""Rater packs opened in the window: judged in, with nothing else to do in them; what cannot be opened."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from ftcompare.app.commands_and_keys import COMMANDS, When
from ftcompare.core.annotations import Mark
from ftcompare.store.pack.pack_annotations import PACK_EXPERT, answer_number
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.ui.pages.study.welcome_page import RecentRow
from ftcompare.ui.shell.window import MainWindow
from tests.store.pack.pack_studies import tamper
from tests.ui.conftest import START, make_study
from tests.ui.page_driver import press, visible_text
from tests.ui.shell.conftest import OpenWindow, bar_words, dialog, opened, remember_rater
from tests.ui.shell.window_packs import drop, judged, made_pack, rating


@pytest.fixture
def pack_path(tmp_path: Path) -> Path:
    """A pack of 12 pairs for Grace, of a study that Ada judges."""
    return made_pack(make_study(tmp_path / "owner.ftstudy"), tmp_path / "grace.ftpack", "Grace")


# Judging in a pack.


@pytest.mark.parametrize("way", ["open", "welcome", "drop", "recent"])
def test_a_pack_is_opened_in_every_way_and_rated_at_once(
    open_one: OpenWindow, pack_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    window = open_one()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(pack_path), ""))
    if way == "open":
        window.trigger("study.open")
    elif way == "welcome":
        press(window.welcome, "welcome:study.open_pack", qtbot)
    elif way == "drop":
        drop(window, pack_path)
    else:
        opened(window, pack_path, qtbot)
        window = open_one()
        row = next(row for row in window.welcome.findChildren(RecentRow) if row.isVisible())
        QTest.mouseClick(row.button, Qt.MouseButton.LeftButton)
    rating(window, qtbot)
    assert window.page == "rate"
    assert window.rate.shown is not None
    assert window.rate.shown.rater == "Grace"


def test_a_pack_is_known_by_what_is_in_it_and_not_by_its_name(
    window: MainWindow, pack_path: Path, qtbot: QtBot
) -> None:
    disguised = pack_path.rename(pack_path.with_name("grace.ftstudy"))
    opened(window, disguised, qtbot)
    assert window.on_pack
    rating(window, qtbot)


def test_what_is_judged_in_a_pack_is_in_the_pack(window: MainWindow, pack_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    opened(window, pack_path, qtbot)
    rating(window, qtbot)
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: window.rate.shown is not None and window.rate.shown.judged == 1)
    window.trigger("study.close")
    qtbot.waitUntil(lambda: window.study is None)
    assert window.page == "welcome"
    with PackFile.open(pack_path) as pack:
        assert pack.judgments.progress(PACK_RATER).judged == 1


def test_in_a_pack_there_is_nothing_but_rating(window: MainWindow, pack_path: Path, qtbot: QtBot) -> None:
    opened(window, pack_path, qtbot)
    rating(window, qtbot)
    for command in COMMANDS:
        if command.when is When.STUDY_OPEN:
            assert not window.actions_by_id[command.id].isEnabled(), command.id
        if command.when is When.FILE_OPEN:
            assert window.actions_by_id[command.id].isEnabled(), command.id
    for page in ("setup", "results", "review", "export", "raters", "live", "audit"):
        window.go(page)
        assert window.page == "rate", page
    assert not window.nav.isVisible()
    assert not window.bar.isVisible()


def test_leaving_the_rating_of_a_pack_closes_it(window: MainWindow, pack_path: Path, qtbot: QtBot) -> None:
    opened(window, pack_path, qtbot)
    rating(window, qtbot)
    window.rate.go.emit("page.setup")
    qtbot.waitUntil(lambda: window.study is None)
    assert window.page == "welcome"
    PackFile.open(pack_path).close()


def test_after_a_pack_a_study_has_all_its_pages_again(
    window: MainWindow, pack_path: Path, study_path: Path, qtbot: QtBot
) -> None:
    opened(window, pack_path, qtbot)
    rating(window, qtbot)
    opened(window, study_path, qtbot, "review")
    assert window.nav.isVisible()
    assert window.actions_by_id["page.results"].isEnabled()
    PackFile.open(pack_path).close()


def test_a_packs_rater_is_not_taken_for_the_one_of_this_machine(
    open_one: OpenWindow, pack_path: Path, study_path: Path, qtbot: QtBot
) -> None:
    remember_rater("Ada")
    window = open_one()
    opened(window, pack_path, qtbot)
    rating(window, qtbot)
    assert window._keeper.now.rater == "Ada"
    opened(window, study_path, qtbot, "rate")
    rating(window, qtbot)
    assert window.rate.shown is not None
    assert window.rate.shown.rater == "Ada"


def test_the_folder_of_a_pack_is_shown_when_asked_for(
    window: MainWindow, pack_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    opened(window, pack_path, qtbot)
    window.rate.view.done.show_file.emit(pack_path)
    assert shown == [str(pack_path.parent)]


# What cannot be opened.


def damage(path: Path) -> None:
    """Another text than the one that was handed out in the second pair."""
    with closing(sqlite3.connect(path)) as raw:
        (rule,) = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'allocations_no_update'").fetchone()
        raw.execute("DROP TRIGGER allocations_no_update")
        raw.execute("UPDATE allocations SET left_text = 'mine' WHERE id = 2")
        raw.execute(rule)
        raw.commit()


def test_in_a_damaged_pack_nobody_judges_to_no_purpose(
    window: MainWindow, pack_path: Path, qtbot: QtBot
) -> None:
    damage(pack_path)
    told: list[str] = []
    window.acts.busy.connect(told.append)
    window.acts.open(pack_path)
    qtbot.waitUntil(lambda: "item 2 was altered" in bar_words(window))
    assert "Ask for the pack again" in bar_words(window)
    assert told == ["Checking the pack grace.ftpack…", ""]
    assert window.study is None
    assert window.page == "welcome"


def test_of_a_damaged_pack_the_dialog_names_what_was_left_out(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    ours = make_study(tmp_path / "ours.ftstudy")
    pack = judged(made_pack(ours, tmp_path / "grace.ftpack", "Grace"), 4)
    damage(pack)
    opened(window, ours, qtbot, "review")
    window.acts.packs.merge_files([pack])
    qtbot.waitUntil(lambda: window.findChild(QDialog, "merged") is not None)
    told = visible_text(dialog(window, "merged"))
    assert "Not everything was merged" in told
    assert "merged in part" in told
    assert "Grace: new: 3 judgments. 3 of 12 pairs judged." in told
    assert "Item 2 was left out: the left text was altered." in told
    assert "A whole copy, merged later" in told
    dialog(window, "merged").close()


def test_the_dialog_names_marks_that_were_merged_and_why_others_were_not(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    ours = make_study(tmp_path / "ours.ftstudy")
    pack = judged(made_pack(ours, tmp_path / "grace.ftpack", "Grace"), 2)
    with PackFile.open(pack) as file:
        for given in file.judgments.given(PACK_RATER):
            text, answer = given.item.left, answer_number(given.item.allocation, left=True)
            mark = Mark(answer, 0, 1, text[:1], "style", "minor")
            file.annotations.add(PACK_EXPERT, mark, now=START)
    tamper(pack, "UPDATE annotations SET record = replace(record, 'minor', 'major') WHERE seq = 2")
    opened(window, ours, qtbot, "review")
    window.acts.packs.merge_files([pack])
    qtbot.waitUntil(lambda: window.findChild(QDialog, "merged") is not None)
    told = visible_text(dialog(window, "merged"))
    assert "Grace: new: 2 judgments, 1 mark. 2 of 12 pairs judged." in told
    assert "Marks were left out: mark 2 was altered or removed." in told
    assert "merged in part" in told
    dialog(window, "merged").close()


def locked(path: Path) -> Callable[[], None]:
    held = PackFile.open(path)
    return held.close


def damaged(path: Path) -> Callable[[], None]:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return lambda: None


def read_only(path: Path) -> Callable[[], None]:
    path.chmod(stat.S_IRUSR)
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    return lambda: path.parent.chmod(stat.S_IRWXU)


def newer(path: Path) -> Callable[[], None]:
    """A version of the format that is not known here, as SQLite's own header field holds it."""
    whole = bytearray(path.read_bytes())
    whole[60:64] = (99).to_bytes(4, "big")
    path.write_bytes(whole)
    return lambda: None


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(locked, "open in another"), (damaged, "damaged"), (read_only, "cannot be written"), (newer, "newer")],
)
def test_a_pack_that_cannot_be_judged_in_is_told_in_the_bar(
    window: MainWindow,
    pack_path: Path,
    tmp_path: Path,
    qtbot: QtBot,
    spoil: Callable[[Path], Callable[[], None]],
    words: str,
) -> None:
    if spoil is read_only and os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere")
    folder = tmp_path / "post"
    folder.mkdir()
    path = pack_path.rename(folder / "grace.ftpack")
    mend = spoil(path)
    try:
        window.acts.open(path)
        qtbot.waitUntil(lambda: words in bar_words(window))
        assert window.study is None
        assert window.page == "welcome"
    finally:
        mend()
