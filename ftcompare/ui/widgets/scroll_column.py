"""A column of panels that scrolls if the window is too low for it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.controls import set_role
from ftcompare.ui.widgets.layouts import in_column

LAYOUT_MS = 50  # milliseconds after which a widget just shown has been laid out


class ScrollPanel(QScrollArea):
    """A scroll area that takes the keyboard focus if it can scroll; its bar shows the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().rangeChanged.connect(self._on_range)

    def _on_range(self, low: int, high: int) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if high > low else Qt.FocusPolicy.NoFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        set_role(self.verticalScrollBar(), focus="true")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        set_role(self.verticalScrollBar(), focus="false")


class ScrollColumn(ScrollPanel):
    """Panels below each other, aligned at the top and as wide as they need; only the height scrolls."""

    def __init__(self, *panels: QWidget) -> None:
        super().__init__()
        self._inner = QWidget()
        self._inner.setProperty("role", "plain")
        self.rows = in_column(*panels, (None, 1), gap=L, of=self._inner)
        self.setWidget(self._inner)

    def minimumSizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._inner.minimumSizeHint().width() + bar, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


def scrolled_by(widget: QWidget) -> QScrollArea | None:
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    return above


def bring_into_view(part: QWidget) -> None:
    """Scroll to a widget just shown, after it has been laid out; before, it has no position."""
    area = scrolled_by(part)
    if area is not None:
        QTimer.singleShot(LAYOUT_MS, part, partial(area.ensureWidgetVisible, part))
