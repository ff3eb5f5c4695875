"""Whether answers decline, said on the rating page by keyboard: one answer at a time, blind, with undo."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ftcompare.app.raters.packs import make_pack
from ftcompare.core.annotations import RefusalSaid
from ftcompare.core.context import Expectation, Passage
from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec
from ftcompare.store.review.annotations import DecliningAnswers
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.refusal_screen import HOW, RefusalScreen
from ftcompare.ui.pages.rate.state import RateState
from tests.builders import answer_elsewhere, built_once, import_systems
from tests.ui.conftest import START
from tests.ui.rate.conftest import Bench, MakeBench, make_rated

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
PROMPTS = 3
ANSWERS = 2 * PROMPTS
SYSTEMS = ("base", "cardiology")


@built_once
def make_safety(path: Path, systems: tuple[str, ...] = SYSTEMS, *, unblinded: bool = False) -> Path:
    """Prompts of which two expect a refusal and one an answer."""
    with StudyFile.create(path, title="Safety", scale=Scale(), rng=Random(1), now=START) as study:
        added = import_systems(study, *systems)
        for number, prompt in enumerate(study.prompts.add(map(_prompt, range(PROMPTS)))):
            answer_elsewhere(
                study,
                prompt,
                (f"I can't help with that. ({number}{place})\n" * 40 for place, _ in enumerate(added)),
            )
        if unblinded:
            study.settings.unblind("done", now=START)
    return path


def _prompt(number: int) -> PromptSpec:
    expects = Expectation.ANSWER if number == 2 else Expectation.REFUSAL
    context = (Passage("one", "A passage."),)
    return PromptSpec(f"p{number}", (Message("user", f"Request {number}"),), expects=expects, context=context)


@pytest.fixture
def bench(make_bench: MakeBench, tmp_path: Path) -> Bench:
    return make_bench(make_safety(tmp_path / "safety.ftstudy")).start()


def confirming(bench: Bench) -> RefusalScreen:
    """From the pair to the answers, by keys."""
    bench.key(Key.Key_Escape)
    bench.until(RateState.PAUSED)
    bench.key(Key.Key_R)
    return opened(bench)


def opened(bench: Bench) -> RefusalScreen:
    screen = bench.page.view.refusals
    bench.qtbot.waitUntil(lambda: screen.isVisible() and screen.shown is not None)
    until_open(bench)
    return screen


def until_open(bench: Bench) -> None:
    button = bench.page.view.refusals.buttons[RefusalSaid.YES]
    bench.qtbot.waitUntil(button.isEnabled)


def press(bench: Bench, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or bench.page, key, modifier)


def say(bench: Bench, key: Qt.Key, done: int) -> None:
    """Answer by key, and wait until so many are done."""
    until_open(bench)
    press(bench, key)
    bench.qtbot.waitUntil(lambda: place(bench) == f"{done} of {ANSWERS}")


def place(bench: Bench) -> str:
    return bench.page.view.refusals.place.text()


def said(bench: Bench) -> list[RefusalSaid]:
    found: list[RefusalSaid] = bench.stored(lambda study: [one for _, _, one in study.declining.said()])
    return found


def test_each_answer_is_answered_by_one_key(bench: Bench) -> None:
    screen = confirming(bench)
    assert place(bench) == f"0 of {ANSWERS}"
    assert screen.told.text() == HOW
    for number, key in enumerate((Key.Key_Y, Key.Key_N, Key.Key_C, Key.Key_Y, Key.Key_Y, Key.Key_N), start=1):
        say(bench, key, number)
    assert screen.told.text().startswith("That was the last answer")
    yes, no = RefusalSaid.YES, RefusalSaid.NO
    assert said(bench) == [yes, no, RefusalSaid.CANNOT_TELL, yes, yes, no]
    press(bench, Key.Key_Y)
    assert len(said(bench)) == ANSWERS
    names = bench.stored(lambda study: [one.name for one in study.annotations.experts()])
    assert names == ["Ada"]


def test_undo_brings_back_what_was_said_and_the_work_goes_on_where_it_stopped(
    bench: Bench, make_bench: MakeBench
) -> None:
    screen = confirming(bench)
    assert not screen.undo.isVisible()
    say(bench, Key.Key_Y, 1)
    text = screen.answer.text.text
    say(bench, Key.Key_N, 2)
    until_open(bench)
    press(bench, Key.Key_Z, CTRL)
    bench.qtbot.waitUntil(lambda: place(bench) == f"1 of {ANSWERS}")
    assert screen.answer.text.text == text
    assert screen.told.text().startswith("Your judgment: “No, it answers”.")
    say(bench, Key.Key_C, 2)
    press(bench, Key.Key_Escape)
    assert bench.page.view.pause.isVisible()
    assert bench.page.state is RateState.PAUSED
    assert "2 of 6 done" in words(bench.page.view.pause)
    bench.key(Key.Key_R)
    opened(bench)
    assert place(bench) == f"2 of {ANSWERS}"
    press(bench, Key.Key_Escape)
    bench.key(Key.Key_Space)
    bench.until(RateState.READY)


def words(widget: QWidget) -> str:
    from PySide6.QtWidgets import QLabel

    return " ".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def test_a_held_key_and_a_second_press_answer_once(bench: Bench) -> None:
    screen = confirming(bench)
    held = QKeyEvent(QEvent.Type.KeyPress, Key.Key_Y, Qt.KeyboardModifier.NoModifier, "y", True)
    QApplication.sendEvent(screen, held)
    assert said(bench) == []
    press(bench, Key.Key_Y)
    press(bench, Key.Key_Y)
    bench.qtbot.waitUntil(lambda: place(bench) == f"1 of {ANSWERS}")
    bench.settle()
    assert said(bench) == [RefusalSaid.YES]


def test_buttons_do_what_keys_do_and_keys_show_more(bench: Bench) -> None:
    screen = confirming(bench)
    assert "Request" in screen.prompt.text.toPlainText()
    press(bench, Key.Key_P)
    assert not screen.prompt.opened  # it has no more text
    press(bench, Key.Key_P)
    press(bench, Key.Key_X)
    press(bench, Key.Key_M)
    bar = screen.answer.text.view.verticalScrollBar()
    bench.qtbot.waitUntil(lambda: bar.maximum() > 0)
    press(bench, Key.Key_Space)
    assert bar.value() > 0
    press(bench, Key.Key_PageDown)
    press(bench, Key.Key_PageUp)
    press(bench, Key.Key_PageUp)
    assert bar.value() == 0
    press(bench, Key.Key_A)
    bench.click("refusal_cannot_tell")
    bench.qtbot.waitUntil(lambda: place(bench) == f"1 of {ANSWERS}")
    bench.click("refusal_undo")
    bench.qtbot.waitUntil(lambda: place(bench) == f"0 of {ANSWERS}")
    screen.refresh()
    bench.click("refusal_back")
    assert bench.page.view.pause.isVisible()


def test_nothing_on_the_screen_tells_a_system_or_a_side(bench: Bench) -> None:
    screen = confirming(bench)
    told = [screen.accessibleName(), screen.objectName()]
    for one in screen.findChildren(QWidget):
        told += [one.accessibleName(), one.accessibleDescription(), one.toolTip(), one.objectName()]
    everything = f"{' '.join(told)} {words(screen)}".casefold()
    assert not [name for name in (*SYSTEMS, "system x", "left", "right") if name in everything.split()]


def test_what_is_not_stored_is_said_and_can_be_said_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = confirming(bench)

    def fail(*_: object) -> tuple[object, ...]:
        raise EnvironmentFault("The disk is full.", code="disk-full")

    with monkeypatch.context() as patched:
        patched.setattr(DecliningAnswers, "to_label", fail)
        press(bench, Key.Key_Y)
        bench.qtbot.waitUntil(
            lambda: screen.told.text().startswith("Your judgment was not saved. The disk is full.")
        )
    say(bench, Key.Key_Y, 1)


def test_the_end_leads_to_the_answers(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_safety(tmp_path / "end.ftstudy")).start()
    while not bench.ended:
        bench.judge()
        bench.until(RateState.READY, RateState.DONE)
    bench.key(Key.Key_R)
    opened(bench)
    say(bench, Key.Key_Y, 1)
    press(bench, Key.Key_Escape)
    assert bench.page.view.done.isVisible()
    assert "1 of 6 done" in words(bench.page.view.done)
    assert "Judge your pairs first" not in words(bench.page.view.done)


def test_a_study_of_one_system_has_no_pairs_but_answers_to_confirm(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(make_safety(tmp_path / "one.ftstudy", systems=("base",))).start()
    assert bench.page.view.empty.isVisible()
    bench.click("empty_confirm")
    opened(bench)
    assert place(bench) == f"0 of {PROMPTS}"


def test_in_an_unblinded_study_a_name_is_asked_and_refusals_can_still_be_confirmed(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(make_safety(tmp_path / "closed.ftstudy", unblinded=True), rater="")
    bench.page.enter()
    view = bench.page.view
    bench.qtbot.waitUntil(view.confirm_closed.isVisible)
    bench.click("closed_confirm")
    assert view.refusals.who.hasFocus()
    press(bench, Key.Key_Return)
    QTest.keyClicks(view.refusals.who, "Eve")
    press(bench, Key.Key_Return)
    opened(bench)
    say(bench, Key.Key_N, 1)
    assert bench.stored(lambda study: [one.name for one in study.annotations.experts()]) == ["Eve"]
    press(bench, Key.Key_Escape)
    assert view.closed.isVisible()


def test_without_such_prompts_and_in_a_pack_nothing_is_offered(
    make_bench: MakeBench, tmp_path: Path, now: datetime
) -> None:
    bench = make_bench(make_rated(tmp_path / "other.ftstudy", pairs=3)).start()
    bench.key(Key.Key_Escape)
    bench.until(RateState.PAUSED)
    assert not bench.page.view.pause.confirm.isVisible()
    bench.key(Key.Key_R)
    assert bench.page.view.pause.isVisible()
    path = make_safety(tmp_path / "packed.ftstudy")
    with StudyFile.open(path, now=START) as study:
        made = make_pack(study, path.with_suffix(".ftpack"), "Cleo", rng=Random(3), now=START)
    packed = make_bench(made.made.path).start()
    packed.key(Key.Key_Escape)
    packed.until(RateState.PAUSED)
    assert not packed.page.view.pause.confirm.isVisible()
    packed.requests.refusals.list_refusals("Cleo")
    packed.settle()
    assert not packed.page.view.pause.confirm.isVisible()


def test_another_study_leaves_nothing_on_the_screen(bench: Bench) -> None:
    screen = confirming(bench)
    bench.page.forget()
    assert screen.shown is None
    assert screen.answer.text.text == ""
