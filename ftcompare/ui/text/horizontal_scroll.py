"""Scrolls tables, code and formulas that are wider than a view horizontally, each on its own.

The document is laid out as wide as its widest block, and the view stays at its left edge. A wide block is
painted, and receives mouse events, as if the view were scrolled by that block's offset.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PySide6 import QtGui
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import QScrollBar, QTextEdit

from ftcompare.core.language import N_, tr
from ftcompare.ui.text.markdown_document import CODE, CODE_WIDTH, QUOTES, RULE, UNIT
from ftcompare.ui.theme.theme import XS, M, S, Theme
from ftcompare.ui.widgets.controls import named, set_role

_FRAME_BAR, _RADIUS = 3, 6  # pixels before zoom: how wide a bar is, how round a frame


@dataclass
class Frames:
    """Rectangles in document coordinates: bars of quotes, frames of code blocks, rules."""

    quotes: dict[tuple[str, int, bool], QRectF] = field(default_factory=dict)
    code: dict[int, QRectF] = field(default_factory=dict)
    rules: list[QRectF] = field(default_factory=list)


def paint_frames(view: QTextEdit, theme: Theme) -> None:
    found = in_sight(view, theme)
    if not (found.quotes or found.code or found.rules):
        return
    painter = QtGui.QPainter(view.viewport())
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    painter.translate(0, -view.verticalScrollBar().value())
    painter.setPen(QtGui.QPen(theme.color("border"), 1))
    painter.setBrush(theme.color("raised"))
    for frame in found.code.values():
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("strong_border"))
    for bar in found.quotes.values():
        painter.drawRoundedRect(bar, 1, 1)
    for rule in found.rules:
        painter.fillRect(rule, theme.color("border"))
    painter.end()


def in_sight(view: QTextEdit, theme: Theme) -> Frames:
    found = Frames()
    layout = view.document().documentLayout()
    # The width that the text is set to, which is less than that of a wide table or line of code.
    page = view.document().textWidth()
    page = page if page > 0 else float(view.viewport().width())
    unit = theme.px(UNIT)
    for block in blocks_in_sight(view):
        form, rect = block.blockFormat(), layout.blockBoundingRect(block)
        right = block.textDirection() is Qt.LayoutDirection.RightToLeft
        for quote in (form.stringProperty(QUOTES) or "").split():
            number, _, units = quote.partition(":")
            left = page - int(units) * unit - theme.px(_FRAME_BAR) if right else float(int(units) * unit)
            bar = QRectF(left, rect.top(), theme.px(_FRAME_BAR), rect.height())
            key = (number, int(units), right)
            found.quotes[key] = found.quotes[key].united(bar) if key in found.quotes else bar
        if form.hasProperty(CODE):
            code, frame = form.intProperty(CODE), code_frame(block, rect, theme)
            frame.setRight(min(max(frame.right(), page), float(view.viewport().width())))
            found.code[code] = found.code[code].united(frame) if code in found.code else frame
        if form.hasProperty(RULE):
            found.rules.append(QRectF(0, round(rect.center().y()), page, 1))
    return found


def code_frame(block: QtGui.QTextBlock, rect: QRectF, theme: Theme) -> QRectF:
    """The part of a code frame at the line with this rectangle, as wide as the longest line."""
    form, pad = block.blockFormat(), theme.px(S)
    left = form.indent() * theme.px(UNIT) - 1.5 * pad
    top = rect.top() - (pad if form.topMargin() else 0)
    bottom = rect.bottom() + (max(theme.px(M), _BAR) if form.bottomMargin() else 0)
    return QRectF(left, top, form.intProperty(CODE_WIDTH) + 3 * pad, bottom - top)


def blocks_in_sight(view: QTextEdit) -> Iterator[QtGui.QTextBlock]:
    """The visible blocks and one more at each end, so that a frame that continues ends outside the view."""
    layout, height = view.document().documentLayout(), view.viewport().height()
    bottom = QPointF(0, view.verticalScrollBar().value() + height).y()
    block = QTextEdit.cursorForPosition(view, QPoint(0, 0)).block()
    block = block.previous() if block.previous().isValid() else block
    beyond = 0
    while block.isValid() and beyond < 2:
        yield block
        beyond += layout.blockBoundingRect(block).top() > bottom
        block = block.next()


STEP = 1 / 3  # share of the view's width that a key press scrolls

_NOTCH = 120 / 48  # eighths of a degree that the wheel turns for a pixel

_BAR = 10
"""Height in pixels of a scroll bar below code or a formula."""

_DRAGGED = 24  # pixels that a selection scrolls when it is dragged beyond an edge, at each move

Key = tuple[str, int]  # identifies a block of a document: its kind, and its number among blocks of that kind
_SCROLLS = {
    "table": N_("Scroll this table sideways"),
    "code": N_("Scroll this code sideways"),
    "paragraph": N_("Scroll this paragraph sideways"),
}


@dataclass(frozen=True, slots=True)
class WideBlock:
    """A block that is wider than the view, in document coordinates."""

    key: Key
    top: float
    bottom: float
    clip: float  # left edge in pixels of the area that scrolls
    right: float  # right end of the contents
    from_right: bool = False  # whether it is read from the right, and is first shown at that end
    inset: int = 0  # pixels at the right edge of the view that stay free of the contents

    def farthest(self, width: int) -> int:
        return max(math.ceil(self.right) - width, 0)


class HorizontalScroll(QObject):
    """Scrolls the wide blocks of a view that shows Markdown, each with a scroll bar below it."""

    def __init__(self, view: QTextEdit, theme: Theme) -> None:
        super().__init__(view)
        self._view = view
        self._theme = theme
        self._offsets: dict[Key, int] = {}
        self._bars: dict[Key, QScrollBar] = {}
        self._on = False
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.place_bars)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.horizontalScrollBar().valueChanged.connect(self._on_view_scrolled)
        view.verticalScrollBar().rangeChanged.connect(lambda *_: self._soon.start())
        view.selectionChanged.connect(lambda: self._bars and view.viewport().update())
        view.viewport().installEventFilter(self)

    @property
    def bars(self) -> tuple[QScrollBar, ...]:
        shown = (bar for bar in self._bars.values() if not bar.isHidden())
        return tuple(sorted(shown, key=QScrollBar.y))

    def place_soon(self) -> None:
        self._soon.start()

    def reset(self, *, on: bool) -> None:
        """Reset for another document; ``on`` is whether it may have wide blocks."""
        self._on = on
        self._offsets.clear()
        for bar in self._bars.values():
            bar.hide()
            bar.deleteLater()
        self._bars.clear()
        self._soon.start()

    def blocks(self) -> list[WideBlock]:
        found: dict[Key, WideBlock] = {}
        width = self._view.viewport().width()
        for block in blocks_in_sight(self._view) if self._on else ():
            wide = self._measured(block, found)
            if wide is not None and wide.right > width + 1:
                found[wide.key] = wide
        top, height = self._view.verticalScrollBar().value(), self._view.viewport().height()
        return [wide for wide in found.values() if wide.top < top + height and top < wide.bottom]

    def offset(self, block: WideBlock) -> int:
        farthest = block.farthest(self._view.viewport().width())
        return min(self._offsets.get(block.key, farthest if block.from_right else 0), farthest)

    def scroll_to(self, block: WideBlock, offset: int) -> None:
        self._offsets[block.key] = max(0, min(offset, block.farthest(self._view.viewport().width())))
        self._view.viewport().update()
        self.place_bars()

    def step(self, direction: int) -> bool:
        """Scroll the visible wide blocks right (1) or left (-1); return whether there is one."""
        blocks = self.blocks()
        for block in blocks:
            pixels = round(self._view.viewport().width() * STEP)
            self.scroll_to(block, self.offset(block) + direction * pixels)
        return bool(blocks)

    def turn(self, event: QtGui.QWheelEvent) -> bool:
        """Scroll the block under the mouse by a sideways or Shift wheel; return whether it was one."""
        turned, precise = event.angleDelta(), event.pixelDelta()
        x, y = (precise.x(), precise.y()) if not precise.isNull() else (turned.x(), turned.y())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not x:
            x, y = y, 0
        if abs(x) <= abs(y):
            return False
        block = self.at(event.position())
        if block is not None:
            self.scroll_to(block, self.offset(block) - round(x if not precise.isNull() else x / _NOTCH))
        return True

    def at(self, place: QPointF) -> WideBlock | None:
        y = place.y() + self._view.verticalScrollBar().value()
        return next((block for block in self.blocks() if block.top <= y < block.bottom), None)

    def follow(self, event: QtGui.QMouseEvent) -> None:
        x, width = event.position().x(), self._view.viewport().width()
        block = self.at(event.position()) if event.buttons() & Qt.MouseButton.LeftButton else None
        if block is not None and not 0 <= x < width:
            self.scroll_to(block, self.offset(block) + (_DRAGGED if x > 0 else -_DRAGGED))

    @contextmanager
    def shifted(self, block: WideBlock | None) -> Iterator[None]:
        """While active, the view behaves as if it were scrolled by the block's offset."""
        if block is None:
            yield
            return
        bar = self._view.horizontalScrollBar()
        most = bar.maximum()
        with QSignalBlocker(bar):
            bar.setMaximum(block.farthest(self._view.viewport().width()))
            bar.setValue(self.offset(block))
            yield
            bar.setMaximum(most)
            bar.setValue(0)

    def reveal(self, cursor: QtGui.QTextCursor) -> None:
        width = self._view.viewport().width()
        measured = self._measured(cursor.block(), {})
        block = next((one for one in self.blocks() if measured and one.key == measured.key), None)
        if block is None:
            return
        x, margin, offset = self._view.cursorRect(cursor).x(), width // 8, self.offset(block)
        if not offset + margin <= x <= offset + width - margin:
            self.scroll_to(block, x - width // 3)

    def paint(self, event: QtGui.QPaintEvent, paint: Callable[[QtGui.QPaintEvent], None]) -> None:
        """Paint the text of the view: each wide block where it is scrolled to, the rest where it is."""
        area, width = event.rect(), self._view.viewport().width()
        top, scrolled = area.top(), self._view.verticalScrollBar().value()
        for block in self.blocks():
            above, below = math.floor(block.top) - scrolled, math.ceil(block.bottom) - scrolled
            _paint_part(area, QRect(0, top, width, above - top), paint)
            left = math.floor(block.clip)
            with self.shifted(block):
                _paint_part(area, QRect(left, above, width - left - block.inset, below - above), paint)
            top = below
        _paint_part(area, QRect(0, top, width, area.bottom() + 1 - top), paint)

    def place_bars(self) -> None:
        area, scrolled = self._view.viewport().rect(), self._view.verticalScrollBar().value()
        blocks = {block.key: block for block in self.blocks()}
        for key, block in blocks.items():
            bar = self._bars.get(key) or self._new_bar(key)
            height, left = bar.sizeHint().height(), math.ceil(block.clip)
            own, lowest = math.ceil(block.bottom) - scrolled - height, area.height() - height
            y = min(own, lowest)
            set_role(bar, role="over_text" if own > lowest else "")
            with QSignalBlocker(bar):
                bar.setRange(0, block.farthest(area.width()))
                bar.setPageStep(area.width() - left)
                bar.setSingleStep(max(round(area.width() * STEP / 4), 1))
                bar.setValue(self.offset(block))
            bar.setGeometry(left, y, area.width() - left, height)
            bar.setVisible(y + height > math.floor(block.top) - scrolled)
        for key in self._bars.keys() - blocks.keys():
            self._bars[key].hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._soon.start()
        return super().eventFilter(watched, event)

    def _new_bar(self, key: Key) -> QScrollBar:
        bar = QScrollBar(Qt.Orientation.Horizontal, self._view.viewport())
        named(bar, "sideways", tr(_SCROLLS[key[0]]))
        bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bar.setCursor(Qt.CursorShape.ArrowCursor)
        bar.valueChanged.connect(lambda value: self._on_bar(key, value))
        self._bars[key] = bar
        return bar

    def _on_bar(self, key: Key, value: int) -> None:
        self._offsets[key] = value
        self._view.viewport().update()

    def _on_view_scrolled(self, value: int) -> None:
        """Keep the view at its left edge, and scroll the wide block that the view was scrolled for."""
        if value:
            self._view.horizontalScrollBar().setValue(0)
            if not QtGui.QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:  # else `follow` does it
                self.reveal(self._view.textCursor())

    def _measured(self, block: QtGui.QTextBlock, known: dict[Key, WideBlock]) -> WideBlock | None:
        """Return the table, code or paragraph of a block; None for one that is known."""
        table = QtGui.QTextCursor(block).currentFrame()
        rect = self._view.document().documentLayout().blockBoundingRect(block)
        if isinstance(table, QtGui.QTextTable):
            key = "table", table.objectIndex()
            return None if key in known else self._measured_table(key, table)
        if block.blockFormat().hasProperty(CODE):
            key = "code", block.blockFormat().intProperty(CODE)
            frame = code_frame(block, rect, self._theme)
            before = known.get(key)
            right, top = max(frame.right(), _text_end(block) + self._theme.px(S)), frame.top()
            if before is not None:
                right, top = max(right, before.right), before.top
            inset = self._theme.px(XS)
            return WideBlock(key, top, frame.bottom(), frame.left() + inset, right, inset=inset)
        key = "paragraph", block.blockNumber()
        return WideBlock(key, rect.top(), rect.bottom() + _BAR, 0, _text_end(block))

    def _measured_table(self, key: Key, table: QtGui.QTextTable) -> WideBlock:
        rect, form = self._view.document().documentLayout().blockBoundingRect, table.format()
        columns, last = range(table.columns()), table.rows() - 1
        cells = [rect(table.cellAt(0, n).firstCursorPosition().block()) for n in columns]
        ends = [rect(table.cellAt(last, n).lastCursorPosition().block()) for n in columns]
        around = form.cellPadding() + form.border()
        return WideBlock(
            key,
            min(cell.top() for cell in cells) - around,
            max(end.bottom() for end in ends) + around + form.bottomMargin(),
            form.leftMargin(),
            max(cell.right() for cell in cells) + around,
            form.layoutDirection() is Qt.LayoutDirection.RightToLeft,
        )


def _text_end(block: QtGui.QTextBlock) -> float:
    """The right end of the block's longest line, in document coordinates.

    0 for an empty block: Qt places one after a wide table at the table's right end (seen in Qt 6.12).
    """
    if block.length() == 1:
        return 0.0
    layout = block.layout()
    ends = (layout.lineAt(number).naturalTextRect().right() for number in range(layout.lineCount()))
    return layout.position().x() + max(ends, default=0.0)


def _paint_part(area: QRect, part: QRect, paint: Callable[[QtGui.QPaintEvent], None]) -> None:
    shown = part.intersected(area)
    if not shown.isEmpty():
        paint(QtGui.QPaintEvent(shown))
