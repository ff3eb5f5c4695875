"""A table gives each column of text the room that its words need."""

from __future__ import annotations

from PySide6.QtWidgets import QHeaderView
from pytestqt.qtbot import QtBot

from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row
from tests.ui.conftest import idle

PROMPT = "What should a patient know about an irregular heartbeat before the first visit to a clinic?"
NAME = "llama-3.1-8b-instruct-cardiology-lora-r16-epoch-3 preferred (left)"
COLUMNS = (
    DataColumn("Prompt", stretch=1),
    DataColumn("Verdict", yields=160),
    DataColumn("Comment", stretch=1),
)


def table_of(theme: Theme, qtbot: QtBot, width: int, *rows: tuple[str, str, str]) -> DataTable:
    made = DataTable(theme, "Answers", COLUMNS, "Search", "Words")
    qtbot.addWidget(made)
    made.resize(width, 400)
    made.show()
    made.set_rows([Row(place, cells) for place, cells in enumerate(rows)])
    idle()
    return made


def cut(table: DataTable, place: int) -> bool:
    """Whether the words of the first row are cut in a column."""
    return table.view.columnWidth(place) < table.view.sizeHintForIndex(table.model.index(0, place)).width()


def test_an_empty_column_gives_its_room_to_the_prompt(theme: Theme, qtbot: QtBot) -> None:
    table = table_of(theme, qtbot, 1000, (PROMPT, "Left", ""), ("Why?", "Right", ""))
    assert not cut(table, 0)
    header = table.view.horizontalHeader()
    assert sum(header.sectionSize(place) for place in range(3)) == table.view.viewport().width()


def test_names_are_cut_before_the_prompt_and_follow_the_window(theme: Theme, qtbot: QtBot) -> None:
    table = table_of(theme, qtbot, 1200, (PROMPT, NAME, ""))
    assert not cut(table, 0)
    assert cut(table, 1)
    table.resize(1800, 400)
    idle()
    assert not cut(table, 0)
    assert not cut(table, 1)


def test_a_long_comment_leaves_half_to_the_prompt(theme: Theme, qtbot: QtBot) -> None:
    table = table_of(theme, qtbot, 900, (PROMPT * 2, "Left", PROMPT * 3))
    prompt, comment = table.view.columnWidth(0), table.view.columnWidth(2)
    assert abs(prompt - comment) <= 1


def test_other_columns_are_measured_anew(theme: Theme, qtbot: QtBot) -> None:
    table = table_of(theme, qtbot, 1200, (PROMPT, NAME, ""))
    table.set_columns((DataColumn("Rater"), DataColumn("Judged", numeric=True)))
    table.set_rows([Row(0, ("Ada", 3))])
    assert table.view.horizontalHeader().sectionResizeMode(0) is QHeaderView.ResizeMode.ResizeToContents
