"""Draws quote bars, code frames and rules of a Markdown document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QTextBlock
from PySide6.QtWidgets import QTextEdit

from ftcompare.ui.text.markdown_document import CODE, CODE_WIDTH, QUOTES, RULE, UNIT
from ftcompare.ui.theme.theme import S, Theme

_BAR, _RADIUS = 3, 6  # pixels before zoom: how wide a bar is, how round a frame


@dataclass
class Frames:
    """Rectangles in document coordinates: bars of quotes, frames of code blocks, rules."""

    quotes: dict[tuple[str, int, bool], QRectF] = field(default_factory=dict)
    code: dict[int, QRectF] = field(default_factory=dict)
    rules: list[QRectF] = field(default_factory=list)


def paint_frames(view: QTextEdit, theme: Theme) -> None:
    """Paint behind the text of a view, before the text is."""
    found = in_sight(view, theme)
    if not (found.quotes or found.code or found.rules):
        return
    painter = QPainter(view.viewport())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(0, -view.verticalScrollBar().value())
    painter.setPen(QPen(theme.color("border"), 1))
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
            left = page - int(units) * unit - theme.px(_BAR) if right else float(int(units) * unit)
            bar = QRectF(left, rect.top(), theme.px(_BAR), rect.height())
            key = (number, int(units), right)
            found.quotes[key] = found.quotes[key].united(bar) if key in found.quotes else bar
        if form.hasProperty(CODE):
            code, frame = form.intProperty(CODE), code_frame(block, rect, theme)
            frame.setRight(min(max(frame.right(), page), float(view.viewport().width())))
            found.code[code] = found.code[code].united(frame) if code in found.code else frame
        if form.hasProperty(RULE):
            found.rules.append(QRectF(0, round(rect.center().y()), page, 1))
    return found


def code_frame(block: QTextBlock, rect: QRectF, theme: Theme) -> QRectF:
    """The part of a code frame at the line with this rectangle, as wide as the longest line."""
    form, pad = block.blockFormat(), theme.px(S)
    left = form.indent() * theme.px(UNIT) - 1.5 * pad
    top = rect.top() - (pad if form.topMargin() else 0)
    bottom = rect.bottom() + (pad if form.bottomMargin() else 0)
    return QRectF(left, top, form.intProperty(CODE_WIDTH) + 3 * pad, bottom - top)


def blocks_in_sight(view: QTextEdit) -> Iterator[QTextBlock]:
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
