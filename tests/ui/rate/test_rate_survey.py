"""Consent and questions around the pairs in the window: by keyboard, once, also in a pack."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from ftcompare.app.raters.packs import make_pack
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.study import RaterId
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.rate.state import RateState
from tests.builders import present
from tests.ui.conftest import START
from tests.ui.page_driver import child, visible_text
from tests.ui.rate.conftest import Bench, MakeBench, make_rated

Key = Qt.Key
CONSENT = "We store your answers.\nYou can stop at any time."
DESIGN = RatingDesign(
    instructions="Read both.",
    consent=CONSENT,
    ask_before=("Profession | doctor | nurse", "Years of practice | number"),
    ask_after=("Remarks?",),
    completion_code="C1A2",
    return_link="https://app.prolific.com/submissions/complete?cc=C1A2",
)


def typed(text: str) -> None:
    QTest.keyClicks(present(QApplication.focusWidget()), text)


def field(bench: Bench, number: int) -> QWidget:
    return child(bench.page, QWidget, f"survey_{number}")


def answer_before(bench: Bench) -> None:
    bench.until(RateState.BRIEFING)
    assert field(bench, 1).hasFocus()
    bench.key(Key.Key_Return)  # nothing is answered yet
    assert "Select “I agree” to continue." in visible_text(bench.page)
    bench.key(Key.Key_Space)
    assert "to continue." not in visible_text(bench.page)  # the message goes with the answer
    bench.key(Key.Key_Tab)
    bench.key(Key.Key_Return)
    assert field(bench, 2).hasFocus()
    assert "Answer every question to continue." in visible_text(bench.page)
    typed("nu")
    bench.key(Key.Key_Tab)
    typed("many")
    bench.key(Key.Key_Return)
    assert field(bench, 3).hasFocus()  # no number
    assert "Enter a number, such as 5 or 2.5." in visible_text(bench.page)
    assert "Answer every question to continue." not in visible_text(bench.page)
    bench.key(Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    typed("12")
    bench.key(Key.Key_Return)
    bench.qtbot.waitUntil(bench.page.view.instructions.isVisible)


@pytest.mark.parametrize("in_pack", [False, True])
def test_questions_come_before_the_instructions_and_after_the_last_pair(
    make_bench: MakeBench, tmp_path: Path, in_pack: bool
) -> None:
    path = make_rated(tmp_path / "asked.ftstudy", design=DESIGN, pairs=2)
    if in_pack:
        with StudyFile.open(path, now=START) as study:
            path = tmp_path / "ada.ftpack"
            make_pack(study, path, "Ada", rng=Random(1), now=START)
    bench = make_bench(path)
    bench.enter()
    answer_before(bench)
    again = make_bench(path)  # the window was closed meanwhile
    again.enter()
    again.qtbot.waitUntil(again.page.view.instructions.isVisible)
    again.key(Key.Key_Return)
    again.until(RateState.READY)
    again.judge()
    again.key(Key.Key_Left)
    again.until(RateState.BRIEFING)
    assert again.words("survey_title") == "Last questions"
    typed("None.")
    again.key(Key.Key_Return)
    again.until(RateState.DONE)
    assert again.words("completion_code") == "Completion code: C1A2"
    assert child(again.page, QPushButton, "done_undo").isVisible()
    assert child(again.page, QPushButton, "return_link").text() == "Open app.prolific.com"
    given = {one.question: one.answer for one in again.stored(lambda file: file.survey.of(RaterId(1)))}
    assert given == {
        CONSENT: "agreed",
        "Profession": "nurse",
        "Years of practice": "12",
        "Remarks?": "None.",
    }
