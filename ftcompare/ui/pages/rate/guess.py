"""Asks which side of a judged pair the fine-tuned model wrote, and how sure the rater is."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ftcompare.core.study import Guess, GuessChoice
from ftcompare.ui.rating.actions import NUMBER, number_of
from ftcompare.ui.rating.centered_screen import wired
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.theme.theme import XS, L, S, Theme
from ftcompare.ui.widgets.controls import KeyCap, label, set_role
from ftcompare.ui.widgets.key_text import key_text
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

WIDTH = 190

QUESTION = "Which of the two do you think was written by the fine-tuned model?"
WHY = (
    "A fine-tuned model is one that was trained further, for a task such as this one. "
    "Your guess shows whether the study hides well which is which. It is no test, nobody is told whether you"
    " are right, and your judgments stay as they are."
)

DEGREES = ("A hunch", "Fairly sure", "Certain")
"""Labels of the degrees of certainty, from 1."""

COMMANDS = {"rate.left": GuessChoice.LEFT, "rate.tie": GuessChoice.UNSURE, "rate.right": GuessChoice.RIGHT}
"""The answer commands whose keys also choose a side here."""

TITLES = {GuessChoice.LEFT: "Left", GuessChoice.UNSURE: "Cannot tell", GuessChoice.RIGHT: "Right"}


class GuessPanel(QWidget):
    """Two inputs: a side, then the certainty. "Cannot tell" is complete without a certainty.

    Signals:
        guessed: a ``Guess``; emitted only while the panel is open.
    """

    guessed = Signal(object)

    def __init__(self, theme: Theme, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._theme = theme
        self._open = self._explained = False
        self.chosen: GuessChoice | None = None
        self.buttons: dict[GuessChoice, QPushButton] = {}
        self._caps: dict[GuessChoice, KeyCap] = {}
        self._degrees = [self._degree(number) for number in range(1, len(DEGREES) + 1)]
        question, self._why = label(QUESTION, "strong", wrap=True), label(WHY, "muted", wrap=True)
        self._why.setObjectName("guess_why")
        for part in (question, self._why):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        sides = in_row(STRETCH, *map(self._side, COMMANDS.values()), STRETCH, gap=L)
        self._how_sure = self._sureness()
        in_column(question, self._why, sides, self._how_sure, gap=S, of=self)
        self.set_keys(keys)
        self.choose(None)
        self.hide()

    def press(self, command: str) -> bool:
        """Handle a command: an arrow chooses a side, a number the certainty.

        Returns whether it was one of these.
        """
        if command in COMMANDS:
            self._point(COMMANDS[command])
        elif number_of(command):
            self._say_sure(number_of(command))
        else:
            return False
        return True

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Show these keys."""
        for command, choice in COMMANDS.items():
            key = key_text(keys.get(command, ""))
            self._caps[choice].setText(key)
            self._caps[choice].setVisible(bool(key))
            self.buttons[choice].setAccessibleName(f"{TITLES[choice]} ({key})" if key else TITLES[choice])
        for number, degree in enumerate(self._degrees, start=1):
            degree.set_key(keys.get(f"{NUMBER}{number}", ""))

    def explain(self) -> bool:
        """Explain why the question is asked, until the first guess; returns whether the text changed."""
        changed = self._why.isHidden() != self._explained
        self._why.setVisible(not self._explained)
        return changed

    def forget(self) -> None:
        """Explain again, because another study was opened."""
        self._explained = False

    def choose(self, choice: GuessChoice | None) -> None:
        """Mark a side and ask for the certainty; None for no side."""
        self.chosen = choice
        for each, button in self.buttons.items():
            set_role(button, chosen="true" if each is choice else "false")
        self._how_sure.setVisible(choice in (GuessChoice.LEFT, GuessChoice.RIGHT))

    def set_open(self, is_open: bool) -> None:
        """Accept a guess, or no longer; nothing moves."""
        self._open = is_open
        for button in self.buttons.values():
            set_role(button, open="true" if is_open else "false")

    @property
    def stops(self) -> list[QWidget]:
        """The widgets that the Tab key visits, in order."""
        return [*self.buttons.values(), *self._degrees]

    def refresh(self) -> None:
        """Lay out for the current zoom."""
        for button in self.buttons.values():
            button.setMinimumWidth(self._theme.px(WIDTH))

    def _point(self, choice: GuessChoice) -> None:
        if self._open:
            self.choose(choice)
            if choice is GuessChoice.UNSURE:
                self._give(Guess(choice))

    def _say_sure(self, sure: int) -> None:
        if self._open and self.chosen is not None:
            self._give(Guess(self.chosen, sure))

    def _give(self, guess: Guess) -> None:
        self._explained = True
        self.guessed.emit(guess)

    def _side(self, choice: GuessChoice) -> QVBoxLayout:
        button = wired(QPushButton(TITLES[choice]), f"guess_{choice.value}", lambda: self._point(choice))
        button.setProperty("role", "answer")
        button.setAutoDefault(False)
        self.buttons[choice] = button
        self._caps[choice] = KeyCap()
        return in_column(button, (self._caps[choice], Qt.AlignmentFlag.AlignHCenter), gap=6)

    def _sureness(self) -> QWidget:
        asked = label("How sure are you?")
        made = filled(in_row(STRETCH, asked, S, *self._degrees, STRETCH, gap=XS))
        policy = made.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        made.setSizePolicy(policy)
        return made

    def _degree(self, number: int) -> KeyButton:
        return wired(KeyButton(DEGREES[number - 1]), f"sure_{number}", lambda: self._say_sure(number))
