"""One answer at a time on the rating page: number keys give grades, R reasons, and nothing says pair."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from ftcompare.core.language import set_wording
from ftcompare.ui.pages.rate.state import RateState
from tests.graded_studies import graded_study
from tests.ui.page_driver import visible_text
from tests.ui.rate.conftest import Bench, MakeBench

DIGITS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5)


@pytest.fixture
def grading(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(graded_study(tmp_path / "s.ftstudy", prompts=2)).start()


def given(bench: Bench) -> list[tuple[int, tuple[str, ...]]]:
    rows = bench.stored(lambda study: list(study.grades.standing()))
    return [(row.grade, row.notes.reasons) for row in rows]


def test_number_keys_give_grades_and_reasons_have_their_own_key(grading: Bench) -> None:
    pair = grading.page.view.pair
    assert pair.left.isVisible()
    assert not pair.right.isVisible()
    assert pair.left.text.view.toPlainText() == grading.item.left
    grading.key(Qt.Key.Key_Left)  # a key of pairs
    grading.key(Qt.Key.Key_R)
    grading.key(Qt.Key.Key_2)
    grading.key(Qt.Key.Key_R)
    for place, digit in enumerate((DIGITS[3], DIGITS[0], DIGITS[4])):
        assert grading.position == place
        grading.judge(digit)
    assert given(grading) == [(4, ("wrong fact",)), (1, ()), (5, ())]


def test_a_grade_is_taken_back_and_opened_again_by_its_words(grading: Bench) -> None:
    grading.judge(DIGITS[0])
    assert grading.page.view.tools.undo.toolTip().endswith("“1 · very bad”")
    grading.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    grading.at(0)
    grading.judge(DIGITS[2])
    grading.key(Qt.Key.Key_L)
    grading.settle()
    row = grading.page.view.own_answers.table.model.shown[0]
    assert row.cells[1] == "3"
    grading.key(Qt.Key.Key_Return)
    grading.qtbot.waitUntil(lambda: grading.page.view.changing.isVisible())
    grading.until(RateState.READY)
    grading.key(DIGITS[4])
    grading.qtbot.waitUntil(lambda: given(grading) == [(5, ())])


def test_every_screen_speaks_of_answers(grading: Bench) -> None:
    def said() -> str:
        return visible_text(grading.page)

    read = [said()]
    grading.key(Qt.Key.Key_S)
    read.append(said())
    grading.key(Qt.Key.Key_Escape)
    grading.key(Qt.Key.Key_Question)
    read.append(said())
    grading.key(Qt.Key.Key_Escape)
    grading.judge(DIGITS[1])
    grading.key(Qt.Key.Key_L)
    grading.settle()
    read.append(said())
    grading.key(Qt.Key.Key_Escape)
    while not grading.ended:
        grading.judge(DIGITS[1])
    read.append(said())
    assert "Answer 1 of 6" in read[0]
    assert "Thank you, Ada. That was the last answer." in read[-1]
    words = [word.strip(".,:").casefold() for text in read for word in text.split()]
    assert not {"pair", "pairs", "left", "right", "both"} & set(words)
    assert grading.page.findChild(QLabel) is not None


@pytest.fixture(autouse=True)
def words_of_pairs() -> object:
    yield
    set_wording({})
