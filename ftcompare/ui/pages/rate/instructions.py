"""The instructions that raters read before they begin, and the screen after the practice."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ftcompare.ui import safe_text
from ftcompare.ui.rating.answers import ALIKE
from ftcompare.ui.rating.centered_screen import ENTER, EnterScreen, button_row, wired
from ftcompare.ui.rating.pair import SCROLL_KEYS
from ftcompare.ui.text.response_text import TextView
from ftcompare.ui.theme.theme import L, M, S, Theme
from ftcompare.ui.widgets.controls import Card, Heading, KeyCap, Muted, PlainButton, PrimaryButton, named
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

WIDEST = 820
"""Largest width of the instructions in pixels, before zoom."""


class InstructionsScreen(QWidget):
    """The owner's instructions, as Markdown that scrolls.

    Signals:
        go_on: go to the practice, to the first pair, or back to the pair.
        practise: repeat the practice.
        skip: go to the first pair without the practice.
    """

    go_on = Signal()
    practise = Signal()
    skip = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.again = False
        self._key = QKeySequence()
        self.setAccessibleName("Instructions")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._title = Heading("Before you begin", level=2)
        self._note = named(Muted(), "practice_note")
        self.text = named(TextView(theme, "Instructions"), "instructions_text")
        self._card = Card()
        self._card.body.addWidget(self.text)
        self._next = wired(PrimaryButton(""), "instructions_next", self.go_on.emit)
        self._practise = wired(PlainButton("Practise again"), "practise_again", self.practise.emit)
        self._skip = wired(PlainButton("Skip practice"), "practice_skip", self.skip.emit)
        self._lay_out()
        self.refresh()

    def brief(self, instructions: str, practice: int, done: int = 0) -> None:
        """Show the instructions before the first pair.

        ``practice`` is the number of practice pairs, ``done`` how many of them are done.
        """
        start = "Go on with practice" if done else "Start practice"
        self._fill(instructions, "Before you begin", start if practice else "Start rating", again=False)
        self._note.setText(_practice_text(practice, done))
        self._note.setVisible(practice > 0)
        self._skip.setVisible(practice > 0)
        self._practise.hide()

    def show_again(self, instructions: str, practice: int) -> None:
        """Show the instructions during the work; the rater can go back to the pair or repeat the practice."""
        self._fill(instructions, "Instructions", "Back to the pair", again=True)
        self._note.hide()
        self._skip.hide()
        self._practise.setVisible(practice > 0)

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Let the key that opens the instructions also close them."""
        self._key = QKeySequence(keys.get("rate.instructions", ""))

    def refresh(self) -> None:
        """Lay out again after a change of theme or zoom."""
        self._middle.setMaximumWidth(self._theme.px(WIDEST))
        self.text.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Focus the main button, so that Enter goes on."""
        super().showEvent(event)
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on; Space and the page keys scroll; Esc goes back if there is a pair behind."""
        back = event.key() == Qt.Key.Key_Escape or QKeySequence(event.keyCombination()) == self._key
        if (event.key() in ENTER or (self.again and back)) and not event.isAutoRepeat():
            self.go_on.emit()
        elif not self._scroll(event):
            super().keyPressEvent(event)

    def _fill(self, instructions: str, title: str, next_step: str, *, again: bool) -> None:
        self.again = again
        self._title.setText(title)
        self._next.set_text(next_step)
        self.text.set_text(safe_text.beginning(instructions, markdown=True), markdown=True)
        self._card.setVisible(bool(instructions))

    def _scroll(self, event: QKeyEvent) -> bool:
        bar = self.text.verticalScrollBar()
        lines = {Qt.Key.Key_Down.value: 1, Qt.Key.Key_Up.value: -1}.get(event.key(), 0)
        pages = SCROLL_KEYS.get(event.key(), 0)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            pages = -pages
        page = bar.pageStep() - 2 * bar.singleStep()
        bar.setValue(bar.value() + 2 * lines * bar.singleStep() + pages * page)
        return bool(lines or pages)

    def _lay_out(self) -> None:
        self._middle = QWidget()
        self._middle.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        in_row((STRETCH, 1), (self._middle, 100), (STRETCH, 1), of=self)
        buttons = button_row(self._next, KeyCap("Enter"), L, self._skip, self._practise)
        parts = (self._title, (self._card, 1), Muted(ALIKE), self._note, buttons, STRETCH)
        in_column(*parts, gap=M, margins=(0, S, 0, 0), of=self._middle)


def _practice_text(practice: int, done: int) -> str:
    if done:
        return f"Practice pair {done + 1} of {practice} is next. Practice is neither counted nor kept."
    if practice == 1:
        return "You begin with a practice pair, which is neither counted nor kept."
    return f"You begin with {practice} practice pairs, which are neither counted nor kept."


class PracticeEnd(EnterScreen):
    """Shown after the practice.

    Signals:
        go_on: go to the pairs that count.
        practise: repeat the practice.
    """

    practise = Signal()

    def __init__(self) -> None:
        super().__init__("That was the practice.")
        self._next = wired(PrimaryButton(""), "practice_done", self.go_on.emit)
        again = wired(PlainButton("Practise again"), "practice_again", self.practise.emit)
        told = (Heading("That was the practice."), Muted("From now on your answers count."))
        self.fill(*told, S, button_row(self._next, KeyCap("Enter"), L, again))

    def set_back(self, back: bool) -> None:
        """Set the button's text: go back to a pair, or begin."""
        self._next.set_text("Back to the pair" if back else "Start rating")
