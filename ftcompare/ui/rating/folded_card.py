"""A text beside a prompt, such as its reference answer, in a card that can be collapsed."""

from __future__ import annotations

from PySide6.QtCore import Signal

from ftcompare.ui.rating.vertical_fit import Room, height_at
from ftcompare.ui.text.response_text import TurnText
from ftcompare.ui.theme.theme import XL, XS, M, S, Theme
from ftcompare.ui.widgets.controls import Card, FoldButton, KeyCap, named
from ftcompare.ui.widgets.key_text import key_text
from ftcompare.ui.widgets.layouts import STRETCH, in_row, put

HEIGHT = 160

SHARE = 0.2
"""Largest share of the pair's height that an open card's text takes before it scrolls."""


class FoldedCard(Card):
    """A card that is hidden if it has no text. It stays collapsed or open for the next prompt.

    Args:
        theme: theme for the text.
        title: the card's title.
        name: object name of its button.
        key: key that collapses it, as Qt spells it; empty for none.

    Signals:
        turned: it was opened (True) or collapsed (False).
    """

    turned = Signal(bool)

    def __init__(self, theme: Theme, title: str, name: str, key: str) -> None:
        super().__init__()
        self._theme = theme
        self._markdown = True
        self.opened = False
        self.text = TurnText(theme, title, HEIGHT)
        self.button = named(FoldButton(title), name)
        self.button.clicked.connect(self.fold)
        self._cap = KeyCap("")
        self.body.setSpacing(XS)
        self.body.setContentsMargins(XL - 12, XS, XL - 4, XS)
        self._inset = in_row(self.text)
        put(self.body, in_row(self.button, self._cap, STRETCH, gap=S), self._inset)
        self.set_key(key)
        self._show()

    @property
    def filled(self) -> bool:
        """Whether there is a text to show."""
        return False

    def write_text(self) -> None:
        """Lay out the text."""

    def set_markdown(self, markdown: bool) -> None:
        """Show the text as Markdown or as plain text."""
        self._markdown = markdown
        self._show()

    def set_key(self, key: str) -> None:
        """Show this key beside the title; empty for none."""
        self._cap.setText(key_text(key))
        self._cap.setVisible(bool(key))

    def set_opened(self, opened: bool) -> None:
        """Open or collapse the card without emitting `turned`."""
        self.opened = opened
        self._show()

    def fold(self) -> None:
        """Toggle between open and collapsed."""
        self.set_opened(not self.opened)
        self.turned.emit(self.opened)

    def refresh(self) -> None:
        """Lay out again after a change of theme or zoom."""
        self.text.refresh()

    def set_room(self, room: Room) -> None:
        """Set the space around the words."""
        padding = XS if room.padding < M else S
        self.body.setContentsMargins(XL - 12, padding, M, padding)
        self._inset.setContentsMargins(S, 0, 0, 0)  # Aligns the text with the prompt.

    def least_height(self, room: Room) -> int:
        """Smallest height in pixels; 0 while it is hidden."""
        if self.isHidden():
            return 0
        margins = self.body.contentsMargins()
        own = margins.top() + margins.bottom() + self.button.sizeHint().height() + 2
        return own + (self.body.spacing() + self._theme.px(room.prompt) if self.opened else 0)

    def share(self, height: int, room: Room) -> int:
        """Limit the height to a share of ``height``; returns the height in pixels that the card takes."""
        self.text.set_highest(max(round(height * SHARE), self._theme.px(room.prompt)))
        return height_at(self, self.width())

    def _show(self) -> None:
        self.setVisible(self.filled)
        self.button.set_open(self.opened)
        self.text.setVisible(self.opened)
        if self.opened:
            self.write_text()
