"""Creates and runs the window for raters, who only judge packs; and the self-test of that program."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from ftcompare.app.raters.raters_program import FORMULA, PAIRS, made_pack, require_judged
from ftcompare.core.errors import BugError
from ftcompare.core.scale import Choice
from ftcompare.markup.formula import draw
from ftcompare.ui.pages.rate.state import ON_PAIR, RateState
from ftcompare.ui.shell.display_check import require_display
from ftcompare.ui.shell.pack_window import PackWindow
from ftcompare.ui.shell.wiring import CrashDialog, make_application, run_windows, utc_now, wired_window

DESKTOP_FILE = "io.github.ftcompare.Rater"
PATIENCE = 60.0  # longest time in seconds that a step of the self-test may take, also on a busy machine
BEGUN = (*ON_PAIR, RateState.BRIEFING)
"""States in which a pair, or the instructions before the first pair, is shown."""
STEP = 10  # milliseconds between checks


def run(file: Path | None, *, say_ready: bool = False) -> int:
    """Show the window until it is closed; return the exit status.

    ``say_ready`` prints a line when the window can be used, to measure the start time. Raises
    EnvironmentFault: ``no-display`` or ``qt-libraries``.
    """
    require_display("Start it on a desktop.")
    application = make_application(DESKTOP_FILE)
    made = partial(open_rater_window, application, clock=utc_now, rng=SystemRandom())
    prepare = partial(say_when_ready, file=file) if say_ready else lambda _: None
    return run_windows(application, made, file, prepare=prepare)


def open_rater_window(
    application: QApplication, code: str = "", *, clock: Callable[[], datetime], rng: Random
) -> AbstractContextManager[PackWindow]:
    """Open a window for packs with its settings, threads and pages; complete pending writes at the end."""
    return wired_window(application, PackWindow, clock=clock, rng=rng, code=code)


def self_test() -> str:
    """Judge a small pack in a hidden window, with undo; check the file, and return what was done.

    The user's settings and packs are not used. Raises BugError ``self-test`` if a step took too long, or the
    file does not hold the judgments.
    """
    began = time.perf_counter()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = make_application()
    with TemporaryDirectory(prefix="ftcompare-") as folder:
        os.environ["FTCOMPARE_HOME"] = folder
        pack = made_pack(Path(folder), rng=SystemRandom(), clock=utc_now)
        with open_rater_window(application, clock=utc_now, rng=SystemRandom()) as window:
            window.show()
            window.acts.open(pack)
            for judged, act in ((0, "rate.left"), (1, "rate.undo"), (0, "rate.right"), (1, "rate.left")):
                _wait(window, partial(_ready, window, judged), f"the pair after {judged} judgments")
                window.trigger(act)
            _wait(window, lambda: window.rate.state is RateState.DONE, "the last page")
        require_judged(pack, (Choice.RIGHT, Choice.LEFT))
    if draw(FORMULA, display=False) is None:
        raise BugError("Formulas are not drawn.", code="self-test")
    return f"{PAIRS} pairs judged, one of them again after undo; {time.perf_counter() - began:.1f} s"


def _ready(window: PackWindow, judged: int) -> bool:
    shown = window.rate.shown
    return window.rate.state is RateState.READY and shown is not None and shown.judged == judged


def _wait(window: PackWindow, holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if crash := window.findChild(CrashDialog):
            raise BugError(f"The program failed before {what}:\n{crash.report}", code="self-test")
        if time.monotonic() > deadline:
            raise BugError(f"After {PATIENCE:.0f} s there is not yet {what}.", code="self-test")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, STEP)


def say_when_ready(window: PackWindow, file: Path | None) -> None:
    """Print ``ready`` when the window is on the screen and, if a pack is opened, shows its first screen."""
    timer = QTimer(window)

    def look() -> None:
        if window.windowHandle().isExposed() and (file is None or window.rate.state in BEGUN):
            timer.stop()
            sys.stdout.write("ready\n")
            sys.stdout.flush()

    timer.timeout.connect(look)
    timer.start(STEP)
