"""An area of fixed height for messages, so that nothing moves when they appear and disappear."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from ftcompare.ui.theme.theme import XS
from ftcompare.ui.widgets.controls import named
from ftcompare.ui.widgets.layouts import in_column
from ftcompare.ui.widgets.scroll_column import ScrollPanel

LINES = 2
"""Height in lines of text; more lines scroll."""


class MessageRoom(ScrollPanel):
    """Messages below each other, in an area of fixed height."""

    def __init__(self, *messages: QWidget) -> None:
        super().__init__()
        named(self, "message_room", "Messages")
        inner = QWidget()
        inner.setProperty("role", "plain")
        in_column(*messages, (None, 1), gap=XS, of=inner)
        self.setWidget(inner)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """The height follows the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(LINES * self.fontMetrics().lineSpacing() + 2 * XS)
