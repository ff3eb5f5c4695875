"""Whose work the rating page shows: asked once in each study, and again when somebody else takes over."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ftcompare.app.rate.rater_choice import KnownRaters
from ftcompare.ui.rating.rater_screen import RaterScreen


class RaterChoice(QObject):
    """Remembers who rates, and asks where nobody does yet.

    Args:
        screen: asks.
        last: who rated last on this machine; empty the first time.

    Signals:
        begun: the work of a rater of this name is to be shown.
        asked: the study is to be asked for its raters, which `offer` takes.
    """

    begun = Signal(str)
    asked = Signal()

    def __init__(self, screen: RaterScreen, last: str, parent: QObject) -> None:
        super().__init__(parent)
        self._screen = screen
        self._name = last
        self._named = self._changing = False
        screen.chosen.connect(self.begin)

    def enter(self) -> None:
        """Go on with the work of who is named, or have it asked who rates."""
        if self._named:
            self.begun.emit(self._name)
        else:
            self._changing = False
            self.asked.emit()

    def begin(self, name: str) -> None:
        """Somebody is named."""
        self._name, self._named = name, True
        self.begun.emit(name)

    def change(self) -> None:
        """Have it asked who rates from now on."""
        self._changing = True
        self.asked.emit()

    def forget(self) -> None:
        """Another study: nobody is named in it yet."""
        self._named = False

    def offer(self, known: KnownRaters, back: str) -> bool:
        """Fill the screen that asks, unless who rated last here rates in this study, too, and goes on.

        Args:
            known: the study's raters.
            back: what the way back is called.

        Returns:
            Whether the screen is to be shown.
        """
        if self._named and not self._changing:
            return False
        last = known.spelled(self._name)
        if last and not self._changing:
            self.begin(last)
            return False
        self._changing = False
        self._screen.set_raters(known.names, self._name, back, known.away)
        return True
