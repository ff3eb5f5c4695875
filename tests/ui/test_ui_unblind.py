"""The question before a study is unblinded."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from ftcompare.ui.pages import unblind_dialog
from ftcompare.ui.pages.unblind_dialog import UnblindDialog
from ftcompare.ui.theme import Theme
from tests.ui.page_driver import visible_text


def test_unblinding_wants_a_reason(theme: Theme, qtbot: QtBot) -> None:
    dialog = UnblindDialog(None, judgments=354, remaining=6)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.unblind_button.isEnabled()
    assert dialog.cancel_button.isDefault()
    QTest.keyClicks(dialog.reason_field, "   ")
    assert not dialog.unblind_button.isEnabled()
    dialog.accept()
    assert dialog.isVisible()
    QTest.keyClicks(dialog.reason_field, "all are in ")
    assert dialog.unblind_button.isEnabled()
    dialog.unblind_button.click()
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.reason == "all are in"


def test_unblinding_says_what_it_does(theme: Theme, qtbot: QtBot) -> None:
    dialog = UnblindDialog(None, judgments=354, remaining=6)
    qtbot.addWidget(dialog)
    dialog.show()
    said = visible_text(dialog)
    for words in ("cannot be undone", "recorded", "354 judgments", "6 judgments are still missing"):
        assert words in said


@pytest.mark.parametrize(
    ("judgments", "words"), [(0, "Nothing has been judged yet."), (1, "One judgment was")]
)
def test_small_numbers_are_said_in_words(theme: Theme, qtbot: QtBot, judgments: int, words: str) -> None:
    dialog = UnblindDialog(None, judgments=judgments, remaining=0)
    qtbot.addWidget(dialog)
    dialog.show()
    assert words in visible_text(dialog)
    assert "still missing" not in visible_text(dialog)


@pytest.mark.parametrize(("press_yes", "answer"), [(True, "a good reason"), (False, None)])
def test_ask_gives_the_reason_or_nothing(
    theme: Theme, monkeypatch: pytest.MonkeyPatch, press_yes: bool, answer: str | None
) -> None:
    def answered(dialog: UnblindDialog) -> int:
        dialog.reason_field.setText("a good reason")
        (dialog.unblind_button if press_yes else dialog.cancel_button).click()
        return dialog.result()

    monkeypatch.setattr(UnblindDialog, "exec", answered)
    assert unblind_dialog.ask(None, judgments=2, remaining=1) == answer
