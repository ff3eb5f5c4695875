"""The way from a pair to the list, and to the pairs before and after it."""

from __future__ import annotations

from PySide6.QtCore import Signal

from ftcompare.ui.theme.theme import M
from ftcompare.ui.widgets.controls import PlainButton, label, named
from ftcompare.ui.widgets.focus_group import FocusGroup
from ftcompare.ui.widgets.layouts import STRETCH, in_row

ALL_PAIRS = "All comparisons"


class PairSteps(FocusGroup):
    """Where the pair stands in the list that is out of sight, and the ways to others.

    Args:
        stem: of the buttons' object names.
        back: what the way to the list is called.

    Signals:
        stepped: 1 for the next pair, -1 for the one before.
    """

    stepped = Signal(int)

    def __init__(self, stem: str = "pair", back: str = ALL_PAIRS) -> None:
        super().__init__()
        self.back = named(PlainButton(back), f"{stem}_list")
        self._before = named(PlainButton("Previous"), f"{stem}_previous")
        self._next = named(PlainButton("Next"), f"{stem}_next")
        self._place = label("", "muted")
        in_row(self.back, self._before, self._next, self._place, STRETCH, gap=M, of=self)
        self._before.clicked.connect(lambda: self.stepped.emit(-1))
        self._next.clicked.connect(lambda: self.stepped.emit(1))

    def show_place(self, place: int, count: int) -> None:
        """Say which of how many it is, counted from 0."""
        self._place.setText(f"{place + 1:,} of {count:,}")
        self._before.setEnabled(place > 0)
        self._next.setEnabled(place + 1 < count)
