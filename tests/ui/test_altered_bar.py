"""The window tells above figures and rows that a study was altered, and writes no rows of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ftcompare.ui.context import Page, PageContext
from ftcompare.ui.pages.export.page import ExportPage
from ftcompare.ui.pages.raters.page import RatersPage
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.pages.terms.page import TermsPage
from ftcompare.ui.widgets.altered_bar import AlteredBar
from tests.app.report_studies import judged_study
from tests.app.test_alteration import ALTERATIONS, alter
from tests.ui.page_driver import enter, settle

PAGES: tuple[Callable[[PageContext], Page], ...] = (ResultsPage, TermsPage, RatersPage, ExportPage)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Judged by three, unblinded."""
    return judged_study(tmp_path_factory.mktemp("bar") / "whole.ftstudy", prompts=6)


def bar_of(page: QWidget) -> AlteredBar:
    bar = page.findChild(AlteredBar)
    assert isinstance(bar, AlteredBar)
    return bar


@pytest.mark.parametrize("make", PAGES)
def test_an_altered_study_has_a_caution_on_the_page(
    make: Callable[[PageContext], Page], whole: Path, tmp_path: Path, context: PageContext, qtbot: QtBot
) -> None:
    path = Path(shutil.copy(whole, tmp_path))
    alter(path, ALTERATIONS["choice"])
    page = enter(make(context), context, qtbot, path)
    qtbot.waitUntil(lambda: not bar_of(page).isHidden(), timeout=30_000)
    assert bar_of(page).text.text().startswith("This study was altered: judgments of Ada: judgment ")
    if isinstance(page, ExportPage):
        assert not page.save.isEnabled()


@pytest.mark.parametrize("make", PAGES)
def test_an_unaltered_study_has_none(
    make: Callable[[PageContext], Page], whole: Path, tmp_path: Path, context: PageContext, qtbot: QtBot
) -> None:
    page = enter(make(context), context, qtbot, Path(shutil.copy(whole, tmp_path)))
    settle(context, qtbot)
    assert bar_of(page).isHidden()
