"""Errors marked in the window by keyboard: drawn in the text, listed, changed, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.review.marks import add_mark
from ftcompare.app.review.terminology import reviewed_alone
from ftcompare.core.annotations import AnnotationKind, Mark
from ftcompare.core.error_scheme import ErrorScheme, ErrorType, Severity
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.marking.mark_panel import NO_WORDS
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.answers.answer_table import NOTED
from ftcompare.ui.pages.review.answers.marking import AnswerMarking
from ftcompare.ui.pages.review.answers.tab import AnswersTab
from ftcompare.ui.pages.review.page import ANSWERS, ReviewPage
from ftcompare.ui.text.marked_text import ErrorHighlight
from ftcompare.ui.text.safe_document import selection
from tests.ui.conftest import START, RecordingBar, make_study
from tests.ui.page_driver import enter, settle


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_study(tmp_path / "judged.ftstudy", judged=12)


def opened(context: PageContext, qtbot: QtBot, path: Path) -> AnswersTab:
    page = enter(ReviewPage(context), context, qtbot, path)
    page.resize(1400, 800)
    page.tabs.setCurrentIndex(ANSWERS)
    settled(context, qtbot)
    return page.answers


def settled(context: PageContext, qtbot: QtBot) -> None:
    for _ in range(4):
        settle(context, qtbot)


def keyed(widget: QWidget, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(widget, key)


def marked(
    tab: AnswersTab, context: PageContext, qtbot: QtBot, words: str, severity: str = "2"
) -> AnswerMarking:
    """Mark words of the answer in hand, as style, by keyboard."""
    answer, marking = tab.pane.answer, tab.marking
    assert answer is not None
    start = answer.text.index(words)
    tab.pane.text.take(start, start + len(words))
    keyed(tab.pane.text, Qt.Key.Key_E)
    form = marking.panel.form
    form.types.setCurrentIndex(form.types.findData("style"))
    QTest.keyClicks(form.types, severity)
    keyed(form.types, Qt.Key.Key_Return)
    settled(context, qtbot)
    return marking


def kept(context: PageContext, qtbot: QtBot, kind: AnnotationKind = AnnotationKind.MARK) -> list[object]:
    """What stands in the study."""
    found: list[list[object]] = []

    def standing(study: StudyFile) -> list[object]:
        return [one.given for one in study.annotations.standing(kind)]

    context.tasks.run(standing, found.append)
    settled(context, qtbot)
    return found[0]


def test_the_panel_follows_the_theme_wherever_it_was_when_that_changed(
    context: PageContext, qtbot: QtBot, path: Path
) -> None:
    tab = opened(context, qtbot, path)
    side = tab.marking._side
    for shown in (False, True, False):
        tab.marking.button.setChecked(shown)
        assert not side.isWindow()
        assert side.isVisible() is shown
    assert side.styleSheet() == ""


def rows(marking: AnswerMarking) -> list[str]:
    shown = marking.panel.list
    return [shown.item(row).text() for row in range(shown.count())]


def test_the_first_mark_asks_for_a_name_and_is_kept_under_it(
    context: PageContext, qtbot: QtBot, path: Path
) -> None:
    tab = opened(context, qtbot, path)
    assert tab.pane.answer is not None
    words = tab.pane.answer.text.split()[1]
    marking = marked(tab, context, qtbot, words)
    assert rows(marking) == []
    assert marking.panel.name_field.isVisible()
    marking.panel.name_field.setText("Eve")
    keyed(marking.panel.name_field, Qt.Key.Key_Return)
    settled(context, qtbot)
    assert context.remembered.now.expert == "Eve"
    assert rows(marking) == [f"Style, minor: “{words}”"]
    assert f"{words}\u202f[Style, minor]" in tab.pane.text.toPlainText()
    assert marking.button.text() == "Marks (1)"
    assert "Marked by Eve" in marking.panel.name_shown.text()
    assert tab.model.index(0, NOTED).data() == ""  # asked for again
    settled(context, qtbot)
    assert "1 mark" in tab.model.index(0, NOTED).data()


@pytest.fixture
def tab(context: PageContext, qtbot: QtBot, path: Path) -> AnswersTab:
    """The answers, with an expert who is known."""
    context.remembered.change(expert="Eve")
    return opened(context, qtbot, path)


def test_marks_are_drawn_by_a_line_and_a_tag_and_reached_by_f3(
    tab: AnswersTab, context: PageContext, qtbot: QtBot
) -> None:
    assert tab.pane.answer is not None
    first, second = tab.pane.answer.text.split()[1:3]
    marked(tab, context, qtbot, first, "3")
    marked(tab, context, qtbot, second, "4")
    view = tab.pane.text
    cursor = view.textCursor()
    cursor.setPosition(view.toPlainText().index(first) + 1)
    assert cursor.charFormat().fontOverline()
    said: list[str] = []
    view.moved.connect(said.append)
    for _ in range(len(view.marks)):
        keyed(view, Qt.Key.Key_F3)
    assert any(f"Style, major: “{first}”." in words for words in said)
    assert any(f"Style, critical: “{second}”." in words for words in said)


def test_what_is_missing_is_marked_where_the_cursor_stands(
    tab: AnswersTab, context: PageContext, qtbot: QtBot
) -> None:
    tab.pane.as_written.setChecked(True)
    view = tab.pane.text
    cursor = view.textCursor()
    cursor.setPosition(4)
    view.setTextCursor(cursor)
    keyed(view, Qt.Key.Key_E)
    form = tab.marking.panel.form
    assert [form.types.itemData(row) for row in range(form.types.count())] == ["omission"]
    assert "missing" in form.quote.text()
    form.comment.setText("no dose")
    keyed(form.comment, Qt.Key.Key_Return)
    settled(context, qtbot)
    assert rows(tab.marking) == ["Omission, minor: between two characters · no dose"]
    assert "[Omission, minor]" in view.toPlainText()
    assert tab.pane.answer is not None
    said = Mark(tab.pane.answer.response, 4, 4, "", "omission", "minor", "no dose")
    assert kept(context, qtbot) == [said]


def test_a_mark_is_changed_taken_back_and_undone(
    tab: AnswersTab, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    assert tab.pane.answer is not None
    first, second = tab.pane.answer.text.split()[1:3]
    marked(tab, context, qtbot, first)
    marking = marked(tab, context, qtbot, second)
    panel = marking.panel
    panel.list.setCurrentRow(0)
    assert tab.pane.text.textCursor().selectedText().startswith(first)
    keyed(panel.list, Qt.Key.Key_Return)
    assert panel.form.heading.text() == "Change the mark"
    panel.form.suggestion.setText("plain")
    keyed(panel.form.suggestion, Qt.Key.Key_Return)
    settled(context, qtbot)
    assert rows(marking) == [f"Style, minor: “{first}” · better: “plain”", f"Style, minor: “{second}”"]
    QTest.keyClick(tab.pane.text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settled(context, qtbot)
    assert sorted(rows(marking)) == sorted(f"Style, minor: “{word}”" for word in (first, second))
    assert bar.good == [f"Undone: the mark “{first}”"]
    for _ in range(2):
        panel.list.setCurrentRow(0)
        keyed(panel.list, Qt.Key.Key_Delete)
        settled(context, qtbot)
    assert rows(marking) == []
    assert "[Style" not in tab.pane.text.toPlainText()
    QTest.keyClick(tab.pane.text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settled(context, qtbot)
    assert len(bar.good) == 1


def test_esc_leaves_the_form_and_keeps_nothing(tab: AnswersTab, context: PageContext, qtbot: QtBot) -> None:
    tab.pane.text.take(0, 2)
    keyed(tab.pane.text, Qt.Key.Key_E)
    form = tab.marking.panel.form
    assert form.isVisible()
    keyed(form.types, Qt.Key.Key_Escape)
    settled(context, qtbot)
    assert not form.isVisible()
    assert rows(tab.marking) == []


def test_other_experts_marks_are_shown_when_asked_for_and_not_changed(
    context: PageContext, qtbot: QtBot, path: Path
) -> None:
    with StudyFile.open(path, now=START) as study:
        for answer in study.responses.all():
            add_mark(study, "Max", Mark(answer.id, 0, 2, answer.text[:2], "style", "minor"), now=START)
    context.remembered.change(expert="Eve")
    tab = opened(context, qtbot, path)
    panel = tab.marking.panel
    tab.marking.button.click()
    assert rows(tab.marking) == []
    panel.others.click()
    assert rows(tab.marking)[0].endswith("· by Max")
    assert "[Style, minor, Max]" in tab.pane.text.toPlainText()
    panel.list.setCurrentRow(0)
    assert not panel.remove.isEnabled()
    assert not panel.change.isEnabled()


def test_an_answer_is_looked_through(tab: AnswersTab, context: PageContext, qtbot: QtBot) -> None:
    tab.marking.button.click()
    tab.marking.panel.done.click()
    settled(context, qtbot)
    assert tab.marking.panel.done.isChecked()
    tab.step(1)
    settled(context, qtbot)
    assert not tab.marking.panel.done.isChecked()
    tab.step(-1)
    settled(context, qtbot)
    assert tab.marking.panel.done.isChecked()
    assert len(kept(context, qtbot, AnnotationKind.REVIEWED)) == 1


def test_without_a_type_for_what_is_missing_words_are_asked_for(
    context: PageContext, qtbot: QtBot, path: Path, bar: RecordingBar
) -> None:
    own = ErrorScheme("House", (ErrorType("dose", "Dose", "Wrong dose."),), (Severity("bad", "Bad", 2.0),))
    with StudyFile.open(path, now=START) as study:
        study.error_schemes.set(own, now=START)
    tab = opened(context, qtbot, path)
    keyed(tab.pane.text, Qt.Key.Key_E)
    assert bar.notes == [NO_WORDS]
    tab.pane.text.take(0, 2)
    keyed(tab.pane.text, Qt.Key.Key_E)
    form = tab.marking.panel.form
    assert form.note.text() == "Wrong dose."
    assert [button.text() for button in form.severities] == ["1  Bad"]
    QTest.keyClicks(form.types, "2")
    assert form.severities[0].isChecked()


def test_a_mark_on_words_that_are_others_by_now_is_refused_with_the_reason(
    tab: AnswersTab, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    assert tab.pane.answer is not None
    tab.marking.panel.form.given.emit(Mark(tab.pane.answer.response, 0, 3, "???", "style", "minor"))
    settled(context, qtbot)
    assert [error.code for error in bar.errors] == ["mark-text-changed"]
    assert rows(tab.marking) == []


def test_an_expert_with_pairs_to_rate_is_told_first(
    context: PageContext, qtbot: QtBot, path: Path, tmp_path: Path
) -> None:
    context.remembered.change(expert="ada")
    tab = opened(context, qtbot, make_study(tmp_path / "half.ftstudy"))
    tab.marking.button.click()
    assert "still has 6 pairs to rate" in tab.marking.panel.still.text()
    assert tab.marking.panel.still.isVisible()


def test_two_answers_side_by_side_each_have_their_marks(
    tab: AnswersTab, context: PageContext, qtbot: QtBot
) -> None:
    assert tab.pane.answer is not None
    marked(tab, context, qtbot, tab.pane.answer.text.split()[1])
    keyed(tab.pane.text, Qt.Key.Key_B)
    settled(context, qtbot)
    chosen, other = (view for view, _ in tab.pane.views())
    assert "[Style, minor]" in chosen.toPlainText()
    assert "[Style, minor]" not in other.toPlainText()


def test_words_that_tags_hold_too_are_marked_in_the_text(
    tab: AnswersTab, context: PageContext, qtbot: QtBot
) -> None:
    """Of Markdown, words are found by their spelling: a tag is no word of the text."""
    view = tab.pane.text
    text = "The *Style*, minor as it is, and **Style** once more."
    view.set_markdown(True)
    view.set_side(reviewed_alone(text, ()))
    view.set_errors([ErrorHighlight(0, 3, "Style, minor", "The")])
    shown = view.toPlainText()
    assert shown.startswith("The\u202f[Style, minor] Style, minor as")
    places = [shown.index("Style", 19), shown.index("minor", 19), shown.rindex("Style")]
    found = []
    for place in places:
        view.setTextCursor(selection(view.document(), place, place + 5))
        found.append(view.selected_span())
    stored = [text.index("Style"), text.index("minor"), text.rindex("Style")]
    assert found == [(start, start + 5) for start in stored]
    assert view.shown_span(stored[0], stored[0] + 5) == (places[0], places[0] + 5)
