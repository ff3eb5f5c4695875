"""The window as the application starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from ftcompare.app import application_paths, user_settings
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.application import make_application, open_window, utc_now
from ftcompare.ui.shell.pack_window import PackWindow
from ftcompare.ui.shell.window import MainWindow
from tests.ui.page_driver import child

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


def opened(window: PackWindow, path: Path, qtbot: QtBot, page: str = "") -> None:
    window.acts.open(path, page)
    qtbot.waitUntil(
        lambda: window.study is not None and window.study.path == path and window.page != "welcome"
    )


def remember_rater(name: str = "Ada") -> None:
    user_settings.save(
        application_paths.settings_file(),
        replace(user_settings.load(application_paths.settings_file()), rater=name),
    )


def come_to(window: PackWindow, qtbot: QtBot, state: RateState) -> None:
    """Wait for a state of the rating page; where it asks who rates, name the last rater."""

    def there() -> bool:
        who = window.rate.view.who
        if who.isVisible() and who.first_focus is not None:
            if who.first_focus is who.name:
                who.name.setText(user_settings.load(application_paths.settings_file()).rater)
            QTest.keyClick(who.first_focus, Qt.Key.Key_Return)
        return window.rate.state is state

    qtbot.waitUntil(there)


def bar_words(window: PackWindow) -> str:
    return " ".join(w.text() for w in window.bar.findChildren(QLabel) if w.isVisible())


def dialog(window: PackWindow, name: str) -> QDialog:
    return child(window, QDialog, name)
