"""A rater searches their own answers, looks at a pair again, and changes the answer or leaves it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import EventKind, RaterId
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.dialogs.frames import KeySheet
from ftcompare.ui.pages.rate.state import RateState
from tests.builders import present
from tests.ui.conftest import START
from tests.ui.page_driver import child, visible_text
from tests.ui.rate.conftest import Bench, MakeBench, make_rated
from tests.ui.rate.sample_texts import pair_study
from tests.ui.shown_text import shown_text

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def packed(folder: Path) -> Path:
    """A pack of three pairs."""
    with StudyFile.open(make_rated(folder / "s.ftstudy", pairs=3), now=START) as study:
        study.packs.hand_out("Ada", folder / "ada.ftpack", rng=Random(1), now=START)
    return folder / "ada.ftpack"


def type_words(words: str) -> None:
    field = present(QApplication.focusWidget())
    QTest.keyClicks(field, words)


@pytest.fixture(params=["study", "pack"])
def judged(request: pytest.FixtureRequest, make_bench: MakeBench, tmp_path: Path) -> Bench:
    """Two of three pairs are judged: Left, then Right with a comment."""
    made = make_rated(tmp_path / "own.ftstudy", pairs=3) if request.param == "study" else packed(tmp_path)
    bench = make_bench(made).start()
    bench.judge(Key.Key_Left)
    bench.key(Key.Key_C)
    type_words("the second one")
    bench.key(Key.Key_Escape)
    bench.judge(Key.Key_Right)
    return bench


def listed(bench: Bench) -> list[tuple[object, ...]]:
    """Bring the list up; what stands beside the prompts."""
    bench.key(Key.Key_L)
    screen = bench.page.view.own_answers
    bench.qtbot.waitUntil(lambda: screen.isVisible() and screen.table.model.rowCount() > 0)
    return [row.cells[1:] for row in screen.table.model.shown]


def look(bench: Bench, place: int) -> None:
    """Look again at the pair in a row of the list, which is in front."""
    screen = bench.page.view.own_answers
    screen.table.select(place)
    screen.table.view.setFocus()
    bench.key(Key.Key_Return)
    bench.qtbot.waitUntil(lambda: bench.page.shown is not None and bool(bench.page.shown.changing))
    bench.until(RateState.READY)


def kinds(bench: Bench) -> list[EventKind]:
    return [e.kind for e in bench.stored(lambda log: list(log.judgments.events(RaterId(1))))]


def choices(bench: Bench) -> list[Choice]:
    return [a.verdict.choice for a in bench.stored(lambda log: log.judgments.given(RaterId(1)))]


def test_the_question_mark_lists_the_keys_of_the_list(judged: Bench) -> None:
    listed(judged)
    screen = judged.page.view.own_answers
    screen.activateWindow()
    judged.qtbot.waitUntil(screen.isActiveWindow)
    screen.table.view.setFocus()
    QTest.keyClick(screen.table.view, Key.Key_Question)
    sheet = child(judged.page.window(), KeySheet)
    assert {"Enter", "Open this pair again", "Esc", "Back"} <= set(visible_text(sheet).splitlines())
    sheet.accept()
    screen.table.field.setFocus()
    QTest.keyClick(screen.table.field, Key.Key_Question)
    assert screen.table.field.text() == "?"


def test_an_answer_that_is_opened_again_is_changed(judged: Bench) -> None:
    assert judged.page.view.header.answers.accessibleName() == "My judgments (L)"
    assert listed(judged) == [
        ("Right is better", "", "", "the second one", "", ""),
        ("Left is better", "", "", "", "", ""),
    ]
    view = judged.page.view.own_answers.table.view
    assert [column for column in range(7) if view.isColumnHidden(column)] == [2, 3, 5, 6]
    look(judged, 0)
    assert judged.page.view.changing.accessibleName().startswith("You judged “Right is better”")
    assert judged.words("progress_words") == "Opened again"
    judged.key(Key.Key_Down)
    judged.qtbot.waitUntil(lambda: judged.page.shown is not None and not judged.page.shown.changing)
    judged.until(RateState.READY)
    assert judged.page.view.changing.isHidden()
    assert choices(judged) == [Choice.TIE, Choice.LEFT]
    assert kinds(judged) == [*[EventKind.JUDGMENT] * 2, EventKind.RETRACTION, EventKind.JUDGMENT]


def test_a_skipped_pair_is_judged_from_the_list(judged: Bench) -> None:
    judged.key(Key.Key_S)
    judged.key(Key.Key_1)
    judged.until(RateState.DONE)
    judged.click("done_answers")
    screen = judged.page.view.own_answers
    judged.qtbot.waitUntil(lambda: screen.table.model.rowCount() == 3)
    assert str(screen.table.model.shown[0].cells[1]).startswith("Skipped: ")
    assert child(screen, QLabel, "answers_told").text().endswith("1 pair was skipped.")
    look(judged, 0)
    told = "Skipped: I cannot judge this topic. You can still judge it."
    assert judged.page.view.changing.accessibleName().startswith(told)
    assert judged.words("progress_words") == "Opened again"
    judged.key(Key.Key_Escape)
    judged.until(RateState.DONE)
    judged.click("done_answers")
    judged.settle()
    look(judged, 0)
    judged.key(Key.Key_Left)
    judged.until(RateState.DONE)
    assert choices(judged) == [Choice.LEFT, Choice.RIGHT, Choice.LEFT]
    judged.click("done_undo")
    judged.qtbot.waitUntil(lambda: judged.page.view.changing.accessibleName().startswith(told))
    assert choices(judged) == [Choice.RIGHT, Choice.LEFT]


def test_undo_of_a_change_restores_the_answer_and_each_undo_shows_its_pair(judged: Bench) -> None:
    listed(judged)
    look(judged, 1)
    first = judged.item.allocation
    judged.key(Key.Key_Down)
    judged.until(RateState.READY)
    judged.qtbot.waitUntil(lambda: judged.item.allocation != first)
    judged.key(Key.Key_Z, CTRL)
    judged.qtbot.waitUntil(lambda: judged.item.allocation == first)
    assert judged.page.view.changing.accessibleName().startswith("You judged “Left is better”")
    assert choices(judged) == [Choice.LEFT, Choice.RIGHT]
    judged.until(RateState.READY)
    judged.key(Key.Key_Z, CTRL)
    judged.qtbot.waitUntil(lambda: judged.item.draft.comment == "the second one")
    assert choices(judged) == [Choice.LEFT]
    judged.until(RateState.READY)
    judged.key(Key.Key_Z, CTRL)
    judged.qtbot.waitUntil(
        lambda: judged.item.allocation == first and not present(judged.page.shown).changing
    )
    assert choices(judged) == []


def test_a_pair_that_is_looked_at_again_can_be_left_as_it_is(judged: Bench) -> None:
    ahead = judged.item
    listed(judged)
    look(judged, 1)
    offered = {name for name, act in judged.page.actions_by_id.items() if act.isEnabled()}
    assert not {"rate.skip", "rate.answers"} & offered
    judged.key(Key.Key_Escape)
    judged.qtbot.waitUntil(lambda: judged.page.shown is not None and not judged.page.shown.changing)
    judged.until(RateState.READY)
    assert judged.item.allocation == ahead.allocation
    assert kinds(judged) == [EventKind.JUDGMENT] * 2
    assert not judged.page.view.header.saved.accessibleName()


@pytest.mark.parametrize("skipped", [False, True])
def test_what_is_written_on_a_pair_that_is_looked_at_again_stays_its_draft(
    judged: Bench, *, skipped: bool
) -> None:
    if skipped:
        judged.key(Key.Key_S)
        judged.key(Key.Key_1)
        judged.until(RateState.DONE)
        judged.click("done_answers")
        judged.settle()
    else:
        listed(judged)
    look(judged, 0)
    pair = judged.item.allocation
    judged.key(Key.Key_F)
    judged.key(Key.Key_C)
    judged.page.view.comment.field.setPlainText("on second thought")
    for _ in ("back to the pair", "keep the answer"):
        judged.key(Key.Key_Escape)
    judged.qtbot.waitUntil(lambda: not present(judged.page.shown).changing)
    judged.until(RateState.READY, RateState.DONE)
    assert judged.page.view.header.saved.accessibleName() == "Draft saved"
    judged.page.tools.show_answers()
    judged.settle()
    look(judged, 0)
    draft = judged.page.drafts.draft
    assert (judged.item.allocation, draft.comment, draft.flagged) == (pair, "on second thought", True)
    assert judged.page.view.comment.field.toPlainText() == "on second thought"
    assert judged.page.view.header.saved.accessibleName() == "Draft saved"
    assert EventKind.RETRACTION not in kinds(judged)


def test_the_list_is_searched_by_words_of_texts_and_comments(judged: Bench) -> None:
    listed(judged)
    screen = judged.page.view.own_answers
    judged.page.find_text()
    type_words("second one")
    assert [row.cells[4] for row in screen.table.model.shown] == ["the second one"]
    assert screen.table.view.isColumnHidden(6)
    assert screen.table.count.isVisible()
    screen.table.field.setText(screen.table.model.shown[0].hidden[40:60])  # the words are in an answer
    assert screen.table.model.rowCount() > 0
    assert not screen.table.view.isColumnHidden(6)
    assert str(screen.table.model.shown[0].cells[6]).startswith("…")
    judged.key(Key.Key_Escape)  # clears the search, then leads to the rows, then back to the pair
    assert (screen.table.field.text(), screen.table.model.rowCount()) == ("", 2)
    assert screen.table.count.isHidden()  # the line above says how many there are
    judged.key(Key.Key_Escape)
    assert screen.table.view.hasFocus()
    judged.key(Key.Key_Escape)
    assert judged.page.view.working
    assert judged.page.state is RateState.READY


def test_an_answer_is_changed_from_the_last_page(judged: Bench) -> None:
    judged.judge(Key.Key_Left)
    assert judged.ended
    judged.click("done_answers")
    screen = judged.page.view.own_answers
    judged.qtbot.waitUntil(lambda: screen.table.model.rowCount() == 3)
    judged.key(Key.Key_Escape)
    assert judged.page.view.done.isVisible()
    judged.click("done_answers")
    judged.settle()
    look(judged, 0)
    judged.key(Key.Key_Up)
    judged.until(RateState.DONE)
    assert choices(judged) == [Choice.BOTH_BAD, Choice.RIGHT, Choice.LEFT]


def test_once_the_last_questions_are_begun_no_answer_is_changed(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = make_rated(tmp_path / "g.ftstudy", design=RatingDesign(end_guesses=2), pairs=3)
    bench = make_bench(path).start()
    for _ in range(3):
        bench.judge()
    bench.guess(Key.Key_Down)
    assert not bench.page.actions_by_id["rate.answers"].isEnabled()
    assert bench.page.view.header.answers.isHidden()


@pytest.mark.parametrize("packed_up", [False, True])
def test_of_a_pair_that_comes_again_the_earlier_answer_is_not_to_be_looked_up(
    make_bench: MakeBench, tmp_path: Path, packed_up: bool
) -> None:
    path = make_rated(tmp_path / "again.ftstudy", design=RatingDesign(repeats=0.5), pairs=6)
    if packed_up:
        with StudyFile.open(path, now=START) as study:
            study.packs.hand_out("Ada", tmp_path / "again.ftpack", rng=Random(1), now=START)
        path = tmp_path / "again.ftpack"
    bench = make_bench(path).start()
    judged: list[tuple[str, str]] = []
    repeated = 0
    while not bench.ended:
        item = bench.item
        before = [each.item for each in bench.stored(lambda log: log.judgments.given(RaterId(1)))]
        twins = [each for each in judged if each == (item.right, item.left)]
        repeated += len(twins)
        assert (item.right, item.left) not in [(each.left, each.right) for each in before]
        if judged and not twins:  # nothing tells of a pair that it will come again
            assert (before[0].left, before[0].right) == judged[-1]
        judged.append((item.left, item.right))
        bench.judge()
    left = [each.item for each in bench.stored(lambda log: log.judgments.given(RaterId(1)))]
    assert repeated > 0
    assert len(left) == len(judged) - repeated


def test_that_an_answer_was_cut_is_told_once_the_pair_is_judged(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = pair_study(tmp_path / "cut.ftstudy", "Why?", "It goes on and", "Because.", cut=1)
    bench = make_bench(path).start()
    assert "length limit" not in shown_text(bench.page)
    place = "left" if bench.item.left == "It goes on and" else "right"
    bench.judge()
    bench.click("done_answers")
    screen = bench.page.view.own_answers
    bench.qtbot.waitUntil(lambda: screen.table.model.rowCount() == 1)
    assert screen.table.model.shown[0].cells[5] == f"The {place} answer was cut at the length limit."
    look(bench, 0)
    told = bench.page.view.changing.accessibleName()
    assert f"The {place} answer was cut at the length limit." in told
