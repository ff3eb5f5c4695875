"""The window: menus, navigation, studies, the bar, what it remembers, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

import ftcompare
from ftcompare.app import paths, settings
from ftcompare.app.commands import COMMANDS, MENUS, When, effective_keys
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.scale import Scale
from ftcompare.store.study_file import StudyFile
from ftcompare.ui import display
from ftcompare.ui.application import make_application, open_window, self_test_window, utc_now
from ftcompare.ui.crash import CrashDialog, report
from ftcompare.ui.pages.import_dialog import ImportDialog
from ftcompare.ui.pages.rate_state import State
from ftcompare.ui.pages.welcome import RecentRow
from ftcompare.ui.palette import CommandPalette, matches
from ftcompare.ui.study_acts import first_page
from ftcompare.ui.widgets.message_bar import MessageBar
from ftcompare.ui.window import MainWindow
from tests.ui.conftest import START, make_study

OpenWindow = Callable[[], MainWindow]


@pytest.fixture
def open_one(qapp: QApplication) -> Iterator[OpenWindow]:
    """Opens windows, as starting the application does; one at a time."""
    with ExitStack() as stack:

        def start() -> MainWindow:
            stack.close()
            window = stack.enter_context(open_window(make_application(), clock=utc_now, rng=Random(5)))
            window.show()
            return window

        yield start


@pytest.fixture
def window(open_one: OpenWindow) -> MainWindow:
    return open_one()


def opened(window: MainWindow, path: Path, qtbot: QtBot, page: str = "") -> None:
    window.acts.open(path, page)
    qtbot.waitUntil(
        lambda: window.study is not None and window.study.path == path and window.page != "welcome"
    )


def remember_rater(name: str = "Ada") -> None:
    settings.save(paths.settings_file(), replace(settings.load(paths.settings_file()), rater=name))


def bar_words(window: MainWindow) -> str:
    return " ".join(w.text() for w in window.bar.findChildren(QLabel) if w.isVisible())


def dialog(window: MainWindow, name: str) -> QDialog:
    found = window.findChild(QDialog, name)
    assert isinstance(found, QDialog)
    return found


# Commands.


def test_every_command_is_an_action_with_its_keys(window: MainWindow) -> None:
    keys = effective_keys({})
    assert set(window.actions_by_id) == {c.id for c in COMMANDS}
    for command in COMMANDS:
        assert bool(window.actions_by_id[command.id].shortcut().toString()) == bool(keys[command.id]), (
            command.id
        )


def test_every_command_with_a_menu_stands_in_it(window: MainWindow) -> None:
    menus = {m.title(): m.actions() for m in window.menuBar().findChildren(QMenu)}
    assert [a.text() for a in window.menuBar().actions()] == list(MENUS)
    for command in COMMANDS:
        if command.menu:
            assert window.actions_by_id[command.id] in menus[command.menu], command.id


def test_every_command_of_the_window_does_something(window: MainWindow) -> None:
    for command in COMMANDS:
        area = command.id.partition(".")[0]
        if area not in ("page", "rate") and not command.id.startswith("view.theme"):
            assert command.id in window._commands(), command.id


def test_study_commands_wait_for_a_study(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    waiting = [c.id for c in COMMANDS if c.when is not When.ALWAYS]
    assert not any(window.actions_by_id[name].isEnabled() for name in waiting)
    opened(window, study_path, qtbot, "terms")
    on_study = [c.id for c in COMMANDS if c.when is When.STUDY_OPEN]
    assert all(window.actions_by_id[name].isEnabled() for name in on_study)


def test_the_palette_finds_and_runs_a_command(window: MainWindow, qtbot: QtBot) -> None:
    window.trigger("app.palette")
    palette = window.findChild(CommandPalette)
    assert isinstance(palette, CommandPalette)
    listed = [palette.list.item(n).text() for n in range(palette.list.count())]
    assert not [text for text in listed if text.startswith("Left is better")]
    QTest.keyClicks(palette.field, "dark")
    assert palette.list.count() == 1
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert window._theme.mode == "dark"


def test_typed_words_begin_words_of_a_title() -> None:
    assert matches("sa co", "Save a copy…")
    assert matches("", "Undo")
    assert not matches("opy", "Save a copy…")


def test_all_keys_are_listed_by_menu(window: MainWindow) -> None:
    window.trigger("app.keys")
    told = [w.text() for w in dialog(window, "keys").findChildren(QLabel)]
    assert {"FILE", "RATE", "Larger text", "Ctrl +", "Left is better", "←"} <= set(told)
    dialog(window, "keys").close()


def test_the_about_dialog_says_which_version_this_is(window: MainWindow) -> None:
    window.trigger("app.about")
    told = " ".join(w.text() for w in dialog(window, "about").findChildren(QLabel))
    assert ftcompare.__version__ in told
    dialog(window, "about").close()


# Studies and pages.


def test_a_study_is_chosen_and_opened(
    window: MainWindow, study_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = iter(["", str(study_path)])
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (next(chosen), ""))
    window.trigger("study.open")
    assert window.study is None
    window.trigger("study.open")
    qtbot.waitUntil(lambda: window.study is not None)


def test_a_file_is_imported_into_the_open_study(
    window: MainWindow, study_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(window, study_path, qtbot, "results")
    file = study_path.with_name("outputs.jsonl")
    file.write_text('{"prompt": "Why?", "system": "other", "response": "Because."}\n', encoding="utf-8")
    monkeypatch.setattr(ImportDialog, "ask", lambda _parent: (file, "outputs"))
    window.trigger("study.import")
    qtbot.waitUntil(lambda: "1 system" in bar_words(window))


def test_a_study_opens_on_the_page_it_was_left_on(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot
) -> None:
    window = open_one()
    opened(window, study_path, qtbot)
    assert window.page == "rate"
    window.go("terms")
    window = open_one()
    opened(window, study_path, qtbot)
    assert window.page == "terms"


@pytest.mark.parametrize(("pairs", "page"), [(0, "setup"), (12, "rate")])
def test_a_new_study_opens_where_the_work_is(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, pairs: int, page: str
) -> None:
    opened(window, make_study(tmp_path / "new.ftstudy", judged=0, pairs=pairs), qtbot)
    assert window.page == page


def test_every_page_of_a_study_can_be_entered(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    opened(window, study_path, qtbot)
    for page in ("setup", "generate", "results", "terms", "export", "rate"):
        window.trigger(f"page.{page}")
        assert window.page == page
        assert window.nav.isVisible() == (page != "rate")
    assert not window.bar.isVisible()


def test_while_rating_only_the_title_of_the_study_is_told(
    window: MainWindow, study_path: Path, qtbot: QtBot
) -> None:
    opened(window, study_path, qtbot)
    assert window.windowTitle() == "Cardiology review"
    assert not window.nav.isVisible()
    assert not window._recent.menuAction().isEnabled()
    window.go("results")
    assert window.windowTitle() == "Cardiology review – FTCompare"
    assert window._recent.menuAction().isEnabled()


def test_closing_a_study_leads_to_the_first_page(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    opened(window, study_path, qtbot, "export")
    window.trigger("study.close")
    qtbot.waitUntil(lambda: window.study is None)
    assert window.page == "welcome"
    assert window.windowTitle() == "FTCompare"
    StudyFile.open(study_path, now=START).close()


def test_a_new_study_is_set_up_on_empty_fields(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    opened(window, study_path, qtbot)
    window.trigger("study.new")
    qtbot.waitUntil(lambda: window.page == "setup")
    assert window.study is None
    made = study_path.with_name("made.ftstudy")
    make_study(made, judged=0)
    window._pages["setup"].created.emit(made)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.study is not None)
    assert window.page == "rate"


def test_a_second_study_takes_the_place_of_the_first(
    window: MainWindow, study_path: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(window, study_path, qtbot, "terms")
    second = make_study(tmp_path / "second.ftstudy", scale=Scale(strengths=2))
    opened(window, second, qtbot, "terms")
    StudyFile.open(study_path, now=START).close()
    assert list(window._keeper.now.recent) == [str(second.resolve()), str(study_path.resolve())]


def test_what_cannot_be_opened_is_told_in_the_bar_and_can_be_tried_again(
    window: MainWindow, study_path: Path, qtbot: QtBot
) -> None:
    with StudyFile.open(study_path, now=START):
        window.acts.open(study_path)
        qtbot.waitUntil(lambda: "open" in bar_words(window) and window.bar._button.isVisible())
        assert window.page == "welcome"
    QTest.mouseClick(window.bar._button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.study is not None)
    assert not window.bar.isVisible()


def test_a_foreign_file_leaves_the_open_study_open(
    window: MainWindow, study_path: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(window, study_path, qtbot, "terms")
    foreign = tmp_path / "notes.ftstudy"
    foreign.write_text("not a study", encoding="utf-8")
    window.acts.open(foreign)
    qtbot.waitUntil(lambda: "notes.ftstudy" in bar_words(window))
    assert window.study is not None
    assert window.page == "terms"


def test_the_open_study_can_be_opened_again(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    opened(window, study_path, qtbot, "terms")
    window.acts.open(study_path, "export")
    qtbot.waitUntil(lambda: window.page == "export")
    assert not window.bar.isVisible()


def test_a_missing_demo_is_told_and_tried_again_as_the_demo(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(paths, "demo_resources", lambda: tmp_path / "nothing")
        window.acts.demo(tmp_path)
        qtbot.waitUntil(lambda: "demo model is missing" in bar_words(window))
    make_study(tmp_path / "demo.ftstudy", judged=0)
    QTest.mouseClick(window.bar._button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.study is not None)


def test_a_dropped_study_is_opened(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(study_path))])
    event = QDropEvent(
        QPointF(20, 20),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
    qtbot.waitUntil(lambda: window.study is not None)


def test_a_copy_is_saved(
    window: MainWindow, study_path: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(window, study_path, qtbot, "terms")
    target = tmp_path / "copy"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    window.trigger("study.save_copy")
    qtbot.waitUntil(lambda: "copy.ftstudy" in bar_words(window))
    with StudyFile.open(target.with_suffix(".ftstudy"), now=START) as copy:
        assert copy.counts().judgments == 6


def test_integrity_is_checked_and_told(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    opened(window, study_path, qtbot, "terms")
    window.trigger("study.check")
    qtbot.waitUntil(lambda: window.findChild(QDialog, "check") is not None)
    told = [w.text() for w in dialog(window, "check").findChildren(QLabel)]
    assert "Everything is in order." in told
    dialog(window, "check").close()


def test_the_demo_is_opened_where_it_is_kept(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    make_study(folder / "demo.ftstudy", judged=0)
    window.acts.demo(folder)
    qtbot.waitUntil(lambda: window.study is not None)
    assert window.page == "rate"


def test_after_unblinding_the_rating_page_is_closed_and_leads_to_the_results(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot
) -> None:
    settings.save(paths.settings_file(), settings.Settings(rater="Ada"))
    with StudyFile.open(study_path, now=START) as study:
        study.unblind("all judged", now=START)
    window = open_one()
    opened(window, study_path, qtbot, "rate")
    closed = window.rate.view.closed
    qtbot.waitUntil(closed.isVisible)
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    assert not window.rate.view.working
    QTest.keyClick(closed.button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.page == "results")


def test_unblinding_is_asked_for_and_told(
    window: MainWindow, study_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def ask(_parent: object, *, judgments: int, remaining: int) -> str:
        asked.append((judgments, remaining))
        return "all are in"

    monkeypatch.setattr("ftcompare.ui.pages.unblind_dialog.ask", ask)
    opened(window, study_path, qtbot, "terms")
    window.trigger("study.unblind")
    qtbot.waitUntil(lambda: window.bar.isVisible() and "names" in bar_words(window))
    assert asked == [(6, 6)]
    assert window.page == "terms"


# Rating in the window.


def test_a_judgment_by_key_in_the_window_is_stored(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot
) -> None:
    remember_rater()
    window = open_one()
    with qtbot.waitActive(window):
        window.activateWindow()
    opened(window, study_path, qtbot)
    qtbot.waitUntil(lambda: window.rate.state is State.READY)
    QTest.keyClick(window.rate, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: window.rate._shown is not None and window.rate._shown.judged == 7)
    undo = window.actions_by_id["rate.undo"]
    assert undo.text() == "Undo “Left is better”"
    qtbot.waitUntil(undo.isEnabled)
    undo.trigger()
    qtbot.waitUntil(lambda: window.rate._shown is not None and window.rate._shown.judged == 6)


def test_nothing_typed_is_lost_on_close(open_one: OpenWindow, study_path: Path, qtbot: QtBot) -> None:
    remember_rater()
    window = open_one()
    opened(window, study_path, qtbot)
    qtbot.waitUntil(lambda: window.rate.state is State.READY)
    window.trigger("rate.comment")
    QTest.keyClicks(window.rate.view.comment.field, "not yet stored")
    open_one()
    with StudyFile.open(study_path, now=START) as study:
        item = study.next_item(study.raters()[0].id)
        assert item is not None
        assert item.draft.comment == "not yet stored"


def test_a_judgment_that_fails_after_the_page_was_left_is_told_in_the_bar(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_rater()
    window = open_one()
    opened(window, study_path, qtbot)
    qtbot.waitUntil(lambda: window.rate.state is State.READY)
    fault = EnvironmentFault("The disk is full.", code="disk-full")
    monkeypatch.setattr(StudyFile, "judge", Mock(side_effect=fault))
    window.trigger("rate.left")
    assert window.rate.state.name == "SUBMITTING"
    window.go("terms")
    qtbot.waitUntil(lambda: "The disk is full." in bar_words(window))
    assert window.rate.state is State.AWAY
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


def test_recent_studies_are_listed_and_missing_ones_can_be_removed(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot
) -> None:
    gone = study_path.with_name("gone.ftstudy")
    settings.save(paths.settings_file(), settings.Settings(recent=(str(study_path), str(gone))))
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
    settings.save(paths.settings_file(), settings.Settings(shortcuts={"rate.flag": "S"}))
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
    QTest.mouseClick(window.bar._button, Qt.MouseButton.LeftButton)
    assert tried == [True]
    assert not window.bar.isVisible()


def test_good_news_goes_away_by_itself(window: MainWindow, qtbot: QtBot) -> None:
    window.bar._timer.setInterval(20)
    window.bar.show_good("Saved.")
    assert window.bar.isVisible()
    qtbot.waitUntil(lambda: not window.bar.isVisible())


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
    assert "test_ui_window.py" in told
    assert secret not in told
    assert str(Path(__file__).parent.parent.parent) not in told


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
    for _ in range(2):
        window._tasks.call(lambda: 1 // 0, lambda _: None)
    qtbot.waitUntil(lambda: window.findChild(CrashDialog) is not None)
    found = window.findChild(CrashDialog)
    assert isinstance(found, CrashDialog)
    copy = found.findChild(QPushButton, "crash_copy")
    assert isinstance(copy, QPushButton)
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert "ZeroDivisionError" in QGuiApplication.clipboard().text()
    found.close()
    assert "an operation failed" in caplog.text
    caplog.clear()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X displays")
@pytest.mark.parametrize("name", ["", ":9876"])
def test_without_a_display_there_is_one_clear_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    monkeypatch.setenv("DISPLAY", name)
    with pytest.raises(EnvironmentFault) as caught:
        display.require_display()
    assert caught.value.code == "no-display"


def test_a_platform_that_needs_no_display_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    display.require_display()


def test_the_window_proves_itself(qapp: QApplication) -> None:
    step = self_test_window()
    assert step.ok
    assert step.name == "Window"


def test_the_window_is_up_soon(tmp_path: Path) -> None:
    program = (
        "import time; began = time.perf_counter()\n"
        "from random import Random\n"
        "from ftcompare.ui.application import make_application, open_window, utc_now\n"
        "application = make_application()\n"
        "with open_window(application, clock=utc_now, rng=Random(1)) as window:\n"
        "    window.show(); application.processEvents()\n"
        "    print(time.perf_counter() - began)\n"
        "import sys; print(*sorted({'torch', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "FTCOMPARE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    seconds, loaded = done.stdout.split("\n")[:2]
    assert float(seconds) < 1.5
    assert loaded == ""


def test_where_the_work_is_follows_from_what_is_there(study_path: Path) -> None:
    from ftcompare.app.studies import describe

    with StudyFile.open(study_path, now=START) as study:
        info = describe(study)
    assert first_page(info) == "rate"
    assert first_page(replace(info, planned=20)) == "generate"
    assert first_page(replace(info, prompts=0)) == "setup"
    assert first_page(replace(info, study=replace(info.study, unblinded_at="2026"))) == "results"


def test_the_tab_key_reaches_every_page_and_stays_with_the_one_in_front(
    window: MainWindow, study_path: Path, qtbot: QtBot
) -> None:
    opened(window, study_path, qtbot, "terms")
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
