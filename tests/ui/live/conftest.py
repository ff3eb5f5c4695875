"""The live page on a study of the fake engine, driven as a person drives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from fake_backend import FAKE
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.commands_and_keys import effective_keys
from ftcompare.core.scale import Scale
from ftcompare.core.study import ComparisonKind, JudgedRow, Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from ftcompare.ui.pages.live.page import LivePage
from ftcompare.ui.pages.live.screens import LiveScreens
from ftcompare.ui.rating.commands import RatePreferences
from tests.builders import of_kind
from tests.ui.conftest import NOTICE, START, open_in
from tests.ui.page_driver import settle, visible_text

T = TypeVar("T")
PLAIN = RatePreferences(rater="Ada", reading_moment=0.0, second_press=0.0, keys=effective_keys({}))


def make_study(
    path: Path, model: str, adapter: str = "/the/cardiology/adapter", scale: Scale | None = None
) -> Path:
    """A study of two systems with nothing written. ``model`` is the fake's script, or a folder."""
    study = StudyFile.create(
        path, title="Heart review", scale=scale or Scale(), notice=NOTICE, rng=Random(1), now=START
    )
    with study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model=model))
        study.systems.add(SystemSpec("cardiology", SystemKind.ADAPTER, model=model, adapter=adapter))
        study.prompts.add(
            PromptSpec(f"p{n}", (Message("user", f"What is a stroke of kind {n}?"),)) for n in range(6)
        )
    return path


class Bench:
    def __init__(self, context: PageContext, path: Path, qtbot: QtBot) -> None:
        self.context = context
        self.path = path
        self.qtbot = qtbot
        self.pages: list[LivePage | GeneratePage] = []

    def start(
        self, preferences: RatePreferences = PLAIN, scale: Scale | None = None, **script: object
    ) -> Bench:
        if not self.path.exists():
            make_study(self.path, json.dumps(script), scale=scale)
        open_in(self.context.tasks, self.path, self.qtbot)
        self.page = LivePage(self.context, preferences=lambda: preferences, rng=Random(3), backend=FAKE)
        self.show(self.page)
        self.page.enter()
        settle(self.context, self.qtbot)
        if self.view.who.isVisible() and preferences.rater:  # The proposed name is taken.
            self.click("rater_start")
            settle(self.context, self.qtbot)
        return self

    def show(self, page: LivePage | GeneratePage) -> None:
        self.pages.append(page)
        self.qtbot.addWidget(page)
        page.resize(1280, 634)
        page.show()
        page.activateWindow()

    @property
    def view(self) -> LiveScreens:
        return self.page.view

    def type_and_enter(self, text: str) -> None:
        field = self.view.ask.field
        self.qtbot.waitUntil(field.isVisible)
        field.setFocus()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def ask(self, text: str = "Is tea healthy?") -> tuple[str, str]:
        """Ask, wait for the pair; its texts, left first."""
        self.type_and_enter(text)
        return self.pair()

    def pair(self) -> tuple[str, str]:
        self.qtbot.waitUntil(self.view.pair.isVisible)
        self.qtbot.waitUntil(lambda: not self.view.pair.judging.reading.isActive())
        return self.view.pair.pair.left.text.text, self.view.pair.pair.right.text.text

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.view, key, modifier)

    def asking(self) -> None:
        self.qtbot.waitUntil(self.view.ask.isVisible)
        settle(self.context, self.qtbot)

    def says(self, words: str) -> None:
        self.qtbot.waitUntil(lambda: words in visible_text(self.page))

    def button(self, name: str, parent: QWidget | None = None) -> QPushButton:
        return of_kind((parent or self.page).findChild(QPushButton, name), QPushButton)

    def click(self, name: str, parent: QWidget | None = None) -> None:
        button = self.button(name, parent)
        self.qtbot.waitUntil(button.isVisible)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def stored(self, read: Callable[[StudyFile], T]) -> T:
        found: list[T] = []
        self.context.tasks.run(read, found.append)
        self.qtbot.waitUntil(lambda: bool(found))
        return found[0]

    def votes(self, kind: ComparisonKind = ComparisonKind.LIVE) -> list[JudgedRow]:
        return self.stored(lambda study: list(study.judgments.standing(kind)))


@pytest.fixture
def bench(context: PageContext, tmp_path: Path, qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(context, tmp_path / "live.ftstudy", qtbot)
    yield made
    for page in made.pages:
        page.shut_down()
