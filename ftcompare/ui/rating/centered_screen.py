"""Screens that temporarily replace the pair: a column of readable width in the middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ftcompare.ui.theme.theme import M
from ftcompare.ui.widgets.layouts import STRETCH, Part, in_row, put

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

B = TypeVar("B", bound=QPushButton)


class CenteredScreen(QWidget):
    """A full-page screen filled by `fill`. The widget ``first_focus`` gets the keyboard focus."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout()
        self._column.setSpacing(M)
        row = QHBoxLayout(self)
        put(row, (STRETCH, 1), (self._column, 2), (STRETCH, 1))
        self.first_focus: QWidget | None = None

    def fill(self, *parts: Part) -> None:
        """Add widgets, layouts and space in pixels to the column, which is a little above the middle."""
        put(self._column, (STRETCH, 2), *parts, (STRETCH, 3))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.first_focus is not None:
            self.first_focus.setFocus()


class EnterScreen(CenteredScreen):
    """A screen that Enter leaves; keys that answer a pair have no effect here."""

    KEYS: tuple[Qt.Key, ...] = ENTER
    go_on = Signal()  # Enter was pressed, or the main button clicked

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_focus = self

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in self.KEYS and not event.isAutoRepeat():
            self.go_on.emit()
        else:
            super().keyPressEvent(event)


def wired(button: B, name: str, act: Callable[[], object]) -> B:
    """Name a button, call ``act`` when it is clicked, and return it."""
    button.setObjectName(name)
    button.clicked.connect(lambda: act())
    return button


def button_row(*parts: Part) -> QHBoxLayout:
    """Buttons in a row, from the left; a number is additional space in pixels."""
    return in_row(*parts, STRETCH, gap=M)
