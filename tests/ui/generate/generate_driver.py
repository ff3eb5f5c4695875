"""A study to be written by the fake engine, and ways to use the Generate page on it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from tests.builders import built_once
from tests.ui.conftest import NOTICE, START, open_in
from tests.ui.page_driver import child
from tests.ui.shown_text import shown_text

PROMPTS = 8


@built_once
def make_written(
    path: Path, model: str, adapter: str = "/the/cardiology/adapter", prompts: int = PROMPTS
) -> Path:
    """A study of two systems with nothing written. ``model`` is the fake's script, or a folder."""
    study = StudyFile.create(
        path, title="Heart review", scale=Scale(), notice=NOTICE, rng=Random(1), now=START
    )
    with study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model=model))
        study.systems.add(SystemSpec("cardiology", SystemKind.ADAPTER, model=model, adapter=adapter))
        study.prompts.add(
            PromptSpec(f"p{n}", (Message("user", f"What is a stroke of kind {n}?"),)) for n in range(prompts)
        )
    return path


def open_with(page: GeneratePage, context: PageContext, path: Path, qtbot: QtBot, **script: object) -> None:
    """Open a study whose fake engine follows a script, and come to the page."""
    open_in(context.tasks, make_written(path, json.dumps(script)), qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())


def button(page: QWidget, name: str) -> QPushButton:
    return child(page, QPushButton, name)


def click(page: QWidget, name: str) -> None:
    QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)


def says(qtbot: QtBot, page: QWidget, words: str) -> None:
    qtbot.waitUntil(lambda: words in shown_text(page))


def idle(qtbot: QtBot, page: GeneratePage) -> None:
    qtbot.waitUntil(lambda: not page.runner.running)


def written(context: PageContext, qtbot: QtBot) -> int:
    found: list[int] = []
    context.tasks.run(lambda study: study.counts().pairs_written, found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]
