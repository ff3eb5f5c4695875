"""What a page has under way for a study that is left is never done to the one opened in its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from ftcompare.app.release.history_sources import kept_others
from ftcompare.app.results.contamination import KeptLeakage, kept_leakage
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.release.history_panel import LedgerPanel
from ftcompare.ui.pages.results.breakdown.contamination_card import LeakageCard
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.shell.window import MainWindow
from tests.ui.conftest import START
from tests.ui.page_driver import settle
from tests.ui.release.checkpoints_driver import EARLY, study_of
from tests.ui.shell.conftest import bar_words, opened


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return study_of(tmp_path / "first.ftstudy", {"step-500": EARLY})


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return study_of(tmp_path / "second.ftstudy", {"step-1k": EARLY})


@pytest.fixture
def results(window: MainWindow, first: Path, qtbot: QtBot) -> ResultsPage:
    """The Results page of the first study."""
    opened(window, first, qtbot, "results")
    settle(window.context, qtbot)
    page = window.page_widget("results")
    assert isinstance(page, ResultsPage)
    return page


@pytest.fixture
def held(window: MainWindow) -> Iterator[threading.Event]:
    """Set to let the study's thread go on."""
    free = threading.Event()
    yield free
    free.set()


def open_once_freed(window: MainWindow, path: Path, held: threading.Event) -> None:
    """Ask for another study, which opens when the thread is let go."""
    window.context.tasks.call(lambda: held.wait(20), lambda _: None)
    window.acts.open(path)


def arrived(window: MainWindow, path: Path, held: threading.Event, qtbot: QtBot) -> None:
    held.set()
    qtbot.waitUntil(lambda: window.study is not None and window.study.path == path)
    settle(window.context, qtbot)
    window.acts.close()
    settle(window.context, qtbot)


def test_a_leakage_finding_is_not_kept_with_another_study(
    window: MainWindow,
    results: ResultsPage,
    second: Path,
    held: threading.Event,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    training = tmp_path / "train.jsonl"
    training.write_text('{"prompt": "Question 1", "completion": "x"}\n', encoding="utf-8")
    results.tabs.choose("where")
    card = results.findChild(LeakageCard)
    assert isinstance(card, LeakageCard)
    card.start(training)
    open_once_freed(window, second, held)
    qtbot.waitUntil(lambda: not card.cancel_button.isEnabled())  # it was found and is about to be kept
    arrived(window, second, held, qtbot)
    assert leakage_of(second) is None


def leakage_of(path: Path) -> KeptLeakage | None:
    with StudyFile.open(path, now=START) as study:
        return kept_leakage(study)


def test_studies_added_to_a_ledger_are_not_kept_with_another_study(
    window: MainWindow,
    results: ResultsPage,
    second: Path,
    held: threading.Event,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    results.tabs.choose("checkpoints")
    settle(window.context, qtbot)
    panel = results.findChild(LedgerPanel)
    assert isinstance(panel, LedgerPanel)
    panel.add([study_of(tmp_path / "third.ftstudy", {"step-2k": EARLY})])
    open_once_freed(window, second, held)
    qtbot.waitUntil(lambda: not panel.work.running)  # it was read and is about to be remembered
    arrived(window, second, held, qtbot)
    with StudyFile.open(second, now=START) as study:
        assert kept_others(study) == ()


def test_a_report_under_way_when_the_window_closes_is_written_whole(
    window: MainWindow, results: ResultsPage, held: threading.Event, qtbot: QtBot, tmp_path: Path
) -> None:
    crashes: list[Exception] = []
    window.context.tasks.crashed.connect(crashes.append)
    target = tmp_path / "report.html"
    window.context.tasks.call(lambda: held.wait(20), lambda _: None)
    results.report_button.save(target)
    window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    held.set()
    settle(window.context, qtbot)
    assert crashes == []
    assert "</html>" in target.read_text(encoding="utf-8")


def test_a_leakage_check_under_way_when_the_window_closes_ends(
    window: MainWindow, results: ResultsPage, qtbot: QtBot, tmp_path: Path
) -> None:
    training = tmp_path / "train.jsonl"
    training.write_text('{"prompt": "Question 1", "completion": "x"}\n' * 1_000_000, encoding="utf-8")
    results.tabs.choose("where")
    card = results.findChild(LeakageCard)
    assert isinstance(card, LeakageCard)
    card.start(training)
    qtbot.waitUntil(lambda: any(thread.name == "training" for thread in threading.enumerate()))
    window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qtbot.waitUntil(lambda: not any(thread.name == "training" for thread in threading.enumerate()))


def test_what_a_page_asks_of_a_study_that_is_closing_is_no_error(
    window: MainWindow, results: ResultsPage, held: threading.Event, qtbot: QtBot
) -> None:
    window.context.tasks.call(lambda: held.wait(20), lambda _: None)
    window.acts.close()
    results.enter()
    held.set()
    qtbot.waitUntil(lambda: window.page == "welcome")
    settle(window.context, qtbot)
    assert bar_words(window).strip() == ""
