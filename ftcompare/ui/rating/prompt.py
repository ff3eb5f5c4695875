"""The prompt: one question, or a conversation with its turns shown as such. It can be folded."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout

from ftcompare.core.study import Message
from ftcompare.ui import safe_text
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.rating.reading_direction import ReadingRow
from ftcompare.ui.rating.vertical_fit import ROOMS, Room
from ftcompare.ui.text.response_text import SafeDocument, TurnText
from ftcompare.ui.theme.theme import XL, XS, M, S, Theme
from ftcompare.ui.widgets.controls import Card, NoticeLabel, SectionLabel, label

SHARE = 0.28
"""Of the pair's height that a prompt may take before it scrolls."""


class PromptCard(Card):
    """The prompt of a pair.

    Signals:
        fold_asked: the fold button was clicked.
    """

    fold_asked = Signal()

    def __init__(self, theme: Theme, key: str) -> None:
        super().__init__()
        self._theme = theme
        self._messages: tuple[Message, ...] = ()
        self._folded = False
        self._room = ROOMS[0]
        self.body.setSpacing(XS)
        self.body.setContentsMargins(XL - 4, M, M, M)
        self._name = SectionLabel("Prompt")
        self._name.setContentsMargins(2, 0, 0, 0)
        self._notice = NoticeLabel()
        self._fold = KeyButton("Fold", key)
        self._fold.setObjectName("rate.prompt")
        self._fold.clicked.connect(self.fold_asked)
        header = QHBoxLayout()
        header.addWidget(self._name)
        header.addStretch()
        header.addWidget(self._notice)
        header.addSpacing(12)
        header.addWidget(self._fold)
        self.body.addLayout(header)
        self.text = TurnText(theme, "Prompt", ROOMS[0].prompt)
        self._one_line = label("", "muted")
        self._one_line.setContentsMargins(2, 0, 0, 0)
        self._one_line.hide()
        self._last_turn: int | None = None
        bar = self.text.verticalScrollBar()
        # Not at once: the range changes in the middle of a layout, which must not begin another.
        self._laid_out = QTimer(self, singleShot=True, interval=0)
        self._laid_out.timeout.connect(self._show_end)
        bar.rangeChanged.connect(lambda *_: self._laid_out.start())
        bar.actionTriggered.connect(lambda _: self._on_scrolled())
        self._row = ReadingRow(theme, self.text)
        self.body.addLayout(self._row)
        self.body.addWidget(self._one_line)

    @property
    def folded(self) -> bool:
        """Whether only its first line is shown."""
        return self._folded

    def set_notice(self, notice: str) -> None:
        """Show the study's notice beside the prompt."""
        self._notice.set(notice)

    def set_messages(self, messages: Sequence[Message]) -> None:
        """Show another prompt."""
        self._messages = tuple(messages)
        self._one_line.setText(safe_text.one_line(self._messages[-1].content if self._messages else ""))
        self._name.set_text("Prompt" if len(self._messages) < 2 else "Conversation")
        self.refresh()

    def refresh(self) -> None:
        """Lay out the same prompt again; of a conversation its end is in sight."""
        self._row.follow(self._messages[-1].content if self._messages else "")
        self._last_turn = None
        if len(self._messages) == 1:
            self.text.set_text(safe_text.beginning(self._messages[0].content), markdown=False)
        else:
            document, last_turn = conversation(self._messages, self._theme)
            self.text.set_document(document)
            cursor = QTextCursor(document)
            cursor.setPosition(last_turn)
            self.text.setTextCursor(cursor)  # which Qt brings into sight when it first shows the text
            self._last_turn = last_turn
            self._show_end()

    def set_folded(self, folded: bool) -> None:
        """Show the first line only, or all of it."""
        self._folded = folded
        self.text.setVisible(not folded)
        self._one_line.setVisible(folded)
        self._fold.set_title("Unfold" if folded else "Fold")

    def set_key(self, key: str) -> None:
        """Show another key on the fold button."""
        self._fold.set_key(key)

    def set_room(self, room: Room) -> None:
        """Leave as much room around the words as there is."""
        self._room = room
        padding = min(room.padding, M)
        self.body.setContentsMargins(XL - 4, padding, M, padding)

    def least_height(self, room: Room) -> int:
        """Pixels that it takes at least."""
        return self._around() + (
            self._one_line.sizeHint().height() if self._folded else self._theme.px(room.prompt)
        )

    def share(self, height: int, left: int) -> None:
        """Take no more than a share of a height, and no more than the texts leave of it."""
        highest = min(round(height * SHARE), left - self._around())
        self.text.set_highest(max(highest, self._theme.px(self._room.prompt)))

    def _show_end(self) -> None:
        """Scroll to what was asked last, until the rater scrolls."""
        bar = self.text.verticalScrollBar()
        if self._last_turn is not None and bar.maximum() > 0:
            block = self.text.document().findBlock(self._last_turn)
            top = self.text.document().documentLayout().blockBoundingRect(block).top()
            bar.setValue(round(top))

    def _on_scrolled(self) -> None:
        self._last_turn = None

    def _around(self) -> int:
        margins = self.body.contentsMargins()
        return margins.top() + margins.bottom() + self._fold.sizeHint().height() + self.body.spacing() + 2


def role_name(role: str) -> str:
    """Who speaks, in words."""
    known = {"system": "Instructions", "user": "User", "assistant": "Assistant"}
    return known.get(role, role)


def conversation(messages: Sequence[Message], theme: Theme) -> tuple[SafeDocument, int]:
    """A document with each turn under the name of who speaks, and where the last turn of a user begins."""
    document = SafeDocument()
    document.setDefaultFont(theme.font())
    cursor = QTextCursor(document)
    speaker = QTextCharFormat()
    speaker.setFont(theme.font(13, QFont.Weight.DemiBold))
    speaker.setForeground(theme.color("muted"))
    between = QTextBlockFormat()
    between.setTopMargin(S)
    last_turn = 0
    for number, message in enumerate(messages):
        if number:
            cursor.insertBlock(between)
        if message.role == "user":
            last_turn = cursor.position()
        cursor.insertText(role_name(message.role), speaker)
        cursor.insertBlock(QTextBlockFormat())
        shown = safe_text.visible(safe_text.beginning(message.content))
        cursor.insertText(safe_text.soft_broken(shown), QTextCharFormat())
    document.space_lines()
    return document, last_turn
