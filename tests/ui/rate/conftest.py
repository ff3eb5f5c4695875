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

from ftcompare.app.commands_and_keys import effective_keys
from ftcompare.app.rate.rating_session import RatingPhase
from ftcompare.core.blinding import BlindItem
from ftcompare.core.rating_design import PracticeItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft, JudgedRow, Message, RaterId
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.page import RatePage
from ftcompare.ui.pages.rate.presenter import RatingPresenter
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.rating.commands import RatePreferences
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import Theme
from tests.builders import built_once, present
from tests.ui.conftest import START, make_study, open_in
from tests.ui.page_driver import child

CRITERIA = ("Accuracy", "Tone", "Completeness")
REASONS = ("Wrong term", "Too long", "Unsafe advice")
STANDING = (RateState.READY, RateState.SKIPPED, RateState.DONE)
"""Nothing is under way: something is asked, or nothing is left."""
PRACTICE = (
    PracticeItem(
        (Message("user", "What is a stent?"),), "A small tube.", "A drug.", Choice.LEFT, "It is a tube."
    ),
    PracticeItem((Message("user", "Hello"),), "Hello.", "Hi."),
)


@built_once
def make_rated(
    path: Path, scale: Scale | None = None, design: RatingDesign | None = None, *, pairs: int = 12
) -> Path:
    """A study as `make_study` writes it, unjudged, rated with a scale and by a design."""
    make_study(path, judged=0, pairs=pairs)
    with StudyFile.open(path, now=START) as study:
        study.settings.set_rating(scale or Scale(), design or RatingDesign(), now=START)
    return path


class Clock:
    """A monotonic time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    def __init__(self, theme: Theme, tasks: StudyTasks, qtbot: QtBot, **preferences: typing.Any) -> None:
        chosen: dict[str, typing.Any] = {"rater": "Ada", "reading_moment": 0.0, "keys": effective_keys({})}
        self.rater = str((chosen | preferences)["rater"])
        self.qtbot = qtbot
        self.tasks = tasks
        self.clock = Clock()
        self.raters: list[str] = []
        self.went: list[str] = []
        self.time = START + timedelta(hours=1)
        self.requests = RatingPresenter(
            tasks, clock=self._tick, rng=Random(7), remember_rater=self.raters.append
        )
        self.page = RatePage(theme, self.requests, RatePreferences(**(chosen | preferences)), self.clock)
        self.requests.attach(self.page)
        self.page.go.connect(self.went.append)
        qtbot.addWidget(self.page)
        self.page.resize(1280, 720)
        with qtbot.waitActive(self.page):
            self.page.show()
            self.page.activateWindow()

    def _tick(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def until(self, *states: RateState) -> None:
        self.qtbot.waitUntil(lambda: self.page.state in states)

    def enter(self) -> None:
        """Come to the page; where it asks who rates, name the rater."""
        self.page.enter()
        self.settle()
        who = self.page.view.who
        if who.isVisible():
            if who.name.hasFocus():
                who.name.setText(self.rater)
            self.key(Qt.Key.Key_Return)

    def start(self) -> Bench:
        self.enter()
        self.until(*STANDING)
        QApplication.processEvents()  # what was set is laid out by a posted event
        return self

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is, as a person does."""
        QTest.keyClick(QApplication.focusWidget() or self.page, key, modifier)

    def settle(self) -> None:
        """Let what was asked of the study happen, and the window take it in."""
        self.stored(lambda log: None)
        QApplication.processEvents()

    def judge(self, key: Qt.Key = Qt.Key.Key_Left) -> None:
        """Press an answer and wait for the next pair, or the end."""
        before = self.position
        self.key(key)
        self.qtbot.waitUntil(lambda: self.page.state in STANDING and self.position != before)

    def guess(self, side: Qt.Key, sure: Qt.Key | None = None) -> None:
        """Point at a side, say how sure, and wait for what comes next."""
        before = self.page.shown
        self.key(side)
        if sure is not None:
            self.key(sure)
        self.qtbot.waitUntil(lambda: self.page.shown is not before)
        self.until(*STANDING)

    def phase(self) -> RatingPhase:
        view = present(self.page.shown)
        return view.phase

    @property
    def draft(self) -> Draft:
        found = self.stored(lambda log: log.judgments.next_item(RaterId(1)))
        return typing.cast("BlindItem", found).draft

    @property
    def position(self) -> int:
        view = present(self.page.shown)
        return view.judged + view.skipped

    @property
    def item(self) -> BlindItem:
        view = present(self.page.shown)
        assert view.item is not None
        return view.item

    def at(self, position: int) -> None:
        """Wait until so many pairs are done and the next one is open."""
        self.qtbot.waitUntil(lambda: self.position == position and self.page.state is RateState.READY)

    @property
    def ended(self) -> bool:
        return self.page.state is RateState.DONE

    def stored(self, read: Callable[[typing.Any], typing.Any]) -> typing.Any:
        found: list[typing.Any] = []
        self.tasks.rate(read, found.append)
        self.qtbot.waitUntil(lambda: bool(found))
        return found[0]

    def rows(self) -> list[JudgedRow]:
        return list(self.stored(lambda study: list(study.judgments.standing())))

    def words(self, name: str) -> str:
        found = child(self.page, QLabel, name)
        return found.text()

    def click(self, name: str) -> None:
        found = child(self.page, QPushButton, name)
        assert found.isVisible(), name
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)


MakeBench = Callable[..., Bench]


def open_pack_in(tasks: StudyTasks, path: Path, qtbot: QtBot) -> None:
    opened: list[bool] = []
    tasks.use(lambda: PackFile.open(path), lambda: opened.append(True))
    qtbot.waitUntil(lambda: bool(opened))


@pytest.fixture
def make_bench(theme: Theme, tasks: StudyTasks, qtbot: QtBot) -> Iterator[MakeBench]:
    made: list[Bench] = []

    def make(path: Path, **preferences: object) -> Bench:
        tasks.close_study()
        (open_in if path.suffix == ".ftstudy" else open_pack_in)(tasks, path, qtbot)
        made.append(Bench(theme, tasks, qtbot, **preferences))
        return made[-1]

    yield make
    for bench in made:
        bench.page.forget()
        bench.page.close()


@pytest.fixture
def bench(make_bench: MakeBench, study_path: Path) -> Bench:
    return make_bench(study_path).start()
