"""The manual in the window: every page is listed, links lead on, and a search finds words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.ui.dialogs.manual import PAGE, SOURCE, START, ManualDialog, anchor, contents, manual_folder
from ftcompare.ui.pages.review.page import GUIDES, ReviewPage
from ftcompare.ui.shell.pack_window import PackWindow
from ftcompare.ui.shell.page_registry import PAGES
from ftcompare.ui.shell.window import MainWindow
from tests.builders import of_kind
from tests.ui.conftest import make_study
from tests.ui.shell.conftest import dialog, opened

VOTES = "how-to/import-existing-answers.md"


@pytest.fixture
def manual(window: MainWindow) -> ManualDialog:
    assert window.actions_by_id["app.manual"].shortcut().toString() == "F1"
    window.trigger("app.manual")
    return of_kind(dialog(window, "manual"), ManualDialog)


def link(page: str) -> QUrl:
    target = QUrl.fromLocalFile(str(manual_folder() / page.partition("#")[0]))
    target.setFragment(page.partition("#")[2])
    return target


def listed(manual: ManualDialog) -> list[str]:
    items = [manual.list.item(row) for row in range(manual.list.count())]
    return [item.text() for item in items if not item.isHidden()]


def test_the_manual_fits_the_screen_with_its_title_bar(manual: ManualDialog) -> None:
    manual.resize(1080, 2000)
    manual.hide()
    manual.show()
    assert manual.height() < manual.screen().availableSize().height() - 30


def test_the_contents_list_every_page_once() -> None:
    folder = manual_folder()
    entries = list(contents((folder / START).read_text("utf-8")))
    pages = Counter(entry.page for entry in entries if entry.page)
    files = (path for path in folder.rglob("*.md") if "." not in path.stem)  # rater.de.md is a translation
    assert pages == Counter(path.relative_to(folder).as_posix() for path in files)
    assert entries[1] == ("Tutorials", "", 1)
    assert {PackWindow.manual_start, MainWindow.manual_start} <= set(pages)
    assert {page.manual for page in PAGES} <= set(pages)


def test_headings_have_the_anchors_that_links_use() -> None:
    assert anchor("Without Python: a page for any browser") == "without-python-a-page-for-any-browser"
    assert anchor("8 and 4 bits") == "8-and-4-bits"


def test_links_lead_to_pages_headings_and_the_browser(
    manual: ManualDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    assert manual.page == START
    manual.follow(link(f"{VOTES}#import-your-own-votes"))
    assert manual.page == VOTES
    assert manual.list.currentItem().text() == "Import your own answers and votes"
    assert manual.text.textCursor().block().text() == "Import your own votes"
    manual.text.backward()
    assert manual.page == START
    for outside in ("../SECURITY.md", "schemas/gate.schema.json", "no-such-page.md"):
        manual.follow(link(outside))
    manual.follow(QUrl("https://pipx.pypa.io"))
    names = ("SECURITY.md", "docs/schemas/gate.schema.json", "docs/no-such-page.md")
    assert opened == [*(SOURCE + name for name in names), "https://pipx.pypa.io"]
    assert manual.page == START


def test_a_search_lists_pages_and_goes_from_place_to_place(window: MainWindow, manual: ManualDialog) -> None:
    QTest.keyClicks(manual.search, "--system-column")
    assert "Import your own answers and votes" in listed(manual)
    assert "Tutorials" not in listed(manual)
    QTest.keyClick(manual.search, Qt.Key.Key_Return)
    first = manual.text.textCursor()
    assert first.selectedText() == "--system-column"
    QTest.keyClick(manual.search, Qt.Key.Key_Return)
    assert manual.text.textCursor().selectionStart() > first.selectionStart()
    QTest.keyClick(manual, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(manual.search, Qt.Key.Key_Escape)
    assert not manual.isVisible()


@pytest.mark.parametrize(("typed", "page"), [("import votes", VOTES), ("release check", "")])
def test_a_search_begins_with_pages_that_have_the_words_in_a_heading(
    manual: ManualDialog, typed: str, page: str
) -> None:
    before = listed(manual)
    QTest.keyClicks(manual.search, typed)
    assert manual.list.currentItem() is None or manual.page == START
    first = manual.list.item(0)
    QTest.keyClick(manual.search, Qt.Key.Key_Return)
    assert manual.page == first.data(PAGE)
    assert page in ("", manual.page)
    assert manual.list.currentItem() is first
    manual.search.clear()
    assert listed(manual) == before


def test_f1_opens_the_page_about_what_is_shown(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    """Also while the manual is open already."""
    opened(window, make_study(tmp_path / "review.ftstudy"), qtbot, "setup")
    shown = {}
    for page in PAGES:
        window.go(page.id)
        window.trigger("app.manual")
        shown[page.id] = of_kind(dialog(window, "manual"), ManualDialog).page
    assert START not in shown.values()
    assert (shown["live"], shown["results"]) == ("how-to/try-prompts-live.md", "how-to/read-the-results.md")
    window.go("review")
    for tab in range(len(GUIDES)):
        of_kind(window.page_widget("review"), ReviewPage).tabs.setCurrentIndex(tab)
        window.trigger("app.manual")
        assert of_kind(dialog(window, "manual"), ManualDialog).page == f"how-to/{GUIDES[tab]}.md"
