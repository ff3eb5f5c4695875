"""The reference answer of a prompt, in a card that can be folded."""

from __future__ import annotations

from ftcompare.ui import safe_text
from ftcompare.ui.text.response_text import TurnText
from ftcompare.ui.theme.theme import XL, XS, S, Theme
from ftcompare.ui.widgets.controls import Card, FoldButton, KeyCap, named
from ftcompare.ui.widgets.layouts import STRETCH, in_row, put

HEIGHT = 160


class ReferenceCard(Card):
    """What should have been answered; hidden for a prompt without one. Folded or not, it stays so."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._reference = ""
        self._markdown = True
        self._open = False
        self.text = TurnText(theme, "Reference answer", HEIGHT)
        self.button = named(FoldButton("Reference answer"), "reference_fold")
        self.button.clicked.connect(self.fold)
        self.body.setSpacing(XS)
        self.body.setContentsMargins(XL - 12, XS, XL - 4, XS)
        put(self.body, in_row(self.button, KeyCap("R"), STRETCH, gap=S), self.text)
        self._show()

    def set_reference(self, reference: str) -> None:
        """Show another; empty for none."""
        self._reference = reference
        self._show()

    def set_markdown(self, markdown: bool) -> None:
        """Show it as Markdown or as it stands."""
        self._markdown = markdown
        self._show()

    def fold(self) -> None:
        """Fold it, or open it."""
        self._open = not self._open
        self._show()

    def refresh(self) -> None:
        """The theme or the zoom has changed."""
        self.text.refresh()

    def _show(self) -> None:
        self.setVisible(bool(self._reference.strip()))
        self.button.set_open(self._open)
        self.text.setVisible(self._open)
        if self._open:
            shown = safe_text.beginning(self._reference, markdown=self._markdown)
            self.text.set_text(shown, markdown=self._markdown)
