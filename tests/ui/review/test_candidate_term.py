"""One key puts the word in hand into the glossary, from the list of words and from the uses of a word."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.page import USES
from ftcompare.ui.pages.review.study_terms_page import WORDS
from tests.ui.conftest import RecordingBar
from tests.ui.page_driver import press, settle
from tests.ui.review.test_term_lists import choose, entered, written


def glossary(context: PageContext, qtbot: QtBot) -> dict[str, GlossaryTerm]:
    found: list[tuple[GlossaryTerm, ...]] = []
    context.tasks.run(lambda study: study.glossary.terms(), found.append)
    settle(context, qtbot)
    return {term.term: term for term in found[0]}


def test_a_word_of_the_list_is_added_by_key(
    tmp_path: Path, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    page = entered(context, qtbot, written(tmp_path / "w.ftstudy"))
    choose(page, page.terms.kinds, WORDS, context, qtbot)
    table = page.terms.words.table
    table.field.setText("found")
    table.select(0)
    word = str(table.model.shown[0].cells[0])
    QTest.keyClick(table.view, Qt.Key.Key_G)
    settle(context, qtbot)
    added = glossary(context, qtbot)[word]
    assert (added.status, added.note) == (TermStatus.ADMITTED, "Candidate")
    assert bar.good == [f"“{word}” is in the glossary, as a candidate."]
    QTest.keyClick(table.view, Qt.Key.Key_G)
    settle(context, qtbot)
    assert bar.errors[0].code == "term-exists"


def test_g_in_a_field_is_a_letter(tmp_path: Path, context: PageContext, qtbot: QtBot) -> None:
    page = entered(context, qtbot, written(tmp_path / "w.ftstudy"))
    choose(page, page.terms.kinds, WORDS, context, qtbot)
    field = page.terms.words.table.field
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_G)
    settle(context, qtbot)
    assert field.text() == "g"
    assert len(glossary(context, qtbot)) == 2


def test_the_words_of_a_concordance_are_added_by_its_button(
    tmp_path: Path, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    page = entered(context, qtbot, written(tmp_path / "w.ftstudy"))
    page.tabs.setCurrentIndex(USES)
    page.uses.list_uses("was found")
    settle(context, qtbot)
    press(page, "add_candidate_use", qtbot)
    settle(context, qtbot)
    assert "was found" in glossary(context, qtbot)
    assert bar.good == ["“was found” is in the glossary, as a candidate."]


def test_without_a_word_in_hand_nothing_is_added(
    tmp_path: Path, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    page = entered(context, qtbot, written(tmp_path / "w.ftstudy"))
    choose(page, page.terms.kinds, WORDS, context, qtbot)
    page.terms.words.table.field.setText("no such word")
    page.terms.words.candidate.add()
    settle(context, qtbot)
    assert (bar.good, bar.errors) == ([], [])
