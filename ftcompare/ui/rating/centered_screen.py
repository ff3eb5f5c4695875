"""What stands in the place of the pair for a while: a column in the middle, of readable width."""

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
    """A full-page screen filled by `fill`, whose ``first_focus`` gets the next key."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout()
        self._column.setSpacing(M)
        row = QHBoxLayout(self)
        put(row, (STRETCH, 1), (self._column, 2), (STRETCH, 1))
        self.first_focus: QWidget | None = None

    def fill(self, *parts: Part) -> None:
        """Put widgets, rows and space in pixels into the column, a little above its middle."""
        put(self._column, (STRETCH, 2), *parts, (STRETCH, 3))

    def showEvent(self, event: QShowEvent) -> None:
        """Put the focus where the next key press is meant to go."""
        super().showEvent(event)
        if self.first_focus is not None:
            self.first_focus.setFocus()


class EnterScreen(CenteredScreen):
    """A screen with one step that Enter takes; a key that answers a pair does nothing here.

    Signals:
        go_on: take the step.
    """

    KEYS: tuple[Qt.Key, ...] = ENTER
    go_on = Signal()

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_focus = self

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on; a held key counts once."""
        if event.key() in self.KEYS and not event.isAutoRepeat():
            self.go_on.emit()
        else:
            super().keyPressEvent(event)


def wired(button: B, name: str, act: Callable[[], object]) -> B:
    """A button with an object name that does something when it is clicked."""
    button.setObjectName(name)
    button.clicked.connect(lambda: act())
    return button


def button_row(*parts: Part) -> QHBoxLayout:
    """Buttons beside each other, from the left; a number is additional space in pixels."""
    return in_row(*parts, STRETCH, gap=M)
