"""An answer is corrected in the window: word by word beside what it was, kept, changed, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.core.annotations import AnnotationKind, Correction
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.answers.correction import (
    EQUAL,
    IN_PIECES,
    MOST_COMPARED,
    SPACES_ALONE,
    TOO_LONG,
    CorrectionDialog,
    CorrectionText,
)
from ftcompare.ui.pages.review.answers.tab import AnswersTab
from ftcompare.ui.pages.review.page import ANSWERS, ReviewPage
from ftcompare.ui.theme.theme import Theme
from tests.ui.conftest import RecordingBar, make_study
from tests.ui.page_driver import enter, settle


@pytest.fixture
def tab(context: PageContext, qtbot: QtBot, tmp_path: Path) -> AnswersTab:
    """The list of answers, the first of them in hand."""
    context.remembered.change(expert="Eve")
    page = enter(ReviewPage(context), context, qtbot, make_study(tmp_path / "j.ftstudy", judged=12))
    page.resize(1400, 800)
    page.tabs.setCurrentIndex(ANSWERS)
    settled(context, qtbot)
    assert page.answers.pane.answer is not None
    return page.answers


def settled(context: PageContext, qtbot: QtBot) -> None:
    for _ in range(4):
        settle(context, qtbot)


def dialog_of(tab: AnswersTab, context: PageContext, qtbot: QtBot) -> CorrectionDialog:
    tab.pane.text.setFocus()
    QTest.keyClick(tab.pane.text, Qt.Key.Key_C)
    settled(context, qtbot)
    assert tab.correcting.dialog is not None
    return tab.correcting.dialog


def kept(context: PageContext, qtbot: QtBot) -> list[Correction]:
    found: list[list[Correction]] = []

    def standing(study: StudyFile) -> list[Correction]:
        found = (one.given for one in study.annotations.standing(AnnotationKind.CORRECTION))
        return [given for given in found if isinstance(given, Correction)]

    context.tasks.run(standing, found.append)
    settled(context, qtbot)
    return found[0]


def typed(dialog: CorrectionDialog, words: str) -> None:
    """Add words to the end of the correction."""
    QTest.keyClick(dialog.text, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(dialog.text, words)


def test_one_key_opens_the_answer_and_ctrl_enter_keeps_the_correction(
    tab: AnswersTab, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    answer = tab.pane.answer
    assert answer is not None
    dialog = dialog_of(tab, context, qtbot)
    assert dialog.text.toPlainText() == dialog.original.toPlainText() == answer.text
    assert dialog.told.text() == EQUAL
    assert not dialog.keep.isEnabled()
    typed(dialog, " Ask a doctor.")
    qtbot.waitUntil(lambda: dialog.told.text() == "Words taken out in 0 places, put in in 1 place.")
    assert len(dialog.text.extraSelections()) == 1
    QTest.keyClicks(dialog.comment, "safer")
    QTest.keyClick(dialog.comment, Qt.Key.Key_Return)
    assert dialog.isVisible()
    QTest.keyClick(dialog.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settled(context, qtbot)
    assert kept(context, qtbot) == [Correction(answer.response, f"{answer.text} Ask a doctor.", "safer")]
    assert "Correction kept." in bar.good
    assert tab.correcting.button.text() == "Correct… (1)"


def test_an_answer_in_one_long_line_is_corrected_as_it_is(theme: Theme, qtbot: QtBot) -> None:
    answer = "The atria quiver. " * 2_000
    dialog = CorrectionDialog(None, theme, "Answer A", answer, "Eve")
    qtbot.addWidget(dialog)
    dialog.show_correction(CorrectionText(answer), stands=False)
    assert dialog.given.text == answer
    assert dialog.told.text() == f"{EQUAL} {IN_PIECES}"
    typed(dialog, "At random.")
    assert dialog.given.text == f"{answer}At random."
    qtbot.waitUntil(lambda: dialog.told.text().startswith("Words taken out in 0 places, put in in 1 place."))


def test_what_is_begun_is_there_when_the_dialog_is_opened_again(
    tab: AnswersTab, context: PageContext, qtbot: QtBot
) -> None:
    dialog = dialog_of(tab, context, qtbot)
    typed(dialog, " Half a thought")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    settled(context, qtbot)
    again = dialog_of(tab, context, qtbot)
    assert again.text.toPlainText().endswith(" Half a thought")
    again.reject()
    assert kept(context, qtbot) == []


def test_ones_own_correction_is_changed_or_taken_back(
    tab: AnswersTab, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    dialog = dialog_of(tab, context, qtbot)
    assert not dialog.remove.isVisible()
    typed(dialog, " One")
    QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    settled(context, qtbot)
    dialog = dialog_of(tab, context, qtbot)
    assert dialog.text.toPlainText().endswith(" One")
    typed(dialog, " two")
    QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    settled(context, qtbot)
    assert [one.text.endswith(" One two") for one in kept(context, qtbot)] == [True]
    dialog = dialog_of(tab, context, qtbot)
    QTest.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    settled(context, qtbot)
    assert kept(context, qtbot) == []
    assert bar.good[-1] == "Correction taken back."
    assert tab.correcting.button.text() == "Correct…"


def test_spaces_alone_are_named_and_a_name_is_needed(
    tab: AnswersTab, context: PageContext, qtbot: QtBot
) -> None:
    dialog = dialog_of(tab, context, qtbot)
    typed(dialog, "  ")
    qtbot.waitUntil(lambda: dialog.told.text() == SPACES_ALONE)
    assert dialog.keep.isEnabled()
    dialog.expert.clear()
    assert not dialog.keep.isEnabled()
    QTest.keyClick(dialog.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.isVisible()
    dialog.reject()


def test_a_correction_that_cannot_be_stored_is_not_lost(
    tab: AnswersTab, context: PageContext, qtbot: QtBot, bar: RecordingBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ftcompare.core.errors import UserError
    from ftcompare.ui.pages.review.answers import correction

    def full(*_: object, **__: object) -> None:
        raise UserError("The disk is full.", code="disk-full")

    monkeypatch.setattr(correction, "correct", full)
    dialog = dialog_of(tab, context, qtbot)
    typed(dialog, " Kept for later")
    QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    settled(context, qtbot)
    assert bar.errors
    again = dialog_of(tab, context, qtbot)
    assert again.text.toPlainText().endswith(" Kept for later")
    again.reject()


WRITTEN = "Give 5\u00a0mg of\u202fit.\r\nThen rest.\r\nAsk again."


def shown_dialog(qtbot: QtBot, theme: Theme, answer: str, given: str) -> CorrectionDialog:
    dialog = CorrectionDialog(None, theme, "Answer A", answer, "Eve")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.show_correction(CorrectionText(given), stands=False)
    return dialog


def test_an_answer_that_was_not_touched_is_the_same_whatever_its_spaces_and_line_ends(
    context: PageContext, qtbot: QtBot
) -> None:
    dialog = shown_dialog(qtbot, context.theme, WRITTEN, WRITTEN)
    assert dialog.told.text() == EQUAL
    assert not dialog.keep.isEnabled()
    assert dialog.given == CorrectionText(WRITTEN)


def test_what_was_not_touched_of_an_answer_stays_as_it_is(context: PageContext, qtbot: QtBot) -> None:
    dialog = shown_dialog(qtbot, context.theme, WRITTEN, WRITTEN)
    typed(dialog, " Now.")
    QTest.keyClick(dialog.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(dialog.text, "Well.")
    assert dialog.given.text == WRITTEN + " Now.\r\nWell."
    dialog = shown_dialog(qtbot, context.theme, "One.\u2028Two.\nThree.", "One.\u2028Two.\nFour.")
    assert dialog.given.text == "One.\u2028Two.\nFour."


def test_a_text_that_is_too_long_is_kept_without_comparing_its_words(
    context: PageContext, qtbot: QtBot
) -> None:
    answer = "word " * (MOST_COMPARED // 5 + 1)
    dialog = shown_dialog(qtbot, context.theme, answer, answer + "more")
    assert dialog.told.text() == f"{TOO_LONG} {IN_PIECES}"
    assert dialog.text.extraSelections() == []
    assert dialog.keep.isEnabled()
