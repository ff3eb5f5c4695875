"""Hostile text in every place of a study, on every page: shown as it is, and nothing comes of it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app import application_paths, user_settings
from ftcompare.core.errors import UserError
from ftcompare.core.study import IntegrityFinding, Message, PromptSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui import safe_text
from ftcompare.ui.dialogs.frames import CheckDialog
from ftcompare.ui.pages.rate.page import RatePage
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.application import make_application, open_window, utc_now
from ftcompare.ui.shell.page_registry import PAGES
from ftcompare.ui.shell.window import MainWindow
from ftcompare.ui.shell.wiring import CrashDialog
from ftcompare.ui.widgets.message_bar import MessageBar
from tests.builders import present
from tests.ui.conftest import quiet
from tests.ui.page_driver import on_screen, owned
from tests.ui.text.hostile_text_samples import (
    NOW,
    TOKEN,
    Watch,
    blocks_of,
    corpus,
    hostile_study,
    marked,
    problems,
    said,
    understood,
)

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="inotify tells whether a file was opened"),
]


@pytest.fixture
def watch(tmp_path: Path, qapp: QApplication) -> Iterator[Watch]:
    made = Watch(tmp_path)
    yield made
    made.close()


@pytest.fixture
def texts(watch: Watch) -> dict[str, str]:
    return corpus(watch.planted, watch.port)


@pytest.fixture
def path(tmp_path: Path, texts: dict[str, str]) -> Path:
    return hostile_study(tmp_path / f"{TOKEN} <b>%n & \u202ex.ftstudy", texts, criteria=False)


@pytest.fixture
def window(qapp: QApplication) -> Iterator[MainWindow]:
    chosen = user_settings.load(application_paths.settings_file())
    user_settings.save(
        application_paths.settings_file(), replace(chosen, rater="Ada <b>", reading_moment=0.0)
    )
    with ExitStack() as stack:
        made = stack.enter_context(open_window(make_application(), clock=utc_now, rng=Random(5)))
        made.show()
        yield made


def opened(window: MainWindow, path: Path, qtbot: QtBot, page: str) -> None:
    window.acts.open(path, page)
    qtbot.waitUntil(lambda: window.study is not None and window.page == page)
    quiet(window.context.tasks, qtbot)
    who = window.rate.view.who
    if who.isVisible():
        assert problems(who) == []
        who.name.setText("Ada")
        who.start.click()
        quiet(window.context.tasks, qtbot)


def harmless(window: QWidget, watch: Watch) -> None:
    """Nothing is hidden, guessed, opened, called, followed or broken."""
    window.grab()
    assert problems(window) == []
    assert watch.seen() == []
    assert "PySide6.QtNetwork" not in sys.modules
    assert not QApplication.topLevelWidgets() or window.findChild(CrashDialog) is None


def test_the_watch_sees_what_it_is_for(watch: Watch) -> None:
    assert watch.seen() == []
    watch.planted.read_bytes()
    assert watch.seen() == ["the planted file was opened"]
    with socket.create_connection(("127.0.0.1", watch.port)):
        assert watch.seen() == ["the port was called"]
    QDesktopServices.openUrl(QUrl("http://127.0.0.1/x"))
    assert watch.seen() == ["http://127.0.0.1/x was followed"]


def test_the_walk_finds_a_label_that_guesses(qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QLabel

    top = owned(QWidget(), qtbot)
    QLabel(f"<b>{TOKEN}</b>", top)
    QLabel(f"{TOKEN} \u202e", top).setTextFormat(Qt.TextFormat.PlainText)
    QWidget(top).setToolTip(f"<b>{TOKEN}</b>")
    found = " ".join(problems(top))
    assert "guesses markup" in found
    assert "U+202E" in found
    assert "is taken for markup" in found


PAGE_IDS = [page.id for page in PAGES]


@pytest.mark.parametrize("unblinded", [False, True], ids=["blinded", "unblinded"])
@pytest.mark.parametrize("page", PAGE_IDS)
def test_a_page_shows_hostile_text_and_no_more(
    window: MainWindow,
    tmp_path: Path,
    texts: dict[str, str],
    watch: Watch,
    qtbot: QtBot,
    page: str,
    unblinded: bool,
) -> None:
    path = hostile_study(tmp_path / f"{TOKEN} <b>%n & \u202ex.ftstudy", texts, criteria=True)
    if unblinded:
        with StudyFile.open(path, now=NOW) as study:
            study.settings.unblind(marked("<b>why</b> \u202e %n {0}"), now=NOW)
            study.raters.exclude(
                study.raters.all()[0].id, marked("<i>so</i> \u202e"), now=NOW + timedelta(days=1)
            )
    opened(window, path, qtbot, page)
    assert any(TOKEN in text for _, text in said(window)), "nothing of the study is shown"
    harmless(window, watch)


def test_every_pair_is_shown_as_stored(
    window: MainWindow, path: Path, watch: Watch, qtbot: QtBot, texts: dict[str, str]
) -> None:
    user_settings.save(
        application_paths.settings_file(), user_settings.UserSettings(rater="Ada", reading_moment=0.0)
    )
    opened(window, path, qtbot, "rate")
    pass_briefing(window, qtbot)
    QTest.keyClick(window.rate, Qt.Key.Key_M)
    assert not window.rate.view.pair.markdown, "Markdown takes its signs away"
    seen = set()
    for _ in texts:
        page = window.rate
        qtbot.waitUntil(partial(is_ready, page))
        item = present(page.shown.item if page.shown else None)
        for panel, stored in ((page.view.pair.left, item.left), (page.view.pair.right, item.right)):
            assert panel.text.text == stored
            shown = understood(blocks_of(panel.text.view))
            assert shown == safe_text.beginning(stored).replace("\r\n", "\n")
        asked = blocks_of(page.view.pair.prompt.text)
        for message in item.messages:
            assert message.content.replace("\r\n", "\n") in understood(asked)
        harmless(page, watch)
        seen.add(item.left)
        QTest.keyClick(page, Qt.Key.Key_Left)
        qtbot.waitUntil(partial(shows_another, page, item))
    assert len(seen) == len(texts)


def is_ready(page: RatePage) -> bool:
    return page.state is RateState.READY


def shows_another(page: RatePage, item: object) -> bool:
    return page.shown is not None and page.shown.item != item


def pass_briefing(window: MainWindow, qtbot: QtBot) -> None:
    """Read the instructions and leave the practice."""
    page = window.rate
    for _ in range(6):
        quiet(window.context.tasks, qtbot)
        if page.state is RateState.BRIEFING or page.state is RateState.TOLD:
            QTest.keyClick(QApplication.focusWidget() or page, Qt.Key.Key_Return)
        elif page.shown is not None and not page.shown.practised:
            QTest.keyClick(page, Qt.Key.Key_Left)
        else:
            return


def test_markdown_links_are_not_followed_by_a_click(
    window: MainWindow, path: Path, watch: Watch, qtbot: QtBot
) -> None:
    opened(window, path, qtbot, "rate")
    for view in window.findChildren(QTextEdit):
        middle = view.viewport().rect().center()
        for x in range(0, view.viewport().width(), 20):
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, middle.y()))
    harmless(window.rate, watch)


def test_the_recent_list_shows_hostile_file_names(
    window: MainWindow, path: Path, watch: Watch, qtbot: QtBot
) -> None:
    opened(window, path, qtbot, "setup")
    window.acts.close()
    qtbot.waitUntil(lambda: window.page == "welcome")
    quiet(window.context.tasks, qtbot)
    assert any(TOKEN in text for _, text in said(window))
    harmless(window, watch)


def test_the_message_bar_shows_hostile_errors(qtbot: QtBot, watch: Watch, texts: dict[str, str]) -> None:
    bar = on_screen(MessageBar(), qtbot)
    for text in texts.values():
        bar.show_error(UserError(marked(text), where=marked(text), how=marked(text), code="x"))
        harmless(bar, watch)
        bar.show_good(marked(text))
        harmless(bar, watch)
        bar.show_note(marked(text), "Try again")
        harmless(bar, watch)
    bar.clear()


def test_dialogs_show_hostile_text(
    window: MainWindow, path: Path, watch: Watch, qtbot: QtBot, texts: dict[str, str]
) -> None:
    opened(window, path, qtbot, "results")
    dialogs: list[Callable[[], QDialog]] = [
        lambda: CheckDialog(
            [IntegrityFinding(marked(text), False, marked(text)) for text in texts.values()], window
        ),
        lambda: CrashDialog(ValueError(marked(" ".join(texts.values()))), window),
    ]
    for make in dialogs:
        shown = make()
        shown.open()
        assert problems(shown) == []
        shown.close()
    assert watch.seen() == []


def test_half_characters_are_refused_before_they_are_stored(tmp_path: Path, path: Path) -> None:
    with StudyFile.open(path, now=NOW) as study:
        before = study.counts()
        with pytest.raises(UserError, match="character"):
            study.prompts.add([PromptSpec("half", (Message("user", "lone \ud800 here"),))])
        assert study.counts() == before
