"""What a page computes is said meanwhile by a label that programs can tell from others, to wait for it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.page import ResultsPage
from tests.ui.conftest import open_in
from tests.ui.page_driver import settle
from tests.ui.results.judged_study import written


def computing(page: ResultsPage) -> list[str]:
    labels = (label for label in page.findChildren(QLabel) if label.isVisible())
    return [label.text() for label in labels if label.property("computing")]


def test_results_say_that_they_are_computed_until_they_are(
    context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    open_in(context.tasks, written(tmp_path / "s.ftstudy"), qtbot)
    page = ResultsPage(context)
    qtbot.addWidget(page)
    page.show()
    assert computing(page) == ["Computing the results…"]
    page.enter()
    settle(context, qtbot)
    assert computing(page) == []
