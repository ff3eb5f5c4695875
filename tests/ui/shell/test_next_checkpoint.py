"""Study → Continue with the next checkpoint…: the adapter, where to save, and the study that opens."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from PySide6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from ftcompare.app.demo import demo_plan
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.ui.shell.window import MainWindow
from tests.app.release.next_studies import MODEL, first_study
from tests.builders import present
from tests.ui.conftest import make_study
from tests.ui.shell.conftest import bar_words, opened

ADAPTER = demo_plan().adapters[0].path


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The study that is to be made; the dialogs choose it, and the demo's adapter."""
    path = tmp_path / "new.ftstudy"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: ADAPTER)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    return path


def systems_of(window: MainWindow, qtbot: QtBot) -> list[str]:
    """The names of the systems of the open study."""
    names: list[str] = []
    window.acts._context.tasks.run(lambda study: [one.name for one in study.systems.all()], names.extend)
    qtbot.waitUntil(lambda: bool(names))
    return names


def test_the_study_of_a_new_adapter_is_made_and_opened(
    window: MainWindow, new: Path, tmp_path: Path, rng: Random, now: datetime, qtbot: QtBot
) -> None:
    first_study(path := tmp_path / "first.ftstudy", rng, now).close()
    opened(window, path, qtbot)
    window.trigger("study.next")
    qtbot.waitUntil(lambda: present(window.study).path == new)
    qtbot.waitUntil(lambda: "It inherits the judgments of pairs whose" in bar_words(window))
    assert window.page == "generate"
    assert systems_of(window, qtbot) == ["base", "adapter"]


def test_of_several_adapters_one_is_chosen(
    window: MainWindow,
    new: Path,
    tmp_path: Path,
    rng: Random,
    now: datetime,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with first_study(path := tmp_path / "first.ftstudy", rng, now) as study:
        study.systems.add(SystemSpec("step-0", SystemKind.ADAPTER, model=MODEL, adapter="owner/step-0"))
    opened(window, path, qtbot)
    offered: list[str] = []

    def choose(*values: list[str]) -> tuple[str, bool]:
        offered.extend(values[3])
        return "step-0", True

    monkeypatch.setattr(QInputDialog, "getItem", choose)
    window.trigger("study.next")
    qtbot.waitUntil(lambda: present(window.study).path == new)
    assert offered == ["step-1", "step-0"]
    assert systems_of(window, qtbot) == ["base", "step-1", "adapter"]


@pytest.mark.parametrize("refused", ["blinded", "canceled"])
def test_without_an_unblinded_study_or_a_folder_nothing_is_made(
    window: MainWindow,
    new: Path,
    refused: str,
    tmp_path: Path,
    rng: Random,
    now: datetime,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "first.ftstudy"
    if refused == "blinded":
        make_study(path)
    else:
        first_study(path, rng, now).close()
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    opened(window, path, qtbot)
    window.trigger("study.next")
    if refused == "blinded":
        qtbot.waitUntil(lambda: "can be inherited after unblinding" in bar_words(window))
    qtbot.wait(50)
    assert present(window.study).path == path
    assert not new.exists()
