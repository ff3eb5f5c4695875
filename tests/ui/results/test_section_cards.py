"""Sections of blocks as cards: what a measure has to show without a widget of its own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from ftcompare.app.results.presentation.blocks import (
    Column,
    Explanation,
    Facts,
    Figure,
    Figures,
    Paragraph,
    Picture,
    Section,
    Subheading,
    Table,
    Tone,
)
from ftcompare.app.results.presentation.chart_data import (
    ReliabilityDiagram,
    ReliabilityPanel,
    ReliabilityPoint,
)
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.study import PromptId
from ftcompare.ui.figures.cards import ParagraphLine
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.figures.section_cards import SectionCards
from ftcompare.ui.page_context import PageContext
from tests.ui.page_driver import visible_text

HOW = Explanation("How", ("It is counted.",))
POINT = ReliabilityPoint(0.5, 0.5, 0.4, 0.6, 10)
DIAGRAM = ReliabilityDiagram((ReliabilityPanel("One", (POINT,), "n = 10"),))
SECTION = Section(
    "judges",
    "Judges",
    (
        Paragraph("Two judges were asked.", Tone.LEAD, HOW),
        Subheading("Agreement"),
        Figures("agreement", "Of both", (Figure("kappa", "κ", 0.5, Explanation("Kappa", ("Cohen's.",))),)),
        Facts((("Judge", "a model <b>of</b> ours"),)),
        Table("Verdicts", (Column("Judge"), Column("Left", numbers=True)), (("One", "12"),), HOW),
        Table("", (Column("Other"),), (("Nothing",),)),
        Picture(
            ReliabilityDiagram((ReliabilityPanel("One", (POINT,), "n = 10"),)),
            "As sure as right",
            "Sure",
            HOW,
        ),
        Explanation("Whole", ("All of it.",)),
    ),
)


@pytest.fixture
def explained() -> list[Sequence[Explanation]]:
    return []


@pytest.fixture
def cards(context: PageContext, qtbot: QtBot, explained: list[Sequence[Explanation]]) -> SectionCards:
    made = SectionCards(context, explained.append)
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_block_is_shown(cards: SectionCards, explained: list[Sequence[Explanation]]) -> None:
    cards.show_sections([SECTION])
    told = visible_text(cards)
    for words in ("Two judges were asked.", "Agreement", "κ", "50%", "Verdicts", "12", "As sure as right"):
        assert words in told
    assert "a model <b>of</b> ours" in told
    assert [grid.accessibleName() for grid in cards.findChildren(FigureGrid)] == ["Verdicts", "Judges"]
    assert len(cards.findChildren(FigureCard)) == 1
    ask = next(b for b in cards.findChildren(QAbstractButton) if "computed? (Judges)" in b.accessibleName())
    ask.click()
    assert [how.title for how in explained[0]] == ["How", "Kappa", "Whole"]


def test_the_same_sections_stay_and_others_replace_them(cards: SectionCards) -> None:
    cards.show_sections([SECTION])
    before = cards.findChildren(QLabel)
    cards.show_sections([SECTION])
    assert cards.findChildren(QLabel) == before
    cards.show_sections([Section("x", "Else", (Paragraph("Something else."),))])
    assert "Something else." in visible_text(cards)
    assert "Two judges were asked." not in visible_text(cards)


def test_a_paragraph_leads_to_its_judged_pairs_where_they_can_be_opened(
    context: PageContext, qtbot: QtBot, cards: SectionCards
) -> None:
    part = Part(Dimension.DIFFERING, "judge", pairs=frozenset({(PromptId(3), ("a", "b"))}))
    section = Section("judge", "Judge", (Paragraph("On 1 pair they differ.", judged=part, link="Look"),))
    picked: list[Part] = []
    leading = SectionCards(context, lambda _: None, picked.append)
    qtbot.addWidget(leading)
    leading.show()
    leading.show_sections([section])
    assert "On 1 pair they differ." in visible_text(leading)
    leading.findChildren(ParagraphLine)[0].link.click()
    assert picked == [part]
    cards.show_sections([section])
    assert "On 1 pair they differ." in visible_text(cards)
    assert not cards.findChildren(ParagraphLine)
