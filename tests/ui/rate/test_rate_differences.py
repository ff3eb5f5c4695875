"""In a judged pair that is looked at again the differing words are marked; before the judgment never."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from ftcompare.app.rate.word_differences import differing_words
from ftcompare.ui.rating.pair import PairView
from tests.ui.rate.conftest import Bench, MakeBench
from tests.ui.rate.sample_texts import pair_study

Key = Qt.Key
FIRST, SECOND = "The heart 🫀 beats **fast** today.", "The heart 🫀 beats slowly today, as ever."


@pytest.fixture
def bench(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(pair_study(tmp_path / "d.ftstudy", "How?", FIRST, SECOND)).start()


def look_again(bench: Bench) -> None:
    bench.click("done_answers")
    screen = bench.page.view.own_answers
    bench.qtbot.waitUntil(lambda: screen.table.model.rowCount() == 1)
    bench.key(Key.Key_Return)
    bench.qtbot.waitUntil(lambda: bench.page.shown is not None and bool(bench.page.shown.changing))
    bench.settle()


def marked(pair: PairView) -> set[str]:
    views = (pair.left.text.view, pair.right.text.view)
    return {mark.cursor.selectedText() for view in views for mark in view.extraSelections()}


def test_places_count_as_a_document_of_qt_counts() -> None:
    assert differing_words("🫀 fast it is", "🫀 slow it is") == (((3, 7),), ((3, 7),))
    assert differing_words("a b", "a b") == ((), ())


def test_before_the_judgment_the_key_does_nothing(bench: Bench) -> None:
    assert not bench.page.actions_by_id["rate.differences"].isEnabled()
    bench.key(Key.Key_D)
    assert marked(bench.page.view.pair) == set()


def test_a_key_and_a_click_mark_them_and_take_the_marks_away(bench: Bench) -> None:
    pair = bench.page.view.pair
    bench.judge()
    look_again(bench)
    bench.key(Key.Key_D)
    assert marked(pair) == {"fast", "slowly", "as ever"}
    bench.click("changing_second")
    assert marked(pair) == set()
    bench.click("changing_second")
    assert marked(pair) == {"fast", "slowly", "as ever"}
    bench.key(Key.Key_M)
    bench.qtbot.waitUntil(lambda: marked(pair) == {"fast", "slowly", "as ever"})


def test_they_are_gone_with_the_pair(bench: Bench) -> None:
    bench.judge()
    look_again(bench)
    bench.key(Key.Key_D)
    bench.key(Key.Key_Escape)
    bench.qtbot.waitUntil(lambda: bench.ended)
    bench.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    bench.at(0)
    assert marked(bench.page.view.pair) == set()
    assert not bench.page.view.pair.differences.on


def test_the_key_is_in_the_list_of_keys(bench: Bench) -> None:
    bench.key(Key.Key_Question)
    listed = [label.text() for label in bench.page.view.all_keys.findChildren(QLabel)]
    assert "Mark differing words" in listed
