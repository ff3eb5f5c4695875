"""Sections of blocks as cards: what a measure has to show without a widget of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton
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
from ftcompare.core.study import PromptId, RaterKind
from ftcompare.ui.figures.cards import ParagraphLine
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.figures.section_cards import SectionCards
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.tab import AutomaticTab
from ftcompare.ui.pages.results.page import ResultsPage
from tests.app.voted_study import voted, voted_study
from tests.ui.conftest import START, open_in
from tests.ui.page_driver import child, enter, on_screen, settle, visible_text
from tests.ui.results.judged_study import written
from tests.ui.results.results_driver import click_tab

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
    return on_screen(SectionCards(context, explained.append), qtbot)


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
    leading = on_screen(SectionCards(context, lambda _: None, picked.append), qtbot)
    leading.show_sections([section])
    assert "On 1 pair they differ." in visible_text(leading)
    leading.findChildren(ParagraphLine)[0].link.click()
    assert picked == [part]
    cards.show_sections([section])
    assert "On 1 pair they differ." in visible_text(cards)
    assert not cards.findChildren(ParagraphLine)


# Judges that are programs on the tab “Automatic”: their cards, and the pairs on which people differ.


@pytest.fixture
def tab(context: PageContext, tmp_path: Path, qtbot: QtBot) -> AutomaticTab:
    votes = [voted(f"p{n}", "Ann", "ab"[n % 3 > 0], prompt_id=f"p{n}") for n in range(12)]
    votes += [
        voted(f"p{n}", "judge", "ab"[n % 4 > 0], rater_kind=RaterKind.AUTOMATIC, prompt_id=f"p{n}")
        for n in range(20)
    ]
    voted_study(tmp_path / "v.ftstudy", votes, Random(1), START).close()
    page = enter(ResultsPage(context), context, qtbot, tmp_path / "v.ftstudy")
    click_tab(page, "automatic")
    settle(context, qtbot)
    found = child(page, AutomaticTab)
    (group,) = [group for group in found.view.table.matrix.groups if group.key == "judges"]
    found.view.details_opened.emit(group)
    settle(context, qtbot)
    return found


def test_each_judge_has_a_card_and_the_win_rate_with_its_judgments_its_own(tab: AutomaticTab) -> None:
    told = visible_text(tab).casefold()
    for words in (
        "Judge: judge",
        "Its judgments were imported; 20 votes.",
        "Cohen's κ with people",
        "People's win rate with a program's further judgments",
        "Equivalent number of people's prompts",
        "It is shown beside people's own results and not mixed into them.",
    ):
        assert words.casefold() in told


def test_the_pairs_on_which_people_differ_can_be_opened(tab: AutomaticTab) -> None:
    asked: list[Part] = []
    tab.comparisons_asked.connect(asked.append)
    (line,) = [one for one in tab.findChildren(ParagraphLine) if "most people do not" in one.text()]
    line.link.click()
    [part] = asked
    assert (part.dimension, part.name, len(part.pairs)) == (Dimension.DIFFERING, "judge", 5)


# What a page computes is said meanwhile by a label that programs can tell from others, to wait for it.


def computing(page: ResultsPage) -> list[str]:
    labels = (label for label in page.findChildren(QLabel) if label.isVisible())
    return [label.text() for label in labels if label.property("computing")]


def test_results_say_that_they_are_computed_until_they_are(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_in(context.tasks, written(tmp_path / "s.ftstudy"), qtbot)
    page = on_screen(ResultsPage(context), qtbot)
    assert computing(page) == ["Computing the results…"]
    page.enter()
    settle(context, qtbot)
    assert computing(page) == []


def test_computing_can_be_canceled_and_begun_again(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_in(context.tasks, written(tmp_path / "s.ftstudy"), qtbot)
    page = on_screen(ResultsPage(context), qtbot)
    page.enter()
    page._work.stop()
    settle(context, qtbot)
    assert "The results were not computed" in visible_text(page)
    next(b for b in page.findChildren(QPushButton) if b.text() == "Compute results").click()
    settle(context, qtbot)
    assert "The results were not computed" not in visible_text(page)
