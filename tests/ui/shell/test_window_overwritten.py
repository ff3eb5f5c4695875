"""A study that another program writes over while it is rated: the reason is told, and the backup offered."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app import application_paths, user_settings
from ftcompare.core.study import RaterId
from ftcompare.store.sqlite.errors import time_of
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.safe_text import SOFT_BREAK
from ftcompare.ui.shell.window import MainWindow
from tests.ui.conftest import START
from tests.ui.rate.conftest import make_rated
from tests.ui.shell.conftest import OpenWindow, bar_words, come_to, opened


def rating(open_one: OpenWindow, path: Path, qtbot: QtBot) -> MainWindow:
    made = user_settings.load(application_paths.settings_file())
    user_settings.save(application_paths.settings_file(), replace(made, rater="Ada", reading_moment=0.0))
    window = open_one()
    opened(window, make_rated(path), qtbot, "rate")
    come_to(window, qtbot, RateState.READY)
    return window


def failure_button(window: MainWindow, name: str) -> QPushButton:
    found = window.rate.view.failure.findChild(QPushButton, f"failure_{name}")
    assert isinstance(found, QPushButton)
    return found


def judge_in_vain(window: MainWindow, qtbot: QtBot) -> str:
    """Answer, and what is told."""
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    qtbot.waitUntil(window.rate.view.failure.isVisible)
    words = window.rate.view.failure.findChild(QLabel, "failure_words")
    assert isinstance(words, QLabel)
    return words.text().replace(SOFT_BREAK, "")


def test_the_judgment_stays_and_the_newest_backup_is_opened(
    open_one: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "here.ftstudy"
    window = rating(open_one, path, qtbot)
    os.truncate(path, 0)
    told = judge_in_vain(window, qtbot)
    assert "Another program changed the study file while it was open: your judgment is not saved." in told
    (backup,) = application_paths.backups().iterdir()
    assert f"Open the newest backup, of {time_of(backup)}; what was saved since then is not in it." in told
    assert told.endswith(str(backup))
    assert "since this study was opened" not in told
    assert window.rate.state is RateState.READY
    assert failure_button(window, "first").isVisible()
    assert failure_button(window, "second").isVisible()
    failure_button(window, "second").click()
    qtbot.waitUntil(lambda: window.study is not None and window.study.path != path)
    assert window.study is not None
    copy = window.study.path
    assert copy.parent == path.parent
    assert copy.name.startswith("here (backup of ")
    qtbot.waitUntil(lambda: copy.name in bar_words(window))
    told = f"Open now is the backup of {time_of(backup)}, with 0 judgments: {copy.name}, in the folder "
    assert bar_words(window).startswith(f"{told}{copy.parent}.")
    come_to(window, qtbot, RateState.READY)
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: window.rate.shown is not None and window.rate.shown.judged == 1)
    window.acts.close()
    qtbot.waitUntil(lambda: window.study is None)
    with StudyFile.open(copy, now=START) as study:
        assert study.judgments.progress(RaterId(1)).judged == 1


def test_what_was_judged_since_the_backup_is_told(open_one: OpenWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "here.ftstudy"
    window = rating(open_one, path, qtbot)

    def judged(count: int) -> bool:
        shown = window.rate.shown
        return window.rate.state is RateState.READY and shown is not None and shown.judged == count

    for count in (1, 2):
        QTest.keyClick(window.rate, Qt.Key.Key_Left)
        qtbot.waitUntil(partial(judged, count))
    window.rate.actions_by_id["rate.undo"].trigger()
    qtbot.waitUntil(lambda: judged(1))
    os.truncate(path, 0)
    told = judge_in_vain(window, qtbot)
    assert "1 judgment saved since this study was opened is not in the newest backup." in told


def test_without_a_backup_it_is_said(open_one: OpenWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "here.ftstudy"
    window = rating(open_one, path, qtbot)
    for backup in application_paths.backups().iterdir():
        backup.unlink()
    os.truncate(path, 0)
    judge_in_vain(window, qtbot)
    failure_button(window, "second").click()
    qtbot.waitUntil(lambda: "no backup of this study" in bar_words(window))
    assert window.study is not None
    assert window.study.path == path
