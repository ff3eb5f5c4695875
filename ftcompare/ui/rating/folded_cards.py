"""Cards beside a prompt that can be collapsed: its context and its reference answer."""

from __future__ import annotations

from PySide6.QtCore import Signal

from ftcompare.core.context import Passage
from ftcompare.core.plurals import counted
from ftcompare.markup.blocks import as_written
from ftcompare.markup.parser import parse
from ftcompare.ui import safe_text
from ftcompare.ui.rating.vertical_fit import Room, height_at
from ftcompare.ui.text.markdown_document import MarkdownWriter
from ftcompare.ui.text.response_text import TurnText
from ftcompare.ui.theme.theme import XL, XS, M, S, Theme
from ftcompare.ui.widgets.controls import Card, FoldButton, KeyCap, key_text, named
from ftcompare.ui.widgets.layouts import STRETCH, in_row, put

HEIGHT = 160

SHARE = 0.2  # largest share of the pair's height that an open card's text takes before it scrolls


class FoldedCard(Card):
    """A card that is hidden if it has no text. It stays collapsed or open for the next prompt."""

    turned = Signal(bool)  # it was opened (True) or collapsed (False)

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
        return False

    def write_text(self) -> None:
        """Lay out the text."""

    def set_markdown(self, markdown: bool) -> None:
        self._markdown = markdown
        self._show()

    def set_key(self, key: str) -> None:
        self._cap.setText(key_text(key))
        self._cap.setVisible(bool(key))

    def set_opened(self, opened: bool) -> None:
        """Open or collapse the card without emitting `turned`."""
        self.opened = opened
        self._show()

    def fold(self) -> None:
        self.set_opened(not self.opened)
        self.turned.emit(self.opened)

    def refresh(self) -> None:
        self.text.refresh()

    def set_room(self, room: Room) -> None:
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


LONGEST_ID = 60


class ContextCard(FoldedCard):
    """Passages, each under its id; hidden for a prompt without passages."""

    def __init__(self, theme: Theme, key: str = "X") -> None:
        self._passages: tuple[Passage, ...] = ()
        self._laid_out: tuple[tuple[Passage, ...], bool] | None = None
        super().__init__(theme, "Context", "context_fold", key)

    @property
    def filled(self) -> bool:
        return bool(self._passages)

    def set_context(self, passages: tuple[Passage, ...]) -> None:
        self._passages = passages
        several = f" ({counted(len(passages), 'passage')})" if len(passages) > 1 else ""
        self.button.set_text(f"Context{several}")
        self._show()

    def refresh(self) -> None:
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


class ReferenceCard(FoldedCard):
    """The reference answer; hidden for a prompt without one."""

    def __init__(self, theme: Theme, key: str = "R") -> None:
        self._reference = ""
        super().__init__(theme, "Reference answer", "reference_fold", key)

    @property
    def filled(self) -> bool:
        return bool(self._reference.strip())

    def set_reference(self, reference: str) -> None:
        self._reference = reference
        self._show()

    def write_text(self) -> None:
        shown = safe_text.beginning(self._reference, markdown=self._markdown)
        self.text.set_text(shown, markdown=self._markdown)
