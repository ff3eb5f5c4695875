"""The row above a page: its title, and nothing else that can be read."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.controls import page_layout


def test_a_page_shows_its_title_alone(theme: Theme, qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    page_layout(page, "Terms")
    page.show()
    assert [label.text().strip() for label in page.findChildren(QLabel)] == ["Terms", ""]
