"""The Results page where names are long, systems are many, and no person judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox
from pytestqt.qtbot import QtBot

from ftcompare.app.results.charts import ForestPlot
from ftcompare.core.study import RaterKind
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.release.tab import CheckpointsTab
from ftcompare.ui.pages.results.cost.tab import CostTab
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.pages.results.ranking.tab import RankingTab
from ftcompare.ui.widgets.controls import LinkButton
from tests.app.voted_study import voted
from tests.ui.page_driver import enter, settle
from tests.ui.release.checkpoints_driver import EARLY, LATE, study_of
from tests.ui.results.ranked_study import stored
from tests.ui.results.results_driver import overview_of

STEM = "meta-llama-3.1-8b-instruct-cardiology-lora-r16-alpha32-lr1e-4"
"""Longer than what a line shows of a name: only the ends of such names differ."""

LONG = {f"{STEM}-step-1000": EARLY, f"{STEM}-step-2000": LATE}


def test_names_that_differ_at_their_ends_are_told_apart(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    page = enter(ResultsPage(context), context, qtbot, study_of(tmp_path / "long.ftstudy", LONG))
    pairs = [page.pair_choice.itemText(place) for place in range(page.pair_choice.count())]
    assert [pair.partition(" against ")[0][-9:] for pair in pairs] == ["step-1000", "step-2000"]
    page.tabs.choose("ranking")
    tab = page.findChild(RankingTab)
    assert isinstance(tab, RankingTab)
    chart = tab.chart.view.chart
    assert isinstance(chart, ForestPlot)
    assert len({row.label for row in chart.rows}) == 3


def test_the_system_chosen_for_the_gate_stays_chosen_where_names_are_shown_alike(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    names = {f"cardiology-lora-r{rank}-alpha32-lr1e-4-epoch-3": EARLY for rank in (16, 64)}
    page = enter(ResultsPage(context), context, qtbot, study_of(tmp_path / "alike.ftstudy", names))
    page.tabs.choose("checkpoints")
    settle(context, qtbot)
    tab = page.findChild(CheckpointsTab)
    assert isinstance(tab, CheckpointsTab)
    gate = tmp_path / "gate.toml"
    gate.write_text("min_prompts = 10\n", encoding="utf-8")
    tab.gate.choose(gate)
    settle(context, qtbot)
    choice = tab.findChild(QComboBox, "gate_system")
    assert isinstance(choice, QComboBox)
    chosen = list(names)[1]
    choice.setCurrentIndex(choice.findData(chosen))
    page.enter()
    settle(context, qtbot)
    assert choice.currentData() == chosen


def test_another_pair_leaves_the_ranking_as_it_stands(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    page = enter(ResultsPage(context), context, qtbot, study_of(tmp_path / "two.ftstudy", LONG))
    page.tabs.choose("ranking")
    tab = page.findChild(RankingTab)
    assert isinstance(tab, RankingTab)
    before = tab.matrix.widget()
    page.pair_choice.setCurrentIndex(1)
    assert tab.matrix.widget() is before, "it is of all pairs, and making it again takes long"
    page.enter()
    settle(context, qtbot)
    assert tab.matrix.widget() is not before, "the study may have changed"


def test_where_only_programs_judged_the_page_says_so(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    votes = [voted(f"p{n}", "judge", "b", rater_kind=RaterKind.AUTOMATIC) for n in range(5)]
    page = enter(ResultsPage(context), context, qtbot, stored(tmp_path / "automatic.ftstudy", votes))
    assert (
        overview_of(page)
        .headline.text()
        .startswith("5 prompts are too few to tell a preference of automatic raters between ")
    )


@pytest.mark.parametrize(
    ("judges", "lead"),
    [
        (("one", "two"), "These 2 automatic raters clearly preferred tuned over base"),
        (("one", "two", "three"), "Automatic raters preferred tuned over base"),
    ],
)
def test_what_programs_clearly_prefer_is_told_as_theirs(
    context: PageContext, qtbot: QtBot, tmp_path: Path, judges: tuple[str, ...], lead: str
) -> None:
    votes = [
        voted(f"p{n}", judge, "b", rater_kind=RaterKind.AUTOMATIC) for n in range(12) for judge in judges
    ]
    page = enter(ResultsPage(context), context, qtbot, stored(tmp_path / "automatic.ftstudy", votes))
    assert overview_of(page).headline.text().startswith(f"{lead}: tuned won 100% of judgments.")


def test_where_only_programs_judged_self_naming_answers_lead_to_what_they_judged(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    votes = [voted(f"p{n}", "judge", "b", rater_kind=RaterKind.AUTOMATIC) for n in range(5)]
    votes[2] = replace(votes[2], response_b="As a large language model, I cannot say.")
    page = enter(ResultsPage(context), context, qtbot, stored(tmp_path / "automatic.ftstudy", votes))
    links = [link for link in overview_of(page).findChildren(LinkButton) if link.isVisible()]
    next(link for link in links if link.text() == "Answers that name their model").click()
    settle(context, qtbot)
    assert [row.cells[0] for row in page.comparisons.table.model.shown] == ["p2"]


def names_by_tab_key(page: ResultsPage, qtbot: QtBot) -> list[str]:
    """What a screen reader names from the tabs on, key by key, once round."""
    page.activateWindow()
    page.tabs.bar.setFocus()
    qtbot.waitUntil(page.tabs.bar.hasFocus)
    names: list[str] = []
    for _ in range(80):
        QTest.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
        held = page.focusWidget()
        if held is page.tabs.bar:
            break
        names.append(held.accessibleName())
    return names


def test_the_tab_key_comes_to_each_card_of_the_ranking_once(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    page = enter(ResultsPage(context), context, qtbot, study_of(tmp_path / "two.ftstudy", LONG))
    page.tabs.choose("ranking")
    names = names_by_tab_key(page, qtbot)
    places = [
        names.index(name)
        for name in (
            "How is this computed? (Ranking)",
            "How is this computed? (Scores)",
            "How is this computed? (Every pair)",
        )
    ]
    assert places == sorted(places)
    assert "Copy Scores as a table" not in names, "an arrow key goes there"


@pytest.mark.parametrize(("tab", "field"), [("cost", "Filter prompts"), ("agreement", "Filter raters")])
def test_ctrl_f_finds_in_every_tab_with_a_table(
    context: PageContext, qtbot: QtBot, tmp_path: Path, tab: str, field: str
) -> None:
    page = enter(ResultsPage(context), context, qtbot, study_of(tmp_path / "one.ftstudy", {"step-1": EARLY}))
    page.tabs.choose(tab)
    settle(context, qtbot)
    page.find_text()
    held = page.focusWidget()
    assert held is not None
    assert held.accessibleName() == field


def test_every_button_of_the_cost_chart_says_of_what(
    context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    page = enter(ResultsPage(context), context, qtbot, study_of(tmp_path / "one.ftstudy", {"step-1": EARLY}))
    page.tabs.choose("cost")
    settle(context, qtbot)
    tab = page.findChild(CostTab)
    assert isinstance(tab, CostTab)
    names = [button.accessibleName() for button in tab.chart.findChildren(QAbstractButton)]
    assert "Save “Prompts clearly won” as SVG" in names
    assert not [name for name in names if "“”" in name]
