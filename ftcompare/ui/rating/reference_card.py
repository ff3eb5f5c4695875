"""The reference answer of a prompt, in a card that can be collapsed."""

from __future__ import annotations

from ftcompare.ui import safe_text
from ftcompare.ui.rating.folded_card import FoldedCard
from ftcompare.ui.theme.theme import Theme


class ReferenceCard(FoldedCard):
    """The reference answer; hidden for a prompt without one.

    Args:
        key: key that collapses it, as Qt spells it; empty for none.
    """

    def __init__(self, theme: Theme, key: str = "R") -> None:
        self._reference = ""
        super().__init__(theme, "Reference answer", "reference_fold", key)

    @property
    def filled(self) -> bool:
        """Whether there is a reference answer."""
        return bool(self._reference.strip())

    def set_reference(self, reference: str) -> None:
        """Show this reference answer; empty for none."""
        self._reference = reference
        self._show()

    def write_text(self) -> None:
        """Lay out the text."""
        shown = safe_text.beginning(self._reference, markdown=self._markdown)
        self.text.set_text(shown, markdown=self._markdown)
