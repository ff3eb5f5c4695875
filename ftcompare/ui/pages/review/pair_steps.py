"""Buttons from a pair to the list, and to the previous and the next pair."""

from __future__ import annotations

from PySide6.QtCore import Signal

from ftcompare.ui.theme.theme import M
from ftcompare.ui.widgets.controls import PlainButton, label
from ftcompare.ui.widgets.focus_group import FocusGroup
from ftcompare.ui.widgets.layouts import STRETCH, in_row

ALL_PAIRS = "All comparisons"


class PairSteps(FocusGroup):
    """The pair's position in the list that is hidden, with buttons to other pairs."""

    stepped = Signal(int)  # 1 for the next pair, -1 for the previous one

    def __init__(self, stem: str = "pair", back: str = ALL_PAIRS) -> None:
        super().__init__()
        self.back = PlainButton(back, name=f"{stem}_list")
        self._before = PlainButton("Previous", name=f"{stem}_previous", act=lambda: self.stepped.emit(-1))
        self._next = PlainButton("Next", name=f"{stem}_next", act=lambda: self.stepped.emit(1))
        self._place = label("", "muted")
        in_row(self.back, self._before, self._next, self._place, STRETCH, gap=M, of=self)

    def show_place(self, place: int, count: int) -> None:
        """Show the position; ``place`` counts from 0."""
        self._place.setText(f"{place + 1:,} of {count:,}")
        self._before.setEnabled(place > 0)
        self._next.setEnabled(place + 1 < count)
