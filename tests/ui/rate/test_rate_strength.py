"""A second press of the same key makes an answer stronger; anything else takes the first back."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ftcompare.app.review.terminology import beside
from ftcompare.core.rating_rules import IDENTICAL_ASKED
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import RaterId
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.rating.commands import RatePreferences
from ftcompare.ui.rating.question_panel import ReasonRow
from tests.builders import hand_out_all
from tests.ui.conftest import START, run_out
from tests.ui.page_driver import owned
from tests.ui.rate.conftest import CRITERIA, REASONS, Bench, MakeBench, make_rated
from tests.ui.rate.sample_texts import pair_study

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


# A reason is told of the pair, of the left answer or of the right one, and is stored and listed so.


CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def asked(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(make_rated(tmp_path / "why.ftstudy", Scale(reasons=REASONS), pairs=3)).start()


def named(bench: Bench, reason: str) -> str:
    return bench.page.view.ask.reasons.chips[reason].box.accessibleName()


def test_reasons_say_that_they_are_of_the_answer_and_come_before_it(qtbot: QtBot) -> None:
    row = owned(ReasonRow(), qtbot)
    row.set_reasons(Scale(reasons=("Too long",)))
    assert row.title.accessibleName() == "Reasons for your judgment"
    tip = row.title.toolTip()
    assert "before you judge" in tip
    assert "the answer that you prefer less" in " ".join(tip.split())


def test_a_key_turns_a_reason_from_the_pair_to_each_answer_and_off(asked: Bench) -> None:
    found = []
    for _ in range(4):
        asked.key(Key.Key_2)
        draft = asked.draft
        found.append((draft.reasons, draft.reason_sides, named(asked, "Too long")))
    ticked = ("Too long",)
    assert found == [
        (ticked, (), "Too long (2)"),
        (ticked, (("Too long", Choice.LEFT),), "Too long, of the left answer (2)"),
        (ticked, (("Too long", Choice.RIGHT),), "Too long, of the right answer (2)"),
        ((), (), "Too long (2)"),
    ]


def test_no_chip_moves_when_another_is_turned(asked: Bench) -> None:
    chips = asked.page.view.ask.reasons.chips.values()
    places = [chip.geometry() for chip in chips]
    for _ in range(3):
        asked.key(Key.Key_1)
        asked.settle()
        assert [chip.geometry() for chip in chips] == places


def test_it_is_stored_with_the_judgment_listed_and_brought_back_by_undo(asked: Bench) -> None:
    asked.key(Key.Key_1)
    for _ in range(3):
        asked.key(Key.Key_2)
    asked.judge()
    (row,) = asked.rows()
    assert row.reasons == REASONS[:2]
    assert row.reason_sides == (("Too long", "a" if row.left == "b" else "b"),)
    asked.key(Key.Key_L)
    screen = asked.page.view.own_answers
    asked.qtbot.waitUntil(lambda: screen.table.model.rowCount() == 1)
    assert "Wrong term and Too long (Right)" in screen.table.model.shown[0].cells
    asked.key(Key.Key_Escape)
    asked.key(Key.Key_Z, CTRL)
    asked.at(0)
    assert named(asked, "Too long") == "Too long, of the right answer (2)"


def test_a_pack_carries_it_and_a_merge_brings_it_home(make_bench: MakeBench, tmp_path: Path) -> None:
    path = make_rated(tmp_path / "why.ftstudy", Scale(reasons=REASONS), pairs=3)
    with StudyFile.open(path, now=START) as study:
        study.packs.hand_out("Ada", tmp_path / "ada.ftpack", rng=Random(1), now=START)
    bench = make_bench(tmp_path / "ada.ftpack").start()
    bench.key(Key.Key_1)
    bench.key(Key.Key_1)
    bench.judge()
    bench.page.forget()
    closed: list[bool] = []
    bench.tasks.close_study(lambda: closed.append(True))
    bench.qtbot.waitUntil(lambda: bool(closed))
    with StudyFile.open(path, now=START) as study:
        study.packs.merge(tmp_path / "ada.ftpack", now=START)
        (row,) = study.judgments.standing()
        assert row.reason_sides == (("Wrong term", row.left),)
        names = {system.id: system.name for system in study.systems.all()}
        response = row.comparison.a if row.left == "a" else row.comparison.b
        assert beside(row, names, 1).reasons == (f"Wrong term (of {names[response.system]})",)


def test_the_list_of_keys_tells_it(asked: Bench) -> None:
    asked.key(Key.Key_Question)
    listed = [label.text() for label in asked.page.view.all_keys.findChildren(QLabel)]
    assert "Press again to apply a reason to one answer, the other, or neither" in listed


# Of two identical answers that is told, and the criteria are not asked: each counts as equal.


def rated(path: Path, first: str, second: str) -> Path:
    """A study of one pair that asks for criteria and reasons."""
    pair_study(path, "What helps?", first, second)
    with StudyFile.open(path, now=START) as study:
        scale = Scale(criteria=CRITERIA, reasons=REASONS)
        study.settings.set_rating(scale, study.settings.design(), now=START)
        hand_out_all(study, START)
    return path


@pytest.fixture
def same(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(rated(tmp_path / "same.ftstudy", "Rest.", "Rest.\n")).start()


def test_it_is_told_in_words_and_to_a_screen_reader(same: Bench) -> None:
    assert same.page.view.pair.prompt.note == IDENTICAL_ASKED


def test_the_criteria_are_not_asked_and_count_as_equal(same: Bench) -> None:
    assert same.page.view.ask.criteria.isHidden()
    same.key(Key.Key_1)
    assert same.draft.reasons == REASONS[:1]
    same.judge(Key.Key_Down)
    (row,) = same.rows()
    assert row.choice == "tie"
    assert row.criteria == tuple((name, "tie") for name in CRITERIA)


def test_the_whole_is_asked_as_ever(same: Bench) -> None:
    same.judge(Key.Key_Left)
    (given,) = same.stored(lambda log: log.judgments.given(RaterId(1)))
    assert given.verdict.choice is Choice.LEFT


def test_an_answer_that_is_taken_back_is_given_again(same: Bench) -> None:
    same.judge(Key.Key_Down)
    same.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    same.at(0)
    same.judge(Key.Key_Up)
    assert same.rows()[0].choice == "both_bad"


def test_of_answers_that_differ_nothing_is_told_and_all_is_asked(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(rated(tmp_path / "two.ftstudy", "Rest.", "rest.")).start()
    assert bench.page.view.pair.prompt.note == ""
    assert bench.page.view.ask.criteria.isVisible()


def test_an_empty_answer_says_that_it_is_empty(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(pair_study(tmp_path / "empty.ftstudy", "What helps?", "", "Rest.")).start()
    views = [panel.text.view for panel in (bench.page.view.pair.left, bench.page.view.pair.right)]
    assert [view.placeholderText() for view in views if not view.toPlainText()] == ["Empty answer"]
    assert bench.page.view.pair.prompt.note == ""
