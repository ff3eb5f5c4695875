"""A button that leads to the answers for which people say whether they decline.

Hidden without such answers.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import KeyCap, Muted, PlainButton, named
from ftcompare.ui.widgets.layouts import in_row

KEY = Qt.Key.Key_R


class ConfirmRow(QWidget):
    """A button with its key, and the number of answers that are done.

    Signals:
        wanted: the button was clicked or its key was pressed.
    """

    wanted = Signal()

    def __init__(self, name: str) -> None:
        """``name`` is the object name of the button."""
        super().__init__()
        self.button = named(PlainButton("Confirm refusals"), name)
        self.button.clicked.connect(self.wanted.emit)
        self._told = Muted()
        in_row(self.button, KeyCap("R"), (self._told, 1), gap=S, of=self)
        self.tell(0, 0)

    def tell(self, done: int, total: int, *, pairs_left: bool = False) -> None:
        """Show the number of answers done and in total.

        ``pairs_left`` is whether this rater has pairs to judge first.
        """
        self.setVisible(total > 0)
        told = f"Say of each answer whether it declines: {done:,} of {total:,} done."
        self._told.setText(f"{told} Judge your pairs first, if you can." if pairs_left else told)

    def pressed(self, key: int) -> bool:
        """Handle a key that was pressed on the surrounding screen; returns whether it is the button's key."""
        if key != KEY or not self.isVisible():
            return False
        self.wanted.emit()
        return True
