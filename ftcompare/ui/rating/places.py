"""Places of answers that are ranked at once: a row of numbers above each answer."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton

from ftcompare.core.language import named_value, tr
from ftcompare.core.rating_rules import LETTERS
from ftcompare.ui.theme.theme import XS, IconLabel
from ftcompare.ui.widgets.controls import set_role
from ftcompare.ui.widgets.layouts import in_row, kept_place


def answer_name(number: int) -> str:
    """Return the name of an answer, counted from 0."""
    return tr("Answer {letter}", LETTERS[number])


class PlaceRow(QFrame):
    """The places that an answer may get, 1 for the best. Signal `chosen`: the number was clicked."""

    chosen = Signal(int)

    def __init__(self, answer: int) -> None:
        super().__init__()
        self._answer = answer
        self.setProperty("role", "criterion")
        self.setObjectName(f"places_{LETTERS[answer]}")
        self._mark = kept_place(IconLabel("arrow-right", "accent", 16))
        self.buttons = [self._button(place) for place in range(1, len(LETTERS) + 1)]
        in_row(self._mark, *self.buttons, gap=0, margins=(0, 0, XS, 0), of=self)

    def offer(self, count: int) -> None:
        """Offer the places up to `count`."""
        for place, button in enumerate(self.buttons, start=1):
            button.setVisible(place <= count)
            ends = {1: "first", count: "last"}
            set_role(button, role="segment", end=ends.get(place, ""))

    def show_place(self, place: int, *, armed: bool) -> None:
        """Show the place, 0 for none, and whether the next number key gives it (``armed``)."""
        for number, button in enumerate(self.buttons, start=1):
            button.setChecked(number == place)
        set_role(self, armed="true" if armed else "false")
        self._mark.setVisible(armed)
        said = tr("place {place}", place) if place else tr("no place yet")
        self.setAccessibleName(named_value(answer_name(self._answer), said))

    def _button(self, place: int) -> QPushButton:
        made = QPushButton(str(place))
        made.setProperty("role", "segment")
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.setObjectName(f"place_{LETTERS[self._answer]}_{place}")
        made.setAccessibleName(named_value(answer_name(self._answer), tr("place {place}", place)))
        made.clicked.connect(lambda: self.chosen.emit(place))
        return made
