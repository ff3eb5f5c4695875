"""Which side was fine-tuned: asked, answered by two presses, undone; what a rater is told at the end."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton

from ftcompare.app.rate.rating_session import RatingPhase
from ftcompare.app.raters.packs import make_pack
from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import EventKind
from ftcompare.store.judging.verdict_recorder import JudgmentLog
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from tests.ui.conftest import START
from tests.ui.page_driver import child
from tests.ui.rate.conftest import REASONS, STANDING, Bench, MakeBench, make_rated

Key = Qt.Key
UNDO = (Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


@pytest.fixture
def asked(make_bench: MakeBench, tmp_path: Path) -> Bench:
    """Four pairs are judged, and the first of three questions at the end is in front."""
    path = make_rated(tmp_path / "end.ftstudy", design=RatingDesign(end_guesses=3), pairs=4)
    bench = make_bench(path).start()
    for _ in range(4):
        bench.judge()
        bench.until(RateState.READY)
    assert bench.phase() is RatingPhase.GUESS
    return bench


def guesses(bench: Bench) -> list[tuple[str | None, int | None]]:
    found = bench.stored(lambda study: list(study.judgments.events(study.raters.all()[0].id)))
    return [(event.choice, event.strength) for event in found if event.kind is EventKind.GUESS]


def test_the_judged_pair_comes_again_as_it_stood(make_bench: MakeBench, tmp_path: Path) -> None:
    path = make_rated(tmp_path / "once.ftstudy", design=RatingDesign(guess_share=0.5))
    bench = make_bench(path).start()
    before = bench.item
    while bench.phase() is RatingPhase.JUDGE:
        before = bench.item
        bench.judge()
        bench.until(RateState.READY)
    assert (bench.item.left, bench.item.right) == (before.left, before.right)
    assert bench.page.view.pair.left.text.text == before.left
    assert bench.page.view.guess.isVisible()
    assert not bench.page.view.answers.isVisible()
    bench.guess(Key.Key_Down)
    assert bench.phase() is RatingPhase.JUDGE
    assert bench.page.view.answers.isVisible()
    assert not bench.page.view.guess.isVisible()


def test_a_guess_right_after_the_very_last_pair_is_none_of_the_last_questions(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = make_rated(tmp_path / "o.ftstudy", design=RatingDesign(guess_share=0.5, end_guesses=2), pairs=4)
    bench = make_bench(path).start()
    told = []
    while not bench.ended:
        if bench.phase() is RatingPhase.GUESS:
            told.append((bench.position, bench.words("progress_words").partition("  ·")[0]))
            bench.guess(Key.Key_Down)
        else:
            bench.judge()
            bench.until(RateState.READY, RateState.DONE)
    asked_at_once = [words for _, words in told if not words.startswith("Which")]
    assert asked_at_once == [f"Pair {at} of 4" for at, words in told if not words.startswith("Which")]
    assert len(asked_at_once) == 2
    assert [words for _, words in told if words.startswith("Which")] == [
        "Which was fine-tuned? 1 of 2",
        "Which was fine-tuned? 2 of 2",
    ]


@pytest.fixture
def skipped(make_bench: MakeBench, tmp_path: Path) -> Bench:
    """Two of four pairs are skipped, and questions wait at the end."""
    path = make_rated(tmp_path / "skips.ftstudy", design=RatingDesign(end_guesses=4), pairs=4)
    bench = make_bench(path).start()
    for at in (1, 2):
        bench.key(Key.Key_S)
        bench.key(Key.Key_1)
        bench.at(at)
    bench.judge()
    bench.judge()
    bench.until(RateState.SKIPPED)
    return bench


def test_skipped_pairs_come_before_the_last_questions(skipped: Bench) -> None:
    assert skipped.words("skipped_title") == "2 pairs were skipped."
    assert "2 skipped" in skipped.words("progress_words")
    assert child(skipped.page, QProgressBar).value() == 2
    skipped.key(Key.Key_Left)
    assert skipped.page.state is RateState.SKIPPED
    skipped.key(Key.Key_Return)
    skipped.at(2)
    assert skipped.phase() is RatingPhase.JUDGE
    skipped.judge()
    skipped.judge()
    skipped.until(RateState.READY)
    assert skipped.words("progress_words") == "Which was fine-tuned? 1 of 4"


def test_a_rater_goes_on_without_them_for_good_unless_by_undo(skipped: Bench) -> None:
    skipped.click("skipped_go_on")
    skipped.until(RateState.READY)
    assert skipped.phase() is RatingPhase.GUESS
    assert "To the last questions" in skipped.page.actions_by_id["rate.undo"].text()
    skipped.key(*UNDO)
    skipped.until(RateState.SKIPPED)
    skipped.click("skipped_go_on")
    skipped.until(RateState.READY)
    skipped.guess(Key.Key_Down)
    skipped.guess(Key.Key_Down)
    assert skipped.ended
    assert "2 skipped" in skipped.words("done_counts")
    shown = {b.objectName() for b in skipped.page.view.done.findChildren(QPushButton) if b.isVisible()}
    assert "return_to_skipped" not in shown


def test_undo_goes_on_from_the_question_about_skipped_pairs(skipped: Bench) -> None:
    skipped.key(*UNDO)
    skipped.at(3)
    assert skipped.phase() is RatingPhase.JUDGE


def test_two_presses_say_which_and_how_sure(asked: Bench) -> None:
    assert asked.words("progress_words") == "Which was fine-tuned? 1 of 3"
    asked.guess(Key.Key_Left, Key.Key_2)
    assert asked.words("progress_words") == "Which was fine-tuned? 2 of 3"
    asked.guess(Key.Key_Right, Key.Key_3)
    asked.guess(Key.Key_Down)
    assert asked.ended
    assert guesses(asked) == [("left", 2), ("right", 3), ("tie", None)]
    assert len(asked.rows()) == 4


def test_a_side_can_be_changed_before_it_is_said_how_sure(asked: Bench) -> None:
    asked.key(Key.Key_2)
    asked.key(Key.Key_Left)
    asked.key(Key.Key_Right)
    asked.key(Key.Key_Escape)
    assert asked.page.state is RateState.READY
    assert asked.page.view.guess.chosen is None
    asked.key(Key.Key_1)
    asked.settle()
    assert guesses(asked) == []
    asked.guess(Key.Key_Right, Key.Key_1)
    assert guesses(asked) == [("right", 1)]


def test_the_mouse_guesses_too(asked: Bench) -> None:
    asked.click("guess_left")
    asked.click("sure_3")
    asked.qtbot.waitUntil(lambda: asked.page.shown is not None and asked.page.shown.guessed == 1)
    asked.until(RateState.READY)
    asked.click("guess_unsure")
    asked.qtbot.waitUntil(lambda: asked.page.shown is not None and asked.page.shown.guessed == 2)
    assert guesses(asked) == [("left", 3), ("tie", None)]


def test_why_it_is_asked_is_said_once(asked: Bench) -> None:
    why = child(asked.page, QLabel, "guess_why")
    assert why.isVisible()
    asked.guess(Key.Key_Left, Key.Key_1)
    assert not why.isVisible()


def test_undo_takes_a_guess_back_and_says_so(asked: Bench) -> None:
    pair = asked.item.allocation
    asked.guess(Key.Key_Left, Key.Key_2)
    assert "Guess" in asked.page.actions_by_id["rate.undo"].text()
    asked.key(*UNDO)
    asked.qtbot.waitUntil(lambda: asked.page.shown is not None and asked.page.shown.guessed == 0)
    asked.until(RateState.READY)
    assert asked.item.allocation == pair
    assert "Left is better" in asked.page.actions_by_id["rate.undo"].text()
    asked.key(*UNDO)
    asked.at(3)
    assert asked.phase() is RatingPhase.JUDGE


def test_the_press_that_judged_guesses_nothing(make_bench: MakeBench, tmp_path: Path) -> None:
    path = make_rated(tmp_path / "m.ftstudy", design=RatingDesign(end_guesses=1), pairs=1)
    bench = make_bench(path, reading_moment=0.4).start()
    bench.key(Key.Key_Left)
    bench.until(RateState.READING)
    bench.key(Key.Key_Left)
    assert bench.page.view.guess.chosen is None
    bench.until(RateState.READY)
    bench.guess(Key.Key_Left, Key.Key_1)
    assert bench.ended


def test_a_guess_that_is_not_stored_can_be_sent_again(asked: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise EnvironmentFault("The disk is full.", how="Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(JudgmentLog, "guess", fails)
        asked.key(Key.Key_Left)
        asked.key(Key.Key_2)
        asked.qtbot.waitUntil(asked.page.view.failure.isVisible)
    assert "guess was not saved" in asked.words("failure_words")
    asked.click("failure_first")
    asked.qtbot.waitUntil(lambda: asked.page.shown is not None and asked.page.shown.guessed == 1)
    assert guesses(asked) == [("left", 2)]


def test_nothing_else_can_be_done_with_a_judged_pair(asked: Bench) -> None:
    for key in (Key.Key_C, Key.Key_S, Key.Key_F, Key.Key_Up):
        asked.key(key)
    assert not asked.page.view.in_field
    asked.settle()
    assert asked.page.state is RateState.READY
    offered = {name for name, action in asked.page.actions_by_id.items() if action.isEnabled()}
    assert {"rate.left", "rate.tie", "rate.right", "rate.criterion_3", "rate.undo"} <= offered
    assert not {"rate.both_bad", "rate.criterion_4", "rate.comment", "rate.skip", "rate.flag"} & offered


def test_a_pause_says_nothing_of_a_next_pair(asked: Bench) -> None:
    asked.key(Key.Key_Escape)
    assert asked.page.state is RateState.PAUSED
    assert "Next is pair" not in " ".join(w.text() for w in asked.page.view.pause.findChildren(QLabel))
    asked.key(Key.Key_Space)
    asked.until(RateState.READY)
    asked.guess(Key.Key_Down)
    assert guesses(asked) == [("tie", None)]


def stands_at(bench: Bench, done: int) -> bool:
    return bench.position == done and bench.page.state in STANDING


def test_who_skipped_every_pair_is_told_so_and_can_return_to_them(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(make_rated(tmp_path / "skipped.ftstudy", pairs=3)).start()
    for done in (1, 2, 3):
        bench.key(Qt.Key.Key_S)
        bench.key(Qt.Key.Key_1)
        bench.qtbot.waitUntil(partial(stands_at, bench, done))
    assert bench.words("done_title") == "You skipped all 3 pairs, so none has a judgment."
    assert bench.words("done_counts").startswith("0 pairs judged.\n")
    assert "Every judgment" not in bench.words("done_counts")
    bench.click("return_to_skipped")
    bench.at(0)


# Rating in a pack: nobody is asked who rates, and at the end stands what to do with the file.


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of three pairs for Cleo, with one question at the end."""
    path = make_rated(
        tmp_path / "study.ftstudy", Scale(reasons=REASONS), RatingDesign(end_guesses=1), pairs=3
    )
    with StudyFile.open(path, now=START) as study:
        made = make_pack(
            study, tmp_path / "Review – Cleo.ftpack", "Cleo", rng=Random(3), now=START + timedelta(minutes=1)
        )
    return made.made.path


