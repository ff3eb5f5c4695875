"""The letter that goes with a pack, in the window: read, changed, copied, saved, mailed, kept."""

from __future__ import annotations

from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.raters.packs import make_browser_pack, name_warning
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.raters.pack_dialogs import LetterDialog
from tests.ui.conftest import START, RecordingBar, make_study, open_in
from tests.ui.page_driver import on_screen, press, settle, visible_text

HOSTILE = "<b>Ada</b>\u202e\x1b[2J {name} \ufffc"


@pytest.fixture
def packs(tmp_path: Path) -> dict[str, str]:
    """A study in which Ada, Ben and somebody with a hostile name have pages; their packs' ids by name."""
    with StudyFile.open(make_study(tmp_path / "s.ftstudy", judged=0), now=START) as study:
        made = {}
        for number, name in enumerate(("Ada", "Ben", HOSTILE)):
            path = tmp_path / f"{number}.html"
            made[name] = make_browser_pack(study, path, name, rng=Random(number), now=START).made.name
    return made


@pytest.fixture
def parent(context: PageContext, packs: dict[str, str], tmp_path: Path, qtbot: QtBot) -> QWidget:
    assert packs
    open_in(context.tasks, tmp_path / "s.ftstudy", qtbot)
    return on_screen(QWidget(), qtbot)


def letter_to(context: PageContext, pack: str, parent: QWidget, qtbot: QtBot) -> LetterDialog:
    dialog = LetterDialog(context, pack, parent)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def left(dialog: LetterDialog, context: PageContext, qtbot: QtBot) -> None:
    press(dialog, "letter_close", qtbot, context)


def test_a_letter_is_shown_with_what_is_still_to_be_filled_in(
    context: PageContext, packs: dict[str, str], parent: QWidget, qtbot: QtBot
) -> None:
    dialog = letter_to(context, packs["Ada"], parent, qtbot)
    assert dialog.subject.text() == "Please judge 12 pairs of answers"
    assert dialog.text.toPlainText().startswith("Dear Ada,")
    said = visible_text(dialog)
    assert "Letter to Ada" in said
    assert "Still to be filled in: [date], [your name, e-mail, or telephone]." in said
    dialog.text.setPlainText("Dear Ada, the cardiology model is better, is it not?")
    assert name_warning("The letter", "cardiology") in dialog.cautions.text()
    dialog.text.setPlainText("Dear Ada")
    assert not dialog.cautions.isVisible()
    left(dialog, context, qtbot)


def test_what_is_changed_is_the_wording_of_the_next_letter(
    context: PageContext, packs: dict[str, str], parent: QWidget, qtbot: QtBot
) -> None:
    dialog = letter_to(context, packs["Ada"], parent, qtbot)
    dialog.text.setPlainText(dialog.text.toPlainText().replace("Dear Ada,", "Hi Ada!"))
    dialog.subject.setText("12 pairs")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)  # however it is left
    settle(context, qtbot)
    dialog = letter_to(context, packs["Ben"], parent, qtbot)
    assert dialog.subject.text() == "12 pairs"
    assert dialog.text.toPlainText().startswith("Hi Ben!\n\nPlease judge 12 pairs")
    press(dialog, "letter_restore", qtbot)
    assert dialog.text.toPlainText().startswith("Dear Ben,")
    assert "default text" in dialog.told.text()
    left(dialog, context, qtbot)
    dialog = letter_to(context, packs["Ada"], parent, qtbot)
    assert dialog.text.toPlainText().startswith("Dear Ada,")
    left(dialog, context, qtbot)


def test_a_letter_is_copied_and_saved(
    context: PageContext,
    packs: dict[str, str],
    parent: QWidget,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialog = letter_to(context, packs["Ada"], parent, qtbot)
    press(dialog, "letter_copy", qtbot)
    assert QGuiApplication.clipboard().text() == dialog.text.toPlainText()
    assert "copied" in dialog.told.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "ada.txt"), ""))
    press(dialog, "letter_save", qtbot)
    qtbot.waitUntil(lambda: "Saved as ada.txt." in dialog.told.text())
    assert (
        (tmp_path / "ada.txt").read_text("utf-8").startswith("Please judge 12 pairs of answers\n\nDear Ada,")
    )
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "s.ftstudy"), ""))
    press(dialog, "letter_save", qtbot)
    qtbot.waitUntil(lambda: "study" in dialog.told.text())
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    dialog.told.setText("")
    press(dialog, "letter_save", qtbot)
    assert dialog.told.text() == ""
    left(dialog, context, qtbot)


@pytest.mark.parametrize(("text", "whole"), [("Dear Ada & all,\n50% done?", True), ("long " * 600, False)])
def test_a_letter_is_given_to_the_mail_program(
    context: PageContext,
    packs: dict[str, str],
    parent: QWidget,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    whole: bool,
) -> None:
    links: list[str] = []

    def opened(url: QUrl) -> bool:
        links.append(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", opened)
    dialog = letter_to(context, packs["Ada"], parent, qtbot)
    dialog.text.setPlainText(text)
    press(dialog, "letter_mail", qtbot)
    found = parse_qs(urlsplit(links[0]).query)
    assert urlsplit(links[0]).scheme == "mailto"
    assert found["subject"] == ["Please judge 12 pairs of answers"]
    assert found.get("body") == ([text.replace("\n", "\r\n")] if whole else None)
    assert ("Paste it" in dialog.told.text()) is not whole
    assert (QGuiApplication.clipboard().text() == text) is not whole
    left(dialog, context, qtbot)


def test_without_a_mail_program_it_is_said(
    context: PageContext,
    packs: dict[str, str],
    parent: QWidget,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    dialog = letter_to(context, packs["Ada"], parent, qtbot)
    press(dialog, "letter_mail", qtbot)
    assert "No mail program opened" in dialog.told.text()
    left(dialog, context, qtbot)


def test_a_hostile_name_is_shown_as_it_stands_and_can_be_changed(
    context: PageContext, packs: dict[str, str], parent: QWidget, qtbot: QtBot
) -> None:
    dialog = letter_to(context, packs[HOSTILE], parent, qtbot)
    first = dialog.text.toPlainText().splitlines()[0]
    assert first == "Dear <b>Ada</b>⟨U+202E⟩⟨U+001B⟩[2J {name} ⟨U+FFFC⟩,"
    assert "\u202e" not in visible_text(dialog)
    assert not dialog.text.isReadOnly()
    left(dialog, context, qtbot)


def test_a_pack_that_is_not_there_is_said(
    context: PageContext, packs: dict[str, str], parent: QWidget, qtbot: QtBot, bar: RecordingBar
) -> None:
    dialog = LetterDialog(context, "f" * 32, parent)
    settle(context, qtbot)
    assert not dialog.isVisible()
    dialog.reject()
