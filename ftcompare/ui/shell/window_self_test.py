"""The self-test's step of the window: it comes up, and shows a rater pack."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import SystemRandom

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from ftcompare.core.errors import EnvironmentFault, FTCompareError
from ftcompare.ui.pages.rate.state import ON_PAIR, RateState
from ftcompare.ui.shell.application import make_application, open_window, utc_now
from ftcompare.ui.shell.display_check import require_display
from ftcompare.ui.shell.window import MainWindow

SHOWN = (*ON_PAIR, RateState.BRIEFING)
"""The first pair is in front, or the instructions that come before it."""
LONGEST_OPENING = 60.0
"""Seconds until a pack of a few pairs is taken for one that does not open."""


def self_test_window(pack: Path | None = None, *, longest: float = LONGEST_OPENING) -> str:
    """Bring the window up, show what the pack begins with, and close it.

    On the display, or in memory where there is none.

    Args:
        pack: with pairs to judge; None: the window comes up without one.
        longest: seconds that the pack may take.

    Returns:
        How it went, in words.

    Raises:
        EnvironmentFault: ``qt-libraries``: there is a display, and Qt cannot show windows on it;
            ``window-not-shown``.
        FTCompareError: the pack does not open.
    """
    place = _place()
    began = time.perf_counter()
    application = make_application()
    with open_window(application, clock=utc_now, rng=SystemRandom()) as window:
        window.show()
        application.processEvents()
        shown, took = window.isVisible(), time.perf_counter() - began
        if not shown:
            raise EnvironmentFault("The window does not come up.", code="window-not-shown")
        if pack:
            _show(window, application, pack, longest)
    opened = ", and a pack in it" if pack else ""
    return f"up after {took:.1f} s {place}{opened}"


def _place() -> str:
    """Where the window is to be, in words; without a display Qt is told to draw in memory."""
    try:
        require_display()
    except EnvironmentFault as fault:
        if fault.code != "no-display":
            raise
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        return "in memory: there is no display here"
    return "on the display" if os.environ.get("QT_QPA_PLATFORM") != "offscreen" else "in memory"


def _show(window: MainWindow, application: QApplication, pack: Path, longest: float) -> None:
    """Opens it and waits for what it begins with."""
    faults: list[FTCompareError] = []
    window.acts.failed_to_open.connect(lambda error, _again: faults.append(error))
    window.acts.open(pack)
    end = time.monotonic() + longest
    while window.rate.state not in SHOWN and not faults:
        if time.monotonic() > end:
            what = f"A rater pack was not shown within {longest:.0f} s."
            raise EnvironmentFault(what, code="window-not-shown")
        application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
        time.sleep(0.001)  # the thread that reads the pack is to get on
    if faults:
        raise faults[0]