@pytest.fixture(params=["", "Ada"])
def packed(request: pytest.FixtureRequest, make_bench: MakeBench, pack: Path) -> Bench:
    """Cleo's pack on a machine where nobody has rated, and on one where Ada has."""
    return make_bench(pack, rater=request.param).start()


def buttons(bench: Bench) -> set[str]:
    face = bench.page.view.done
    return {b.objectName() for b in face.findChildren(QPushButton) if b.isVisible()}


def test_nobody_is_asked_who_rates(packed: Bench) -> None:
    assert packed.page.state is RateState.READY
    rater = packed.page.view.rater
    assert rater.accessibleName() == "Cleo"
    assert not rater.isEnabled()
    assert packed.raters == []


def test_the_end_says_where_the_file_is(packed: Bench, pack: Path) -> None:
    shown: list[object] = []
    packed.page.view.done.show_file.connect(shown.append)
    packed.key(Key.Key_1)
    for _ in range(3):
        packed.judge()
        packed.until(RateState.READY, RateState.DONE)
    packed.guess(Key.Key_Left, Key.Key_2)
    assert packed.ended
    assert "Thank you, Cleo" in packed.words("done_title")
    assert packed.words("pack_path") == str(pack)
    assert buttons(packed) == {"pack_folder", "pack_copy", "done_mark", "done_undo"}
    packed.click("pack_folder")
    assert shown == [pack]
    packed.click("pack_copy")
    assert QApplication.clipboard().text() == str(pack)
    assert "then send the file back" in " ".join(w.text() for w in packed.page.view.done.findChildren(QLabel))


