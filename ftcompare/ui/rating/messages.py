"""Messages of the rating pages: a line above the answers, and the mark that the last act is stored."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from ftcompare.ui.rating.centered_screen import wired
from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.theme.theme import XS, S
from ftcompare.ui.widgets.controls import KeyCap, PlainButton, label
from ftcompare.ui.widgets.layouts import STRETCH, in_row


class MessageStrip(QWidget):
    """A message about a failure, missing input, or a suggested break; hidden until `say`.

    Args:
        name: its object name, and the prefix of its parts' object names.
        kind: ``bad``, ``caution``, ``neutral`` or ``accent``.
    """

    # first, second: its buttons were clicked
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
    """Shows that the last act is stored, only after it is.

    It is blank instead of hidden in between, because showing a widget makes Qt lay out the whole page, which
    would delay the next pair.
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
        self.said = saved
        self.setText(self._text if saved else "")
        self.setAccessibleName("Saved" if saved else "")

    def changeEvent(self, event: QEvent) -> None:
        """Reserve room for the words at the new font size."""
        super().changeEvent(event)
        # Qt 6.11 sends FontChange from the constructor, before the widget has a text to measure.
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange) and hasattr(self, "said"):
            self._take_size()

    def set_short(self, short: bool) -> None:
        """Reserve room for the mark alone, or for its words as well."""
        self._text = "✓" if short else "✓ Saved"
        self.setToolTip("Saved" if short else "")
        self._take_size()

    def _take_size(self) -> None:
        said = self.said
        self.setText(self._text)
        self.setMinimumSize(0, 0)  # A label's size hint is never below its minimum size.
        self.setFixedSize(self.sizeHint())
        self.say(said)
