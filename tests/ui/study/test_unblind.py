"""The question before a study is unblinded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from ftcompare.app.study.unblinding import BeforeUnblinding, PackState
from ftcompare.core.study import Rater, RaterId, RaterKind
from ftcompare.ui.pages.study import unblind_dialog
from ftcompare.ui.pages.study.unblind_dialog import UnblindDialog
from ftcompare.ui.theme.theme import Theme
from tests.ui.page_driver import visible_text


def before(judgments: int, missing: int = 0, *packs: PackState) -> BeforeUnblinding:
    return BeforeUnblinding(judgments, missing // 2, missing, packs)


def test_unblinding_wants_a_reason(theme: Theme, qtbot: QtBot) -> None:
    dialog = UnblindDialog(None, before(354, 6))
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.confirm.isEnabled()
    QTest.keyClicks(dialog.reason_field, "   ")
    assert not dialog.confirm.isEnabled()
    dialog.accept()
    assert dialog.isVisible()
    QTest.keyClicks(dialog.reason_field, "all are in ")
    assert dialog.confirm.isEnabled()
    dialog.confirm.click()
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.reason == "all are in"


def test_enter_unblinds_once_there_is_a_reason_and_escape_does_not(theme: Theme, qtbot: QtBot) -> None:
    for key, answer in (
        (Qt.Key.Key_Return, QDialog.DialogCode.Accepted),
        (Qt.Key.Key_Escape, QDialog.DialogCode.Rejected),
    ):
        dialog = UnblindDialog(None, before(354, 6))
        qtbot.addWidget(dialog)
        dialog.show()
        QTest.keyClick(dialog.reason_field, Qt.Key.Key_Return)
        assert dialog.isVisible()
        QTest.keyClicks(dialog.reason_field, "all are in")
        QTest.keyClick(dialog.reason_field, key)
        assert not dialog.isVisible()
        assert dialog.result() == answer


def test_judgments_that_no_result_counts_are_told_apart(theme: Theme, qtbot: QtBot) -> None:
    dialog = UnblindDialog(None, replace(before(1354), checks=54))
    qtbot.addWidget(dialog)
    dialog.show()
    told = "1,354 judgments were made blind and stay so: 1,300 that count, and 54 hidden repeats and checks."
    assert told in visible_text(dialog)


def test_unblinding_says_what_it_does(theme: Theme, qtbot: QtBot) -> None:
    dialog = UnblindDialog(None, before(354, 6))
    qtbot.addWidget(dialog)
    dialog.show()
    said = visible_text(dialog)
    for words in (
        "cannot be undone",
        "Judging ends for good",
        "recorded",
        "354 judgments",
        "3 pairs are still open",
        "6 judgments are",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("judgments", "words"), [(0, "Nothing has been judged yet."), (1, "One judgment was")]
)
def test_small_numbers_are_said_in_words(theme: Theme, qtbot: QtBot, judgments: int, words: str) -> None:
    dialog = UnblindDialog(None, before(judgments))
    qtbot.addWidget(dialog)
    dialog.show()
    assert words in visible_text(dialog)
    assert "still" not in visible_text(dialog)
    assert "not wholly merged" not in visible_text(dialog)


@pytest.mark.parametrize(
    ("out", "words"),
    [
        (1, ("1 rater pack is out", "Ada 0: 3 of 1,200 pairs are back (pack K7Q-0)")),
        (9, ("9 rater packs are out", "Ada 5: 3 of 1,200", "and 3 more")),
    ],
)
def test_packs_that_are_out_are_named_and_lost_to_the_study(
    theme: Theme, qtbot: QtBot, out: int, words: tuple[str, ...]
) -> None:
    raters = [Rater(RaterId(n), f"Ada {n}", RaterKind.HUMAN) for n in range(out)]
    packs = [PackState(f"K7Q-{r.id}", r, "", 1200, 3, merged_events=3, finished=False) for r in raters]
    dialog = UnblindDialog(None, before(12, 0, *packs))
    qtbot.addWidget(dialog)
    dialog.show()
    said = visible_text(dialog)
    assert all(word in said for word in (*words, "can no longer be merged"))
    assert "Ada 6" not in said


@pytest.mark.parametrize(("press_yes", "answer"), [(True, "a good reason"), (False, None)])
def test_ask_gives_the_reason_or_nothing(
    theme: Theme, monkeypatch: pytest.MonkeyPatch, press_yes: bool, answer: str | None
) -> None:
    def answered(dialog: UnblindDialog) -> int:
        dialog.reason_field.setText("a good reason")
        (dialog.confirm if press_yes else dialog.cancel).click()
        return dialog.result()

    monkeypatch.setattr(UnblindDialog, "exec", answered)
    assert unblind_dialog.ask(None, before(2, 1)) == answer
