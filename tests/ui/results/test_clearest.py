"""The prompts that a system won and lost most clearly, on the Overview of real studies."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.widgets.controls import LinkButton
from tests.ui.page_driver import enter, settle, visible_text
from tests.ui.results.judged_study import written
from tests.ui.results.results_driver import asks_of, explained, overview_of


def links(card: TitledCard) -> dict[str, LinkButton]:
    """The prompts of a card, by their whole text."""
    return {link.accessibleName(): link for link in card.findChildren(LinkButton) if link.isVisible()}


def test_three_prompts_of_each_kind_lead_to_their_answers(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    page = enter(ResultsPage(context), context, qtbot, written(tmp_path / "s.ftstudy"))
    overview = overview_of(page)
    card = overview.clearest
    # The tuned system wins all but every fourth prompt, which is general; of equals the first by key.
    won, lost = [f"heart question {n}" for n in (1, 10, 11)], [f"general question {n}" for n in (0, 12, 16)]
    assert list(links(card)) == [*won, *lost]
    said = visible_text(card).splitlines()
    assert said.index("Clearest for acme-tuned") < said.index("Clearest for acme-plain")
    assert said.count("100%") == 6
    assert said.count("of 2 votes") == 6
    assert "75% of the votes at least" in explained(page, asks_of(card)["Won and lost most clearly"])
    QTest.mouseClick(links(card)["general question 12"], Qt.MouseButton.LeftButton)
    settle(context, qtbot)
    assert {str(row.cells[0]) for row in page.comparisons.table.model.shown} == {"general question 12"}
    assert len(page.comparisons.table.model.shown) == 2


def test_none_is_told_while_blinded(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    blinded = enter(ResultsPage(context), context, qtbot, written(tmp_path / "b.ftstudy", unblinded=False))
    assert not overview_of(blinded).clearest.isVisible()
