"""What stands in the place of the pair during the work: a pause, why rating cannot begin, a moment's wait."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ftcompare.app.rate.rating_session import DeskView, RatingPhase
from ftcompare.core.errors import FTCompareError
from ftcompare.core.plurals import counted
from ftcompare.ui.pages.rate.header import time_left
from ftcompare.ui.rating.centered_screen import ENTER, CenteredScreen, EnterScreen, button_row, wired
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import (
    EmptyState,
    Heading,
    KeyCap,
    LinkButton,
    Muted,
    PlainButton,
    PrimaryButton,
    label,
    waiting,
)


class PauseScreen(EnterScreen):
    """A rest: where the rater stands, what comes next.

    Signals:
        change_rater, leave: its buttons.
    """

    KEYS = (*ENTER, Qt.Key.Key_Space, Qt.Key.Key_Escape)  # and so does the key that paused
    change_rater = Signal()
    leave = Signal()

    def __init__(self) -> None:
        super().__init__("Paused")
        self._counts = label("", wrap=True)
        self._counts.setObjectName("pause_counts")
        self._next = Muted()
        go_on = wired(PrimaryButton("Go on", "play"), "pause_go_on", self.go_on.emit)
        self._leave = wired(PlainButton("Leave this page"), "pause_leave", self.leave.emit)
        self._who = wired(LinkButton("Change rater"), "change_rater", self.change_rater.emit)
        buttons = button_row(go_on, KeyCap("Space"), L, self._leave)
        self.fill(Heading("Paused"), self._counts, self._next, S, buttons, S, self._who)

    def set_view(self, view: DeskView) -> None:
        """Show the counts."""
        told = f"{view.rater}, you have judged {counted(view.judged, 'pair')} of {view.total:,}."
        if view.skipped:
            told += f" {view.skipped:,} skipped; they come back at the end."
        self._counts.setText(told)
        for button in (self._leave, self._who):
            button.setVisible(view.pack is None)
        told = "All of it is stored; you can close the window at any time."
        if view.phase is RatingPhase.JUDGE:
            told += f" Next is pair {view.position:,}."
            told += "" if view.seconds_left is None else f" {time_left(view.seconds_left).capitalize()}."
        self._next.setText(told)


class BlockedScreen(EmptyState):
    """Rating cannot begin: why, one act that may help, and a way out."""

    def __init__(self) -> None:
        super().__init__("Rating cannot begin", "", "Try again")
        self.leave = LinkButton("Leave this page")
        self.leave.setObjectName("blocked_leave")
        column = self.layout()
        if isinstance(column, QVBoxLayout):
            column.insertWidget(column.count() - 1, self.leave, 0, Qt.AlignmentFlag.AlignHCenter)

    def say(self, error: FTCompareError, act: str) -> None:
        """Say why, and what the button does."""
        self.set_words("Rating cannot begin", str(error))
        self.button.set_text(act)


def placeholder(text: str) -> QWidget:
    """A screen of one line, while something is fetched."""
    screen = CenteredScreen()
    screen.fill(waiting(text))
    return screen
