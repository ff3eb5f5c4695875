"""The tab of grades: it replaces those of pairs, and shows nothing of a system while the study is blinded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.raters.raters_overview import raters_overview
from ftcompare.core.language import set_wording
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.raters.rater_table import quality_columns, quality_row, with_values
from ftcompare.ui.pages.results.page import ResultsPage
from tests.builders import present
from tests.graded_studies import NOW, graded_study
from tests.ui.page_driver import enter, visible_text


@pytest.fixture(autouse=True)
def words_of_pairs() -> Iterator[None]:
    yield
    set_wording({})


def titles(page: ResultsPage) -> list[str]:
    bar = page.tabs.bar
    return [bar.tabText(place) for place in range(bar.count()) if bar.isTabVisible(place)]


@pytest.mark.parametrize("unblinded", [False, True])
def test_a_graded_study_has_its_own_tab(
    context: PageContext, tmp_path: Path, qtbot: QtBot, unblinded: bool
) -> None:
    path = graded_study(tmp_path / "s.ftstudy", ("Ann", "Bob", "Cid"), prompts=24)
    if unblinded:
        with StudyFile.open(path, now=NOW) as study:
            study.settings.unblind("done", now=NOW)
    page = enter(ResultsPage(context), context, qtbot, path)
    said = visible_text(page)
    assert titles(page) == ["Grades", "Automatic"]
    assert page.unblind_button.isVisible() is not unblinded
    assert ("tuned has the highest mean grade (2.75), clearly higher than all others." in said) is unblinded
    assert ("216 grades by 3 raters on 24 prompts." in said) is True
    assert ("tuned" in said) is unblinded
    assert "win rate" not in said.casefold()


def test_the_raters_page_has_columns_on_grades(tmp_path: Path) -> None:
    path = graded_study(tmp_path / "s.ftstudy", ("Ann",), prompts=24)
    with StudyFile.open(path, now=NOW) as study:
        study.settings.unblind("done", now=NOW)
        found = raters_overview(study)
    rows = [quality_row(found.work[0], present(found.quality).raters[0])]
    columns, (row,) = with_values(quality_columns(), rows)
    shown = {one.title: one.words(cell) for one, cell in zip(columns, row.cells, strict=True)}
    assert shown.keys() >= {"Mean\ngrade", "Spread of\ngrades", "Most frequent\ngrade"}
    assert (shown["Mean\ngrade"], shown["Seconds\nper pair"]) == ("2.25", "4")
    assert "Preference for\nthe left side" not in shown


def test_without_grades_the_page_leads_to_rating(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    page = enter(ResultsPage(context), context, qtbot, graded_study(tmp_path / "s.ftstudy"))
    said = visible_text(page)
    assert "No grades yet" in said
    assert "Grade the 36 answers." in said
