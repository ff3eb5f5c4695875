"""Opens the real window and presses its keys from inside its process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ftcompare.app import application_paths, user_settings
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.application import make_application, open_window, utc_now
from ftcompare.ui.shell.window import MainWindow

ANSWERS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Up)
PATIENCE = 60.0
SHOWN = (RateState.READING, RateState.READY)


def own_home(folder: Path, **chosen: Any) -> None:
    """Settings in a folder of their own: Ada rates, no reading moment, no breaks."""
    os.environ["FTCOMPARE_HOME"] = str(folder)
    plain: dict[str, Any] = {"rater": "Ada", "reading_moment": 0.0, "break_after": 0}
    folder.mkdir(exist_ok=True)
    user_settings.save(application_paths.settings_file(), user_settings.UserSettings(**(plain | chosen)))


@contextmanager
def rating_window(path: Path, *, seed: int) -> Iterator[MainWindow]:
    """The window on the rating page of a study, with the first pair ready to be answered."""
    with open_window(make_application(), clock=utc_now, rng=Random(seed)) as window:
        window.show()
        window.acts.open(path, "rate")
        who = window.rate.view.who
        wait(lambda: window.rate.state is RateState.READY or who.isVisible())
        if who.isVisible():  # the name of the settings is proposed, or the one who rated before
            QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
        wait(lambda: window.rate.state is RateState.READY)
        yield window


def wait(done: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Let the window work until something holds; between events the process sleeps, as it does in use."""
    application = QApplication.instance()
    if application is None:
        raise RuntimeError("there is no application")
    late = QTimer(singleShot=True)
    late.start(round(1000 * patience))
    while not done():
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if not late.isActive() and not done():
            raise TimeoutError


def idle(seconds: float) -> None:
    """Leave the window alone, as a rater does who reads."""
    timer = QTimer(singleShot=True)
    timer.start(round(1000 * seconds))
    wait(lambda: not timer.isActive())


def press(window: MainWindow, key: Qt.Key) -> None:
    """Press an answer."""
    QTest.keyClick(window.rate, key)
    if window.rate.state is not RateState.SUBMITTING:
        raise RuntimeError(f"the key was not taken: {window.rate.state}")


def seconds_to_next_pair(window: MainWindow, key: Qt.Key) -> float:
    """From a key press until the next pair is painted and can be answered."""
    wait(lambda: window.rate.state is RateState.READY)
    began = time.perf_counter()
    press(window, key)
    wait(lambda: window.rate.state in SHOWN)
    window.repaint()
    return time.perf_counter() - began
