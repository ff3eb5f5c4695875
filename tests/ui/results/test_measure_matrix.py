"""The matrix of systems and measures in the window: cells, keys, what is behind them, blinded, unjudged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QTabBar
from pytestqt.qtbot import QtBot

from ftcompare.app.measures.kind import TOGETHER
from ftcompare.app.measures.matrix import MeasureMatrix
from ftcompare.app.measures.matrix_blocks import AFTER_UNBLINDING, APART
from ftcompare.core.scale import Scale
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.matrix_card import NO_PROMPTS
from ftcompare.ui.pages.results.automatic.matrix_view import LEAST_COLUMN, SMALL, MatrixView
from ftcompare.ui.pages.results.automatic.tab import AutomaticTab
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.text.response_text import TurnText
from tests.app.results.checked_study import checked_study
from tests.app.results.measured_study import measured_study
from tests.app.results.sampled_study import sampled_study
from tests.app.voted_study import voted, voted_study
from tests.ui.conftest import START, RecordingBar
from tests.ui.held_work import HeldWork
from tests.ui.page_driver import enter, press, settle, visible_text
from tests.ui.results.results_driver import asks_of, click_tab, explained, panel_of


@pytest.fixture
def checked(context: PageContext, tmp_path: Path, qtbot: QtBot) -> ResultsPage:
    return enter(ResultsPage(context), context, qtbot, checked_study(tmp_path / "c.ftstudy", START))


def automatic(page: ResultsPage, context: PageContext, qtbot: QtBot) -> AutomaticTab:
    click_tab(page, "automatic")
    settle(context, qtbot)
    tab = page.findChild(AutomaticTab)
    assert isinstance(tab, AutomaticTab)
    return tab


def told(view: MatrixView) -> dict[str, list[str]]:
    """What each line tells, by its name."""
    lines, columns = range(view.lines.rowCount()), range(view.lines.columnCount())
    names = (str(view.lines.headerData(n, Qt.Orientation.Vertical)).replace("\n", " ") for n in lines)
    cells = ([str(view.lines.index(n, c).data() or "") for c in columns] for n in lines)
    return dict(zip(names, cells, strict=True))


def heads(view: MatrixView) -> list[str]:
    return [str(view.lines.headerData(c, Qt.Orientation.Horizontal)) for c in range(view.lines.columnCount())]


def take(view: MatrixView, key: str, system: str) -> None:
    """Take the cell of a measure and a system in hand."""
    place = next(n for n, line in enumerate(view.lines.lines) if line.row and line.row.key == key)
    view.setFocus()
    view.setCurrentIndex(view.lines.index(place, view.lines.matrix.systems.index(system)))


def test_a_cell_tells_value_interval_count_and_difference_in_words(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    view = tab.matrix.view
    assert heads(view) == ["base", "tuned"]
    base, tuned = told(view)["All checks passed"]
    assert base == "40% 19–63%, n = 20"
    assert tuned == "90% 71–100%, n = 20 · +50.0 points (+12.7 to +78.2): better"
    begin = told(view)["Same answer each time"]
    assert "samples 5" in begin[0]
    assert begin[1] == ""
    assert (
        view.lines.index(1, 1)
        .data(Qt.ItemDataRole.AccessibleTextRole)
        .startswith("All checks passed, tuned: 90%")
    )
    assert "All checks passed" in view.lines.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert view.lines.headerData(0, Qt.Orientation.Vertical, Qt.ItemDataRole.ToolTipRole)
    assert view.lines.headerData(0, Qt.Orientation.Vertical, Qt.ItemDataRole.DecorationRole) is None
    assert view.lines.index(1, 0).data(Qt.ItemDataRole.DecorationRole) is None
    assert APART in visible_text(tab)


def test_arrows_move_and_the_sentence_says_the_cell(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    view = tab.matrix.view
    take(view, "checks.passed", "base")
    assert tab.matrix.sentence.text().startswith("All checks passed, base: 40%")
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert tab.matrix.sentence.text().startswith("All checks passed, tuned: 90%")
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert tab.matrix.sentence.text().startswith("Passed: contains, tuned")
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert not tab.matrix.sentence.isVisible()
    assert view.lines.sentence(view.currentIndex()) == "Checks of answers"


def test_the_title_s_button_explains_the_cell_in_hand(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    take(tab.matrix.view, "checks.passed", "tuned")
    said = explained(checked, asks_of(tab)["Automatic measures"])
    assert (
        "tuned 90.0% − base 40.0% = +50.0 points on 20 prompts that both have, with a difference on 14."
    ) in said
    assert APART in said


def test_enter_leads_to_the_prompts_and_then_to_the_answers_and_back(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    view = tab.matrix.view
    take(view, "checks.passed", "tuned")
    QTest.keyClick(view, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert tab.cell.isVisible()
    assert tab.cell.sentence.text().startswith("All checks passed, tuned: 90%")
    assert len(tab.cell.table.model.shown) == 20
    assert tab.cell.table.view.hasFocus()
    assert "Prompts behind this figure" in asks_of(tab)
    checked.find_text()
    assert tab.cell.table.field.hasFocus()
    tab.cell.focus_list()
    QTest.keyClick(tab.cell.table.view, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert tab.answers.isVisible()
    texts = [one.toPlainText() for one in tab.answers.findChildren(TurnText)]
    assert texts == ["Is finding 0 one of rhythm?", "Yes, a vessel.", "Yes, a rhythm."]
    press(tab.answers, "sampled_back", qtbot)
    assert tab.cell.table.view.hasFocus()
    QTest.keyClick(tab.cell.table.view, Qt.Key.Key_Escape)
    assert view.hasFocus()
    assert view.isVisible()


def test_the_base_s_own_cell_leads_to_both_answers_and_other_keys_do_nothing(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    take(tab.matrix.view, "checks.passed", "base")
    QTest.keyClick(tab.matrix.view, Qt.Key.Key_Enter)
    settle(context, qtbot)
    assert [column.title for column in tab.cell.table.model.columns] == ["Prompt", "base"]
    QApplication.sendEvent(
        tab.cell, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    )
    assert tab.cell.isVisible()
    QTest.keyClick(tab.cell.table.view, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert len(tab.answers.findChildren(TurnText)) == 3


def test_a_cell_without_prompts_says_so(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    page = enter(ResultsPage(context), context, qtbot, sampled_study(tmp_path / "s.ftstudy", START))
    tab = automatic(page, context, qtbot)
    take(tab.matrix.view, "confidence.ece", "tuned")
    QTest.keyClick(tab.matrix.view, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert NO_PROMPTS in visible_text(tab)
    assert tab.cell.back.hasFocus()
    press(tab, "cell_back", qtbot)
    assert tab.matrix.view.isVisible()


def test_the_line_of_a_group_opens_nothing(checked: ResultsPage, context: PageContext, qtbot: QtBot) -> None:
    tab = automatic(checked, context, qtbot)
    view = tab.matrix.view
    view.setFocus()
    view.setCurrentIndex(view.lines.index(0, 0))
    QTest.keyClick(view, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert view.isVisible()


def test_another_system_can_be_compared_with(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    tab.matrix.against.setCurrentIndex(1)
    settle(context, qtbot)
    base, tuned = told(tab.matrix.view)["All checks passed"]
    assert "−50.0 points (−78.2 to −12.7): worse" in base
    assert "points" not in tuned
    checked.enter()
    settle(context, qtbot)
    assert tab.matrix.compared_with == "tuned"


def test_it_is_copied_as_a_table_by_key_and_button(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    tab.matrix.view.setFocus()
    QTest.keyClick(tab.matrix.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:4] == ["Group", "Key", "Measure", "System"]
    assert lines[1].split("\t")[:5] == [
        "Checks of answers",
        "checks.passed",
        "All checks passed",
        "base",
        "40.0%",
    ]
    QGuiApplication.clipboard().clear()
    press(tab, "copy_matrix", qtbot)
    assert QGuiApplication.clipboard().text().splitlines() == lines


def test_while_blinded_all_systems_stand_together(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = sampled_study(tmp_path / "b.ftstudy", START, blinded=True)
    page = enter(ResultsPage(context), context, qtbot, path)
    tab = automatic(page, context, qtbot)
    view = tab.matrix.view
    assert heads(view) == [TOGETHER]
    assert told(view)["Pairs of samples that are equal"] == ["75% 63–83%, n = 24"]
    assert told(view)["Confidence and correctness"] == [AFTER_UNBLINDING]
    assert "would identify it" in tab.matrix.notice.text()
    assert not tab.matrix.against.isVisible()
    assert not tab.cards["consistency"].isVisible()
    assert "tuned" not in visible_text(tab)
    take(view, "consistency.equal_pairs", TOGETHER)
    QTest.keyClick(view, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert view.isVisible()
    tab.search()


@pytest.mark.parametrize("unblinded", [True, False])
def test_it_takes_no_judgment(context: PageContext, tmp_path: Path, qtbot: QtBot, unblinded: bool) -> None:
    path = measured_study(tmp_path / "u.ftstudy", START, unblinded=unblinded)
    page = enter(ResultsPage(context), context, qtbot, path)
    assert "No judgments" in visible_text(page)
    bar = page.findChild(QTabBar, "results_tabs")
    assert isinstance(bar, QTabBar)
    shown = [bar.tabText(place) for place in range(bar.count()) if bar.isTabVisible(place)]
    assert shown == ["Overview", "Automatic"]
    tab = automatic(page, context, qtbot)
    assert tab.isVisible()
    assert len(heads(tab.matrix.view)) == (2 if unblinded else 1)
    assert "%" in told(tab.matrix.view)["All checks passed"][0]
    assert tab.cards["consistency"].isVisible() is unblinded
    assert page.report_button.isVisible() is unblinded
    click_tab(page, "overview")
    assert "No judgments" in visible_text(page)
    assert not tab.isVisible()


def test_one_system_is_measured_alone(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = measured_study(tmp_path / "o.ftstudy", START, systems=1)
    page = enter(ResultsPage(context), context, qtbot, path)
    tab = automatic(page, context, qtbot)
    assert heads(tab.matrix.view) == ["base"]
    take(tab.matrix.view, "checks.passed", "base")
    QTest.keyClick(tab.matrix.view, Qt.Key.Key_Return)
    settle(context, qtbot)
    QTest.keyClick(tab.cell.table.view, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert len(tab.answers.findChildren(TurnText)) >= 2
    assert not tab.cards["consistency"].isVisible()


def test_a_study_without_answers_has_no_tabs(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "n.ftstudy"
    with StudyFile.create(path, title="New", scale=Scale(), rng=Random(1), now=START) as study:
        study.systems.add(SystemSpec("base", SystemKind.IMPORTED))
    page = enter(ResultsPage(context), context, qtbot, path)
    assert not page.tabs.bar.isVisible()
    assert "No pairs to judge yet" in visible_text(page)


def test_every_group_says_how_to_begin(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "plain.ftstudy"
    voted_study(path, [voted(f"p{n}", "Ada", "ab"[n % 2]) for n in range(6)], Random(1), START).close()
    tab = automatic(enter(ResultsPage(context), context, qtbot, path), context, qtbot)
    lines = tab.matrix.view.lines.lines
    assert len(lines) >= 3
    assert all(line.row is None and line.told.endswith((".", "”.")) for line in lines)
    assert not tab.matrix.copy_button.isVisible()
    assert APART in visible_text(tab)
    QTest.keyClick(tab.matrix.view, Qt.Key.Key_Down)
    assert not tab.matrix.sentence.isVisible()


def test_many_systems_scroll_and_the_page_follows_the_cell_in_hand(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = measured_study(tmp_path / "m.ftstudy", START, systems=8)
    page = enter(ResultsPage(context), context, qtbot, path)
    tab = automatic(page, context, qtbot)
    view = tab.matrix.view
    assert view.horizontalScrollBar().maximum() > 0
    take(view, "checks.passed", "base")
    last = max(n for n, line in enumerate(view.lines.lines) if line.row)
    view.setCurrentIndex(view.lines.index(last, 7))
    assert view.horizontalScrollBar().value() == view.horizontalScrollBar().maximum()
    scroll = page.tabs.front
    middle = view.viewport().mapTo(scroll.viewport(), view.visualRect(view.currentIndex()).center())
    assert scroll.viewport().rect().contains(middle)
    page.resize(900, 600)
    assert view.columnWidth(0) >= 140


def test_it_is_computed_once_for_a_study_as_it_is(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    first = tab.matrix.view.lines.matrix
    click_tab(checked, "overview")
    automatic(checked, context, qtbot)
    checked.enter()
    settle(context, qtbot)
    assert tab.matrix.view.lines.matrix is first
    context.tasks.run(lambda study: study.raters.add("Grace"), lambda _: None)
    checked.enter()
    settle(context, qtbot)
    assert tab.matrix.view.lines.matrix is not first
    assert tab.matrix.view.lines.matrix == first


def test_long_work_is_told_and_can_be_cancelled(
    checked: ResultsPage, context: PageContext, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldWork(monkeypatch, "Checking answers")
    click_tab(checked, "automatic")
    tab = checked.findChild(AutomaticTab)
    assert isinstance(tab, AutomaticTab)
    qtbot.waitUntil(lambda: held.reached and tab.work.isVisible())
    assert "Comparing the answers…" in visible_text(tab)
    press(tab, "work_cancel", qtbot)
    assert "Not computed" in visible_text(tab)
    held.go_on()
    settle(context, qtbot)
    button = next(one for one in tab.findChildren(QAbstractButton) if one.text() == "Compute")
    button.click()
    settle(context, qtbot)
    assert "%" in told(tab.matrix.view)["All checks passed"][0]


def test_the_explanation_gives_its_room_back(
    checked: ResultsPage, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    tab = automatic(checked, context, qtbot)
    asks_of(tab)["Automatic measures"].click()
    assert panel_of(checked).isVisible()
    QTest.keyClick(panel_of(checked), Qt.Key.Key_Escape)
    assert not panel_of(checked).isVisible()
    assert bar.errors == []


def test_columns_share_the_width_and_names_stand_in_full(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    tab = automatic(checked, context, qtbot)
    view = tab.matrix.view
    needed = [
        max(view.sizeHintForColumn(column), context.theme.px(LEAST_COLUMN))
        for column in range(view.lines.columnCount())
    ]
    more = [view.columnWidth(column) - least for column, least in enumerate(needed)]
    assert more[0] - more[1] in (0, 1)
    room = view.width() - view.verticalHeader().width() - 2 * view.frameWidth()
    assert sum(view.columnWidth(column) for column in range(2)) == room


LONG = "granite-adapter-of-the-second-round with-rank-16"


def test_a_name_takes_the_room_there_is_and_its_tip_has_all_of_it(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    view = automatic(checked, context, qtbot).matrix.view
    with_long = replace(
        view.lines.matrix.rows[0], by_system={LONG: view.lines.matrix.rows[0].by_system["base"]}
    )
    view.lines.show_matrix(MeasureMatrix((LONG,), rows=(with_long,)), "")
    assert heads(view) == ["granite-adapter-of-the-\nsecond-round with-rank-16"]
    view.show_lines()
    assert heads(view) == [LONG]
    longest = LONG + " and" + " more-of-it" * 11
    view.lines.show_matrix(MeasureMatrix((longest, LONG), rows=(with_long,)), "")
    view.show_lines()
    first, second = heads(view)
    assert second == LONG
    assert len(first.split("\n")) == 2
    assert first.endswith("more-of-it")
    assert "…" in first
    metrics = QFontMetrics(context.theme.font(SMALL, QFont.Weight.DemiBold))
    assert all(metrics.horizontalAdvance(line) < view.columnWidth(0) for line in first.split("\n"))
    tip = view.lines.headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "".join(tip.split()) == "".join(longest.split())


def test_names_of_measures_stand_in_one_line_where_there_is_room(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    view = automatic(checked, context, qtbot).matrix.view
    row = replace(
        view.lines.matrix.rows[0], name="Of the answers to prompts with labels, those that are right"
    )
    matrix = replace(view.lines.matrix, rows=(row,))
    for width, lines in ((1100, 1), (500, 2)):
        view.setFixedWidth(width)
        view.lines.show_matrix(matrix, "")
        view.show_lines()
        assert len(str(view.lines.headerData(1, Qt.Orientation.Vertical)).split("\n")) == lines


def test_a_system_s_name_stands_above_its_values(
    checked: ResultsPage, context: PageContext, qtbot: QtBot
) -> None:
    """The name is the first value itself, so that both begin with the same letter."""
    view = automatic(checked, context, qtbot).matrix.view
    row = view.lines.matrix.rows[0]
    row = replace(row, by_system={"40%": row.by_system["base"]})
    view.lines.show_matrix(MeasureMatrix(("40%",), rows=(row,)), "")
    view.show_lines()
    view.clearSelection()
    view.setCurrentIndex(QModelIndex())
    head = view.horizontalHeader().viewport().grab(QRect(2, 2, 60, 24)).toImage()
    cell = view.viewport().grab(QRect(2, view.rowViewportPosition(1) + 4, 60, 24)).toImage()
    assert abs(first_inked(head) - first_inked(cell)) <= 1


def first_inked(picture: QImage) -> int:
    """The leftmost column that is not of the ground's colour alone."""
    ground = picture.pixel(0, 0)
    columns = range(picture.width())
    return next(x for x in columns if any(picture.pixel(x, y) != ground for y in range(picture.height())))
