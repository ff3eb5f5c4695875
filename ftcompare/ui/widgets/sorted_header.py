"""The column titles of a table, with the sort arrow beside the words instead of over them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPolygonF
from PySide6.QtWidgets import QHeaderView, QStyleOptionHeader, QWidget

from ftcompare.ui.theme.theme import Theme

SIDE = 11
"""Pixels between a title and the edge of its column: as in the style sheet."""
GAP, WIDE, HIGH = 6.0, 8.0, 5.0
"""Distance of the arrow from the words, its width and its height, in pixels."""


class SortedHeader(QHeaderView):
    """Draws the arrow after a left-aligned title, and before a right-aligned one."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, logical_index: int) -> None:
        """The style is to draw no arrow: it would lie on the words of a narrow column."""
        super().initStyleOptionForIndex(option, logical_index)
        option.sortIndicator = QStyleOptionHeader.SortIndicator.None_

    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        """The title, then the arrow of the column by which the table is sorted."""
        painter.save()
        super().paintSection(painter, rect, logical_index)
        painter.restore()
        if logical_index == self.sortIndicatorSection():
            self._draw_arrow(painter, self.arrow_box(rect, logical_index))

    def arrow_box(self, rect: QRect, column: int) -> QRectF:
        """The rectangle of a column's arrow in its section."""
        words = self.title_box(rect, column)
        left = words.left() - GAP - WIDE if self._on_right(column) else words.right() + GAP
        left = min(max(left, rect.left() + 1.0), rect.right() - WIDE)
        return QRectF(left, rect.center().y() - HIGH / 2, WIDE, HIGH)

    def title_box(self, rect: QRect, column: int) -> QRectF:
        """The rectangle of a title's words in its section."""
        metrics = QFontMetrics(self._theme.font(13, QFont.Weight.DemiBold))
        lines = str(self.model().headerData(column, Qt.Orientation.Horizontal) or "").split("\n")
        wide = min(max(map(metrics.horizontalAdvance, lines)), max(0, rect.width() - 2 * SIDE))
        left = rect.right() + 1 - SIDE - wide if self._on_right(column) else rect.left() + SIDE
        return QRectF(left, rect.top(), wide, rect.height())

    def _on_right(self, column: int) -> bool:
        role = Qt.ItemDataRole.TextAlignmentRole
        alignment = self.model().headerData(column, Qt.Orientation.Horizontal, role)
        return bool(Qt.AlignmentFlag(alignment or 0) & Qt.AlignmentFlag.AlignRight)

    def _draw_arrow(self, painter: QPainter, box: QRectF) -> None:
        up = self.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
        base, tip = (box.bottom(), box.top()) if up else (box.top(), box.bottom())
        corners = [QPointF(box.left(), base), QPointF(box.right(), base), QPointF(box.center().x(), tip)]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("text"))
        painter.drawPolygon(QPolygonF(corners))
        painter.restore()
