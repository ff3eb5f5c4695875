"""A conversation longer than its card shows what was asked last, with the rest a scroll away."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QScrollBar

from ftcompare.core.study import Message
from ftcompare.ui.theme.theme import Theme
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


def test_the_end_is_shown_first_and_the_rest_is_a_scroll_away(long: Bench) -> None:
    assert LAST in seen(long)
    assert bar(long).value() == bar(long).maximum()
    bar(long).triggerAction(QScrollBar.SliderAction.SliderToMinimum)
    assert "You are a cardiologist" in seen(long)


def test_the_end_stays_in_sight_when_the_window_or_the_type_changes(long: Bench, theme: Theme) -> None:
    long.page.resize(900, 600)
    long.qtbot.waitUntil(lambda: LAST in seen(long))
    theme.set_zoom(1.5)
    long.qtbot.waitUntil(lambda: LAST[:20] in seen(long))


def test_where_the_rater_has_scrolled_to_it_stays(long: Bench) -> None:
    bar(long).triggerAction(QScrollBar.SliderAction.SliderToMinimum)
    long.page.resize(1000, 700)
    long.qtbot.waitUntil(lambda: not long.page.view.pair.prompt._laid_out.isActive())
    assert bar(long).value() == 0


def test_of_a_last_turn_longer_than_the_card_the_beginning_is_shown(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    turns = (*TURNS[:3], Message("user", "It begins here. " + "Some words. " * 400))
    bench = make_bench(pair_study(tmp_path / "l.ftstudy", turns, "one", "two")).start()
    bench.qtbot.waitUntil(lambda: bar(bench).maximum() > 0)
    assert "It begins here" in seen(bench)


def test_one_question_is_shown_from_its_top(make_bench: MakeBench, tmp_path: Path) -> None:
    prompt = "It begins here. " + "Some words. " * 400
    bench = make_bench(pair_study(tmp_path / "q.ftstudy", prompt, "one", "two")).start()
    bench.qtbot.waitUntil(lambda: bar(bench).maximum() > 0)
    assert bar(bench).value() == 0
