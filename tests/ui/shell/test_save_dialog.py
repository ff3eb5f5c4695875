"""Asking where to save: what the system's dialog did not ask about is asked here."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.formats.data_card import card_path
from ftcompare.ui.widgets.file_dialogs import QuestionDialog, ask_where
from tests.ui.page_driver import owned

YES, NO = QDialog.DialogCode.Accepted, QDialog.DialogCode.Rejected


class Answers:
    """Stands for the person before the two dialogs."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answer = NO
        self._patch = patch
        patch.setattr(QuestionDialog, "exec", lambda box: self._on_question(box))

    def choose(self, path: Path | str, kind: str = "") -> None:
        self._patch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))

    def _on_question(self, dialog: QuestionDialog) -> QDialog.DialogCode:
        self.asked.append(dialog.words)
        return self.answer


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    return Answers(monkeypatch)


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    return owned(QWidget(), qtbot)


def test_nothing_is_named(parent: QWidget, answers: Answers) -> None:
    answers.choose("")
    assert ask_where(parent, "Save", "x.json", "JSON (*.json)") is None


def test_the_dialog_has_asked_about_the_name_it_gives(
    parent: QWidget, answers: Answers, tmp_path: Path
) -> None:
    taken = tmp_path / "x.json"
    taken.touch()
    answers.choose(taken)
    assert ask_where(parent, "Save", "x.json", "JSON (*.json)") == taken
    assert answers.asked == []


@pytest.mark.parametrize("answer", [YES, NO])
def test_a_name_that_gets_its_suffix_here_is_asked_about(
    parent: QWidget, answers: Answers, tmp_path: Path, answer: QDialog.DialogCode
) -> None:
    taken = tmp_path / "<b>x.pdf"
    taken.touch()
    answers.choose(tmp_path / "<b>x", "PDF (*.pdf)")
    answers.answer = answer
    found = ask_where(parent, "Save", "x.html", "Web page (*.html);;PDF (*.pdf)")
    assert found == (taken if answer == YES else None)
    words = "“<b>x.pdf” already exists. Do you want to replace it?"
    assert answers.asked == [words]


def test_a_second_file_is_asked_about_where_the_first_is_new(
    parent: QWidget, answers: Answers, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv.card.md").touch()
    answers.choose(tmp_path / "rows.csv")
    assert ask_where(parent, "Save", "rows.csv", "CSV (*.csv)", beside=card_path) is None
    (tmp_path / "rows.csv").touch()
    assert ask_where(parent, "Save", "rows.csv", "CSV (*.csv)", beside=card_path) == tmp_path / "rows.csv"
    assert len(answers.asked) == 1


def test_a_name_without_suffix_stays_so_where_all_files_are_offered(
    parent: QWidget, answers: Answers, tmp_path: Path
) -> None:
    answers.choose(tmp_path / "x")
    assert ask_where(parent, "Save", "x", "All files (*)") == tmp_path / "x"
