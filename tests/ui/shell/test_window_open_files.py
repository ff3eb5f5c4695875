"""A folder of open files, opened from the File menu."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from ftcompare.app.export.study_folder import write_folder
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.dialogs.work_dialog import WorkDialog
from ftcompare.ui.shell.window import MainWindow
from tests.ui.conftest import START, make_study
from tests.ui.held_work import HeldWork
from tests.ui.page_driver import visible_text
from tests.ui.shell.conftest import bar_words
from tests.ui.shown_text import shown_text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A judged study as open files, which the dialogs choose; the study is to be made beside it."""
    found = tmp_path / "open files"
    with StudyFile.open(make_study(tmp_path / "review.ftstudy", judged=4), now=START) as study:
        study.settings.unblind("done", now=START)
        write_folder(study, found, now=START)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(found))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "made"), ""))
    return found


def test_a_folder_becomes_a_study_that_is_open(
    window: MainWindow, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window.trigger("study.open_folder")
    qtbot.waitUntil(lambda: window.study is not None)
    assert window.study is not None
    assert window.study.path == tmp_path / "made.ftstudy"
    assert window.study.judgments == 4


def test_files_that_are_no_part_of_the_study_are_named(
    window: MainWindow, folder: Path, qtbot: QtBot
) -> None:
    (folder / "notes.txt").write_text("mine", "utf-8")
    window.trigger("study.open_folder")
    qtbot.waitUntil(lambda: "No part of the study, and passed over: notes.txt." in bar_words(window))
    assert window.study is not None


def test_reading_a_long_folder_is_cancelled(
    window: MainWindow, folder: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldWork(monkeypatch, "Reading the rows: 5 of")
    window.trigger("study.open_folder")
    qtbot.waitUntil(lambda: any(dialog.isVisible() for dialog in window.findChildren(WorkDialog)))
    dialog = window.findChildren(WorkDialog)[0]
    qtbot.waitUntil(lambda: "Reading the rows: 5 of" in shown_text(dialog))
    QTest.mouseClick(dialog.work.cancel, Qt.MouseButton.LeftButton)
    held.go_on()
    qtbot.waitUntil(lambda: "Stopped: no study was made." in bar_words(window))
    assert window.study is None
    assert not (tmp_path / "made.ftstudy").exists()


def test_a_folder_that_was_altered_is_refused_and_the_line_named(
    window: MainWindow, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = folder / "responses.jsonl"
    path.write_text(path.read_text("utf-8").replace('"sample": 0', '"sample": 1', 1), "utf-8")
    window.trigger("study.open_folder")
    qtbot.waitUntil(lambda: "responses.jsonl, line 1" in visible_text(window) + bar_words(window))
    assert window.study is None
    assert not (tmp_path / "made.ftstudy").exists()


def test_a_dialog_that_is_left_opens_nothing(
    window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    window.trigger("study.open_folder")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    window.trigger("study.open_folder")
    assert window.study is None
