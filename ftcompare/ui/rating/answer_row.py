"""The answers of a scale as buttons, each above its key."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from textwrap import wrap

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ftcompare.core.rating_rules import ALIKE, Answer, answers
from ftcompare.core.scale import Choice, Scale
from ftcompare.markup.parser import without_marks
from ftcompare.ui import safe_text
from ftcompare.ui.theme.theme import XS, L, S, Theme
from ftcompare.ui.widgets.controls import KeyCap, key_text, label, set_role
from ftcompare.ui.widgets.layouts import STRETCH, discard, in_column, in_row, put

ANSWER_WIDTH = 190
NARROW_WIDTH = 120
MANY = 4  # if there are more answers than this, their words are in two lines


class Turn(Enum):
    """Whether arrow keys answer the overall question: yes (ALONE, or NOW after the criteria), or LATER."""

    ALONE = auto()
    LATER = auto()
    NOW = auto()


class AnswerRow(QWidget):
    """The answers of a scale as buttons, each above its key. Signal `answered`: an `Answer` was clicked."""

    answered = Signal(object)

    def __init__(self, theme: Theme, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._theme = theme
        self._keys = keys
        self._scale: Scale | None = None
        self._offered: dict[str, Answer] = {}
        self._buttons: dict[str, QPushButton] = {}
        self._caps: dict[str, KeyCap] = {}
        self._dense = False
        self._open = False
        self._turn = Turn.ALONE
        self._width = 0
        self._question = label("", "muted", wrap=True)
        self._question.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._row = in_row(gap=L)
        self._column = in_column(self._question, self._row, gap=S, of=self)

    def set_scale(self, scale: Scale) -> bool:
        if scale == self._scale:
            return False
        self._scale = scale
        self._show_question()
        self._buttons.clear()
        self._caps.clear()
        discard(self._row)
        self._offered = {answer.command: answer for answer in answers(scale)}
        self._row.setSpacing(S if self._many else L)
        put(self._row, STRETCH, *map(self._made, self._offered.values()), STRETCH)
        self.set_keys(self._keys)
        self.fit(self._width or self.window().width())
        return True

    def set_keys(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        for command, button in self._buttons.items():
            title, key = self._offered[command].title, key_text(keys.get(command, ""))
            says_key = bool(key) and self._turn is not Turn.LATER
            button.setAccessibleName(f"{title} ({key})" if says_key else title)
            self._caps[command].setText(key)
            set_role(self._caps[command], waiting=_told(self._turn is Turn.LATER))
            self._caps[command].setVisible(bool(key) and not self._dense)

    def set_dense(self, dense: bool) -> None:
        """Use smaller type and no keys below the answers; tooltips and screen readers still name the keys."""
        if dense == self._dense:
            return
        self._dense = dense
        self._column.setSpacing(XS if dense else S)
        for button in self._buttons.values():
            set_role(button, dense=_told(dense))
        self.set_keys(self._keys)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        return tuple(self._buttons.values())

    def by_command(self, command: str) -> Answer | None:
        return self._offered.get(command)

    def set_open(self, is_open: bool) -> None:
        self._open = is_open
        shown = _told(is_open and self._turn is not Turn.LATER)
        for button in self._buttons.values():
            set_role(button, open=shown)

    def set_turn(self, turn: Turn) -> None:
        """Show whether the arrow keys answer the overall question; only then are keys shown below."""
        if turn is self._turn:
            return
        self._turn = turn
        self._show_question()
        self.set_keys(self._keys)
        self.set_open(self._open)

    def _show_question(self) -> None:
        question = without_marks(self._scale.question) if self._scale else ""
        now = self._turn is Turn.NOW
        self._question.setText(f"→ {question}" if now else question)
        said = f"{question}, the arrow keys answer it now" if now else question
        self._question.setAccessibleName(safe_text.visible(said))
        set_role(self._question, role="strong" if now else "muted")

    def set_chosen(self, command: str) -> None:
        """Mark the answer of this command as being stored; an empty ``command`` marks none."""
        for name, button in self._buttons.items():
            set_role(button, chosen=_told(name == command))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit(self.width())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "_row"):
            self.fit(self._width or self.window().width())

    def fit(self, width: int) -> None:
        """Make the buttons equally wide within ``width``, with their words in as few lines as possible."""
        if not self._buttons:
            return
        self._width = width
        gaps = self._row.spacing() * (len(self._buttons) + 1)
        room = (width - gaps) // len(self._buttons)
        titles = {command: answer.title for command, answer in self._offered.items()}
        longest = max(len(word) for title in titles.values() for word in title.split())
        wanted = room
        for lines in (2, 3) if self._many else (1, 2, 3):
            for command, button in self._buttons.items():
                button.setText(_broken(titles[command], lines, longest))
            wanted = max(button.sizeHint().width() for button in self._buttons.values())
            if wanted <= room:
                break
        usual = self._theme.px(NARROW_WIDTH if self._many else ANSWER_WIDTH)
        height = max(button.sizeHint().height() for button in self._buttons.values())
        for button in self._buttons.values():
            button.setMinimumSize(max(wanted, min(usual, room)), height)

    @property
    def _many(self) -> bool:
        return len(self._offered) > MANY

    def _made(self, answer: Answer) -> QVBoxLayout:
        button = QPushButton(answer.title, self)
        button.setProperty("role", "answer")
        button.setProperty("many", _told(self._many))
        button.setProperty("dense", _told(self._dense))
        button.setObjectName(answer.command)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self.answered.emit(answer))
        if answer.choice is Choice.TIE:
            button.setToolTip(safe_text.tip(ALIKE))
            button.setAccessibleDescription(ALIKE)
        cap = KeyCap()
        cap.setParent(self)
        self._buttons[answer.command] = button
        self._caps[answer.command] = cap
        button.show()  # Show it now, not in the next event loop: the first pair must appear with its answers.
        return in_column(button, (cap, Qt.AlignmentFlag.AlignHCenter), gap=6)


def _told(value: bool) -> str:
    """A bool as style sheet selectors spell it."""
    return str(value).lower()


def _broken(title: str, lines: int, longest: int) -> str:
    """A title in one line, in two lines of nearly equal length, or in lines as short as its longest word."""
    if lines == 1:
        return title
    if lines > 2:
        return "\n".join(wrap(title, min(longest, len(title) - 1), break_long_words=False))
    parts = title.split()
    middle = (len(parts) + 1) // 2
    return "\n".join(filter(None, (" ".join(parts[:middle]), " ".join(parts[middle:]))))
