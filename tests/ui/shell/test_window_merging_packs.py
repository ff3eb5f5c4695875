"""Packs that come back, merged in the window: by the menu and dropped on it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QRadioButton
from pytestqt.qtbot import QtBot

from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.ui.pages.raters.pack_dialogs import DropAction, DroppedDialog
from ftcompare.ui.shell.window import MainWindow
from tests.ui.conftest import START, make_study
from tests.ui.page_driver import press, visible_text
from tests.ui.shell.conftest import dialog, opened
from tests.ui.shell.window_packs import drop, judged, made_pack, rating


def test_packs_are_merged_with_a_line_for_each(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = make_study(tmp_path / "ours.ftstudy")
    theirs = make_study(tmp_path / "theirs.ftstudy", judged=0, pairs=5)
    good = judged(made_pack(ours, tmp_path / "grace.ftpack", "Grace"), 4)
    strange = judged(made_pack(theirs, tmp_path / "strange.ftpack", "Hedy"), 1)
    begun_at: list[str] = []

    def chosen(_parent: object, _title: str, folder: str, _kinds: str) -> tuple[list[str], str]:
        begun_at.append(folder)
        return [str(good), str(strange)], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", chosen)
    opened(window, ours, qtbot, "review")
    window.trigger("study.merge_packs")
    qtbot.waitUntil(lambda: window.findChild(QDialog, "merged") is not None)
    assert begun_at == [str(ours.parent)]
    told = visible_text(dialog(window, "merged"))
    assert "Grace: new: 4 judgments. 4 of 12 pairs judged." in told
    assert "grace.ftpack" in told
    assert "strange.ftpack" in told
    assert "2 files: 1 refused, 1 merged. New in the study: 4 judgments." in told
    assert told.index("strange.ftpack") < told.index("grace.ftpack")
    dialog(window, "merged").close()
    qtbot.waitUntil(lambda: window.study is not None and window.study.judgments == 10)


@pytest.mark.parametrize("choice", ["first", "other", "none", "cancel"])
def test_where_files_of_one_rater_part_ways_the_owner_chooses(
    window: MainWindow, study_path: Path, tmp_path: Path, qtbot: QtBot, choice: str
) -> None:
    first = judged(made_pack(study_path, tmp_path / "grace.ftpack", "Grace"), 1)
    other = Path(shutil.copy(first, tmp_path / "grace & co.ftpack"))
    judged(first, 2)
    with PackFile.open(other) as pack:
        item = pack.judgments.next_item(PACK_RATER)
        assert item is not None
        pack.judgments.judge(item.allocation, Verdict(Choice.RIGHT), now=START + timedelta(hours=2))
    hedy = judged(made_pack(study_path, tmp_path / "hedy.ftpack", "Hedy"), 1)
    opened(window, study_path, qtbot, "review")
    window.acts.packs.merge_files([first, other, hedy])
    qtbot.waitUntil(lambda: window.findChild(QDialog, "fork") is not None)
    asked = dialog(window, "fork")
    told = visible_text(asked)
    assert "2 files of Grace differ from judgment 2 on. Ask Grace which one counts." in told
    assert "3 pairs judged, from " in told
    assert "2 pairs judged, from " in told
    buttons = {button.text(): button for button in asked.findChildren(QRadioButton)}
    assert list(buttons) == ["grace.ftpack", "grace && co.ftpack", "Merge no file of Grace now"]
    assert [text for text, button in buttons.items() if button.isChecked()] == ["Merge no file of Grace now"]
    for _ in range({"first": 2, "other": 1}.get(choice, 0)):
        QTest.keyClick(asked.focusWidget(), Qt.Key.Key_Up)
    press(asked, "fork_cancel" if choice == "cancel" else "fork_merge", qtbot)
    if choice == "cancel":
        qtbot.waitUntil(lambda: window.findChild(QDialog, "fork") is None)
        assert window.findChild(QDialog, "merged") is None
        return
    qtbot.waitUntil(lambda: window.findChild(QDialog, "merged") is not None)
    told = visible_text(dialog(window, "merged"))
    assert "Hedy: new: 1 judgment." in told
    expected = {"first": "Grace: new: 3 judgments.", "other": "Grace: new: 2 judgments."}
    assert expected.get(choice, "None of them was merged.") in told
    dialog(window, "merged").close()


def test_the_same_pack_merged_again_adds_nothing(
    window: MainWindow, study_path: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    pack = judged(made_pack(study_path, tmp_path / "grace.ftpack", "Grace"), 3)
    opened(window, study_path, qtbot, "review")
    for words in ("new: 3 judgments", "nothing new. 3 of 12"):
        window.acts.packs.merge_files([pack])
        qtbot.waitUntil(lambda: window.findChild(QDialog, "merged") is not None)
        assert words in visible_text(dialog(window, "merged"))
        dialog(window, "merged").close()
        QApplication.processEvents()
        qtbot.waitUntil(lambda: window.findChild(QDialog, "merged") is None)


@pytest.mark.parametrize("choice", [DropAction.MERGE, DropAction.OPEN, None])
def test_a_pack_dropped_on_a_study_is_asked_about(
    window: MainWindow,
    study_path: Path,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    choice: DropAction | None,
) -> None:
    pack = judged(made_pack(study_path, tmp_path / "grace.ftpack", "Grace"), 2)
    opened(window, study_path, qtbot, "review")
    asked: list[list[Path]] = []
    buttons = {DropAction.MERGE: "dropped_merge", DropAction.OPEN: "dropped_open"}

    def answered(dropped: DroppedDialog) -> int:
        asked.append([pack])
        dropped.show()
        if choice is None:
            dropped.reject()
        else:
            press(dropped, buttons[choice], qtbot)
        return dropped.result()

    monkeypatch.setattr(DroppedDialog, "exec", answered)
    drop(window, pack)
    qtbot.waitUntil(lambda: bool(asked))
    if choice is DropAction.MERGE:
        qtbot.waitUntil(lambda: window.findChild(QDialog, "merged") is not None)
        dialog(window, "merged").close()
    elif choice is DropAction.OPEN:
        qtbot.waitUntil(lambda: window.on_pack)
        rating(window, qtbot)
    else:
        assert window.study is not None
        assert not window.on_pack


def test_several_dropped_packs_are_merged_or_left(window: MainWindow, qtbot: QtBot) -> None:
    asked = DroppedDialog([Path("a.ftpack"), Path("b.ftpack")], window)
    asked.show()
    assert "a.ftpack\nb.ftpack" in visible_text(asked)
    assert "Open to rate" not in visible_text(asked)
    asked.close()
    asked.deleteLater()
