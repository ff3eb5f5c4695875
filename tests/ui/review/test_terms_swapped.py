"""While a study is blinded, the Terms page says the same whichever system writes which text."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.page import TermsPage
from tests.app.review.test_terms_while_blinded import TEXTS, written
from tests.ui.conftest import START
from tests.ui.page_driver import enter, every_word


def test_with_systems_swapped_the_page_says_the_same(
    tmp_path: Path, context: PageContext, qtbot: QtBot
) -> None:
    def words(name: str, texts: tuple[str, ...], now: datetime = START) -> tuple[str, str]:
        path = tmp_path / name / "s.ftstudy"
        path.parent.mkdir()
        page = enter(TermsPage(context), context, qtbot, written(path, texts, now))
        page.over_study.table.copy()
        found = every_word(page), repr(page.over_study.table.model.shown)
        page.hide()
        return found

    one, other = words("one", TEXTS), words("other", TEXTS[::-1])
    assert one == other
    assert "irregular heartbeat" in one[1]
    assert "System" not in one[1]