def test_skipped_pairs_can_be_returned_to(packed: Bench) -> None:
    packed.key(Key.Key_S)
    packed.key(Key.Key_1)
    packed.at(1)
    packed.judge()
    packed.judge()
    packed.until(RateState.SKIPPED, RateState.DONE)
    # The question at the end may be about the skipped pair: then it is not asked as things are.
    packed.click("return_to_skipped" if packed.ended else "skipped_return")
    packed.at(2)


def test_a_pause_in_a_pack_leads_nowhere_else(packed: Bench) -> None:
    packed.key(Key.Key_Escape)
    assert packed.page.state is RateState.PAUSED
    shown = {b.objectName() for b in packed.page.view.pause.findChildren(QPushButton) if b.isVisible()}
    assert shown == {"pause_go_on"}


def test_undo_reaches_back_over_a_restart(packed: Bench, make_bench: MakeBench, pack: Path) -> None:
    first = packed.item
    packed.judge()
    packed.page.leave()
    packed.page.close()
    again = make_bench(pack, rater="").start()
    assert again.position == 1
    again.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    again.at(0)
    assert again.item.allocation == first.allocation


def test_the_time_of_this_sitting_is_told(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_rated(tmp_path / "t.ftstudy", pairs=6)).start()
    for _ in range(6):
        bench.clock.now += 30
        bench.judge()
    assert bench.ended
    assert "About 3 minutes" in bench.words("done_counts")
    assert buttons(bench) == {"done_answers", "done_leave", "done_change_rater", "done_undo"}
    assert bench.words("done_next") == "All raters so far are done."
