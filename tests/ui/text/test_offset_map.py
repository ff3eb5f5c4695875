"""From stored characters to shown units and back; lines of any length are edited as plain text."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QTextCursor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ftcompare.ui.pages.review.answers.marking import LONGEST_LINE, PIECE, LongLineEdit
from ftcompare.ui.safe_text import SOFT_BREAK, short_name
from ftcompare.ui.text.offset_map import TextMap
from tests.ui.page_driver import on_screen


def shown(mapped: TextMap, start: int, end: int) -> str:
    """What is shown for a span, cut by UTF-16 units as Qt does."""
    first, last = mapped.span(start, end)
    return mapped.shown.encode("utf-16-le")[2 * first : 2 * last].decode("utf-16-le")


def marked(text: str, word: str) -> str:
    start = text.index(word)
    return shown(TextMap(text), start, start + len(word))


@pytest.mark.parametrize(
    "before",
    [
        "",
        "plain ",
        "\U0001fac0\U0001fac0 ",
        "line\r\nline\r\n",
        "\r\n\U0001fac0\x1b[31m\u202e ",
        "\x00\x07\ud800 ",
        "x" * 500 + " ",
    ],
)
def test_a_word_is_found_behind_anything(before: str) -> None:
    assert marked(before + "heart \U0001fac0 valve", "heart \U0001fac0") == "heart \U0001fac0"


def test_hidden_characters_are_spelled_out_where_they_stand() -> None:
    text = "a\x1bb"
    assert TextMap(text).shown == "a⟨U+001B⟩b"
    assert shown(TextMap(text), 1, 2) == "⟨U+001B⟩"
    assert shown(TextMap(text), 2, 3) == "b"


def test_a_line_end_of_two_characters_is_shown_as_one() -> None:
    mapped = TextMap("a\r\nb\rc")
    assert mapped.shown == "a\nb⟨U+000D⟩c"
    assert mapped.span(3, 4) == (2, 3)


def test_tags_stand_after_their_word_and_move_no_mark() -> None:
    text = "quiver \U0001fac0 quiver"
    mapped = TextMap(text, [(6, " depr"), (15, " depr")])
    assert mapped.shown == "quiver depr \U0001fac0 quiver depr"
    assert shown(mapped, 0, 6) == "quiver"
    assert shown(mapped, 9, 15) == "quiver"
    assert [mapped.shown.encode("utf-16-le")[2 * a : 2 * b].decode("utf-16-le") for a, b in mapped.tags] == [
        " depr"
    ] * 2


def test_long_runs_get_places_to_break() -> None:
    mapped = TextMap("x" * 200)
    assert mapped.shown.count(SOFT_BREAK) == 2
    assert mapped.shown.replace(SOFT_BREAK, "") == "x" * 200


def test_what_is_copied_is_what_is_stored() -> None:
    text = "It\r\nmay \x1b[1mquiver\U0001fac0 now"
    start = text.index("quiver")
    mapped = TextMap(text, [(start + 6, " depr")])
    units = len(mapped.shown.encode("utf-16-le")) // 2
    assert mapped.source(0, units) == text
    first, last = mapped.span(start, start + 6)
    assert mapped.source(first, last) == "quiver"
    assert mapped.source(first, first) == ""


def test_a_tag_between_the_characters_of_a_line_end_stands_behind_it() -> None:
    mapped = TextMap("one\r\ntwo", [(4, " tag")])
    assert mapped.shown == "one\n tagtwo"
    assert mapped.source(*mapped.span(0, 8)) == "one\r\ntwo"


texts = st.text(
    st.sampled_from("ab \n\r\t\x1b\x00\u202e\ufeff\u2028\ud800")
    | st.characters(min_codepoint=0x1F300, max_codepoint=0x1F310),
    min_size=1,
    max_size=200,
)


@given(texts, st.data())
def test_every_span_comes_back(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    tags = [(place, "tag") for place in sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=4)))]
    mapped = TextMap(text, tags)
    first, last = mapped.span(start, end)
    units = len(mapped.shown.encode("utf-16-le", "surrogatepass")) // 2
    assert 0 <= first <= last <= units
    whole = mapped.source(first, last)
    wanted = text[start - text[: start + 1].endswith("\r\n") : end + (text[end - 1 : end + 1] == "\r\n")]
    assert whole == wanted
    assert mapped.source(0, units) == text


def test_long_names_keep_both_their_ends() -> None:
    long = "meta-llama/Llama-3.1-8B-cardiology-lora-r64"
    assert short_name("base") == "base"
    assert short_name(long, 20) == "meta-llam…gy-lora-r64"[:10] + long[-10:]
    assert len(short_name(long, 20)) == 20
    assert short_name("a\u202eb") == "a⟨U+202E⟩b"


SENTENCE = "The atria quiver at random. "
LONG = (SENTENCE * (3 * LONGEST_LINE // len(SENTENCE))).strip()


@pytest.fixture
def field(qtbot: QtBot) -> LongLineEdit:
    return on_screen(LongLineEdit(), qtbot, 400, 300)


def written(field: LongLineEdit) -> str:
    return field.raw_text().replace("\u2029", "\n")


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "x" * (2 * LONGEST_LINE + 3),
        f"Above.\n{LONG}\n\n{'🫀' * (LONGEST_LINE + 1)}\nBelow.",
        f"{LONG}\n",
        "\u00a0".join(["word"] * LONGEST_LINE),
    ],
)
def test_a_long_line_is_in_pieces_and_read_whole(field: LongLineEdit, text: str) -> None:
    field.show_text(text)
    assert written(field) == text
    assert field.in_pieces
    assert max(map(len, field.toPlainText().split("\n"))) <= PIECE
    assert not field.document().isUndoAvailable()


def test_other_lines_are_shown_as_they_are(field: LongLineEdit) -> None:
    text = "\n".join(["y" * LONGEST_LINE, "", "z"])
    field.show_text(text)
    assert not field.in_pieces
    assert field.toPlainText() == written(field) == text


def test_what_is_typed_removed_and_undone_leaves_lines_whole(field: LongLineEdit) -> None:
    field.show_text(LONG)
    rng, expected = Random(4), LONG
    for _ in range(30):
        place = rng.randrange(field.document().characterCount())
        cursor = field.textCursor()
        cursor.setPosition(place)
        field.setTextCursor(cursor)
        key = rng.choice((Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_X))
        QTest.keyClick(field, key)
        assert "\n" not in written(field)
    while field.document().isUndoAvailable():
        field.undo()
    assert written(field) == expected


def test_a_line_end_that_is_typed_is_one_and_at_a_piece_too(field: LongLineEdit) -> None:
    field.show_text(LONG)
    cursor = field.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.NextBlock)
    field.setTextCursor(cursor)
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClicks(field, "New")
    before, after = written(field).split("\n")
    assert (before + after).replace("New", "") == LONG
    assert after.startswith("New")


def test_a_piece_that_is_removed_and_typed_anew_keeps_the_line_ends_typed(field: LongLineEdit) -> None:
    field.show_text(LONG)
    cursor = field.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.NextBlock)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    field.setTextCursor(cursor)
    QTest.keyClick(field, Qt.Key.Key_Delete)
    for word in ("one", "two"):
        QTest.keyClicks(field, word)
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert written(field).count("\n") == 2


def test_a_copy_has_its_lines_whole(field: LongLineEdit) -> None:
    field.show_text(f"{LONG}\nBelow 🫀.")
    field.selectAll()
    QTest.keySequence(field, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == f"{LONG}\nBelow 🫀."
    cursor = field.textCursor()
    cursor.setPosition(5)
    cursor.setPosition(3 * PIECE, QTextCursor.MoveMode.KeepAnchor)
    field.setTextCursor(cursor)
    field.copy()
    assert LONG.startswith(LONG[:5] + QGuiApplication.clipboard().text())
    assert "\n" not in QGuiApplication.clipboard().text()
