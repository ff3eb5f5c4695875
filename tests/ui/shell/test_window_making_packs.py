"""Packs made in the window: for one rater or several, beside the study, over no file unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from ftcompare.core.error_scheme import MQM_CORE
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.pages.raters.pack_dialogs import MakePackDialog
from ftcompare.ui.shell.window import MainWindow
from tests.ui.conftest import START, make_study
from tests.ui.page_driver import press, visible_text
from tests.ui.shell.conftest import bar_words, dialog, opened


@pytest.fixture
def heart_study(study_path: Path) -> Path:
    """A study whose title names no system."""
    with StudyFile.open(study_path, now=START) as study:
        study.settings.set_title("Heart review", now=START)
    return study_path


def make_dialog(window: MainWindow, qtbot: QtBot) -> MakePackDialog:
    window.trigger("study.make_pack")
    qtbot.waitUntil(lambda: window.findChild(MakePackDialog) is not None)
    found = window.findChild(MakePackDialog)
    assert isinstance(found, MakePackDialog)
    return found


def test_a_pack_is_made_for_a_rater_beside_the_study(
    window: MainWindow, heart_study: Path, qtbot: QtBot
) -> None:
    opened(window, heart_study, qtbot, "review")
    asked = make_dialog(window, qtbot)
    assert [asked.rater.itemText(n) for n in range(asked.rater.count())] == ["Ada"]
    assert not asked.make_button.isEnabled()
    asked.rater.setCurrentText("Grace")
    path = asked.path
    assert (path.parent, path.suffix) == (heart_study.parent, ".ftpack")
    assert "Grace" in path.stem
    press(asked, "pack_make", qtbot)
    qtbot.waitUntil(lambda: "12 pairs for Grace" in bar_words(window))
    with PackFile.open(path) as pack:
        assert pack.rater_name == "Grace"
        assert pack.judgments.progress(PACK_RATER).total == 12
        assert pack.annotations.scheme == MQM_CORE
    window.go("review")
    assert "12 pairs for Grace" in bar_words(window)
    window.go("raters")
    assert "12 pairs for Grace" not in bar_words(window)


def test_packs_for_several_raters_are_made_in_one_go(
    window: MainWindow, heart_study: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(window, heart_study, qtbot, "raters")
    asked = make_dialog(window, qtbot)
    asked.rater.setCurrentText("Grace, Mary;  Ida ,Grace")
    assert asked.names == ("Grace", "Mary", "Ida")
    asked.marks.click()
    assert asked.make_button.text().strip() == "Make 3 packs"
    assert asked.field.text == str(heart_study.parent)
    folder = tmp_path / "packs"
    folder.mkdir()
    asked.field.edit.clear()
    QTest.keyClicks(asked.field.edit, str(folder))
    press(asked, "pack_make", qtbot)
    qtbot.waitUntil(lambda: window.findChild(QDialog, "pack_made") is not None)
    told = visible_text(dialog(window, "pack_made"))
    assert "3 packs were saved" in told
    assert "for Ida, 12 pairs" in told
    dialog(window, "pack_made").close()
    made = sorted(folder.iterdir())
    assert len(made) == 3
    for path in made:
        with PackFile.open(path) as pack:
            assert pack.judgments.progress(PACK_RATER).total == 12
            assert pack.annotations.scheme is None


def test_a_place_that_is_taken_is_not_overwritten_unless_the_system_asked(
    window: MainWindow, heart_study: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(window, heart_study, qtbot, "review")
    taken = tmp_path / "mine.ftpack"
    taken.write_text("something else", encoding="utf-8")
    asked = make_dialog(window, qtbot)
    asked.rater.setCurrentText("Grace")
    asked.field.edit.clear()
    QTest.keyClicks(asked.field.edit, str(taken))
    questions: list[str] = []

    def answer(box: QMessageBox) -> QMessageBox.StandardButton:
        questions.append(box.text())
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "exec", answer)
    press(asked, "pack_make", qtbot)
    assert questions == ["“mine.ftpack” is there already. Do you want to replace it?"]
    assert asked.isVisible()
    assert taken.read_text(encoding="utf-8") == "something else"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(taken), ""))
    press(asked, "pack_path_choose", qtbot)
    press(asked, "pack_make", qtbot)
    qtbot.waitUntil(lambda: "12 pairs for Grace" in bar_words(window))
    PackFile.open(taken).close()


def test_a_typed_place_is_replaced_where_the_question_is_answered_with_yes(
    window: MainWindow, heart_study: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(window, heart_study, qtbot, "review")
    for name in ("mine.ftpack", "study.ftpack"):
        (tmp_path / name).write_text("something else", encoding="utf-8")
    study = make_study(tmp_path / "other.ftstudy", judged=0)
    (tmp_path / "study.ftpack").write_bytes(before := study.read_bytes())
    monkeypatch.setattr(QMessageBox, "exec", lambda _box: QMessageBox.StandardButton.Yes)
    asked = make_dialog(window, qtbot)
    asked.rater.setCurrentText("Grace")
    asked.field.edit.clear()
    QTest.keyClicks(asked.field.edit, str(tmp_path / "study"))
    press(asked, "pack_make", qtbot)
    qtbot.waitUntil(asked.message.isVisible)
    assert (tmp_path / "study.ftpack").read_bytes() == before
    asked.field.edit.clear()
    QTest.keyClicks(asked.field.edit, str(tmp_path / "mine"))
    press(asked, "pack_make", qtbot)
    qtbot.waitUntil(lambda: "12 pairs for Grace" in bar_words(window))
    PackFile.open(tmp_path / "mine.ftpack").close()


def test_a_title_that_names_a_system_is_warned_of(window: MainWindow, study_path: Path, qtbot: QtBot) -> None:
    opened(window, study_path, qtbot, "review")
    asked = make_dialog(window, qtbot)
    asked.rater.setCurrentText("Grace")
    press(asked, "pack_make", qtbot)
    qtbot.waitUntil(lambda: window.findChild(QDialog, "pack_made") is not None)
    made = dialog(window, "pack_made")
    assert "The title names “cardiology”: raters read this." in visible_text(made)
    made.close()
