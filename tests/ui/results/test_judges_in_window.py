"""Judges that are programs on the tab “Automatic”: their cards, and the pairs on which people differ."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from pytestqt.qtbot import QtBot

from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.study import RaterKind
from ftcompare.ui.figures.cards import ParagraphLine
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.tab import AutomaticTab
from ftcompare.ui.pages.results.page import ResultsPage
from tests.app.voted_study import voted, voted_study
from tests.ui.conftest import START
from tests.ui.page_driver import enter, settle, visible_text
from tests.ui.results.results_driver import click_tab


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
    found = page.findChild(AutomaticTab)
    assert isinstance(found, AutomaticTab)
    return found


def test_each_judge_has_a_card_and_the_win_rate_with_its_judgments_its_own(tab: AutomaticTab) -> None:
    told = visible_text(tab).casefold()
    for words in (
        "Win rate by judge",
        "Judge: judge",
        "Its judgments were imported; 20 votes.",
        "Cohen's κ with people",
        "People's win rate with a program's further judgments",
        "As exact as so many prompts of people alone",
        "It stands beside people's own results and is not mixed into them.",
    ):
        assert words.casefold() in told


def test_the_pairs_on_which_people_differ_can_be_opened(tab: AutomaticTab) -> None:
    asked: list[Part] = []
    tab.comparisons_asked.connect(asked.append)
    (line,) = [one for one in tab.findChildren(ParagraphLine) if "most people do not" in one.text()]
    line.link.click()
    [part] = asked
    assert (part.dimension, part.name, len(part.pairs)) == (Dimension.DIFFERING, "judge", 5)
