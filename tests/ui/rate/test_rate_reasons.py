"""A reason is told of the pair, of the left answer or of the right one, and is stored and listed so."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ftcompare.app.review.terminology import beside
from ftcompare.core.scale import Choice, Scale
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.rating.question_panel import ReasonRow
from tests.ui.conftest import START
from tests.ui.rate.conftest import REASONS, Bench, MakeBench, make_rated

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def asked(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(make_rated(tmp_path / "why.ftstudy", Scale(reasons=REASONS), pairs=3)).start()


def named(bench: Bench, reason: str) -> str:
    return bench.page.view.ask.reasons.chips[reason].box.accessibleName()


def test_reasons_say_that_they_are_of_the_answer_and_come_before_it(qtbot: QtBot) -> None:
    row = ReasonRow()
    qtbot.addWidget(row)
    assert row.title.accessibleName() == "Reasons for your answer"
    tip = row.title.toolTip()
    assert "before you answer" in tip
    assert "the one you prefer less" in " ".join(tip.split())


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
    assert "Wrong term, Too long (Right)" in screen.table.model.shown[0].cells
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
    assert "Again: a reason of Left, of Right, none" in listed
