"""Opens the answers of a study, and reads what experts marked and corrected in them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ftcompare.core.annotations import AnnotationKind
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.answers.tab import AnswersTab
from ftcompare.ui.pages.review.page import ANSWERS, ReviewPage
from ftcompare.ui.text.marked_text import MarkedText
from tests.ui.page_driver import enter, settle


def opened(context: PageContext, qtbot: QtBot, path: Path | None = None) -> AnswersTab:
    page = enter(ReviewPage(context), context, qtbot, path)
    page.resize(1700, 800)
    page.tabs.setCurrentIndex(ANSWERS)
    settled(context, qtbot)
    if page.answers.model.rowCount():
        keyed(page.answers.table, Qt.Key.Key_Return)
    return page.answers


def settled(context: PageContext, qtbot: QtBot) -> None:
    for _ in range(4):
        settle(context, qtbot)


def keyed(widget: QWidget, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(widget, key)


def kept(context: PageContext, qtbot: QtBot, kind: AnnotationKind = AnnotationKind.MARK) -> list[object]:
    """What stands in the study."""
    found: list[list[object]] = []

    def standing(study: StudyFile) -> list[object]:
        return [one.given for one in study.annotations.standing(kind)]

    context.tasks.run(standing, found.append)
    settled(context, qtbot)
    return found[0]


def lines_in_sight(view: MarkedText) -> int:
    cursor, count = QTextCursor(view.document()), 0
    while view.cursorRect(cursor).bottom() <= view.viewport().height():
        count += 1
        if not cursor.movePosition(QTextCursor.MoveOperation.Down):
            break
    return count
