"""Cards above a pair that can be collapsed: the prompt, its context and its reference answer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftcompare.core.context import Passage
from ftcompare.core.conversation import SPEAKERS
from ftcompare.core.plurals import counted
from ftcompare.core.study import Message
from ftcompare.markup.blocks import as_written
from ftcompare.markup.parser import parse
from ftcompare.ui import safe_text
from ftcompare.ui.rating.controls import ROOMS, KeyButton, Room, height_at, wired
from ftcompare.ui.safe_text import reads_from_right
from ftcompare.ui.text.markdown_document import MarkdownWriter
from ftcompare.ui.text.response_text import COLUMN, TurnText
from ftcompare.ui.text.safe_document import write_turns
from ftcompare.ui.theme.theme import XL, XS, M, S, Theme
from ftcompare.ui.widgets.controls import (
    Card,
    FoldButton,
    KeyCap,
    LinkButton,
    NoticeLabel,
    SectionLabel,
    key_text,
    label,
    named,
)
from ftcompare.ui.widgets.layouts import STRETCH, in_row, put

HEIGHT = 160

CARD_SHARE = 0.2  # largest share of the pair's height that an open card's text takes before it scrolls


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
        if self.isHidden():
            return 0
        margins = self.body.contentsMargins()
        own = margins.top() + margins.bottom() + self.button.sizeHint().height() + 2
        return own + (self.body.spacing() + self._theme.px(room.prompt) if self.opened else 0)

    def share(self, height: int, room: Room) -> int:
        """Limit the height to a share of ``height``; returns the height in pixels that the card takes."""
        self.text.set_highest(max(round(height * CARD_SHARE), self._theme.px(room.prompt)))
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


_NO_LIMIT = 16_777_215  # Qt's QWIDGETSIZE_MAX


class ReadingRow(QHBoxLayout):
    """Holds a text in short lines, at the panel's left edge or, for right-to-left scripts, the right one."""

    def __init__(self, theme: Theme, text: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._text = text
        self.from_right = False
        self.setContentsMargins(0, 0, 0, 0)
        self.addStretch(0)
        self.addWidget(text, 1)

    def follow(self, words: str) -> None:
        self.from_right = reads_from_right(words)
        self.setStretch(0, 1 if self.from_right else 0)
        self.setStretch(1, 100 if self.from_right else 1)
        line = round(QFontMetricsF(self._theme.font()).averageCharWidth() * COLUMN)
        self._text.setMaximumWidth(line + XL if self.from_right else _NO_LIMIT)


SHARE = 0.28  # largest share of the pair's height that a prompt takes before it scrolls


class PromptCard(Card):
    """The prompt of a pair; ``folded`` is whether only its first line is shown."""

    fold_asked = Signal()  # the fold button was clicked

    def __init__(self, theme: Theme, key: str, name: str = "rate.prompt", turns: str = "turns") -> None:
        """``name``: object name of the fold button; ``turns``: prefix of those of the scroll buttons."""
        super().__init__()
        self._theme = theme
        self._messages: tuple[Message, ...] = ()
        self._markdown = True
        self._last_words = ""
        self.folded = False
        self._room = ROOMS[0]
        self.body.setSpacing(XS)
        self.body.setContentsMargins(XL - 4, M, M, M)
        self._name = SectionLabel("Prompt")
        self._name.setContentsMargins(2, 0, 0, 0)
        self._notice = NoticeLabel()
        self._fold = wired(KeyButton("Fold", key), name, self.fold_asked.emit)
        self.text = TurnText(theme, "Prompt", ROOMS[0].prompt)
        self._one_line = label("", "muted")
        self._one_line.setContentsMargins(2, 0, 0, 0)
        self._one_line.hide()
        self._turns: list[int] = []
        self.above = wired(LinkButton(""), f"{turns}_above", lambda: self._scroll(-1))
        self.below = wired(LinkButton(""), f"{turns}_below", lambda: self._scroll(1))
        # Deferred: the range changes during a layout, in which no other may start.
        self._laid_out = QTimer(self, singleShot=True, interval=0)
        self._laid_out.timeout.connect(self._tell_turns)
        bar = self.text.verticalScrollBar()
        bar.rangeChanged.connect(lambda *_: self._laid_out.start())
        bar.valueChanged.connect(lambda _: self._laid_out.start())
        self._row = ReadingRow(theme, self.text)
        header = in_row(self._name, 12, self.above, self.below, STRETCH, self._notice, 12, self._fold)
        put(self.body, header, self._row, self._one_line)

    def set_notice(self, notice: str) -> None:
        self._notice.set(notice)

    def set_messages(self, messages: Sequence[Message]) -> None:
        self._messages = tuple(messages)
        self._last_words = self._messages[-1].content if self._messages else ""
        self._one_line.setText(safe_text.one_line(self._last_words))
        self._name.set_text("Prompt" if len(self._messages) < 2 else "Conversation")
        self.refresh()

    def set_markdown(self, markdown: bool) -> None:
        if markdown != self._markdown:
            self._markdown = markdown
            self.refresh()

    def refresh(self) -> None:
        self._row.follow(self._last_words)
        self._turns = []
        if len(self._messages) == 1:
            shown = safe_text.beginning(self._messages[0].content, markdown=self._markdown)
            self.text.set_text(shown, markdown=self._markdown)
        else:
            self._show_conversation()
        self._laid_out.start()

    def _show_conversation(self) -> None:
        document = self.text.empty_document()
        turns = [(SPEAKERS.get(message.role, message.role), message.content) for message in self._messages]
        self._turns = write_turns(document, self._theme, turns, markdown=self._markdown)
        self.text.set_document(document)

    def scroll_on(self) -> None:
        bar = self.text.verticalScrollBar()
        if bar.value() == bar.maximum():
            bar.setValue(0)
        else:
            self._scroll(1)

    def set_folded(self, folded: bool) -> None:
        self.folded = folded
        self.text.setVisible(not folded)
        self._one_line.setVisible(folded)
        self._laid_out.start()
        self._fold.set_title("Unfold" if folded else "Fold")

    def set_key(self, key: str) -> None:
        self._fold.set_key(key)

    def set_room(self, room: Room) -> None:
        self._room = room
        padding = min(room.padding, M)
        self.body.setContentsMargins(XL - 4, padding, M, padding)

    def least_height(self, room: Room) -> int:
        own = self._one_line.sizeHint().height() if self.folded else self._theme.px(room.prompt)
        return self._around() + own

    def share(self, height: int, left: int) -> None:
        """Limit the height to a share of ``height``, and to ``left``, the height that the texts leave."""
        highest = min(round(height * SHARE), left - self._around())
        self.text.set_highest(max(highest, self._theme.px(self._room.prompt)))

    def _scroll(self, direction: int) -> None:
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.value() + direction * max(bar.pageStep() - bar.singleStep(), bar.singleStep()))

    def _tell_turns(self) -> None:
        above, below = (0, 0) if self.folded else self._out_of_view()
        self.above.set_text(f"{counted(above, 'earlier turn')} above")
        self.below.set_text(f"{counted(below, 'more turn')} below")
        self.above.setVisible(above > 0)
        self.below.setVisible(below > 0)

    def _out_of_view(self) -> tuple[int, int]:
        document, top = self.text.document(), self.text.verticalScrollBar().value()
        rect = document.documentLayout().blockBoundingRect
        starts = [round(rect(document.findBlock(turn)).top()) for turn in self._turns]
        bottom = top + self.text.viewport().height()
        return sum(end <= top for end in starts[1:]), sum(start >= bottom for start in starts)

    def _around(self) -> int:
        margins = self.body.contentsMargins()
        return margins.top() + margins.bottom() + self._fold.sizeHint().height() + self.body.spacing() + 2
