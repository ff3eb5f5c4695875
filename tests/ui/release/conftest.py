"""The Checkpoints tab in front of the Results page, on studies of several checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.release.tab import CheckpointsTab
from ftcompare.ui.pages.results.page import ResultsPage
from tests.ui.page_driver import child, enter, settle
from tests.ui.release.checkpoints_driver import EARLY, LATE, study_of


@pytest.fixture
def early(tmp_path: Path) -> Path:
    return study_of(tmp_path / "early.ftstudy", {"step-500": EARLY, "step-1k": EARLY})


@pytest.fixture
def late(tmp_path: Path) -> Path:
    return study_of(tmp_path / "late.ftstudy", {"step-2k": LATE})


@pytest.fixture
def opened(context: PageContext, qtbot: QtBot) -> Callable[..., CheckpointsTab]:
    """The tab in front of the Results page, on a study."""

    def open_tab(path: Path) -> CheckpointsTab:
        context.tasks.close_study()  # it may be this one
        page = enter(ResultsPage(context), context, qtbot, path)
        page.tabs.choose("checkpoints")
        settle(context, qtbot)
        return child(page, CheckpointsTab)

    return open_tab


@pytest.fixture
def tab(opened: Callable[[Path], CheckpointsTab], early: Path) -> CheckpointsTab:
    return opened(early)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    path = tmp_path / "release.toml"
    conditions = 'system = "step-1k"\nagainst = "base"\nmin_prompts = 10\nmin_win_rate = 0.5\n'
    path.write_text(conditions, encoding="utf-8")
    return path
