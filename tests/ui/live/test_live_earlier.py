"""The pairs of a live session: listed, read again, and their prompts added to the study."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.live.conftest import Bench
from tests.ui.page_driver import settle, visible_text


def rows(bench: Bench) -> list[tuple[object, ...]]:
    return [row.cells for row in bench.view.earlier.table.model.shown]


def keys_of_study(bench: Bench) -> list[str]:
    return bench.stored(lambda study: [prompt.spec.key for prompt in study.prompts.all()])


def test_pairs_of_the_session_are_read_again_where_they_stood(bench: Bench) -> None:
    bench.start()
    assert not bench.view.ask.earlier.isVisible()
    first = bench.ask("Is tea healthy?")
    bench.key(Qt.Key.Key_Left)
    bench.asking()
    bench.ask("Is coffee?")
    bench.key(Qt.Key.Key_S)
    bench.asking()
    bench.click("live_earlier")
    dialog = bench.view.earlier
    assert rows(bench) == [(2, "Is coffee?", "no vote", ""), (1, "Is tea healthy?", "Left is better", "")]
    dialog.table.view.setFocus()
    QTest.keyClick(dialog.table.view, Qt.Key.Key_Down)
    assert (dialog.left.text, dialog.right.text) == first
    told = visible_text(dialog)
    assert "base" not in told
    assert "cardiology" not in told
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert len(bench.votes()) == 1


def test_an_undone_vote_is_no_earlier_pair(bench: Bench) -> None:
    bench.start().ask()
    bench.key(Qt.Key.Key_Left)
    bench.asking()
    bench.click("live_undo", bench.view.ask)
    bench.pair()
    assert rows(bench) == []


def test_a_live_prompt_becomes_one_of_the_studys_own_once(bench: Bench) -> None:
    bench.start().ask("Is tea healthy?")
    bench.key(Qt.Key.Key_Left)
    bench.asking()
    before = keys_of_study(bench)
    bench.click("live_earlier")
    bench.click("live_add_prompt", bench.view.earlier)
    settle(bench.context, bench.qtbot)
    assert keys_of_study(bench) == [*before, "asked-1"]
    assert rows(bench) == [(1, "Is tea healthy?", "Left is better", "yes")]
    assert not bench.view.earlier.add.isEnabled()
    assert len(bench.votes()) == 1
    bench.view.earlier.accept()
    with bench.qtbot.waitActive(bench.page):
        bench.page.activateWindow()
    bench.ask("Is tea healthy?")
    bench.key(Qt.Key.Key_Left)
    bench.asking()
    bench.click("live_earlier")
    bench.click("live_add_prompt", bench.view.earlier)
    settle(bench.context, bench.qtbot)
    assert "in the study already" in visible_text(bench.view.earlier)
    assert keys_of_study(bench) == [*before, "asked-1"]
