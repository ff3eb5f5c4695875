"""A field for a text of several lines, which reports changes when it loses the focus."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPlainTextEdit

from ftcompare.ui.safe_text import visible
from ftcompare.ui.widgets.controls import named

MOST_EDITED = 50_000
"""Characters: a longer text makes the field slow."""


def is_altered(text: str) -> bool:
    """Whether the field would change the text: hidden characters, other line ends, too many characters."""
    altered = visible(text) != text or any(end in text for end in "\r\u2028\u2029\x85\ufeff")
    return altered or len(text) > MOST_EDITED


class TextBox(QPlainTextEdit):
    """A text field of several lines; the Tab key moves to the next field."""

    left = Signal()

    def __init__(self, name: str, spoken: str) -> None:
        super().__init__()
        named(self, name, spoken)
        self.setTabChangesFocus(True)

    def put(self, text: str, *, fixed: bool = False) -> None:
        """Show a text; one that the field would alter, or be slow with, can only be looked at."""
        fixed = fixed or is_altered(text)
        self.setReadOnly(fixed)
        self.setPlainText(visible(text[:MOST_EDITED]))
        self.document().setModified(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            if fixed
            else Qt.TextInteractionFlag.TextEditorInteraction
        )

    def take(self) -> str | None:
        """The text if the user changed it since the last call, else None; unedited text is never altered."""
        if not self.document().isModified() or self.isReadOnly():
            return None
        self.document().setModified(False)
        return self.toPlainText()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()
