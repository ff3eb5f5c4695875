"""A row that goes on in the next line: what is lower than its line stands in the middle of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.controls import page_layout
from ftcompare.ui.widgets.layouts import FlowLayout

GAP = 8


class Box(QWidget):
    """Of a fixed size."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._hint = QSize(width, height)

    def sizeHint(self) -> QSize:
        return self._hint


@pytest.fixture
def holder(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    flow = FlowLayout(GAP, made)
    for width, height in ((100, 40), (50, 20), (60, 30)):
        flow.addWidget(Box(width, height))
    return made


def places(holder: QWidget, width: int) -> list[tuple[int, int]]:
    holder.resize(width, 200)
    holder.show()
    return [(one.x(), one.y()) for one in holder.findChildren(Box)]


def test_a_line_holds_what_fits_and_lower_ones_stand_in_its_middle(holder: QWidget) -> None:
    assert places(holder, 300) == [(0, 0), (108, 10), (166, 5)]
    assert holder.heightForWidth(300) == 40
    assert places(holder, 226) == [(0, 0), (108, 10), (166, 5)]


def test_what_does_not_fit_goes_on_in_the_next_line(holder: QWidget) -> None:
    assert places(holder, 225) == [(0, 0), (108, 10), (0, 48)]
    assert holder.heightForWidth(225) == 40 + GAP + 30
    assert places(holder, 40) == [(0, 0), (0, 48), (0, 76)]


def test_without_anything_it_has_no_height(qtbot: QtBot) -> None:
    empty = QWidget()
    qtbot.addWidget(empty)
    flow = FlowLayout(GAP, empty)
    assert flow.heightForWidth(100) == 0


# The frame that every page stands in.


def test_a_page_shows_its_title_and_no_other_words(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    page_layout(page, "Terms")
    told = [shown.text().strip() for shown in page.findChildren(QLabel)]
    assert [text for text in told if text] == ["Terms"]


# The row above a page: its title, and nothing else that can be read.


def test_a_page_shows_its_title_alone(theme: Theme, qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    page_layout(page, "Terms")
    page.show()
    assert [label.text().strip() for label in page.findChildren(QLabel)] == ["Terms", ""]
