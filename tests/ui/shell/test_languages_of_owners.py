"""The language of an owner's window, and what the choice of a language says about the owner's pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ftcompare.core.language import language, set_language
from ftcompare.ui.dialogs.frames import LanguageDialog
from ftcompare.ui.shell import wiring
from ftcompare.ui.shell.window import MainWindow
from tests.ui.shell.conftest import OpenWindow
from tests.ui.shown_text import shown_text

ONLY_ENGLISH = "The pages for owners of studies are in English."


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    set_language("en")
    QApplication.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.mark.parametrize(("system", "shown"), [("de-AT", "de"), ("fr-CA", "en"), ("fi", "en")])
def test_an_owners_window_is_in_the_language_of_the_system_if_its_pages_are(
    system: str, shown: str, open_one: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "system_language", lambda: system)
    open_one()
    assert language().code == shown


@pytest.mark.parametrize(("code", "english"), [("de", False), ("en", False), ("fr", True), ("ja", True)])
def test_the_choice_says_in_which_languages_the_owners_pages_are_english(
    code: str, english: bool, window: MainWindow
) -> None:
    dialog = LanguageDialog(code, window, system=False)
    assert (ONLY_ENGLISH in shown_text(dialog)) is english
