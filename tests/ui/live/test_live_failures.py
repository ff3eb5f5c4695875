"""Live: what is cancelled or goes wrong is said in words, and what was typed is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ftcompare.app.study.unblinding import unblind
from ftcompare.core.errors import EnvironmentFault
from ftcompare.store.study.live import Live
from ftcompare.store.study.study_file import StudyFile
from ftcompare.store.study.study_judgments import StudyJudgments
from tests.ui.conftest import START, Recorder, RecordingBar
from tests.ui.live.conftest import Bench, make_study
from tests.ui.page_driver import every_word


def test_cancel_keeps_the_prompt(bench: Bench) -> None:
    bench.start(seconds_per_pair=60)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    bench.click("live_cancel")
    bench.asking()
    assert bench.view.ask.field.toPlainText() == "Is tea healthy?"
    assert not bench.page.presenter.working


def test_a_load_is_cancelled_by_escape_and_can_be_begun_again(bench: Bench) -> None:
    bench.start(seconds_to_load=2)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Loading the models…")
    bench.key(Qt.Key.Key_Escape)
    bench.asking()
    bench.click("live_ask")
    assert "answer to" in bench.pair()[0]


def test_a_worker_that_ignores_a_cancel_is_ended(bench: Bench) -> None:
    bench.start(seconds_per_pair=120, ignores_cancel=True)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Writing both answers…")
    bench.click("live_cancel")
    bench.asking()
    assert bench.view.ask.field.toPlainText() == "Is tea healthy?"


def test_a_failure_is_said_in_words_and_retry_asks_the_same_prompt(bench: Bench) -> None:
    bench.start(failures={"live-1": "It is too long."})
    bench.type_and_enter("Is tea healthy?")
    bench.says("This prompt could not be answered. It is too long.")
    assert bench.view.ask.field.toPlainText() == "Is tea healthy?"
    bench.click("live_problem_first")
    assert "Is tea healthy?" in bench.pair()[0]


def test_a_crash_of_the_engine_is_said_and_a_new_one_answers(bench: Bench) -> None:
    bench.start(exit_at="live-1")
    bench.type_and_enter("Is tea healthy?")
    bench.says("The engine stopped unexpectedly.")
    bench.click("live_problem_first")
    assert "Is tea healthy?" in bench.pair()[0]


def test_a_failed_proof_shows_no_answer_and_tells_the_rest_outside_the_page(
    bench: Bench, bar: RecordingBar
) -> None:
    bench.start(verification_holds=False)
    bench.type_and_enter("Is tea healthy?")
    bench.says("The check of the models failed, so they were not asked.")
    assert "differ from" not in every_word(bench.page)
    bench.click("live_problem_second")
    bench.qtbot.waitUntil(lambda: bool(bar.errors))
    assert bar.errors[0].code == "proof-failed"
    assert "It does not differ from the base." in bar.errors[0].what


def test_a_vote_that_cannot_be_stored_stays_and_retry_stores_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.start().ask()

    def fails(*_args: object, **_kwargs: object) -> None:
        raise EnvironmentFault("The disk is full.", code="disk-full")

    with monkeypatch.context() as patched:
        patched.setattr(StudyJudgments, "judge", fails)
        bench.key(Qt.Key.Key_Left)
        bench.says("Your vote is not saved. The disk is full.")
    assert bench.votes() == []
    bench.click("live_failure_first")
    bench.asking()
    assert len(bench.votes()) == 1


def test_an_undo_that_fails_is_said_and_takes_nothing_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.start().ask()
    bench.key(Qt.Key.Key_Left)
    bench.asking()

    def fails(*_args: object, **_kwargs: object) -> None:
        raise EnvironmentFault("The disk is full.", code="disk-full")

    with monkeypatch.context() as patched:
        patched.setattr(Live, "undo", fails)
        bench.click("live_undo", bench.view.ask)
        bench.says("That did not work. The disk is full.")
    assert len(bench.votes()) == 1
    bench.click("live_undo", bench.view.ask)
    bench.pair()


def test_an_unblinded_study_is_closed(bench: Bench, recorder: Recorder) -> None:
    make_study(bench.path, "{}")
    with StudyFile.open(bench.path, now=START) as study:
        unblind(study, "done", now=START)
    bench.start()
    bench.says("Live is closed")
    bench.says("a vote given now would not be blind")
    QTest.mouseClick(bench.view.blocked.button, Qt.MouseButton.LeftButton)
    assert recorder.triggered == ["page.results"]


def test_unblinding_while_the_page_is_open_closes_it_at_the_next_act(bench: Bench) -> None:
    bench.start()
    bench.stored(lambda study: unblind(study, "done", now=START) is None)
    bench.type_and_enter("Is tea healthy?")
    bench.says("Live is closed")
    assert not bench.page.presenter.working


def test_a_study_of_imported_texts_says_why_nothing_can_answer(
    bench: Bench, study_path: Path, recorder: Recorder
) -> None:
    bench.path = study_path
    bench.start()
    bench.says("The texts of this study were written elsewhere.")
    QTest.mouseClick(bench.view.blocked.button, Qt.MouseButton.LeftButton)
    assert recorder.triggered == ["page.setup"]
