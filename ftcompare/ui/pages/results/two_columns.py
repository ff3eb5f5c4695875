"""A wide column with charts and a narrow one with figures; below each other where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from ftcompare.ui.theme.theme import L, Theme

SIDE_WIDTH = 400
CHART_WIDTH = 560
"""The least for a chart beside the side column."""


def too_narrow(theme: Theme, width: int) -> bool:
    """Whether a width in pixels has no room for two columns."""
    return width < theme.px(SIDE_WIDTH) + theme.px(CHART_WIDTH)


class TwoColumns(QWidget):
    """``left`` and ``side`` are filled by the owner; an explanation may take the place of the latter."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._covered = False
        self.left, self.side = _column(), _column()
        self._side = QWidget()
        self._side.setLayout(self.side)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(L)
        self._row.addLayout(self.left, 1)
        self._row.addWidget(self._side, 0)
        theme.changed.connect(self._fit)
        self._fit()

    def cover(self, covered: bool) -> None:
        """Give the side column's room to an explanation, or take it back."""
        self._covered = covered
        self._side.setVisible(not covered)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Any width: its own least for two columns must not keep it from becoming one."""
        return QSize(1, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for two columns, the side column goes below."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        side, below = self._theme.px(SIDE_WIDTH), not self._covered and too_narrow(self._theme, self.width())
        self._row.setDirection(
            QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight
        )
        self._side.setMinimumWidth(0 if below else side)
        self._side.setMaximumWidth(self.maximumWidth() if below else side)


def _column() -> QVBoxLayout:
    made = QVBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(L)
    return made
