"""The rating page on a real study: a bench to sit at."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.app.commands import effective_keys
from ftcompare.core.blinding import BlindItem
from ftcompare.core.study import (
    JudgedRow,
)
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.pages.rate import RatePage
from ftcompare.ui.pages.rate_port import RatePreferences, RatingPort
from ftcompare.ui.pages.rate_state import State
from ftcompare.ui.rating_desk import DeskLink
from ftcompare.ui.tasks import StudyTasks
from ftcompare.ui.theme import Theme
from tests.ui.conftest import START, open_in


class Clock:
    """A monotonic time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A rating page at work on a study."""

    def __init__(self, theme: Theme, tasks: StudyTasks, qtbot: QtBot, **preferences: object) -> None:
        chosen: dict[str, object] = {"rater": "Ada", "reading_moment": 0.0, "keys": effective_keys({})}
        self.qtbot = qtbot
        self.tasks = tasks
        self.port = RatingPort()
        self.clock = Clock()
        self.raters: list[str] = []
        self.went: list[str] = []
        self.time = START + timedelta(hours=1)
        self.page = RatePage(theme, self.port, RatePreferences(**(chosen | preferences)), self.clock)  # type: ignore[arg-type]
        self.link = DeskLink(
            self.port,
            tasks,
            clock=self._tick,
            rng=Random(7),
            remember_rater=self.raters.append,
            parent=self.page,
        )
        self.port.setParent(self.page)
        self.port.go.connect(self.went.append)
        qtbot.addWidget(self.page)
        self.page.resize(1280, 720)
        with qtbot.waitActive(self.page):
            self.page.show()
            self.page.activateWindow()

    def _tick(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def until(self, *states: State) -> None:
        self.qtbot.waitUntil(lambda: self.page.state in states, timeout=5000)

    def start(self) -> Bench:
        self.page.enter()
        self.until(State.READY, State.DONE)
        return self

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is, as a person does."""
        QTest.keyClick(QApplication.focusWidget() or self.page, key, modifier)

    def judge(self, key: Qt.Key = Qt.Key.Key_Left) -> None:
        """Press an answer and wait for the next pair, or the end."""
        before = self.position
        self.key(key)
        self.qtbot.waitUntil(lambda: self.page.state in (State.READY, State.DONE) and self.position != before)

    @property
    def position(self) -> int:
        view = self.page._shown
        assert view is not None
        return view.judged + view.skipped

    @property
    def item(self) -> BlindItem:
        view = self.page._shown
        assert view is not None
        assert view.item is not None
        return view.item

    def at(self, position: int) -> None:
        """Wait until so many pairs are done and the next one is open."""
        self.qtbot.waitUntil(lambda: self.position == position and self.page.state is State.READY)

    @property
    def ended(self) -> bool:
        return self.page.state is State.DONE

    def stored(self, read: Callable[[StudyFile], typing.Any]) -> typing.Any:
        found: list[typing.Any] = []
        self.tasks.run(read, found.append)
        self.qtbot.waitUntil(lambda: bool(found))
        return found[0]

    def rows(self) -> list[JudgedRow]:
        return list(self.stored(lambda study: list(study.judged_rows())))

    def words(self, name: str) -> str:
        found = self.page.findChild(QLabel, name)
        assert isinstance(found, QLabel)
        return found.text()

    def click(self, name: str) -> None:
        found = self.page.findChild(QPushButton, name)
        assert isinstance(found, QPushButton), name
        assert found.isVisible(), name
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(theme: Theme, tasks: StudyTasks, qtbot: QtBot) -> Iterator[MakeBench]:
    made: list[Bench] = []

    def make(path: Path, **preferences: object) -> Bench:
        tasks.close_study()
        open_in(tasks, path, qtbot)
        made.append(Bench(theme, tasks, qtbot, **preferences))
        return made[-1]

    yield make
    for bench in made:
        bench.page.forget()
        bench.page.close()


@pytest.fixture
def bench(make_bench: MakeBench, study_path: Path) -> Bench:
    return make_bench(study_path).start()
