"""The arrow of a table's order stands beside the title of its column, and never on it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.sorted_header import SortedHeader
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

COLUMNS = (
    DataColumn("Term"),
    DataColumn("Concept", stretch=1),
    DataColumn("all systems\nuses", numeric=True),
    DataColumn("q", numeric=True),
)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("zoom", [0.8, 1.0, 2.0])
def test_the_arrow_of_the_order_is_beside_the_words(
    theme: Theme, qtbot: QtBot, mode: str, zoom: float
) -> None:
    theme.set_mode(mode)
    theme.set_zoom(zoom)
    table = DataTable(theme, "Terms", COLUMNS, "Filter", "Anything")
    qtbot.addWidget(table)
    table.resize(700, 300)
    table.set_rows([Row(place, ("t", "c", 3, 0.5)) for place in range(3)])
    table.show()
    header = table.view.horizontalHeader()
    assert isinstance(header, SortedHeader)
    for column in range(len(COLUMNS)):
        table.view.sortByColumn(column, Qt.SortOrder.AscendingOrder)
        place, wide = header.sectionViewportPosition(column), header.sectionSize(column)
        section = QRect(place, 0, wide, header.height())
        arrow, title = header.arrow_box(section, column), header.title_box(section, column)
        assert not arrow.intersects(title), COLUMNS[column].title
        assert section.toRectF().contains(arrow), COLUMNS[column].title
        drawn = header.grab().toImage()
        middle = (arrow.center() * drawn.devicePixelRatio()).toPoint()
        assert drawn.pixelColor(middle).name() == theme.color("text").name(), COLUMNS[column].title


def test_a_click_on_a_title_still_sorts(theme: Theme, qtbot: QtBot) -> None:
    table = DataTable(theme, "Terms", COLUMNS, "Filter", "Anything")
    qtbot.addWidget(table)
    table.set_rows([Row(place, (str(place), "c", 3, 0.5)) for place in range(3)])
    table.show()
    header = table.view.horizontalHeader()
    for _ in range(2):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(12, 10))
    keys = [row.key for row in table.model.shown]
    assert keys in ([0, 1, 2], [2, 1, 0])
    assert header.sortIndicatorSection() == 0
