"""A part of a long answer looks as it does within the whole."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QTextTable
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ftcompare.ui import safe_text
from ftcompare.ui.text.response_view import ResponseView, ShownPart, continued
from ftcompare.ui.theme.theme import Theme
from tests.ui.conftest import idle

TABLE = "Doses:\n\n| drug | dose |\n|:--|--:|\n"
CASES = {
    "table": (TABLE + "| a | 1 |\n", "| b | 2 |\n", "| drug | dose |\n|:--|--:|\n| b | 2 |\n"),
    "table is over": (TABLE + "| a | 1 |\n", "\nText | bar\n", "\nText | bar\n"),
    "bars without a table": ("a | b\n", "c | d\n", "c | d\n"),
    "code": ("x\n```python\na = 1\n", "# b\n```\ntext\n", "```python\n# b\n```\ntext\n"),
    "code is over": ("```\na\n```\n", "text\n", "text\n"),
    "longer fence": ("~~~~\na\n~~~\n", "b\n", "~~~~\nb\n"),
    "no fence": ("``` a`b\n", "text\n", "text\n"),
    "numbers": ("Steps:\n\n3. a\n4. b\n", "5. c\n", "5. c\n"),
    "all ones": ("Steps:\n\n1. a\n1. b\n   more\n\n1. c\n", "1. d\n1. e\n", "4. d\n1. e\n"),
    "another list": ("1. a\n2. b\n\nText\n\n1. c\n", "1. d\n", "2. d\n"),
    "a list begins": ("Text.\n\n", "1. a\n", "1. a\n"),
    "lazy quote": ("> a\n", "b\n", "> b\n"),
    "quote in the middle of a line": ("> a ", "b\n", "> b\n"),
    "quote with its mark": ("> a\n", "> b\n", "> b\n"),
    "quote is over": ("> a\n", "\nb\n", "\nb\n"),
    "bullets": ("- a\n", "- b\n", "- b\n"),
}


@pytest.mark.parametrize(("before", "part", "shown"), CASES.values(), ids=CASES)
def test_a_part_goes_on_with_what_it_is_in(before: str, part: str, shown: str) -> None:
    assert continued(before, part) == ShownPart(shown, header=shown.startswith("| drug"))
    crlf = continued(before.replace("\n", "\r\n"), part.replace("\n", "\r\n")).text
    assert crlf.replace("\r\n", "\n") == shown


@pytest.fixture
def response(theme: Theme, qtbot: QtBot) -> ResponseView:
    made = ResponseView(theme, "Left")
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


def test_each_part_of_a_table_has_its_header_row_which_is_not_copied(response: ResponseView) -> None:
    text = TABLE + "".join(f"| drug {n} | {n} mg |\n" for n in range(2000))
    response.set_text(text, markdown=True)
    assert response.part_count > 2
    first, second = safe_text.parts(text, markdown=True)[:2]
    response.show_part(1)
    frames = response.view.document().rootFrame().childFrames()
    (table,) = [frame for frame in frames if isinstance(frame, QTextTable)]
    assert table.columns() == 2
    assert table.cellAt(0, 0).firstCursorPosition().block().text() == "drug"
    assert table.rows() == second.count("\n") + 1
    response.view.selectAll()
    copied = response.view.createMimeDataFromSelection().text().split()
    assert copied[:2] == second.replace("|", "").split()[:2]
    assert response.text == text
    assert response.unseen[0] == first
    response.refresh()
    assert response.view.own_start > 0


def test_a_row_of_a_table_is_not_cut(response: ResponseView) -> None:
    text = TABLE + "".join(f"| {'word ' * 150} | {n} |\n" for n in range(100))
    assert all(part.endswith("\n") for part in safe_text.parts(text, markdown=True))
    assert "".join(safe_text.parts(text, markdown=True)) == text


def test_how_many_parts_there_are_is_told_once_they_are_counted(response: ResponseView) -> None:
    text = "A line of it.\n\n" * 8000
    response.set_text(text, markdown=True)
    place = response.findChild(QLabel, "part_of_text")
    assert isinstance(place, QLabel)
    assert place.text() == "Part 1; too long to show whole"
    idle()
    count = len(safe_text.parts(text, markdown=True))
    assert place.text() == f"Part 1 of {count}; too long to show whole"
    response.show_part(count - 1)
    assert place.text().startswith(f"Part {count} of {count};")
    response.show_part(count)
    assert place.text().startswith(f"Part {count} of {count};")
    assert "".join(response.unseen) + safe_text.parts(text, markdown=True)[-1] == text


def test_steps_lead_through_the_parts(response: ResponseView) -> None:
    response.set_text("A line of it.\n\n" * 8000, markdown=True)
    bar = response.view.verticalScrollBar()
    assert not response.step(-1)
    assert response.step(1)
    assert bar.value() == 0
    assert response.step(-1)
    assert bar.value() == bar.maximum() > 0
    response.go_to_end(1)
    assert len(response.unseen) == 1
    assert bar.value() == bar.maximum()
    assert not response.step(1)
    response.go_to_end(-1)
    assert bar.value() == 0
    assert not response.step(-1)
