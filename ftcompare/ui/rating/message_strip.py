"""One line of text above the answers, with a button or two."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import KeyCap, PlainButton, label


class MessageStrip(QWidget):
    """Something failed, is missing or was expected, or a break would do good. Hidden until it says something.

    Args:
        name: its object name, and what the names of its parts begin with.
        icon: the icon's name.
        kind: ``bad``, ``caution``, ``neutral`` or ``accent``.

    Signals:
        first, second: its buttons.
    """

    first = Signal()
    second = Signal()

    def __init__(self, name: str, icon: str, kind: str) -> None:
        super().__init__()
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        self._text = label("", wrap=True)
        self._text.setObjectName(f"{name}_words")
        self._first = PlainButton("")
        self._first.setObjectName(f"{name}_first")
        self._first.clicked.connect(self.first)
        self._cap = KeyCap()
        self._second = PlainButton("")
        self._second.setObjectName(f"{name}_second")
        self._second.clicked.connect(self.second)
        row.addStretch()
        row.addWidget(IconLabel(icon, kind))
        row.addWidget(self._text, 3)
        row.addSpacing(S)
        for part in (self._first, self._cap, self._second):
            row.addWidget(part)
        row.addStretch()
        self.hide()

    def say(self, text: str, first: str = "", second: str = "", *, key: str = "") -> None:
        """Show the strip, with a button or two, and the key that presses the first."""
        self._text.setText(text)
        self._first.set_text(first)
        self._first.setVisible(bool(first))
        self._cap.setText(key)
        self._cap.setVisible(bool(key))
        self._second.set_text(second)
        self._second.setVisible(bool(second))
        self.setAccessibleName(text)
        self.show()
