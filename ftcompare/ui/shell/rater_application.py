"""The window of those who only judge packs, wired and run; and the self-test of their program."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from ftcompare.app.raters.rater_self_test import PAIRS, made_pack, require_judged
from ftcompare.core.errors import BugError
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.shell.display_check import require_display
from ftcompare.ui.shell.file_acts import FileActs
from ftcompare.ui.shell.pack_window import PackWindow
from ftcompare.ui.shell.wiring import WindowParts, make_application, run_window, utc_now, wired_window

DESKTOP_FILE = "io.github.ftcompare.Rater"
PATIENCE = 60.0
"""Seconds in which every step of the self-test must come, however busy the machine."""


def run(file: Path | None) -> int:
    """Show the window until it is closed, with a pack opened at once where one is given; the exit status.

    Raises:
        EnvironmentFault: ``no-display`` or ``qt-libraries``.
    """
    require_display()
    application = make_application(DESKTOP_FILE)
    with open_rater_window(application, clock=utc_now, rng=SystemRandom()) as window:
        return run_window(application, window, file)


def open_rater_window(
    application: QApplication, *, clock: Callable[[], datetime], rng: Random
) -> AbstractContextManager[PackWindow]:
    """A window for packs with all that it needs; at the end everything that was asked for is stored."""

    def make(parts: WindowParts) -> PackWindow:
        theme, tasks, keeper, keys, rate = parts
        return PackWindow(theme, tasks, keeper, keys, partial(FileActs, clock=clock, rng=rng), rate)

    return wired_window(application, make, clock=clock, rng=rng)


def self_test() -> str:
    """Judge a small pack in a window that nobody sees, with undo, and look into the file afterwards.

    Settings and packs of the user are not touched.

    Returns:
        What was done, in words.

    Raises:
        BugError: something did not come, or the file does not hold what was judged.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with TemporaryDirectory(prefix="ftcompare-") as folder:
        os.environ["FTCOMPARE_HOME"] = folder
        began = time.perf_counter()
        application = make_application()
        pack = made_pack(Path(folder), rng=SystemRandom(), clock=utc_now)
        with open_rater_window(application, clock=utc_now, rng=SystemRandom()) as window:
            window.show()
            window.acts.open(pack)
            _judge_all(window)
        require_judged(pack, by_key={Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right"})
        took = time.perf_counter() - began
    return f"{PAIRS} pairs judged, one of them twice after undo, and stored; {took:.1f} s"
