"""A page is a folder of `ui/pages` and its place in the registry: the window needs to know nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import Page, PageContext, PageSpec
from ftcompare.ui.shell.page_registry import PAGES
from tests.builders import of_kind
from tests.ui.shell.conftest import OpenWindow, opened


class NotesPage(Page):
    """A page of which the window has never heard."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.entered = 0

    def enter(self) -> None:
        self.entered += 1


def test_a_registered_page_is_in_the_navigation_and_made_when_it_is_entered(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ftcompare.ui.shell.window.PAGES", (*PAGES, PageSpec("notes", "Notes", NotesPage, "index.md"))
    )
    window = open_one()
    opened(window, study_path, qtbot, "rate")
    assert "Notes" in [button.text() for button in window.nav.tabs.findChildren(QPushButton)]
    window.go("notes")
    page = of_kind(window.page_widget("notes"), NotesPage)
    assert (window.page, page.entered) == ("notes", 1)


def test_every_page_has_an_id_of_its_own() -> None:
    ids = [page.id for page in PAGES]
    assert len(set(ids)) == len(ids) == 9
