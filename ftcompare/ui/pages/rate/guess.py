"""The question which of a judged pair was written by the fine-tuned model, and how sure the rater is."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ftcompare.core.study import GuessChoice
from ftcompare.ui.rating.answers import key_words
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.theme.theme import XS, L, S, Theme
from ftcompare.ui.widgets.controls import KeyCap, label, set_role

WIDTH = 190
SURE = 3
"""Degrees of sureness, 1 to this."""

COMMANDS = {
    "rate.left": GuessChoice.LEFT,
    "rate.tie": GuessChoice.UNSURE,
    "rate.right": GuessChoice.RIGHT,
}
"""The keys of the answers point here, too."""


def guess_words(choice: GuessChoice) -> str:
    """A side, or that the rater cannot tell."""
    return {
        GuessChoice.LEFT: "Left",
        GuessChoice.UNSURE: "Cannot tell",
        GuessChoice.RIGHT: "Right",
    }[choice]


def sure_words(sure: int) -> str:
    """How sure: 1 to `SURE`."""
    return ("A hunch", "Fairly sure", "Certain")[sure - 1]


class GuessPanel(QWidget):
    """A side first, then how sure: two presses.

    Signals:
        pointed: a `GuessChoice`.
        sure: 1 to `SURE`.
    """

    pointed = Signal(object)
    sure = Signal(int)

    def __init__(self, theme: Theme, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._theme = theme
        self.chosen: GuessChoice | None = None
        self.buttons: dict[GuessChoice, QPushButton] = {}
        self._caps: dict[GuessChoice, KeyCap] = {}
        self._degrees: list[KeyButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        question = label(
            "Which of the two do you think was written by the fine-tuned model?", "strong", wrap=True
        )
        question.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._why = label(
            (
                "This shows whether the study hides well which is which. It is no test, nobody is told"
                " whether you are right, and your judgments stay as they are."
            ),
            "muted",
            wrap=True,
        )
        self._why.setObjectName("guess_why")
        self._why.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for part in (question, self._why):
            column.addWidget(part)
        column.addLayout(self._sides())
        column.addWidget(self._sureness())
        self.set_keys(keys)
        self.choose(None)
        self.hide()

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Show other keys."""
        for command, choice in COMMANDS.items():
            key = key_words(keys.get(command, ""))
            self._caps[choice].setText(key)
            self._caps[choice].setVisible(bool(key))
            title = guess_words(choice)
            self.buttons[choice].setAccessibleName(f"{title} ({key})" if key else title)
        for number, degree in enumerate(self._degrees, start=1):
            degree.set_key(keys.get(f"rate.criterion_{number}", ""))

    def explain(self, why: bool) -> bool:
        """Say why it is asked, or leave that out; whether that is a change."""
        changed = self._why.isHidden() is why
        self._why.setVisible(why)
        return changed

    def choose(self, choice: GuessChoice | None) -> None:
        """Mark a side and ask how sure; None for neither."""
        self.chosen = choice
        for each, button in self.buttons.items():
            set_role(button, chosen="true" if each is choice else "false")
        self._how_sure.setVisible(choice in (GuessChoice.LEFT, GuessChoice.RIGHT))

    def set_open(self, is_open: bool) -> None:
        """Show whether an answer counts now, without moving anything."""
        for button in self.buttons.values():
            set_role(button, open="true" if is_open else "false")

    @property
    def stops(self) -> list[QWidget]:
        """What the Tab key goes through."""
        return [*self.buttons.values(), *self._degrees]

    def refresh(self) -> None:
        """Take the present zoom."""
        for button in self.buttons.values():
            button.setMinimumWidth(self._theme.px(WIDTH))

    def _sides(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(L)
        row.addStretch()
        for choice in COMMANDS.values():
            row.addLayout(self._side(choice))
        row.addStretch()
        return row

    def _side(self, choice: GuessChoice) -> QVBoxLayout:
        button = QPushButton(guess_words(choice))
        button.setProperty("role", "answer")
        button.setObjectName(f"guess_{choice.value}")
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self.pointed.emit(choice))
        self.buttons[choice] = button
        self._caps[choice] = KeyCap()
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(button)
        column.addWidget(self._caps[choice], 0, Qt.AlignmentFlag.AlignHCenter)
        return column

    def _sureness(self) -> QWidget:
        self._how_sure = QWidget()
        policy = self._how_sure.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._how_sure.setSizePolicy(policy)
        row = QHBoxLayout(self._how_sure)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(XS)
        row.addStretch()
        row.addWidget(label("How sure are you?"))
        row.addSpacing(S)
        for number in range(1, SURE + 1):
            row.addWidget(self._degree(number))
        row.addStretch()
        return self._how_sure

    def _degree(self, number: int) -> KeyButton:
        made = KeyButton(sure_words(number))
        made.setObjectName(f"sure_{number}")
        made.clicked.connect(lambda: self.sure.emit(number))
        self._degrees.append(made)
        return made
