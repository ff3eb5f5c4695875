"""The uses of a term or of any word: listed from the table, opened in their pair or answer, by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.page import PAIRS, USES, ReviewPage
from tests.ui.conftest import START, make_study
from tests.ui.page_driver import enter, every_word, press, settle, visible_text


def entered(context: PageContext, qtbot: QtBot, path: Path | None = None) -> ReviewPage:
    return enter(ReviewPage(context), context, qtbot, path)


@pytest.fixture
def all_judged(tmp_path: Path) -> Path:
    return make_study(tmp_path / "judged.ftstudy", judged=12)


def unblinded(path: Path) -> Path:
    with StudyFile.open(path, now=START) as study:
        study.settings.unblind("done", now=START)
    return path


def list_first(page: ReviewPage, context: PageContext, qtbot: QtBot) -> None:
    page.terms.terms.table.select(0)
    QTest.keyClick(page.terms.terms.table.view, Qt.Key.Key_Return)
    settle(context, qtbot)


def test_enter_on_a_term_lists_its_uses_and_enter_on_a_use_opens_its_pair(
    context: PageContext, all_judged: Path, qtbot: QtBot
) -> None:
    page = entered(context, qtbot, all_judged)
    page.terms.terms.table.field.setText("quiver")
    list_first(page, context, qtbot)
    assert page.tabs.currentIndex() == USES
    uses = page.uses
    assert uses.field.text() == "quiver"
    [row] = uses.table.model.shown
    assert row.cells[3] == "quiver"
    assert str(row.cells[2]).strip().endswith("heart")
    assert "“quiver” (deprecated term): 1 use in 1 answer." in uses.told.text()
    QTest.keyClick(uses.table.view, Qt.Key.Key_Return)
    settle(context, qtbot)
    assert page.tabs.currentIndex() == PAIRS
    review = page.pairs.review
    assert any("quiver" in side.text.toPlainText() for side in (review.left, review.right))
    assert "All uses" in visible_text(page.pairs.steps)
    QTest.keyClick(page.pairs, Qt.Key.Key_Escape)
    assert page.tabs.currentIndex() == USES
    page.tabs.setCurrentIndex(PAIRS)
    assert "All uses" not in every_word(page.pairs.steps)


def test_the_button_lists_the_uses_of_the_term_in_hand(
    context: PageContext, all_judged: Path, qtbot: QtBot
) -> None:
    page = entered(context, qtbot, all_judged)
    assert not page.terms.terms.open_uses.isEnabled()
    page.terms.terms.table.select(0)
    press(page, "list_uses", qtbot)
    settle(context, qtbot)
    assert page.uses.table.model.rowCount() == 1


def test_any_word_is_looked_for_and_nothing_found_is_said(study_context: PageContext, qtbot: QtBot) -> None:
    page = entered(study_context, qtbot)
    page.tabs.setCurrentIndex(USES)
    assert "No word looked for yet" in visible_text(page)
    page.find_text()
    QTest.keyClicks(page.uses.field, "CLINICAL grounds")
    QTest.keyClick(page.uses.field, Qt.Key.Key_Return)
    settle(study_context, qtbot)
    assert [row.cells[3] for row in page.uses.table.model.shown] == ["clinical grounds"] * 6
    page.uses.field.setText("zebra")
    press(page, "uses_list", qtbot)
    settle(study_context, qtbot)
    assert "No answer that was judged has “zebra”." in visible_text(page)


def test_while_blinded_no_system_is_told(study_context: PageContext, qtbot: QtBot) -> None:
    page = entered(study_context, qtbot)
    page.uses.list_uses("clinical")
    settle(study_context, qtbot)
    assert page.uses.table.view.isColumnHidden(0)
    assert {row.cells[0] for row in page.uses.table.model.shown} == {""}
    told = page.uses.told.text()
    assert "6 uses in answers that nobody has judged yet come then, too." in told


def test_after_unblinding_an_answer_that_nobody_judged_opens_by_itself(
    context: PageContext, study_path: Path, qtbot: QtBot
) -> None:
    page = entered(context, qtbot, unblinded(study_path))
    page.tabs.setCurrentIndex(USES)
    page.uses.list_uses("clinical grounds")
    settle(context, qtbot)
    assert {row.cells[0] for row in page.uses.table.model.shown} == {"cardiology"}
    page.uses.table.select(page.uses.table.model.rowCount() - 1)
    press(page, "use_open", qtbot)
    settle(context, qtbot)
    assert page.tabs.currentIndex() == USES
    assert page.uses.answer.panel.system.text() == "cardiology"
    assert page.uses.answer.panel.text.textCursor().selectedText() == "clinical grounds"
    assert "What should I know about" in page.uses.answer.prompt.toPlainText()
    QTest.keyClick(page.uses, Qt.Key.Key_Escape)
    assert page.uses.table.isVisible()


@pytest.mark.parametrize("words", ["…", " - "])
def test_what_is_no_word_is_told_in_the_bar(study_context: PageContext, qtbot: QtBot, words: str) -> None:
    page = entered(study_context, qtbot)
    page.tabs.setCurrentIndex(USES)
    page.uses.list_uses(words)
    settle(study_context, qtbot)
    assert "No word looked for yet" in visible_text(page)
