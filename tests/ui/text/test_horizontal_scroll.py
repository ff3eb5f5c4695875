"""A table or a block of code that is wider than its view scrolls sideways by itself; all else stays."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollBar
from pytestqt.qtbot import QtBot

from ftcompare.app.commands_and_keys import effective_keys
from ftcompare.app.review.terminology import reviewed_alone
from ftcompare.core.blinding import BlindItem
from ftcompare.core.study import AllocationId, Draft, GlossaryTerm, Message, TermStatus
from ftcompare.terms.matching import Matcher
from ftcompare.ui.pages.rate.find_bar import FindBar
from ftcompare.ui.rating.pair import PairView
from ftcompare.ui.text.horizontal_scroll import WideBlock
from ftcompare.ui.text.marked_text import MarkedText
from ftcompare.ui.text.response_text import TextView
from ftcompare.ui.text.response_view import ResponseView
from ftcompare.ui.theme.theme import Theme
from tests.ui.conftest import idle, is_drawing
from tests.ui.page_driver import on_screen
from tests.ui.text.test_markdown_document import pixels

WIDTH, HEIGHT = 440, 620
NAMES = [f"contraindication{n}" for n in range(8)]
ROW = "|".join(NAMES)
TABLE = f"|{ROW}|\n|{'-|' * 8}\n|{ROW}|\n"
LINE = "value = " + " + ".join(f"term{n}" for n in range(30))
CODE = f"```\n{LINE}\n    indented\n```\n"
PROSE = "Words that stand around it. " * 12
NO, SHIFT, ALT = (
    Qt.KeyboardModifier(m)
    for m in (
        Qt.KeyboardModifier.NoModifier,
        Qt.KeyboardModifier.ShiftModifier,
        Qt.KeyboardModifier.AltModifier,
    )
)


@pytest.fixture
def response(theme: Theme, qtbot: QtBot) -> ResponseView:
    return on_screen(ResponseView(theme, "Left"), qtbot, WIDTH, HEIGHT)


def shown(response: ResponseView, text: str) -> TextView:
    response.set_text(text, markdown=True)
    idle()
    return response.view


def block_of(view: TextView, kind: str) -> WideBlock:
    return next(block for block in view.horizontal.blocks() if block.key[0] == kind)


def middle(view: TextView, block: WideBlock) -> QPoint:
    """Somewhere in its first row or line, in the view."""
    return QPoint(WIDTH // 2, round(block.top) + 16 - view.verticalScrollBar().value())


def wheel(view: TextView, place: QPoint, x: int, y: int = 0, modifier: Qt.KeyboardModifier = NO) -> None:
    event = QWheelEvent(
        QPointF(place),
        QPointF(view.viewport().mapToGlobal(place)),
        QPoint(),
        QPoint(x, y),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
    idle()


def picture(view: TextView) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return pixels(view.viewport().grab().toImage())


def changed_rows(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    """The first and the last line of pixels that differ."""
    rows = np.flatnonzero((before != after).any(axis=(1, 2)))
    return int(rows[0]), int(rows[-1])


def test_the_prose_around_a_wide_table_and_wide_code_stays_in_the_view(response: ResponseView) -> None:
    view = shown(response, f"{PROSE}\n\n{TABLE}\n{PROSE}\n\n{CODE}\n{PROSE}\n")
    for number in range(view.document().blockCount()):
        block = view.document().findBlockByNumber(number)
        if block.text().startswith("Words"):
            lines = [block.layout().lineAt(n) for n in range(block.layout().lineCount())]
            assert len(lines) > 4
            assert max(line.naturalTextWidth() for line in lines) <= view.viewport().width()
    assert [block.key[0] for block in view.horizontal.blocks()] == ["table", "code"]
    assert not view.horizontalScrollBar().isVisible()


@pytest.mark.parametrize("kind", ["table", "code"])
def test_one_block_scrolls_and_nothing_else_moves(response: ResponseView, kind: str) -> None:
    view = shown(response, f"{PROSE}\n\n{TABLE}\n{PROSE}\n\n{CODE}\n{PROSE}\n")
    block = block_of(view, kind)
    before = picture(view)
    wheel(view, middle(view, block), -240)
    first, last = changed_rows(before, picture(view))
    assert block.top - 1 <= first
    assert last <= block.bottom + 1
    assert view.horizontal.offset(block) > 0
    other = block_of(view, "code" if kind == "table" else "table")
    assert view.horizontal.offset(other) == 0


@pytest.mark.parametrize("text", [TABLE, CODE])
def test_its_last_words_come_into_view_by_wheel_keys_and_bar(response: ResponseView, text: str) -> None:
    view = shown(response, f"{PROSE}\n\n{text}")
    (block,) = view.horizontal.blocks()
    (bar,) = view.horizontal.bars
    last = NAMES[-1] if text == TABLE else "term29"

    def reached() -> bool:
        place = QPoint(view.viewport().width() - 30, middle(view, block).y())
        cursor = view.cursorForPosition(place)
        cursor.select(QTextCursor.SelectionType.WordUnderCursor)
        return cursor.selectedText() == last

    assert not reached()
    for _ in range(60):
        wheel(view, middle(view, block), 0, -120, SHIFT)
    assert reached()
    for _ in range(40):
        QTest.keyClick(view, Qt.Key.Key_Left, ALT)
    assert (view.horizontal.offset(block), bar.value()) == (0, 0)
    for _ in range(40):
        QTest.keyClick(view, Qt.Key.Key_Right, ALT)
    assert reached()
    bar.setValue(0)
    assert not reached()
    handle = QPoint(20, bar.height() // 2)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, NO, handle)
    QTest.mouseMove(bar, QPoint(bar.width() + 200, handle.y()))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, NO, QPoint(bar.width() + 200, handle.y()))
    assert reached()


def test_the_wheel_scrolls_up_and_down_over_a_wide_block_and_sideways_nowhere_else(
    response: ResponseView,
) -> None:
    view = shown(response, f"{PROSE}\n\n{TABLE}\n{PROSE * 8}")
    block = block_of(view, "table")
    wheel(view, QPoint(20, 10), -120)
    assert (view.horizontal.offset(block), view.horizontalScrollBar().value()) == (0, 0)
    wheel(view, middle(view, block), 0, -120)
    assert view.verticalScrollBar().value() > 0
    assert view.horizontal.offset(block) == 0


def test_what_is_seen_is_selected_and_copied(response: ResponseView) -> None:
    view = shown(response, f"{PROSE}\n\n{TABLE}\n{PROSE}")
    block = block_of(view, "table")
    view.horizontal.scroll_to(block, block.farthest(view.viewport().width()))
    place = QPoint(view.viewport().width() - 40, middle(view, block).y())
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, NO, place)
    assert view.textCursor().selectedText() == NAMES[-1]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, NO, QPoint(5, 5))
    assert view.textCursor().position() < 10


def test_a_selection_that_is_dragged_beyond_the_edge_takes_the_block_along(response: ResponseView) -> None:
    view = shown(response, CODE)
    block = block_of(view, "code")
    start = QPoint(60, middle(view, block).y())
    viewport = view.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, NO, start)
    for x in range(100, WIDTH + 120, 40):
        QTest.mouseMove(viewport, QPoint(x, start.y()))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, NO, QPoint(WIDTH + 100, start.y()))
    assert view.horizontal.offset(block) > 0
    assert view.horizontalScrollBar().value() == 0
    assert len(view.textCursor().selectedText()) > 30


def test_a_wide_block_from_the_right_begins_at_its_right_end(response: ResponseView) -> None:
    names = "|".join(["מחירכמותשלוםפריט"] * 8)
    view = shown(response, f"|{names}|\n|{'-|' * 8}\n|{names}|\n")
    block = block_of(view, "table")
    assert view.horizontal.offset(block) == block.farthest(view.viewport().width()) > 0


def test_the_bar_stays_in_view_while_its_block_goes_on_below(response: ResponseView) -> None:
    view = shown(response, f"{PROSE}\n\n```\n" + f"{LINE}\n" * 60 + f"```\n\n{PROSE * 6}")
    (bar,) = view.horizontal.bars
    assert bar.geometry().bottom() + 1 == view.viewport().height()
    assert bar.property("role") == "over_text"
    view.scroll_to_end()
    assert not bar.isVisible()
    view.verticalScrollBar().setValue(0)
    assert bar.isVisible()


def test_a_narrower_view_gets_bars_and_a_wider_one_loses_them(response: ResponseView) -> None:
    view = shown(response, "|" + "|".join(NAMES[:4]) + "|\n|-|-|-|-|\n")
    (bar,) = view.horizontal.bars
    response.resize(1200, HEIGHT)
    idle()
    assert not bar.isVisible()


def test_another_text_begins_at_its_left_edge_and_plain_text_has_no_bar(response: ResponseView) -> None:
    view = shown(response, TABLE)
    view.horizontal.step(1)
    assert view.horizontal.offset(block_of(view, "table")) > 0
    assert shown(response, f"{TABLE}\nmore") is view
    assert view.horizontal.offset(block_of(view, "table")) == 0
    response.set_markdown(False)
    idle()
    assert not view.horizontal.bars
    assert not view.horizontal.blocks()
    QTest.keyClick(view, Qt.Key.Key_Right, ALT)


def test_a_wide_formula_scrolls_too(response: ResponseView, qtbot: QtBot) -> None:
    terms = " + ".join(f"x_{{{n}}}" for n in range(20))
    view = shown(response, f"{PROSE}\n\n$${terms}$$\n\n{PROSE}")
    qtbot.waitUntil(lambda: not is_drawing(view))
    idle()
    (bar,) = view.horizontal.bars
    bar.setValue(bar.maximum())
    (block,) = view.horizontal.blocks()
    assert view.horizontal.offset(block) == bar.maximum() > 0


def test_a_place_that_the_text_goes_to_is_brought_into_view_sideways(response: ResponseView) -> None:
    view = shown(response, f"{PROSE}\n\n{TABLE}")
    cursor = view.document().find(NAMES[6])
    view.setTextCursor(cursor)
    view.ensureCursorVisible()
    block, x = block_of(view, "table"), view.cursorRect(cursor).x()
    assert view.horizontalScrollBar().value() == 0
    assert 0 < x - view.horizontal.offset(block) < view.viewport().width()
    view.setTextCursor(view.document().find(NAMES[0]))
    view.ensureCursorVisible()
    assert view.horizontal.offset(block) == 0
    view.horizontal.reveal(QTextCursor(view.document()))  # prose: nothing is to be scrolled


class TestInAPair:
    @pytest.fixture
    def pair(self, theme: Theme, qtbot: QtBot) -> PairView:
        made = on_screen(PairView(theme, effective_keys({})["rate.prompt"], markdown=True), qtbot, 1000, 700)
        item = BlindItem(
            allocation=AllocationId(1),
            messages=(Message("user", f"Which?\n\n{TABLE}"),),
            left=f"{PROSE}\n\n{TABLE}",
            right=f"{CODE}\n\n{PROSE}",
            draft=Draft(),
        )
        made.set_item(item)
        idle()
        return made

    def test_the_keys_scroll_all_that_is_wide(self, pair: PairView) -> None:
        for key, direction in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Left, 0)):
            assert pair.scroll_by_key(QKeyEvent(QKeyEvent.Type.KeyPress, key, ALT))
            offsets = [view.horizontal.offset(view.horizontal.blocks()[0]) for view in pair.views]
            assert [offset > 0 for offset in offsets] == [bool(direction)] * 3
        assert not pair.scroll_by_key(QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Right, NO))

    def test_what_is_found_in_a_wide_block_is_brought_into_view(self, pair: PairView, theme: Theme) -> None:
        finder = FindBar(theme, pair.views, pair.unseen)
        finder.setParent(pair)
        finder.field.setText("term28")
        finder.open()
        view = pair.right.text.view
        block = block_of(view, "code")
        assert view.horizontal.offset(block) > 0
        finder.close_bar()


def test_in_review_a_mark_in_a_wide_table_is_brought_into_view(theme: Theme, qtbot: QtBot) -> None:
    made = on_screen(MarkedText(theme, "Left"), qtbot, WIDTH, HEIGHT)
    made.set_markdown(True)
    term = GlossaryTerm(NAMES[6], TermStatus.PREFERRED, "concept")
    made.set_side(reviewed_alone(TABLE, Matcher((term,)).find(TABLE)))
    idle()
    made.setFocus()
    QTest.keyClick(made, Qt.Key.Key_Right, ALT)
    assert made.horizontal.offset(block_of(made, "table")) == round(made.viewport().width() / 3)
    QTest.keyClick(made, Qt.Key.Key_F3)
    block, x = block_of(made, "table"), made.cursorRect(made.textCursor()).x()
    assert 0 < x - made.horizontal.offset(block) < made.viewport().width()


def test_both_panels_look_alike_with_a_wide_block(theme: Theme, qtbot: QtBot) -> None:
    pictures = []
    for name in ("Left", "Right"):
        made = on_screen(ResponseView(theme, name), qtbot, WIDTH, HEIGHT)
        view = shown(made, f"{PROSE}\n\n{TABLE}\n{CODE}")
        assert {bar.accessibleName() for bar in view.findChildren(QScrollBar, "sideways")} == {
            "Scroll this table sideways",
            "Scroll this code sideways",
        }
        view.clearFocus()
        pictures.append(made.grab().toImage())
    assert pictures[0] == pictures[1]
