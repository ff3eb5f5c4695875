"""Another study is opened while one is rated: what was begun there is kept there, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app import application_paths, user_settings
from ftcompare.core.scale import Scale
from ftcompare.core.study import RaterId
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.window import MainWindow
from tests.store.pack.pack_studies import make, new_study
from tests.ui.conftest import START, make_study
from tests.ui.rate.conftest import make_rated
from tests.ui.shell.conftest import OpenWindow, bar_words, come_to, opened

LONG_MS = 3_600_000
"""A moment that does not pass by itself within a test, on however busy a machine."""


@pytest.fixture
def rating(open_one: OpenWindow, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """A pair is in front, of a scale with a second press that one has long to give."""
    made = user_settings.load(application_paths.settings_file())
    user_settings.save(
        application_paths.settings_file(), replace(made, rater="Ada", reading_moment=0.0, second_press=2.0)
    )
    window = open_one()
    opened(window, make_rated(tmp_path / "here.ftstudy", Scale(strengths=2)), qtbot, "rate")
    come_to(window, qtbot, RateState.READY)
    window.rate.judging._second.setInterval(LONG_MS)
    return window


def stored(path: Path) -> tuple[int, str]:
    """Judgments, and the comment of the next pair."""
    with StudyFile.open(path, now=START) as study:
        item = study.judgments.next_item(RaterId(1))
        assert item is not None
        return study.judgments.progress(RaterId(1)).judged, item.draft.comment


def test_a_comment_that_is_just_typed_is_kept(rating: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    QTest.keyClick(rating.rate, Qt.Key.Key_C)
    QTest.keyClicks(rating.rate.view.comment.field, "Both say the same")
    opened(rating, make_study(tmp_path / "there.ftstudy"), qtbot)
    assert stored(tmp_path / "here.ftstudy") == (0, "Both say the same")


def test_an_answer_that_waits_for_a_second_press_is_sent(
    rating: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    QTest.keyClick(rating.rate, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: rating.rate.state is RateState.CHOSEN)
    opened(rating, make_study(tmp_path / "there.ftstudy"), qtbot)
    assert stored(tmp_path / "here.ftstudy")[0] == 1


def test_no_key_counts_while_another_study_is_opened(
    rating: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    there = make_rated(tmp_path / "there.ftstudy")
    rating.acts.open(there, "rate")
    for _ in range(20):
        QTest.keyClick(rating.rate, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: rating.study is not None and rating.study.path == there)
    come_to(rating, qtbot, RateState.READY)
    assert stored(tmp_path / "here.ftstudy")[0] == 0


def test_when_it_cannot_be_opened_the_rating_goes_on(
    rating: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    rating.acts.open(tmp_path / "missing.ftstudy")
    qtbot.waitUntil(lambda: "no such study" in bar_words(rating))
    come_to(rating, qtbot, RateState.READY)
    QTest.keyClick(rating.rate, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: rating.rate.shown is not None and rating.rate.shown.judged == 1)


def test_a_file_that_will_be_refused_again_is_not_to_be_tried_again(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_study(tmp_path / "packed.ftstudy") as study:
        pack = make(study).path
    pack.write_bytes(pack.read_bytes()[:-4096])
    window.acts.open(pack)
    qtbot.waitUntil(lambda: "damaged" in bar_words(window))
    button = window.bar.findChild(QPushButton, "message_act")
    assert isinstance(button, QPushButton)
    assert button.text() == "Choose another file"
    asked: list[str] = []

    def choose_none(_: object, title: str, *__: object) -> tuple[str, str]:
        asked.append(title)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose_none)
    button.click()
    assert asked == ["Open a study or a rater pack"]
