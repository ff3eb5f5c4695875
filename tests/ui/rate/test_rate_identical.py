"""Of two identical answers that is told, and the criteria are not asked: each counts as equal."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import RaterId
from ftcompare.store.study.study_file import StudyFile
from tests.ui.conftest import START
from tests.ui.rate.conftest import CRITERIA, REASONS, Bench, MakeBench
from tests.ui.rate.sample_texts import pair_study

Key = Qt.Key


def rated(path: Path, first: str, second: str) -> Path:
    """A study of one pair that asks for criteria and reasons."""
    pair_study(path, "What helps?", first, second)
    with StudyFile.open(path, now=START) as study:
        scale = Scale(criteria=CRITERIA, reasons=REASONS)
        study.settings.set_rating(scale, study.settings.design(), now=START)
    return path


@pytest.fixture
def same(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(rated(tmp_path / "same.ftstudy", "Rest.", "Rest.\n")).start()


def test_it_is_told_in_words_and_to_a_screen_reader(same: Bench) -> None:
    told = same.page.view.pair.same
    assert told.isVisible()
    assert told.accessibleName() == "The two answers are identical"
    assert same.words("same_answers_words") == "The two answers are identical"


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
    assert bench.page.view.pair.same.isHidden()
    assert bench.page.view.ask.criteria.isVisible()


def test_an_empty_answer_says_that_it_is_empty(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(pair_study(tmp_path / "empty.ftstudy", "What helps?", "", "Rest.")).start()
    views = [panel.text.view for panel in (bench.page.view.pair.left, bench.page.view.pair.right)]
    assert [view.placeholderText() for view in views if not view.toPlainText()] == ["Empty answer"]
    assert bench.page.view.pair.findChild(QLabel, "same_answers_words") is not None
    assert bench.page.view.pair.same.isHidden()
