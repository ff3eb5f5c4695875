"""Searching the judged pairs, and the list of what raters flagged, wrote and skipped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.core.scale import Choice
from ftcompare.core.study import Draft, Verdict
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.document_delegate import ExcerptDelegate
from ftcompare.ui.pages.review.page import PAIRS, ReviewPage
from ftcompare.ui.pages.review.pair_list import FOUND_COLUMN, REMARK_COLUMN
from ftcompare.ui.pages.review.pair_view import PairReviewView
from tests.ui.conftest import START, make_study
from tests.ui.page_driver import enter, press, settle, visible_text


@pytest.fixture
def remarked(tmp_path: Path) -> Path:
    """Six pairs judged without a word, then one flagged, one with a comment, one skipped."""
    path = make_study(tmp_path / "remarked.ftstudy")
    with StudyFile.open(path, now=START) as study:
        rater = study.raters.all()[0].id
        for number, verdict in enumerate(
            (Verdict(Choice.LEFT, flagged=True), Verdict(Choice.TIE, comment="Wrong **dosage** given"), None)
        ):
            item, at = study.judgments.next_item(rater), START + timedelta(minutes=10 + number)
            assert item is not None
            if verdict is None:
                draft = Draft(comment="", flagged=False)
                study.judgments.skip(item.allocation, "Cannot judge", draft=draft, seconds=None, now=at)
            else:
                study.judgments.judge(item.allocation, verdict, now=at)
    return path


def pairs_of(context: PageContext, qtbot: QtBot, path: Path | None = None) -> ReviewPage:
    page = enter(ReviewPage(context), context, qtbot, path)
    page.tabs.setCurrentIndex(PAIRS)
    settle(context, qtbot)
    return page


def look_for(page: ReviewPage, words: str, context: PageContext, qtbot: QtBot) -> None:
    page.pairs.table.field.setText(words)
    qtbot.waitUntil(lambda: not page.pairs._search_soon.isActive())
    qtbot.waitUntil(lambda: not page.pairs.work.running)
    settle(context, qtbot)


def choose(page: ReviewPage, kind: str, context: PageContext, qtbot: QtBot) -> None:
    page.pairs.remarked.setCurrentIndex(page.pairs.remarked.findData(kind))
    settle(context, qtbot)


# --- searching -----------------------------------------------------------------------------------


def test_words_of_the_answers_find_their_pairs_with_the_place_in_the_list(
    study_context: PageContext, qtbot: QtBot
) -> None:
    page = pairs_of(study_context, qtbot)
    table = page.pairs.table
    assert table.view.isColumnHidden(FOUND_COLUMN)
    look_for(page, "CLINICAL tell", study_context, qtbot)
    assert table.model.rowCount() == 6
    assert not table.view.isColumnHidden(FOUND_COLUMN)
    cells = [str(row.cells[FOUND_COLUMN]) for row in table.model.shown]
    assert all(cell.startswith(("Left: ", "Right: ")) for cell in cells)
    assert all("clinical" in cell or "tell" in cell for cell in cells)
    look_for(page, "clinical zebra", study_context, qtbot)
    assert table.model.rowCount() == 0
    look_for(page, "", study_context, qtbot)
    assert table.model.rowCount() == 6
    assert table.view.isColumnHidden(FOUND_COLUMN)


def test_places_are_marked_in_the_excerpt(study_context: PageContext, qtbot: QtBot) -> None:
    page = pairs_of(study_context, qtbot)
    look_for(page, "clinical", study_context, qtbot)
    delegate = page.pairs.table.view.itemDelegateForColumn(FOUND_COLUMN)
    assert isinstance(delegate, ExcerptDelegate)
    document = delegate.document("Left: on clinical grounds")
    assert isinstance(document, QTextDocument)
    cursor = document.find("clinical")
    assert cursor.charFormat().background().color() == study_context.theme.color("accent_tint")
    assert cursor.charFormat().fontUnderline()
    assert not document.find("grounds").charFormat().fontUnderline()


@pytest.mark.parametrize("as_written", [False, True])
def test_places_are_marked_in_the_pair_and_n_goes_through_them(
    study_context: PageContext, qtbot: QtBot, as_written: bool
) -> None:
    page = pairs_of(study_context, qtbot)
    look_for(page, "clinical know", study_context, qtbot)
    press_enter(page)
    review = page.pairs.review
    review.as_written.setChecked(as_written)
    qtbot.waitUntil(lambda: marked(review) == ["know", "clinical"])
    assert review.hits.told.text() == "2 places in what is shown"
    QTest.keyClick(review.left.text, Qt.Key.Key_N)
    assert review.hits.told.text() == "1 of 2 · Prompt"
    QTest.keyClick(review.prompt, Qt.Key.Key_N)
    assert review.hits.told.text().startswith("2 of 2 · ")
    QTest.keyClick(review.left.text, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert review.hits.told.text() == "1 of 2 · Prompt"
    press(review, "hit_before", qtbot)
    assert review.hits.told.text().startswith("2 of 2 · ")
    look_for(page, "", study_context, qtbot)
    assert not review.hits.isVisible()
    assert not review.left.text.extraSelections()


def marked(review: PairReviewView) -> list[str]:
    """The words that marks of the search lie over, in the order of reading."""
    views = (review.prompt, review.left.text, review.right.text)
    return [mark.cursor.selectedText() for view in views for mark in view.extraSelections()]


def press_enter(page: ReviewPage) -> None:
    QTest.keyClick(page.pairs.table.view, Qt.Key.Key_Return)


def test_in_a_low_window_the_text_of_the_next_place_comes_into_sight(
    study_context: PageContext, qtbot: QtBot
) -> None:
    page = pairs_of(study_context, qtbot)
    page.resize(900, 440)
    look_for(page, "clinical", study_context, qtbot)
    press_enter(page)
    review = page.pairs.review
    qtbot.waitUntil(lambda: review.hits.told.text() == "1 place in what is shown")
    QTest.keyClick(review.left.text, Qt.Key.Key_N)
    side = review.left if review.hits.told.text().endswith("Left") else review.right
    place = side.text.cursorRect().center()
    qtbot.waitUntil(lambda: side.text.viewport().visibleRegion().contains(place))


def test_the_pair_of_a_use_has_the_use_marked(context: PageContext, tmp_path: Path, qtbot: QtBot) -> None:
    page = enter(ReviewPage(context), context, qtbot, make_study(tmp_path / "all.ftstudy", judged=12))
    page.uses.list_uses("clinical grounds")
    settle(context, qtbot)
    QTest.keyClick(page.uses.table.view, Qt.Key.Key_Return)
    settle(context, qtbot)
    review = page.pairs.review
    qtbot.waitUntil(lambda: review.hits.told.text() == "1 place in what is shown")
    QTest.keyClick(page.pairs, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: review.hits.isHidden())


# --- remarks -------------------------------------------------------------------------------------


def test_remarks_are_counted_and_listed_with_what_the_rater_wrote(
    context: PageContext, remarked: Path, qtbot: QtBot
) -> None:
    page = pairs_of(context, qtbot, remarked)
    choice, table = page.pairs.remarked, page.pairs.table
    texts = [choice.itemText(place) for place in range(choice.count())]
    assert texts == ["All judged (8)", "Flagged (1)", "Commented (1)", "Skipped (1)"]
    assert table.model.rowCount() == 8
    assert table.view.isColumnHidden(REMARK_COLUMN)
    choose(page, "commented", context, qtbot)
    [row] = table.model.shown
    assert row.cells[REMARK_COLUMN] == "Wrong **dosage** given"
    assert not table.view.isColumnHidden(REMARK_COLUMN)
    choose(page, "skipped", context, qtbot)
    [row] = table.model.shown
    assert (row.cells[2], row.cells[REMARK_COLUMN]) == ("Skipped", "Cannot judge")


def test_a_flag_and_a_comment_stand_above_the_texts(
    context: PageContext, remarked: Path, qtbot: QtBot
) -> None:
    page = pairs_of(context, qtbot, remarked)
    review = page.pairs.review
    assert not review.comment.isVisible()
    choose(page, "flagged", context, qtbot)
    press_enter(page)
    assert "Flagged by the rater" in visible_text(review)
    choose(page, "commented", context, qtbot)
    press_enter(page)
    assert review.comment.toPlainText() == "Wrong dosage given"
    assert "Flagged by the rater" not in visible_text(review)
    look_for(page, "dosage", context, qtbot)
    qtbot.waitUntil(lambda: bool(review.comment.extraSelections()))


def test_a_skipped_pair_can_be_read_without_marks_while_blinded(
    context: PageContext, remarked: Path, qtbot: QtBot
) -> None:
    page = pairs_of(context, qtbot, remarked)
    choose(page, "skipped", context, qtbot)
    press_enter(page)
    review = page.pairs.review
    assert review.verdict.text() == "Skipped: Cannot judge · Ada"
    assert review.left.text.toPlainText()
    assert review.left.text.marks == ()
    assert review.left.system.text() == ""
