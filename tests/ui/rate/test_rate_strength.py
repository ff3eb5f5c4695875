"""A second press of the same key makes an answer stronger; anything else takes the first back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ftcompare.core.scale import Scale
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.rating.preferences import RatePreferences
from tests.ui.conftest import run_out
from tests.ui.rate.conftest import CRITERIA, Bench, MakeBench, make_rated

Key = Qt.Key
LONG = 3600.0  # A moment that does not pass by itself within a test


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_rated(tmp_path / "strong.ftstudy", Scale(strengths=2))


@pytest.fixture
def held(make_bench: MakeBench, path: Path) -> Bench:
    """The left is chosen, and the moment has not passed."""
    bench = make_bench(path, second_press=LONG).start()
    bench.key(Key.Key_Left)
    assert bench.page.state is RateState.CHOSEN
    return bench


def chosen(bench: Bench) -> list[str]:
    return [b.objectName() for b in bench.page.view.answers.buttons if b.property("chosen") == "true"]


def test_a_second_press_means_much_better(held: Bench) -> None:
    assert chosen(held) == ["rate.left"]
    held.key(Key.Key_Left)
    held.at(1)
    assert [row.strength for row in held.rows()] == [2]


def test_one_press_is_sent_when_the_moment_is_over(make_bench: MakeBench, path: Path) -> None:
    bench = make_bench(path, second_press=0.05).start()
    bench.judge(Key.Key_Right)
    assert [row.strength for row in bench.rows()] == [1]


@pytest.mark.parametrize(
    ("key", "modifier"),
    [(Key.Key_Z, Qt.KeyboardModifier.ControlModifier), (Key.Key_Escape, Qt.KeyboardModifier.NoModifier)],
)
def test_undo_and_escape_take_it_back_and_do_no_more(
    held: Bench, key: Key, modifier: Qt.KeyboardModifier
) -> None:
    held.key(key, modifier)
    assert held.page.state is RateState.READY
    assert chosen(held) == []
    assert held.rows() == []


@pytest.mark.parametrize("key", [Key.Key_C, Key.Key_X, Key.Key_Space, Key.Key_F])
def test_any_other_key_takes_it_back(held: Bench, key: Key) -> None:
    held.key(key)
    assert held.page.state is RateState.READY
    assert held.rows() == []


def test_another_answer_takes_its_place(held: Bench) -> None:
    held.key(Key.Key_Right)
    assert chosen(held) == ["rate.right"]
    held.key(Key.Key_Down)
    held.at(1)
    assert [row.choice for row in held.rows()] == ["tie"]


def test_shift_is_sent_at_once(make_bench: MakeBench, path: Path) -> None:
    bench = make_bench(path, second_press=LONG).start()
    bench.key(Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert bench.page.state is RateState.SUBMITTING
    bench.at(1)
    assert [row.strength for row in bench.rows()] == [2]


def test_shift_alone_changes_nothing(held: Bench) -> None:
    QTest.keyPress(held.page, Key.Key_Shift)
    assert held.page.state is RateState.CHOSEN


def test_the_mouse_and_what_has_no_strength_are_sent_at_once(make_bench: MakeBench, path: Path) -> None:
    bench = make_bench(path, second_press=LONG).start()
    bench.click("rate.left")
    assert bench.page.state is RateState.SUBMITTING
    bench.at(1)
    bench.key(Key.Key_Up)
    assert bench.page.state is RateState.SUBMITTING
    bench.at(2)


def test_it_can_be_switched_off(make_bench: MakeBench, path: Path) -> None:
    bench = make_bench(path, second_press=0.0).start()
    bench.key(Key.Key_Left)
    assert bench.page.state is RateState.SUBMITTING
    bench.at(1)


def test_one_strength_needs_no_moment(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_rated(tmp_path / "one.ftstudy"), second_press=LONG).start()
    bench.key(Key.Key_Left)
    assert bench.page.state is RateState.SUBMITTING
    bench.at(1)


def test_the_time_ends_with_the_first_press(make_bench: MakeBench, path: Path) -> None:
    bench = make_bench(path, second_press=LONG).start()
    bench.clock.now += 5
    bench.key(Key.Key_Left)
    bench.clock.now += 3
    bench.key(Key.Key_Left)
    bench.at(1)
    assert bench.rows()[-1].seconds == pytest.approx(5.0)


def test_leaving_within_the_moment_loses_nothing(held: Bench) -> None:
    held.page.leave()
    assert [row.strength for row in held.rows()] == [1]


def test_criteria_take_one_press_each(make_bench: MakeBench, tmp_path: Path) -> None:
    path = make_rated(tmp_path / "both.ftstudy", Scale(strengths=2, criteria=CRITERIA))
    bench = make_bench(path, second_press=LONG).start()
    bench.key(Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert "Accuracy" in bench.words("missing_words")
    for _ in CRITERIA:
        bench.key(Key.Key_Left)
        assert bench.page.state is RateState.READY
    bench.key(Key.Key_Left)
    bench.key(Key.Key_Left)
    bench.at(1)
    assert bench.rows()[-1].strength == 2


def test_a_pair_that_is_changing_takes_no_second_press(make_bench: MakeBench, path: Path) -> None:
    bench = make_bench(path, second_press=LONG).start()
    bench.key(Key.Key_Left)
    bench.key(Key.Key_Left)
    assert bench.page.state is RateState.SUBMITTING
    bench.key(Key.Key_Left)
    bench.key(Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    bench.at(1)
    bench.settle()
    assert len(bench.rows()) == 1


def test_another_moment_counts_from_now_on(make_bench: MakeBench, path: Path) -> None:
    bench = make_bench(path, second_press=0.0).start()
    bench.page.set_preferences(RatePreferences(reading_moment=0.0, second_press=LONG))
    bench.key(Key.Key_Left)
    assert bench.page.state is RateState.CHOSEN


def test_whoever_rates_next_is_not_given_an_answer_that_waited(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_rated(tmp_path / "who.ftstudy", Scale(strengths=2)), second_press=LONG).start()
    bench.key(Qt.Key.Key_Left)
    bench.until(RateState.CHOSEN)
    bench.click("rater_shown")
    run_out(bench.page)
    bench.settle()
    assert bench.page.view.stack.currentWidget() is bench.page.view.who
    assert bench.rows() == []
