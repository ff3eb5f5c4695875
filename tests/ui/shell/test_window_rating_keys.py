"""The rating page in the window: the list of keys holds every key; the tools keep their places."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from ftcompare.ui.pages.rate.state import RateState
from ftcompare.ui.widgets.controls import key_text
from tests.ui.conftest import idle
from tests.ui.shell.conftest import OpenWindow, opened, remember_rater


def test_every_key_that_works_while_rating_is_listed(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot
) -> None:
    remember_rater()
    window = open_one()
    opened(window, study_path, qtbot)
    qtbot.waitUntil(lambda: window.rate.state is RateState.READY)
    both = (*window.actions_by_id.values(), *window.rate.actions_by_id.values())
    keys = [
        act.shortcut().toString(QKeySequence.SequenceFormat.PortableText) for act in both if act.isEnabled()
    ]
    working = {key_text(key) for key in keys if key}
    assert {"Ctrl F", "Ctrl +", "Ctrl -", "T", "?"} <= working
    QTest.keyClick(window.rate, Qt.Key.Key_Question)
    sheet = window.rate.view.all_keys
    assert sheet.isVisible()
    assert working <= {shown.text() for shown in sheet.findChildren(QLabel)}
    window.resize(900, 600)
    bar = sheet.findChildren(QScrollArea)[0].verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    QTest.keyClick(sheet, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    assert sheet.isVisible()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert window.rate.view.working


def test_the_tools_are_where_they_were_once_the_text_was_larger_and_is_normal_again(
    open_one: OpenWindow, study_path: Path, qtbot: QtBot
) -> None:
    remember_rater()
    window = open_one()
    opened(window, study_path, qtbot)
    qtbot.waitUntil(lambda: window.rate.state is RateState.READY)

    def places() -> list[QRect]:
        idle()
        return [tool.geometry() for tool in window.rate.view.tools.findChildren(QPushButton)]

    before = places()
    window.trigger("view.zoom_in")
    assert places() != before
    window.trigger("view.zoom_out")
    assert places() == before
