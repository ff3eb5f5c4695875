"""The frame that every page stands in."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.ui.widgets.controls import page_layout


def test_a_page_shows_its_title_and_no_other_words(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    page_layout(page, "Terms")
    told = [shown.text().strip() for shown in page.findChildren(QLabel)]
    assert [text for text in told if text] == ["Terms"]
