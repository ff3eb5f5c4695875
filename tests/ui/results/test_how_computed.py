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
from tests.ui.results.judged_study import computed, written
from tests.ui.results.results_driver import (
    asks_of,
    explained,
    overview_of,
    panel_of,
    titles,
)

TRUST = "Can you trust the raters?"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three raters: enough to speak for others."""
    return written(tmp_path / "acme.ftstudy", raters=("Ada", "Ben", "Cleo"))


def test_the_rate_is_explained_with_its_numbers(
    page: ResultsPage, found: DetailedResults, qtbot: QtBot
) -> None:
    pair = found.results.summary.comparisons[0]
    press(page, "how_headline", qtbot)
    said = visible_text(panel_of(page))
    assert pair.win_rate.explanation in said
    assert pair.win_rate_over_raters is not None
    assert pair.win_rate_over_raters.low is not None
    assert pair.win_rate_over_raters.explanation in said
    assert pair.win_rate_over_raters.method in said
    assert "(wins + ties / 2) / judgments = (54 + 0 / 2) / 72" in said


def test_each_card_has_one_button_that_explains_all_its_figures(page: ResultsPage) -> None:
    asks = asks_of(overview_of(page))
    assert {about: titles(page, ask) for about, ask in asks.items()} == {
        "Win rate": ["Win rate"],
        "Evidence": [
            "Win rate of acme-tuned, at any time",
            "Prompts that a new study needs",
            "Sign test",
            "Probability that acme-tuned wins more prompts",
        ],
        "Evidence after each prompt": ["Evidence"],
        "Judgments": ["Judgments"],
        TRUST: [
            "Agreement",
            "Preference for the left side",
            "If answers were equally long",
            "If answers were equally long and alike in style",
        ],
    }


def test_every_figure_is_explained_with_its_numbers(page: ResultsPage) -> None:
    told = {about: explained(page, ask) for about, ask in asks_of(overview_of(page)).items()}
    assert all(any(map(str.isdigit, words)) for words in told.values())
    assert "Wins of acme-tuned: 54 of 72 judgments, 75.0%." in told["Judgments"]
    assert "ahead on 18 prompts, acme-plain on 6, and 0 are without a favorite" in told["Evidence"]
    assert "p = 2 · P(X ≥ 18 of 24) = 0.0227" in told["Evidence"]
    assert "Beta(19, 7) above one half = 99.3%." in told["Evidence"]
    assert "It counts prompts won, here 18 : 6." in told["Evidence"]
    assert "Here the claim is made." in told["Evidence"]
    assert "It applies to these raters" in told["Evidence"]


def test_two_raters_are_told_to_be_too_few_for_an_interval_over_raters(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = written(tmp_path / "two.ftstudy")
    pair = computed(path).results.summary.comparisons[0]
    page = enter(ResultsPage(context), context, qtbot, path)
    press(page, "how_headline", qtbot)
    said = visible_text(panel_of(page))
    assert pair.win_rate_over_raters is not None
    assert pair.win_rate_over_raters.low is None
    assert pair.win_rate.explanation in said
    assert pair.win_rate.method in said
    assert "2 of 2 raters have 5 judgments or more, and 3 are needed to generalize to others" in said
    QTest.keyClick(panel_of(page), Qt.Key.Key_Escape)
    asks = asks_of(overview_of(page))
    assert "It applies to these raters on other prompts" not in explained(page, asks[TRUST])
    assert "For other raters of this kind, more is needed" not in explained(page, asks["Evidence"])


def test_one_decided_judgment_a_prompt_gives_the_evidence_in_closed_form(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = written(tmp_path / "one.ftstudy", raters=("Ada",), prompts=8)
    page = enter(ResultsPage(context), context, qtbot, path)
    told = explained(page, asks_of(overview_of(page))["Evidence after each prompt"])
    assert "E = 2ⁿ / ((n + 1) · C(n, k)) with n = 8, k = 6. Now it is 1." in told


def test_closing_an_explanation_gives_the_focus_back(page: ResultsPage, qtbot: QtBot) -> None:
    ask = asks_of(overview_of(page))[TRUST]
    ask.setFocus()
    QTest.keyClick(ask, Qt.Key.Key_Return)
    assert panel_of(page).close_button.hasFocus()
    assert not page.panel.isVisible()
    QTest.keyClick(panel_of(page).close_button, Qt.Key.Key_Escape)
    assert ask.hasFocus()
    assert page.panel.isVisible()
