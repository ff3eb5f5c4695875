"""A wide column with charts and a narrow one with figures; below each other if there is no room."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from ftcompare.ui.theme.theme import L, Theme
from ftcompare.ui.widgets.layouts import filled, in_column, in_row

SIDE_WIDTH = 400
CHART_WIDTH = 560
"""Smallest width in pixels of a chart beside the side column."""
WIDEST = 16_777_215
"""Qt's QWIDGETSIZE_MAX."""


def too_narrow(theme: Theme, width: int) -> bool:
    """Whether a width in pixels has no room for two columns."""
    return width < theme.px(SIDE_WIDTH) + theme.px(CHART_WIDTH)


def put_beside(row: QBoxLayout, side: QWidget, theme: Theme, *, below: bool) -> None:
    """Lay out the last part of a row at the side, in its own width, or below in that of the row."""
    width, direction = theme.px(SIDE_WIDTH), QBoxLayout.Direction
    row.setDirection(direction.TopToBottom if below else direction.LeftToRight)
    side.setMinimumWidth(0 if below else width)
    side.setMaximumWidth(WIDEST if below else width)


class TwoColumns(QWidget):
    """Two columns. The owner fills ``left`` and ``side``; an explanation may replace ``side``."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._covered = False
        self.left, self.side = in_column(gap=L), in_column(gap=L)
        self._side = filled(self.side)
        self._row = in_row((self.left, 1), self._side, gap=L, of=self)
        theme.changed.connect(self._fit)
        self._fit()

    def cover(self, covered: bool) -> None:
        """Hide the side column to make room for an explanation, or show it again."""
        self._covered = covered
        self._side.setVisible(not covered)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """No minimum width: that of the two-column layout would prevent the change to one column."""
        return QSize(1, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the side column below if there is no room for two columns."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        below = not self._covered and too_narrow(self._theme, self.width())
        put_beside(self._row, self._side, self._theme, below=below)
