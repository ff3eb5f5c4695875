"""The window tells above figures and rows that a study was altered, and writes no rows of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.study.opening import open_study
from ftcompare.ui.figures.cards import AlteredBar
from ftcompare.ui.page_context import Page, PageContext
from ftcompare.ui.pages.export.page import ExportPage
from ftcompare.ui.pages.raters.page import RatersPage
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.pages.review.page import ReviewPage
from tests.app.report.report_studies import judged_study
from tests.app.study.test_altered_study import ALTERATIONS, alter
from tests.ui.conftest import Recorder
from tests.ui.page_driver import child, enter, press, settle, visible_text

PAGES: tuple[Callable[[PageContext], Page], ...] = (ResultsPage, ReviewPage, RatersPage, ExportPage)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Judged by three, unblinded."""
    return judged_study(tmp_path_factory.mktemp("bar") / "whole.ftstudy", prompts=6)


def bar_of(page: QWidget) -> AlteredBar:
    return child(page, AlteredBar)


@pytest.mark.parametrize("make", PAGES)
def test_an_altered_study_has_a_caution_on_the_page(
    make: Callable[[PageContext], Page],
    whole: Path,
    tmp_path: Path,
    context: PageContext,
    qtbot: QtBot,
    recorder: Recorder,
) -> None:
    path = Path(shutil.copy(whole, tmp_path))
    alter(path, ALTERATIONS["choice"])
    page = enter(make(context), context, qtbot, path)
    qtbot.waitUntil(lambda: not bar_of(page).isHidden())
    told = bar_of(page).text.text()
    assert told.startswith("This study was altered: judgments of Ada: judgment ")
    assert "`" not in told
    assert "ftcompare" not in told
    assert bar_of(page).backup.isHidden()
    press(page, "altered_check", qtbot)
    assert recorder.triggered[-1] == "study.check"
    if isinstance(page, ExportPage):
        assert not page.save.isEnabled()
        assert visible_text(page).count("This study was altered") == 1


def test_a_backup_is_offered_where_there_is_one(
    whole: Path, tmp_path: Path, context: PageContext, qtbot: QtBot, recorder: Recorder, now: datetime
) -> None:
    path = Path(shutil.copy(whole, tmp_path))
    open_study(path, now=now).close()
    alter(path, ALTERATIONS["choice"])
    page = enter(ExportPage(context), context, qtbot, path)
    qtbot.waitUntil(lambda: bar_of(page).backup.isVisible())
    press(page, "altered_backup", qtbot)
    assert recorder.triggered[-1] == "study.open_unaltered_backup"


@pytest.mark.parametrize("make", PAGES)
def test_an_unaltered_study_has_none(
    make: Callable[[PageContext], Page], whole: Path, tmp_path: Path, context: PageContext, qtbot: QtBot
) -> None:
    page = enter(make(context), context, qtbot, Path(shutil.copy(whole, tmp_path)))
    settle(context, qtbot)
    assert bar_of(page).isHidden()
