"""What the pages for rating say of what was done: a line above the answers, the mark of what is stored."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from ftcompare.ui.rating.centered_screen import wired
from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.theme.theme import XS, S
from ftcompare.ui.widgets.controls import KeyCap, PlainButton, label
from ftcompare.ui.widgets.layouts import STRETCH, in_row


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
        self._text = label("", wrap=True)
        self._text.setObjectName(f"{name}_words")
        self._first = wired(PlainButton(""), f"{name}_first", self.first.emit)
        self._second = wired(PlainButton(""), f"{name}_second", self.second.emit)
        self._cap, self._second_cap = KeyCap(), KeyCap()
        told = (IconLabel(icon, kind), (self._text, 3), S)
        buttons = (self._first, self._cap, self._second, self._second_cap)
        in_row(STRETCH, *told, *buttons, STRETCH, gap=S, of=self)
        self.hide()

    def say(
        self, text: str, first: str = "", second: str = "", *, key: str = "", second_key: str = ""
    ) -> None:
        """Show the strip, with a button or two, and the keys that press them."""
        self._text.setText(text)
        self._first.set_text(first)
        self._first.setVisible(bool(first))
        for cap, pressing in ((self._cap, key), (self._second_cap, second_key)):
            cap.setText(pressing)
            cap.setVisible(bool(pressing))
        self._second.set_text(second)
        self._second.setVisible(bool(second))
        self.setAccessibleName(text)
        self.show()


class SavedMark(QLabel):
    """Says that the last act is stored, only after it is.

    It is blank, not hidden, in between: bringing a widget up has Qt lay the whole page out at once, in
    the middle of the change of pair.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said = False
        self._text = "✓ Saved"
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "muted")
        self.setContentsMargins(0, XS, S, XS)
        self.setObjectName("saved")
        self._take_size()

    def say(self, saved: bool) -> None:
        """Say it, or nothing."""
        self.said = saved
        self.setText(self._text if saved else "")
        self.setAccessibleName("Saved" if saved else "")

    def changeEvent(self, event: QEvent) -> None:
        """Keep room for the words however large the type."""
        super().changeEvent(event)
        # Qt 6.11 sends FontChange from the constructor, before there is anything to size.
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange) and hasattr(self, "said"):
            self._take_size()

    def set_short(self, short: bool) -> None:
        """Take room for the mark alone, or for its word as well."""
        self._text = "✓" if short else "✓ Saved"
        self.setToolTip("Saved" if short else "")
        self._take_size()

    def _take_size(self) -> None:
        said = self.said
        self.setText(self._text)
        self.setMinimumSize(0, 0)  # which a label's hint is never below
        self.setFixedSize(self.sizeHint())
        self.say(said)
