"""The Tab key on Results and Terms: few stops, each with a name; arrow keys go on within a card."""

from __future__ import annotations

from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenuBar, QPushButton, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import TABS, ResultsPage
from ftcompare.ui.pages.review.page import ReviewPage
from ftcompare.ui.widgets.button_groups import FocusGroup
from ftcompare.ui.widgets.controls import EnterButton
from ftcompare.ui.widgets.layouts import in_column, in_row
from tests.builders import present
from tests.ui.layout.page_study import write_page_study
from tests.ui.page_driver import child, enter, settle
from tests.ui.results.results_driver import asks_of, card_of, overview_of
from tests.ui.shown_text import said, tab_walk

MOST = 15


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three systems, four raters, criteria, a glossary; unblinded."""
    return write_page_study(tmp_path / "all.ftstudy", unblinded=True)


@pytest.fixture
def page(context: PageContext, path: Path, qtbot: QtBot) -> ResultsPage:
    return enter(ResultsPage(context), context, qtbot, path)


@pytest.fixture
def terms(context: PageContext, path: Path, qtbot: QtBot) -> ReviewPage:
    return enter(ReviewPage(context), context, qtbot, path)


@pytest.mark.parametrize("tab", [spec.id for spec in TABS])
def test_a_tab_of_the_results_has_few_stops_and_each_has_a_name(
    page: ResultsPage, context: PageContext, tab: str, qtbot: QtBot
) -> None:
    page.tabs.choose(tab)
    settle(context, qtbot)
    stops = tab_walk(page.report_button)
    assert len(stops) <= MOST, [said(stop) for stop in stops]
    assert all(said(stop) for stop in stops)
    assert page.tabs.bar in stops
    assert (page.pair_choice in stops) == page.tabs.spec.of_pair


@pytest.mark.parametrize("view", [0, 1])
def test_the_terms_page_has_few_stops_and_each_has_a_name(
    terms: ReviewPage, context: PageContext, view: int, qtbot: QtBot
) -> None:
    terms.tabs.setCurrentIndex(view)
    settle(context, qtbot)
    stops = tab_walk(terms.tabs)
    assert terms.tabs in stops
    assert len(stops) <= MOST, [said(stop) for stop in stops]
    assert all(said(stop) for stop in stops)


def test_an_open_pair_has_few_stops_and_each_has_a_name(
    terms: ReviewPage, context: PageContext, qtbot: QtBot
) -> None:
    terms.tabs.setCurrentIndex(1)
    settle(context, qtbot)
    QTest.keyClick(terms.pairs.table.view, Qt.Key.Key_Return)
    settle(context, qtbot)
    stops = tab_walk(terms.tabs)
    assert terms.pairs.review.left.text in stops
    assert len(stops) <= MOST, [said(stop) for stop in stops]
    assert all(said(stop) for stop in stops)


@pytest.mark.parametrize("make", [ResultsPage, ReviewPage])
def test_tabs_are_tabs_to_a_screen_reader(
    make: type[ResultsPage | ReviewPage], context: PageContext, path: Path, qtbot: QtBot
) -> None:
    bar = child(enter(make(context), context, qtbot, path), QTabBar)
    spoken = QAccessible.queryAccessibleInterface(bar)
    assert spoken.role() == QAccessible.Role.PageTabList
    tabs = [spoken.child(place) for place in range(bar.count())]
    assert {tab.role() for tab in tabs} == {QAccessible.Role.PageTab}
    titles = [bar.tabText(place) for place in range(bar.count())]
    assert [tab.text(QAccessible.Text.Name) for tab in tabs] == titles


def test_arrow_keys_go_through_the_buttons_of_a_card_and_tab_leaves_it(page: ResultsPage) -> None:
    card = card_of(overview_of(page), "judgments")
    how = asks_of(card)["Judgments"]
    how.setFocus()
    QTest.keyClick(how, Qt.Key.Key_Down)
    first = present(QApplication.focusWidget())
    assert said(first).startswith("Wins of ")
    QTest.keyClick(first, Qt.Key.Key_Right)
    second = present(QApplication.focusWidget())
    assert said(second).startswith("Wins of ")
    assert second is not first
    QTest.keyClick(second, Qt.Key.Key_Left)
    assert QApplication.focusWidget() is first
    QTest.keyClick(first, Qt.Key.Key_Tab)
    left = present(QApplication.focusWidget())
    assert not card.isAncestorOf(left)
    QTest.keyClick(left, Qt.Key.Key_Backtab)
    back = present(QApplication.focusWidget())
    assert card.isAncestorOf(back)


def test_an_arrow_key_at_the_end_of_a_card_goes_round(page: ResultsPage) -> None:
    card = card_of(overview_of(page), "judgments")
    how = asks_of(card)["Judgments"]
    how.setFocus()
    QTest.keyClick(how, Qt.Key.Key_Up)
    last = present(QApplication.focusWidget())
    assert said(last) == "About equal"


def test_a_group_that_is_gone_takes_no_other_widget_with_it(qtbot: QtBot) -> None:
    window, group, bar = QWidget(), FocusGroup(), QMenuBar()
    qtbot.addWidget(window)
    menu, after = bar.addMenu("Menu"), QPushButton("After")
    buttons = [EnterButton(name) for name in "abc"]
    in_column(group, bar, after, of=window)
    in_row(*buttons, of=group)
    window.show()
    window.activateWindow()
    focused = QApplication.focusWidget
    buttons[0].setFocus()
    qtbot.waitUntil(lambda: focused() is buttons[0])
    for place in (1, 2, 0, 1):
        QTest.keyClick(present(focused()), Qt.Key.Key_Right)
        assert focused() is buttons[place]
    QTest.keyClick(buttons[1], Qt.Key.Key_Tab)
    assert focused() is after
    QTest.keyClick(after, Qt.Key.Key_Backtab)
    assert focused() in buttons
    group.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert shiboken6.isValid(menu)
    assert [action.text() for action in bar.actions()] == ["Menu"]
