"""The header of the rating page: title, rater and progress."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

from ftcompare.app.rate.rating_session import RatingView
from ftcompare.core.study import GuessMoment
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.theme.theme import XS, M, S
from ftcompare.ui.widgets.controls import ElidedLabel, label, named, set_role
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

MINUTE = 60
HOUR = 3600


class Header(QWidget):
    """One row with a thin progress bar."""

    def __init__(self) -> None:
        super().__init__()
        self._title = named(ElidedLabel("h2"), "rate_title")
        self.rater = named(KeyButton("", icon="user"), "rater_shown")
        self.answers = named(KeyButton("My answers"), "rate.answers")
        keeps = self.answers.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)  # Otherwise the pair below moves when it appears.
        self.answers.setSizePolicy(keeps)
        self.place = named(label("", "muted"), "progress_words")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName("Progress")
        row = in_row(self._title, self.rater, self.answers, STRETCH, self.place, gap=M)
        in_column(row, self._bar, gap=S, margins=(0, 0, 0, XS), of=self)

    def show_view(self, view: RatingView) -> None:
        """Show the progress. In a study the rater can be changed; a pack is made for one rater."""
        self._title.setText(view.title)
        self.rater.set_title(view.rater)
        self.rater.setEnabled(view.pack is None)
        self.rater.setToolTip("Change rater" if view.pack is None else "")
        self.answers.setVisible(view.judged > 0 and not view.guessed and not view.changing)
        self._show(view.judged + view.skipped, view.total, _place(view))
        set_role(self.place, role="muted")

    def show_practice(self, number: int, total: int) -> None:
        """Show the number of the practice pair."""
        self.answers.hide()
        self._show(number - 1, total, f"Practice {number} of {total}  ·  not counted")
        set_role(self.place, role="strong")

    def _show(self, done: int, total: int, told: str) -> None:
        self._bar.setMaximum(max(total, 1))
        self._bar.setValue(done)
        self.place.setText(told)
        self._bar.setAccessibleDescription(told)


def _place(view: RatingView) -> str:
    if view.changing:
        return "An earlier answer"
    if view.moment is GuessMoment.AT_END:
        return f"Last questions: {view.guessed + 1} of {view.guesses}"
    return progress_text(view.position, view.total, view.seconds_left if view.item else None)


def progress_text(position: int, total: int, seconds_left: float | None) -> str:
    """``17 of 120 · about 24 min left``; without the time if ``seconds_left`` is None."""
    place = f"{position:,} of {total:,}"
    return place if seconds_left is None else f"{place}  ·  {time_left(seconds_left)}"


def time_left(seconds: float) -> str:
    """A rounded duration in words: minutes, or hours and tens of minutes."""
    if seconds < MINUTE:
        return "less than a minute left"
    if seconds < 1.5 * HOUR:
        return f"about {round(seconds / MINUTE)} min left"
    hours, minutes = divmod(round(seconds / (10 * MINUTE)) * 10, 60)
    return f"about {hours} h {minutes} min left" if minutes else f"about {hours} h left"
