"""The context of a prompt (passages that answers should be based on) in a card that can be collapsed."""

from __future__ import annotations

from ftcompare.core.context import Passage
from ftcompare.core.plurals import counted
from ftcompare.markup.blocks import as_written
from ftcompare.markup.parser import parse
from ftcompare.ui import safe_text
from ftcompare.ui.rating.folded_card import FoldedCard
from ftcompare.ui.text.markdown_document import MarkdownWriter
from ftcompare.ui.theme.theme import Theme

LONGEST_ID = 60


class ContextCard(FoldedCard):
    """Passages, each under its id; hidden for a prompt without passages.

    Args:
        key: key that collapses it, as Qt spells it; empty for none.
    """

    def __init__(self, theme: Theme, key: str = "X") -> None:
        self._passages: tuple[Passage, ...] = ()
        self._laid_out: tuple[tuple[Passage, ...], bool] | None = None
        super().__init__(theme, "Context", "context_fold", key)

    @property
    def filled(self) -> bool:
        """Whether there are passages."""
        return bool(self._passages)

    def set_context(self, passages: tuple[Passage, ...]) -> None:
        """Show these passages; an empty tuple hides the card."""
        self._passages = passages
        several = f" ({counted(len(passages), 'passage')})" if len(passages) > 1 else ""
        self.button.set_text(f"Context{several}")
        self._show()

    def refresh(self) -> None:
        """Lay out again after a change of theme or zoom."""
        self._laid_out = None
        self._show()

    def write_text(self) -> None:
        """Lay out the passages, as many as can be shown without blocking the window."""
        now = (self._passages, self._markdown)
        if now == self._laid_out:
            return
        self._laid_out = now
        document = self.text.empty_document()
        document.writer = writer = MarkdownWriter(document, self._theme)
        room, hidden = safe_text.SHOWN_AT_ONCE, 0
        for number, passage in enumerate(self._passages, start=1):
            part = safe_text.beginning(passage.text[:room], markdown=self._markdown)
            if part:
                self._write(writer, number, passage.id, safe_text.visible(part))
            room -= len(part)
            hidden += len(passage.text) - len(part)
        if hidden:
            writer.write_name(f"{counted(hidden, 'more character')} not shown")
        writer.finish()
        self.text.set_document(document)

    def _write(self, writer: MarkdownWriter, number: int, key: str, shown: str) -> None:
        if len(self._passages) > 1 or key:
            writer.write_name(safe_text.one_line(key, LONGEST_ID) if key else f"Passage {number}")
        writer.write(parse(shown) if self._markdown else as_written(shown))
