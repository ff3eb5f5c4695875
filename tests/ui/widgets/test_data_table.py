"""Tables of data: sorted, filtered, copied, opened by a key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row


@pytest.fixture
def table(theme: Theme, qtbot: QtBot) -> DataTable:
    made = DataTable(
        theme, "Terms", (DataColumn("Term"), DataColumn("Uses", numeric=True)), "Filter", "Anything"
    )
    qtbot.addWidget(made)
    made.set_rows(
        [
            Row("a", ("ten", 10), hidden="Dezimal"),
            Row("b", ("nine", 9)),
            Row("c", ("none", None)),
            Row("d", ("a hundred\nand\tone", 101)),
            Row("e", ("=1+1", 9.5)),
        ]
    )
    return made


def keys(table: DataTable) -> list[object]:
    return [row.key for row in table.model.shown]


def test_numbers_sort_as_numbers_and_blanks_stay_last(table: DataTable) -> None:
    table.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert keys(table) == ["b", "e", "a", "d", "c"]
    table.view.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert keys(table) == ["d", "a", "e", "b", "c"]
    table.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert keys(table) == ["e", "d", "b", "c", "a"]


def test_the_filter_wants_every_word(table: DataTable, qtbot: QtBot) -> None:
    QTest.keyClicks(table.field, "HUNDRED one")
    assert keys(table) == ["d"]
    assert table.findChildren(QLabel)[-1].text() == "1 row"
    table.field.setText("dezimal")
    assert keys(table) == ["a"]
    table.field.clear()
    assert len(keys(table)) == 5


def test_rows_copy_as_tab_separated_text(table: DataTable, qtbot: QtBot) -> None:
    table.select(3)
    QTest.keyClick(table.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Term\tUses\na hundred and one\t101\n"
    table.view.clearSelection()
    table.copy()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "Term\tUses"
    assert lines[3] == "none\t"
    assert lines[5] == "'=1+1\t9.5"


def test_numbers_are_on_the_right_and_text_is_safe(table: DataTable) -> None:
    table.set_rows([Row(1, ("a\u202eb" + "x" * 1000, 3))])
    index = table.model.index(0, 0)
    assert table.model.data(index).startswith("a⟨U+202E⟩b")
    assert len(table.model.data(index)) < 300
    right = table.model.data(table.model.index(0, 1), Qt.ItemDataRole.TextAlignmentRole)
    assert right & Qt.AlignmentFlag.AlignRight


def test_enter_opens_the_row_in_hand(table: DataTable, qtbot: QtBot) -> None:
    table.select(1)
    with qtbot.waitSignal(table.opened) as opened:
        QTest.keyClick(table.view, Qt.Key.Key_Return)
    assert opened.args == ["b"]
