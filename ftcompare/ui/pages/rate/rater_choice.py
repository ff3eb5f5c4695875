"""Which rater works on the rating page: asked once in each study, and when another rater takes over."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ftcompare.app.rate.rater_choice import KnownRaters
from ftcompare.ui.rating.rater_screen import RaterScreen


class RaterChoice(QObject):
    """Remembers the rater, and asks for the name if there is none yet.

    Args:
        screen: the screen that asks.
        last: name of the rater who rated last on this machine; empty the first time.

    Signals:
        begun: the pairs of the rater with this name are to be shown.
        asked: the names of the study's raters are needed; the answer goes to `offer`.
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
        """Go on as the named rater, or ask who rates."""
        if self._named:
            self.begun.emit(self._name)
        else:
            self._changing = False
            self.asked.emit()

    def begin(self, name: str) -> None:
        """Set the rater's name."""
        self._name, self._named = name, True
        self.begun.emit(name)

    def change(self) -> None:
        """Ask for the name of another rater."""
        self._changing = True
        self.asked.emit()

    def forget(self) -> None:
        """Forget the name, because another study was opened."""
        self._named = False

    def offer(self, known: KnownRaters, back: str) -> bool:
        """Fill the screen that asks, unless the last rater on this machine rates in this study and goes on.

        Args:
            known: the study's raters.
            back: text of the button to go back.

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
