"""Words are found in the pair in front; long answers and conversations are gone through by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QScrollBar

from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message
from ftcompare.ui import safe_text
from ftcompare.ui.pages.rate.find_bar import FindBar, pattern
from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.safe_text import SOFT_BREAK
from ftcompare.ui.text.mark_styles import hits_in
from ftcompare.ui.text.response_view import ResponseView
from tests.builders import present
from tests.ui.conftest import idle
from tests.ui.page_driver import child
from tests.ui.rate.conftest import PRACTICE, Bench, MakeBench, make_rated
from tests.ui.rate.sample_texts import pair_study
from tests.ui.rate.test_rate_page import show

Key, SHIFT = Qt.Key, Qt.KeyboardModifier.ShiftModifier
PROMPT = "What is a stent, and which stents are there?"
LEFT = "A **stent** is a tube.\n\n| kind | stent |\n|---|---|\n| bare | Stent |"
RIGHT = "A tube. 🫀 is a heart, and a stent holds a vessel open."


@pytest.fixture
def pair(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(pair_study(tmp_path / "find.ftstudy", PROMPT, LEFT, RIGHT)).start()


def find(bench: Bench, wanted: str) -> FindBar:
    bench.page.find_text()
    bar = bench.page.view.finder
    bar.field.setText(wanted)
    bench.key(Key.Key_Return)
    return bar


def found(bar: FindBar) -> list[str]:
    """What stands at each place."""
    said = []
    for place in bar.places:
        cursor = QTextCursor(bar._views[place.view].document())
        cursor.setPosition(place.start)
        cursor.setPosition(place.end, QTextCursor.MoveMode.KeepAnchor)
        said.append(cursor.selectedText().replace("\u2029", "\n"))
    return said


def test_the_prompt_and_both_texts_are_searched_in_both_views(pair: Bench) -> None:
    bar = find(pair, "stent")
    assert [text.casefold() for text in found(bar)] == ["stent"] * 6
    assert [place.view for place in bar.places].count(0) == 2
    assert {place.view for place in bar.places} == {0, 1, 2}
    pair.page.view.pair.set_markdown(False)
    find(pair, "**stent**")
    assert found(bar) == ["**stent**"]


def test_one_goes_from_place_to_place_and_is_told_where(pair: Bench) -> None:
    find(pair, "stent")
    assert pair.words("find_count") == "1 of 6  ·  Prompt"
    pair.key(Key.Key_Return)
    assert pair.words("find_count") == "2 of 6  ·  Prompt"
    pair.key(Key.Key_Return, SHIFT)
    pair.key(Key.Key_F3, SHIFT)
    assert pair.words("find_count").startswith("6 of 6")
    pair.key(Key.Key_F3)
    assert pair.words("find_count").startswith("1 of 6")
    pair.click("find_back")
    assert pair.words("find_count").startswith("6 of 6")
    find(pair, "vessel")
    where = "Right" if pair.item.right == RIGHT else "Left"
    assert pair.words("find_count") == f"1 of 1  ·  {where}"
    find(pair, "no such words")
    assert pair.words("find_count") == "No matches"


def test_no_key_in_the_field_answers_or_does_anything_else(pair: Bench) -> None:
    pair.page.find_text()
    for key in (
        Key.Key_1,
        Key.Key_S,
        Key.Key_C,
        Key.Key_F,
        Key.Key_M,
        Key.Key_P,
        Key.Key_Question,
        Key.Key_R,
    ):
        pair.key(key)
    for key in (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down, Key.Key_Return, Key.Key_Tab):
        pair.key(key)
        pair.key(key, SHIFT)
        pair.key(key, Qt.KeyboardModifier.ControlModifier)
    pair.settle()
    view = pair.page.view
    assert pair.page.state is RateState.READY
    assert view.working
    assert view.pair.markdown
    assert not view.comment.isVisible()
    assert pair.rows() == []


def test_on_the_bars_buttons_no_key_answers(pair: Bench) -> None:
    pair.page.find_text()
    for stop in pair.page.view.finder.stops:
        stop.setFocus()
        for key in (Key.Key_Left, Key.Key_Up, Key.Key_Down, Key.Key_S):
            QTest.keyClick(stop, key)
    pair.settle()
    assert pair.page.state is RateState.READY
    assert not pair.page.view.skip.isVisible()
    assert pair.rows() == []


def test_escape_closes_and_the_keys_answer_again(pair: Bench) -> None:
    bar = find(pair, "stent")
    pair.key(Key.Key_Escape)
    assert not bar.isVisible()
    assert pair.page.state is RateState.READY
    assert all(not view.extraSelections() for view in bar._views)
    find(pair, "stent")
    pair.page.setFocus()
    pair.key(Key.Key_Escape)
    assert not bar.isVisible()
    assert pair.page.state is RateState.READY
    pair.key(Key.Key_Left)
    pair.until(RateState.DONE)
    assert len(pair.rows()) == 1


def test_the_keys_answer_while_the_bar_is_open_and_the_focus_is_on_the_pair(bench: Bench) -> None:
    bar = find(bench, "doctor")
    bench.page.setFocus()
    before = bench.position
    bench.judge()
    assert bench.position == before + 1
    assert not bar.isVisible()
    bench.judge()
    assert bench.position == before + 2


def test_what_was_looked_for_is_offered_again_but_not_to_another_rater(bench: Bench) -> None:
    bar = find(bench, "doctor")
    bench.key(Key.Key_Escape)
    bench.page.find_text()
    assert bar.field.selectedText() == "doctor"
    bench.page._change_rater()
    assert bar.field.text() == ""
    assert not bar.isVisible()


def test_from_a_comment_one_goes_back_into_the_comment(bench: Bench) -> None:
    bench.key(Key.Key_C)
    bench.page.find_text()
    bench.key(Key.Key_Escape)
    assert QApplication.focusWidget() is bench.page.view.comment.field
    assert bench.page.view.comment.isVisible()


def test_looking_takes_back_an_answer_that_waits_for_a_second_press(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = make_rated(tmp_path / "much.ftstudy", Scale(strengths=2), pairs=3)
    bench = make_bench(path, second_press=3600.0).start()
    bench.key(Key.Key_Left)
    bench.until(RateState.CHOSEN)
    bench.page.find_text()
    bench.until(RateState.READY)
    bench.settle()
    assert bench.rows() == []


def test_enter_in_the_field_does_not_go_on_in_the_practice(make_bench: MakeBench, tmp_path: Path) -> None:
    path = make_rated(tmp_path / "p.ftstudy", design=RatingDesign(practice=PRACTICE), pairs=2)
    bench = make_bench(path)
    bench.enter()
    bench.until(RateState.BRIEFING)
    bench.key(Key.Key_Return)
    bench.until(RateState.READY)
    bench.key(Key.Key_Left)
    assert bench.page.state is RateState.TOLD
    find(bench, "tube")
    idle()
    bench.key(Key.Key_Return)
    assert bench.page.state is RateState.TOLD
    assert bench.page.practice.number == 1


def test_while_nothing_is_open_there_is_nothing_to_find_in(bench: Bench) -> None:
    bench.key(Key.Key_Escape)
    assert bench.page.state is RateState.PAUSED
    bench.page.find_text()
    assert bench.page.view.finder.isHidden()
    bench.page.forget()
    bench.page.find_text()
    assert bench.page.view.finder.isHidden()


def test_what_is_not_shown_yet_is_said_to_hold_more(make_bench: MakeBench, tmp_path: Path) -> None:
    long = "word " * 8000 + "needle at the end"
    bench = make_bench(pair_study(tmp_path / "long.ftstudy", "Q", long, "short")).start()
    bar = find(bench, "needle")
    more = child(bench.page, QLabel, "find_more")
    assert not bar.places
    assert more.isVisible()
    for panel in (bench.page.view.pair.left, bench.page.view.pair.right):
        panel.text.show_all()
    bench.qtbot.waitUntil(lambda: len(bar.places) == 1)
    assert not more.isVisible()
    assert next(place.start for place in bar.places) == len(long) - len("needle at the end")


def test_marks_are_few_however_much_is_found(make_bench: MakeBench, tmp_path: Path) -> None:
    text = "e " * 4_000
    bench = make_bench(pair_study(tmp_path / "e.ftstudy", "Q", text, text + "x")).start()
    bar = find(bench, "e")
    assert len(bar.places) == 8_000
    assert bench.words("find_count").startswith("1 of 8,000  ")
    assert all(len(view.extraSelections()) <= 300 for view in bar._views)
    bench.key(Key.Key_Return, SHIFT)
    right = bar._views[-1]
    bench.qtbot.waitUntil(lambda: any(m.cursor.selectionStart() > 7_900 for m in right.extraSelections()))


def test_not_every_letter_of_a_very_long_text_is_counted(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(pair_study(tmp_path / "m.ftstudy", "Q", "e" * 9_000, "short")).start()
    bar = find(bench, "e")
    assert len(bar.places) == 5_000
    assert bench.words("find_count").startswith("1 of 5,000+")


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        ("stent", "Stent STENT", [(0, 5), (6, 11)]),
        ("a b", "a\nb", [(0, 3)]),
        (" a ", "xax", [(1, 2)]),
        (".*", "a.*b", [(1, 3)]),
        ("é", "e\u0301", [(0, 2)]),
        ("e\u0301", "é", [(0, 1)]),
        ("abc", f"ab{SOFT_BREAK}c", [(0, 4)]),
        ("b", "🫀b", [(2, 3)]),
        ("🫀", "a🫀b🫀", [(1, 3), (4, 6)]),
        ("قلب", "في قلب", [(3, 6)]),
    ],
)
def test_places_are_counted_as_qt_counts(wanted: str, text: str, expected: list[tuple[int, int]]) -> None:
    compiled = present(pattern(wanted))
    assert hits_in(text, compiled) == expected


def test_nothing_is_looked_for_in_vain() -> None:
    assert pattern("") is None
    assert pattern("   ") is None


def test_a_place_far_below_the_end_of_the_other_text_comes_into_sight(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    long, short = "line\n\n" * 300 + "needle", "line\n\n" * 60
    bench = make_bench(pair_study(tmp_path / "far.ftstudy", "Q", long, short)).start()
    bar = find(bench, "needle")
    assert bar.current is not None
    view = bar._views[bar.current.view]
    cursor = QTextCursor(view.document())
    cursor.setPosition(bar.current.start)
    assert view.viewport().rect().contains(view.cursorRect(cursor))


LAST = "And what is the last thing that I want to know?"
TURNS = (
    Message("system", "You are a cardiologist."),
    *(
        Message(role, f"{role} turn {n}. " + "Some words. " * 30)
        for n in range(4)
        for role in ("user", "assistant")
    ),
    Message("user", LAST),
)


def seen(bench: Bench) -> str:
    """What of the prompt is on the screen."""
    view = bench.page.view.pair.prompt.text
    area = view.viewport().rect()
    cursor = view.cursorForPosition(area.topLeft())
    cursor.setPosition(view.cursorForPosition(area.bottomRight()).position(), QTextCursor.MoveMode.KeepAnchor)
    return cursor.selectedText()


def bar(bench: Bench) -> QScrollBar:
    return bench.page.view.pair.prompt.text.verticalScrollBar()


@pytest.fixture
def long(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(pair_study(tmp_path / "turns.ftstudy", TURNS, "one", "two")).start()


def test_it_opens_with_the_question_in_view_and_earlier_turns_above_it(long: Bench) -> None:
    prompt = long.page.view.pair.prompt
    assert seen(long) == LAST
    assert prompt.turns.accessibleName() == "9 earlier turns"
    long.key(Qt.Key.Key_P)
    long.settle()
    assert LAST in seen(long)
    assert "assistant turn 3" in seen(long)
    assert prompt.text.height() > long.page.view.pair.height() * 0.3  # the short answers leave room
    bar(long).setValue(0)
    assert "You are a cardiologist" in seen(long)


def test_a_search_covers_all_turns(long: Bench) -> None:
    assert "cardiologist" not in seen(long)
    find(long, "cardiologist")
    assert "cardiologist" in seen(long)


def test_one_question_is_shown_from_its_top(make_bench: MakeBench, tmp_path: Path) -> None:
    prompt = "It begins here. " + "Some words. " * 400
    bench = make_bench(pair_study(tmp_path / "q.ftstudy", prompt, "one", "two")).start()
    bench.qtbot.waitUntil(lambda: bar(bench).maximum() > 0)
    assert bar(bench).value() == 0


def around(text: ResponseView) -> int:
    """On how many sides of what is shown there is more."""
    return len(text.unseen)


def test_page_keys_lead_through_the_parts_of_long_texts(bench: Bench) -> None:
    show(bench, "A line of it.\n\n" * 8000, "Another line.\n\n" * 5000)
    pair = bench.page.view.pair
    for bar in pair._bars():
        bar.setValue(bar.maximum())
    bench.key(Qt.Key.Key_PageDown)
    assert pair.left.text.unseen[0] == safe_text.parts(pair.left.text.text, markdown=True)[0]
    assert around(pair.right.text) == 2
    assert [bar.value() for bar in pair._bars()] == [0, 0]
    bench.key(Qt.Key.Key_PageUp)
    assert around(pair.left.text) == around(pair.right.text) == 1
    assert [bar.value() for bar in pair._bars()] == [bar.maximum() for bar in pair._bars()]
    bench.key(Qt.Key.Key_End)
    for text in (pair.left.text, pair.right.text):
        assert text.text.endswith(text.view.toPlainText().splitlines()[-1] + "\n\n")
        assert around(text) == 1
    bench.key(Qt.Key.Key_Home)
    assert [bar.value() for bar in pair._bars()] == [0, 0]
    bench.key(Qt.Key.Key_Space)
    step = pair._bars()[0]
    assert step.value() == step.pageStep() - 2 * step.singleStep()
