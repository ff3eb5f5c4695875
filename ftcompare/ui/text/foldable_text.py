"""A text that belongs to another one, collapsed at first."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ftcompare.ui import safe_text
from ftcompare.ui.text.response_text import TurnText
from ftcompare.ui.theme.theme import XS, Theme
from ftcompare.ui.widgets.controls import FoldButton, named
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

HEIGHT = 200


class FoldableText(QWidget):
    """A button with the title, and below it the text as plain text; hidden if there is no text.

    It stays open or collapsed when another text is set.
    """

    def __init__(self, theme: Theme, title: str, name: str) -> None:
        super().__init__()
        self.opened = False
        self._text = ""
        self.button = named(FoldButton(title), name)
        self.text = TurnText(theme, title, HEIGHT)
        self.button.clicked.connect(self.fold)
        theme.changed.connect(self.text.refresh)
        in_column(in_row(self.button, STRETCH), self.text, gap=XS, of=self)
        self.set_text("")

    def set_text(self, text: str) -> None:
        """Show another; empty for none."""
        self._text = text
        self._show()

    def fold(self) -> None:
        self.opened = not self.opened
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self._text.strip()))
        self.button.set_open(self.opened)
        self.text.setVisible(self.opened)
        if self.opened:
            self.text.set_text(safe_text.beginning(self._text, markdown=False), markdown=False)
