"""The prompts that a system won and lost most clearly, on the Overview of real studies."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.ui.figures.cards import FiguresCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.widgets.controls import LinkButton
from tests.ui.page_driver import enter, settle, visible_text
from tests.ui.results.judged_study import written
from tests.ui.results.results_driver import asks_of, explained, overview_of


def links(card: FiguresCard) -> dict[str, LinkButton]:
    """The prompts of a card, by their whole text."""
    return {link.accessibleName(): link for link in card.findChildren(LinkButton) if link.isVisible()}


def test_three_prompts_of_each_kind_lead_to_their_answers(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = enter(ResultsPage(context), context, qtbot, written(tmp_path / "s.ftstudy"))
    overview = overview_of(page)
    # The tuned system wins all but every fourth prompt, which is general; of equals the first by key.
    assert list(links(overview.won)) == ["heart question 1", "heart question 10", "heart question 11"]
    assert list(links(overview.lost_prompts)) == [f"general question {n}" for n in (0, 12, 16)]
    said = visible_text(overview.lost_prompts).splitlines()
    assert said[0] == "LOST MOST CLEARLY"
    assert "Clearest for acme-plain" in said
    assert said.count("100%") == 3
    assert said.count("n = 2 judgments") == 3
    assert "75% of the votes at least" in explained(page, asks_of(overview.won)["Won most clearly"])
    QTest.mouseClick(links(overview.lost_prompts)["general question 12"], Qt.MouseButton.LeftButton)
    settle(context, qtbot)
    assert {str(row.cells[0]) for row in page.comparisons.table.model.shown} == {"general question 12"}
    assert len(page.comparisons.table.model.shown) == 2


def test_none_is_told_while_blinded_or_where_none_is_clear(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    blinded = enter(ResultsPage(context), context, qtbot, written(tmp_path / "b.ftstudy", unblinded=False))
    for card in (overview_of(blinded).won, overview_of(blinded).lost_prompts):
        assert not card.isVisible()
