"""Creates, runs and tests the window for owners of studies."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from ftcompare.core.errors import EnvironmentFault, FTCompareError
from ftcompare.ui.pages.rate.state import ON_PAIR, RateState
from ftcompare.ui.shell.display_check import require_display
from ftcompare.ui.shell.window import MainWindow
from ftcompare.ui.shell.wiring import make_application, owners_language, run_windows, utc_now, wired_window

__all__ = ["make_application", "open_window", "run", "utc_now"]

DESKTOP_FILE = "io.github.ftcompare.FTCompare"


def run(study: Path | None, page: str = "") -> int:
    """Show the window until it is closed; return the exit status.

    ``page`` is the id of the page to show first, empty for the one that was shown last. Raises
    EnvironmentFault: ``no-display`` or ``qt-libraries``.
    """
    require_display()
    application = make_application(DESKTOP_FILE)
    made = partial(open_window, application, clock=utc_now, rng=SystemRandom())
    return run_windows(application, made, study, page)


def open_window(
    application: QApplication, code: str = "", *, clock: Callable[[], datetime], rng: Random
) -> AbstractContextManager[MainWindow]:
    """Open a window with its settings, threads and pages; complete pending writes at the end."""
    return wired_window(application, MainWindow, clock=clock, rng=rng, code=code or owners_language())


SHOWN = (*ON_PAIR, RateState.BRIEFING)
"""States in which the first pair, or the instructions before it, is shown."""
LONGEST_OPENING = 60.0  # seconds after which a pack of a few pairs counts as not opening


def self_test_window(pack: Path | None = None, *, longest: float = LONGEST_OPENING) -> str:
    """Open the window, show the pack's first screen, close the window, and describe the result.

    Without a display it is drawn in memory; opening the pack may take ``longest`` seconds.

    Raises:
        EnvironmentFault: ``qt-libraries``, if there is a display but Qt cannot use it; ``window-not-shown``.
        FTCompareError: the pack cannot be opened.
    """
    place = _place()
    began = time.perf_counter()
    application = make_application()
    with open_window(application, clock=utc_now, rng=SystemRandom()) as window:
        window.show()
        application.processEvents()
        shown, took = window.isVisible(), time.perf_counter() - began
        if not shown:
            raise EnvironmentFault("The window does not open.", code="window-not-shown")
        if pack:
            _show(window, application, pack, longest)
    opened = ", and a pack in it" if pack else ""
    return f"up after {took:.1f} s {place}{opened}"


def _place() -> str:
    """A description of where the window is shown; without a display, Qt is set to draw in memory."""
    try:
        require_display()
    except EnvironmentFault as fault:
        if fault.code != "no-display":
            raise
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return "in memory: there is no display here"
    return "on the display" if os.environ.get("QT_QPA_PLATFORM") != "offscreen" else "in memory"


def _show(window: MainWindow, application: QApplication, pack: Path, longest: float) -> None:
    faults: list[FTCompareError] = []
    window.acts.failed_to_open.connect(lambda error, _again: faults.append(error))
    window.acts.open(pack)
    end = time.monotonic() + longest
    while window.rate.state not in SHOWN and not faults:
        if time.monotonic() > end:
            what = f"A rater pack was not shown within {longest:.0f} s."
            raise EnvironmentFault(what, code="window-not-shown")
        application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
        time.sleep(0.001)  # Gives the thread that reads the pack time to run.
    if faults:
        raise faults[0]
