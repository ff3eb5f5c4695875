"""Live says that it cannot run here before it asks who votes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.application_paths import demo_resources
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.live.page import LivePage
from tests.ui.conftest import START, open_in
from tests.ui.live.conftest import PLAIN, make_study
from tests.ui.page_driver import settle, visible_text

NAMELESS = replace(PLAIN, rater="")
BASE, ADAPTER = demo_resources() / "base", demo_resources() / "adapter"
SERVER = "http://localhost:9/v1"


def opened(context: PageContext, path: Path, qtbot: QtBot) -> str:
    """What the page of a study says to somebody whose name is not known."""
    open_in(context.tasks, path, qtbot)
    return told(context, qtbot)


def told(context: PageContext, qtbot: QtBot) -> str:
    """The same of the study that is open."""
    page = LivePage(context, preferences=lambda: NAMELESS)
    qtbot.addWidget(page)
    page.resize(1280, 634)
    page.show()
    page.enter()
    settle(context, qtbot)
    shown = visible_text(page)
    page.shut_down()
    return shown


def without(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> None:
    monkeypatch.setattr(
        "ftcompare.engine.optional_dependencies.missing_libraries",
        lambda names=(): tuple(name for name in libraries if name in names),
    )


def test_a_model_that_is_missing_is_told_first(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    base = Path(shutil.copytree(BASE, tmp_path / "cardiology-base"))
    path = make_study(tmp_path / "live.ftstudy", str(base), str(ADAPTER))
    assert "Who is rating?" in opened(context, path, qtbot)
    shutil.rmtree(base)
    shown = told(context, qtbot)
    assert "A model is missing" in shown
    assert "Go to Setup" in shown
    assert "cardiology" not in shown
    assert "Who is rating?" not in shown


def test_an_adapter_that_is_missing_is_told_first(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = make_study(tmp_path / "live.ftstudy", str(BASE), str(tmp_path / "gone"))
    assert "A model is missing" in opened(context, path, qtbot)


def test_without_the_engine_that_is_told_first(
    context: PageContext, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_study(tmp_path / "live.ftstudy", str(BASE), str(ADAPTER))
    without(monkeypatch, "torch")
    shown = opened(context, path, qtbot)
    assert "The engine is not installed here" in shown
    assert "pip install" in shown


def test_served_systems_need_no_models_and_no_torch(
    context: PageContext, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_study(tmp_path / "live.ftstudy", "{}")
    with StudyFile.open(path, now=START) as study:
        for system in study.systems.all():
            study.systems.remove(system.id)
        study.systems.add(SystemSpec("one", SystemKind.SERVED, model="m", url=SERVER))
        study.systems.add(SystemSpec("two", SystemKind.SERVED, model="m", adapter="t", url=SERVER))
    without(monkeypatch, "torch")
    assert "Who is rating?" in opened(context, path, qtbot)
    without(monkeypatch, "httpx2")
    assert "The engine is not installed here" in told(context, qtbot)


def test_one_model_alone_is_told_first(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = make_study(tmp_path / "live.ftstudy", str(BASE), str(ADAPTER))
    with StudyFile.open(path, now=START) as study:
        study.systems.remove(study.systems.all()[1].id)
    assert "Live takes two models" in opened(context, path, qtbot)
