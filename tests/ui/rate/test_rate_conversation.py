"""A conversation longer than its card opens at its top, and says how many turns are out of view."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QScrollBar

from ftcompare.core.study import Message
from tests.ui.rate.conftest import Bench, MakeBench
from tests.ui.rate.sample_texts import pair_study

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
    bench = make_bench(pair_study(tmp_path / "turns.ftstudy", TURNS, "one", "two")).start()
    bench.qtbot.waitUntil(lambda: bar(bench).maximum() > 0)
    return bench


def told(bench: Bench) -> tuple[str, str]:
    """What is said of the turns above and below what is in view; empty where nothing is."""
    prompt = bench.page.view.pair.prompt
    bench.qtbot.waitUntil(lambda: not prompt._laid_out.isActive())
    above, below = (
        "" if link.isHidden() else link.accessibleName() or link.text()
        for link in (prompt.above, prompt.below)
    )
    return above, below


def test_it_opens_at_its_top_and_says_how_much_is_below(long: Bench) -> None:
    assert bar(long).value() == 0
    assert "You are a cardiologist" in seen(long)
    above, below = told(long)
    assert above == ""
    assert below.endswith("more turns below")
    hidden = [turn for turn in TURNS if turn.content[:12] not in seen(long)]
    assert int(below.split()[0]) == len(hidden)


def test_a_key_scrolls_it_to_its_end_and_back_to_the_top(long: Bench) -> None:
    for _ in range(60):
        if bar(long).value() == bar(long).maximum():
            break
        long.key(Qt.Key.Key_N)
    assert LAST in seen(long)
    above, below = told(long)
    assert above.endswith("earlier turns above")
    assert below == ""
    long.key(Qt.Key.Key_N)
    assert bar(long).value() == 0


def test_what_is_said_is_a_button_that_scrolls_there(long: Bench) -> None:
    assert told(long)[1]
    long.click("turns_below")
    assert bar(long).value() > 0
    bar(long).setValue(bar(long).maximum())
    assert told(long)[0]
    long.click("turns_above")
    assert bar(long).value() < bar(long).maximum()


def test_of_a_folded_prompt_and_of_one_in_full_view_nothing_is_said(
    long: Bench, make_bench: MakeBench, tmp_path: Path
) -> None:
    long.key(Qt.Key.Key_P)
    assert told(long) == ("", "")
    short = make_bench(pair_study(tmp_path / "short.ftstudy", TURNS[:1], "one", "two")).start()
    assert told(short) == ("", "")


def test_where_the_rater_has_scrolled_to_it_stays(long: Bench) -> None:
    bar(long).setValue(bar(long).maximum() // 2)
    before = bar(long).value()
    long.page.resize(1280, 700)
    assert told(long)[0]
    assert bar(long).value() == pytest.approx(before, abs=40)


def test_one_question_is_shown_from_its_top(make_bench: MakeBench, tmp_path: Path) -> None:
    prompt = "It begins here. " + "Some words. " * 400
    bench = make_bench(pair_study(tmp_path / "q.ftstudy", prompt, "one", "two")).start()
    bench.qtbot.waitUntil(lambda: bar(bench).maximum() > 0)
    assert bar(bench).value() == 0
