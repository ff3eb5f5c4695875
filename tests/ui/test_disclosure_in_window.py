"""While a study is blinded, the window's pages say the same whichever system is which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import Page, PageContext
from ftcompare.ui.pages.export.page import ExportPage
from ftcompare.ui.pages.generate.page import GeneratePage
from ftcompare.ui.pages.raters.page import RatersPage
from ftcompare.ui.pages.results.page import TABS, ResultsPage
from ftcompare.ui.pages.review.page import ADJUDICATE, ANSWERS, ReviewPage
from ftcompare.ui.pages.study.audit_page import AuditPage
from ftcompare.ui.widgets.table import DataTable
from tests.swapped_studies import swapped_studies
from tests.test_disclosure import comparable, require_same
from tests.ui.conftest import START
from tests.ui.page_driver import enter, every_word, settle
from tests.ui.results.results_driver import click_tab

PAGES: tuple[Callable[[PageContext], Page], ...] = (
    AuditPage,
    ExportPage,
    GeneratePage,
    RatersPage,
    ResultsPage,
    ReviewPage,
)


def everything_on(page: QWidget) -> str:
    """Words of labels, buttons, tips and names; rows of tables; texts."""
    rows = [repr(table.model.shown) for table in page.findChildren(DataTable)]
    texts = [view.toPlainText() for view in page.findChildren(QTextEdit)]
    texts += [view.toPlainText() for view in page.findChildren(QPlainTextEdit)]
    return "\n".join([every_word(page), *rows, *texts])


def words_of(page: ReviewPage, context: PageContext, qtbot: QtBot) -> list[str]:
    """What is said of words and phrases, and of glossary terms on each part of the prompts."""
    found = []
    for kind in (1, 0):
        page.terms.kinds.setCurrentIndex(kind)
        for part in range(page.terms.parts.count()):
            page.terms.parts.setCurrentIndex(part)
            settle(context, qtbot)
            found.append(everything_on(page.terms))
    assert len(found) > 4
    return found


def answers_of(page: ReviewPage, context: PageContext, qtbot: QtBot) -> list[str]:
    """What the list of answers says, and what is read of each answer, with the others beside it."""
    page.tabs.setCurrentIndex(ANSWERS)
    for _ in range(2):
        settle(context, qtbot)
    tab = page.answers
    tab.pane.beside.setChecked(True)
    found = []
    for row in range(tab.model.rowCount()):
        tab.table.take_row(row)
        settle(context, qtbot)
        cells = [str(tab.model.index(row, column).data()) for column in range(tab.model.columnCount())]
        found.append("\t".join(cells) + everything_on(tab))
    assert len(found) > 10
    return found


def decided_of(page: ReviewPage, context: PageContext, qtbot: QtBot) -> list[str]:
    """What a senior rater sees of each pair that waits, and what raters said of it once it is decided."""
    page.tabs.setCurrentIndex(ADJUDICATE)
    settle(context, qtbot)
    tab = page.adjudication
    tab.expert.setText("Sue")
    tab.expert.editingFinished.emit()
    settle(context, qtbot)
    found = [everything_on(tab)]
    while tab.steps.next.isEnabled():
        tab.steps.next.click()
        settle(context, qtbot)
        found.append(everything_on(tab))
    assert any("is better, flagged" in one for one in found)
    return found


@pytest.mark.parametrize("make", PAGES, ids=lambda make: make.__name__)
def test_a_page_says_the_same_whichever_system_is_which(
    tmp_path: Path,
    context: PageContext,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[PageContext], Page],
) -> None:
    # the examples of what is written are drawn by chance each time
    monkeypatch.setattr("ftcompare.ui.pages.generate.page.sample_pairs", lambda *_, **__: ())
    studies = swapped_studies(tmp_path, START)

    def said(path: Path) -> str:
        context.remembered.change(expert="")
        page = enter(make(context), context, qtbot, path)
        found = [everything_on(page)]
        if isinstance(page, ResultsPage):
            for tab in TABS:
                click_tab(page, tab.id)
                settle(context, qtbot)
                found.append(everything_on(page))
        if isinstance(page, ReviewPage):
            found += words_of(page, context, qtbot)
            page.tabs.setCurrentIndex(1)
            settle(context, qtbot)
            found.append(everything_on(page))
            found += answers_of(page, context, qtbot)
            found += decided_of(page, context, qtbot)
            page.shut_down()
        page.hide()
        return comparable("\n".join(found), path)

    one, other = said(studies.one), said(studies.other)
    require_same(one, other)
    assert len(one) > 100
