"""Creates and runs the window for owners of studies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

from PySide6.QtWidgets import QApplication

from ftcompare.ui.shell.display_check import require_display
from ftcompare.ui.shell.study_commands import StudyActs
from ftcompare.ui.shell.window import MainWindow
from ftcompare.ui.shell.wiring import WindowParts, make_application, run_window, utc_now, wired_window

__all__ = ["make_application", "open_window", "run", "utc_now"]

DESKTOP_FILE = "io.github.ftcompare.FTCompare"


def run(study: Path | None, page: str = "") -> int:
    """Show the window until it is closed.

    Args:
        study: a study or a rater pack to open; None for the first page.
        page: id of the study's page to show first; empty for the page that was shown last.

    Returns:
        The exit status.

    Raises:
        EnvironmentFault: ``no-display`` or ``qt-libraries``.
    """
    require_display()
    application = make_application(DESKTOP_FILE)
    with open_window(application, clock=utc_now, rng=SystemRandom()) as window:
        return run_window(application, window, study, page)


def open_window(
    application: QApplication, *, clock: Callable[[], datetime], rng: Random
) -> AbstractContextManager[MainWindow]:
    """A window with its settings, threads and pages; at the end, pending writes are completed."""

    def make(parts: WindowParts) -> MainWindow:
        theme, tasks, keeper, keys, rate = parts
        return MainWindow(theme, tasks, keeper, keys, partial(StudyActs, clock=clock, rng=rng), rate)

    return wired_window(application, make, clock=clock, rng=rng)
