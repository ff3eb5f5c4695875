"""The window: rating in it, what it remembers, the bar, crashes, the display, the keyboard."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QMargins, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app import application_paths, user_settings
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import StudyJudgments
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.pages.study.welcome_page import RecentRow, RowButton
from ftcompare.ui.shell import display_check
from ftcompare.ui.shell.study_commands import first_page
from ftcompare.ui.shell.window import MainWindow
from ftcompare.ui.shell.wiring import CrashDialog
from ftcompare.ui.study_thread.study_tasks import report
from ftcompare.ui.widgets.message_bar import MessageBar
from tests.ui.conftest import START, run_out
from tests.ui.shell.conftest import OpenWindow, bar_words, opened, remember_rater

# Rating in the window.


def test_a_judgment_by_key_in_the_window_is_stored(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot
) -> None:
    remember_rater()
    window = open_one()
    with qtbot.waitActive(window):
        window.activateWindow()
    opened(window, study_path, qtbot)
    qtbot.waitUntil(lambda: window.rate.state is RateState.READY)
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: window.rate.shown is not None and window.rate.shown.judged == 7)
    undo = window.actions_by_id["rate.undo"]
    assert undo.text() == "Undo “Left is better”"
    qtbot.waitUntil(undo.isEnabled)
    undo.trigger()
    qtbot.waitUntil(lambda: window.rate.shown is not None and window.rate.shown.judged == 6)


def test_nothing_typed_is_lost_on_close(open_one: OpenWindow, study_path: Path, qtbot: QtBot) -> None:
    remember_rater()
    window = open_one()
    opened(window, study_path, qtbot)
    qtbot.waitUntil(lambda: window.rate.state is RateState.READY)
    window.trigger("rate.comment")
    QTest.keyClicks(window.rate.view.comment.field, "not yet stored")
    open_one()
    with StudyFile.open(study_path, now=START) as study:
        item = study.judgments.next_item(study.raters.all()[0].id)
        assert item is not None
        assert item.draft.comment == "not yet stored"


def test_a_judgment_that_fails_after_the_page_was_left_is_told_in_the_bar(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_rater()
    window = open_one()
    opened(window, study_path, qtbot)
    qtbot.waitUntil(lambda: window.rate.state is RateState.READY)
    fault = EnvironmentFault("The disk is full.", code="disk-full")
    monkeypatch.setattr(StudyJudgments, "judge", Mock(side_effect=fault))
    window.trigger("rate.left")
    assert window.rate.state.name == "SUBMITTING"
    window.go("review")
    qtbot.waitUntil(lambda: "The disk is full." in bar_words(window))
    assert window.rate.state is RateState.AWAY
    assert not window.actions_by_id["rate.undo"].isEnabled()


# What is remembered.


def test_zoom_theme_and_place_are_remembered(open_one: OpenWindow) -> None:
    window = open_one()
    window.trigger("view.zoom_in")
    window.trigger("view.theme_dark")
    window.resize(900, 655)
    window = open_one()
    assert window._theme.zoom == 1.1
    assert window._theme.mode == "dark"
    assert window.actions_by_id["view.theme_dark"].isChecked()
    assert (window.width(), window.height()) == (900, 655)
    window.trigger("view.zoom_out")
    window.trigger("view.zoom_out")
    assert window._theme.zoom == 0.9
    window.trigger("view.zoom_reset")
    assert window._theme.zoom == 1.0


def test_the_first_size_leaves_room_for_the_frame(
    open_one: OpenWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    small = QRect(0, 0, 1280, 720)
    monkeypatch.setattr(QScreen, "availableSize", lambda _: small.size())
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _: small)
    frame = QMargins(6, 48, 6, 6)
    monkeypatch.setattr(MainWindow, "frameGeometry", lambda self: self.geometry().marginsAdded(frame))
    window = open_one()
    qtbot.waitUntil(lambda: window.frameGeometry().height() <= 720)
    assert window.frameGeometry().size() == QSize(1280, 720)


@pytest.mark.parametrize("width", [900, 1280])
def test_no_words_of_the_first_page_are_cut(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot, width: int
) -> None:
    user_settings.save(
        application_paths.settings_file(), user_settings.UserSettings(recent=(str(study_path),))
    )
    window = open_one()
    window.resize(width, 680)
    QApplication.processEvents()
    texts = [t for row in window.welcome.findChildren(RowButton) for t in row.findChildren(QLabel)]
    assert [t.text() for t in texts if t.isVisible() and t.height() < t.heightForWidth(t.width())] == []


def test_recent_studies_are_listed_and_missing_ones_can_be_removed(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot
) -> None:
    gone = study_path.with_name("gone.ftstudy")
    user_settings.save(
        application_paths.settings_file(), user_settings.UserSettings(recent=(str(study_path), str(gone)))
    )
    window = open_one()
    rows = [row for row in window.welcome.findChildren(RecentRow) if row.isVisible()]
    assert [row.button.isEnabled() for row in rows] == [True, False]
    remove = rows[1].findChild(QPushButton, "recent_remove")
    assert isinstance(remove, QPushButton)
    QTest.mouseClick(remove, Qt.MouseButton.LeftButton)
    assert window._keeper.now.recent == (str(study_path),)
    QTest.mouseClick(rows[0].button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.study is not None)


def test_a_clash_of_changed_keys_is_told_and_the_usual_ones_are_used(open_one: OpenWindow) -> None:
    user_settings.save(
        application_paths.settings_file(), user_settings.UserSettings(shortcuts={"rate.flag": "S"})
    )
    window = open_one()
    assert "Skip" in bar_words(window)
    assert window.actions_by_id["rate.flag"].shortcut().toString() == "F"


# The bar, crashes, the display.


def test_the_bar_says_what_where_and_what_to_do(window: MainWindow) -> None:
    tried: list[bool] = []
    error = UserError("The file is damaged.", where="x.ftstudy", how="Open a backup.")
    window.bar.show_error(error, "Try again", lambda: tried.append(True))
    assert "x.ftstudy: The file is damaged." in bar_words(window)
    assert "Open a backup." in bar_words(window)
    QTest.mouseClick(window.bar._buttons[0], Qt.MouseButton.LeftButton)
    assert tried == [True]
    assert not window.bar.isVisible()


def test_good_news_goes_away_by_itself(window: MainWindow) -> None:
    window.bar.show_good("Saved.")
    assert window.bar.isVisible()
    run_out(window.bar)
    assert not window.bar.isVisible()


def test_text_in_the_bar_is_never_markup(window: MainWindow) -> None:
    window.bar.show_error(UserError("<b>x</b>", where="<img src=file:///etc/passwd>"))
    assert isinstance(window.bar, MessageBar)
    shown = [w for w in window.bar.findChildren(QLabel) if w.isVisible()]
    assert all(w.textFormat() is Qt.TextFormat.PlainText for w in shown)


def test_a_crash_report_names_the_place_and_no_text() -> None:
    secret = "the patient's own words"
    with pytest.raises(ValueError, match=secret) as caught:
        int(secret)
    told = report(caught.value)
    assert "ValueError" in told
    assert Path(__file__).name in told
    assert secret not in told
    assert str(Path(__file__).parents[3]) not in told


def test_an_error_that_nobody_caught_is_shown(window: MainWindow, caplog: pytest.LogCaptureFixture) -> None:
    try:
        int("the patient's own words")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    found = window.findChild(CrashDialog)
    assert isinstance(found, CrashDialog)
    assert "patient" not in found.report + caplog.text
    found.close()
    caplog.clear()


def test_a_bug_on_the_studys_thread_is_shown_once(
    window: MainWindow, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    after_both: list[bool] = []
    for _ in range(2):
        window._tasks.call(lambda: 1 // 0, lambda _: None)
    window._tasks.call(lambda: True, after_both.append)
    qtbot.waitUntil(lambda: bool(after_both))
    (found,) = window.findChildren(CrashDialog)
    copy = found.findChild(QPushButton, "crash_copy")
    assert isinstance(copy, QPushButton)
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert "ZeroDivisionError" in QGuiApplication.clipboard().text()
    found.close()
    assert caplog.text.count("an operation failed") == 2
    caplog.clear()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X displays")
@pytest.mark.parametrize("name", ["", ":9876"])
def test_without_a_display_there_is_one_clear_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    monkeypatch.setenv("DISPLAY", name)
    with pytest.raises(EnvironmentFault) as caught:
        display_check.require_display()
    assert caught.value.code == "no-display"


def test_a_platform_that_needs_no_display_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    display_check.require_display()


def test_where_the_work_is_follows_from_what_is_there(study_path: Path) -> None:
    from ftcompare.app.study.description import describe

    with StudyFile.open(study_path, now=START) as study:
        info = describe(study)
    assert first_page(info) == "rate"
    assert first_page(replace(info, planned=20)) == "generate"
    assert first_page(replace(info, prompts=0)) == "setup"
    assert first_page(replace(info, study=replace(info.study, unblinded_at="2026"))) == "results"


def test_the_tab_key_reaches_every_page_and_stays_with_the_one_in_front(
    window: MainWindow, study_path: Path, qtbot: QtBot
) -> None:
    opened(window, study_path, qtbot, "review")
    buttons = window.nav.findChildren(QPushButton)
    buttons[0].setFocus()
    for before, button in pairwise(buttons):
        QTest.keyClick(before, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is button
    QTest.keyClick(buttons[-1], Qt.Key.Key_Space)
    assert window.page == "export"
    assert [b.accessibleName() for b in buttons if b.isChecked()] == ["Export"]
    QTest.keyClick(buttons[-1], Qt.Key.Key_Space)
    assert buttons[-1].isChecked()


def test_a_new_study_begins_at_its_title_and_can_be_given_up(window: MainWindow, qtbot: QtBot) -> None:
    window.trigger("study.new")
    qtbot.waitUntil(lambda: window.page == "setup")
    qtbot.waitUntil(lambda: getattr(QApplication.focusWidget(), "objectName", str)() == "setup_title")
    cancel = window.findChild(QPushButton, "setup_cancel")
    assert isinstance(cancel, QPushButton)
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert window.page == "welcome"
