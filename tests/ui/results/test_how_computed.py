"""“How is this computed?” on the Results page: every figure, with its formula and its numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.app.results.study_results import DetailedResults
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from tests.ui.page_driver import enter, press, visible_text
from tests.ui.results.results_driver import asks_of, explained, overview_of, panel_of
from tests.ui.results.test_results import computed, written


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


def test_the_rate_is_explained_with_its_numbers(
    page: ResultsPage, found: DetailedResults, qtbot: QtBot
) -> None:
    pair = found.results.summary.comparisons[0]
    press(page, "how_headline", qtbot)
    said = visible_text(panel_of(page))
    assert pair.win_rate.explanation in said
    assert pair.win_rate_over_raters is not None
    assert pair.win_rate_over_raters.explanation in said
    assert pair.win_rate.method in said
    assert "(wins + ties / 2) / judgments = (36 + 0 / 2) / 48" in said


def test_every_figure_has_its_explanation_with_its_numbers(page: ResultsPage) -> None:
    asks = asks_of(overview_of(page))
    assert set(asks) == {
        "Win rate",
        "Evidence",
        "E-value",
        "Evidence sentence",
        "Win rate so far, safe to watch",
        "Prompts still needed",
        "Judgments",
        "Wins of acme-tuned",
        "Wins of acme-plain",
        "About equal",
        "Both bad",
        "Agreement (α, ordinal)",
        "Left chosen",
        "At equal length",
        "Sign test",
        "P(acme-tuned better)",
        "What was lost",
    }
    told = {about: explained(page, ask) for about, ask in asks.items()}
    assert all(any(map(str.isdigit, words)) for words in told.values())
    assert "36 / 48 judgments = 75.0%." in told["Wins of acme-tuned"]
    assert "ahead on 18 prompts, acme-plain on 6, and 0 are without a favourite" in told["Sign test"]
    assert "p = 2 · P(X ≥ 18 of 24) = 0.0227" in told["Sign test"]
    assert "Beta(19, 7) above one half = 99.3%." in told["P(acme-tuned better)"]
    assert "It counts prompts won, here 18 : 6." in told["P(acme-tuned better)"]
    assert "18 of 24 decided prompts are won (75%), for which n = 30" in told["Prompts still needed"]
    assert "(30 − 24) / (1 − 0 / 24) = 6, rounded up" in told["Prompts still needed"]
    by_prompts = ("Sign test", "P(acme-tuned better)", "Prompts still needed")
    assert all("It speaks for these raters" in told[about] for about in by_prompts)
    assert (
        "general: win rate of acme-tuned = (wins + ties / 2) / judgments = (0 + 0 / 2) / 12"
        in told["What was lost"]
    )


def test_one_decided_judgment_a_prompt_gives_the_evidence_in_closed_form(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = written(tmp_path / "one.ftstudy", raters=("Ada",), prompts=8)
    page = enter(ResultsPage(context), context, qtbot, path)
    told = explained(page, asks_of(overview_of(page))["E-value"])
    assert "E = 2ⁿ / ((n + 1) · C(n, k)) with n = 8, k = 6. Now it is 1." in told


def test_closing_an_explanation_gives_the_focus_back(page: ResultsPage, qtbot: QtBot) -> None:
    ask = asks_of(overview_of(page))["Sign test"]
    QTest.mouseClick(ask, Qt.MouseButton.LeftButton)
    assert panel_of(page).close_button.hasFocus()
    assert not overview_of(page).judgments.isVisible()
    QTest.keyClick(panel_of(page).close_button, Qt.Key.Key_Escape)
    assert ask.hasFocus()
    assert overview_of(page).judgments.isVisible()
