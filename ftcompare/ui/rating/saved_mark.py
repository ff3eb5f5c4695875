"""The mark that says that something is stored."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel

from ftcompare.ui.theme.theme import XS, S


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
