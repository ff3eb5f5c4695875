"""Wires everything and runs the window."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from ftcompare.app import application_paths
from ftcompare.ui.gc_tuning import spare_what_is_loaded
from ftcompare.ui.pages.rate.page import RatePage
from ftcompare.ui.pages.rate.presenter import RatingPresenter
from ftcompare.ui.pages.rate.signals import RatingSignals
from ftcompare.ui.rating.preferences import keys_in_force, rate_preferences
from ftcompare.ui.settings_keeper import SettingsKeeper
from ftcompare.ui.shell.crash_dialog import CrashDialog, crashes_shown
from ftcompare.ui.shell.display_check import require_display
from ftcompare.ui.shell.study_commands import StudyActs
from ftcompare.ui.shell.window import NAME, MainWindow
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.icon_folder import remove_left_over
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.file_dialogs import FolderMemory, remember_in


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def run(study: Path | None, page: str = "") -> int:
    """Show the window until it is closed.

    Args:
        study: a study or a rater pack, opened at once; None for the first page.
        page: on which page of the study to begin; empty for where it was left.

    Returns:
        The exit status.

    Raises:
        EnvironmentFault: ``no-display`` or ``qt-libraries``.
    """
    require_display()
    application = make_application()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with open_window(application, clock=utc_now, rng=SystemRandom()) as window:
        window.show()
        spare_what_is_loaded()
        if study is not None:
            window.acts.open(study, page)
        return application.exec()


def make_application() -> QApplication:
    """The process's Qt application, in Qt's own style that our theme dresses."""
    present = QApplication.instance()
    application = present if isinstance(present, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName(NAME)
    application.setStyle("Fusion")
    return application


@contextmanager
def open_window(
    application: QApplication, *, clock: Callable[[], datetime], rng: Random
) -> Iterator[MainWindow]:
    """A window with all that it needs; at the end everything that was asked for is stored."""
    tasks = StudyTasks()
    keeper = SettingsKeeper(application_paths.settings_file(), tasks)
    remember_in(FolderMemory(lambda: keeper.now.folder, lambda folder: keeper.change(folder=folder)))
    remove_left_over()
    theme = Theme(keeper.now.theme, keeper.now.zoom)
    theme.apply(application)
    window = _made_window(theme, tasks, keeper, clock, rng)
    window.setStyleSheet(theme.style_sheet())
    theme.changed.connect(lambda: theme.apply(application))
    show_crash = partial(_show_crash, window)
    tasks.crashed.connect(show_crash)
    with crashes_shown(show_crash):
        try:
            yield window
        finally:
            window.close()
            tasks.shut_down()
            window.deleteLater()
            for part in (keeper, theme, tasks):
                part.deleteLater()
            # No event loop runs any more that would delete them.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            remember_in(FolderMemory())
            theme.remove_files()


def _made_window(
    theme: Theme, tasks: StudyTasks, keeper: SettingsKeeper, clock: Callable[[], datetime], rng: Random
) -> MainWindow:
    keys, conflict = keys_in_force(keeper.now.shortcuts)
    signals = RatingSignals()
    rate = RatePage(theme, signals, rate_preferences(keeper.now, keys))
    signals.setParent(rate)

    def remember(name: str) -> None:
        keeper.change(rater=name)

    RatingPresenter(signals, tasks, clock=clock, rng=rng, remember_rater=remember, parent=rate)
    acts = partial(StudyActs, clock=clock, rng=rng)
    window = MainWindow(theme, tasks, keeper, keys, acts, rate)
    signals.go.connect(window.trigger)
    signals.missed.connect(window.bar.show_error)
    signals.prefer_markdown.connect(lambda markdown: keeper.change(markdown=markdown))
    if conflict is not None:
        window.bar.show_error(conflict)
    return window


def _show_crash(window: MainWindow, error: BaseException) -> None:
    if window.findChild(CrashDialog) is None:
        CrashDialog(error, window).open()
