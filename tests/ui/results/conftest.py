"""A study judged by a rule, and the Results page on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.results.study_results import DetailedResults
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from tests.ui.page_driver import enter
from tests.ui.results.judged_study import computed, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "acme.ftstudy")


@pytest.fixture
def found(path: Path) -> DetailedResults:
    """What the operation says of the study, computed before a page has it open."""
    return computed(path)


@pytest.fixture
def page(context: PageContext, path: Path, found: DetailedResults, qtbot: QtBot) -> ResultsPage:
    return enter(ResultsPage(context), context, qtbot, path)
