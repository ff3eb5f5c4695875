"""The header of the rating page: title, rater, and how far the work has come."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ftcompare.app.rate.rating_session import DeskView
from ftcompare.core.study import GuessMoment
from ftcompare.ui.rating.answers import end_guess_words, practice_words, progress_words
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.theme.theme import XS, M, S
from ftcompare.ui.widgets.controls import ElidedLabel, label, set_role


class Header(QWidget):
    """One row and a thin bar."""

    def __init__(self) -> None:
        super().__init__()
        self._title = ElidedLabel("h2")
        self._title.setObjectName("rate_title")
        self.rater = KeyButton("", icon="user")
        self.rater.setObjectName("rater_shown")
        self.place = label("", "muted")
        self.place.setObjectName("progress_words")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        row = QHBoxLayout()
        row.setSpacing(M)
        row.addWidget(self._title)
        row.addWidget(self.rater)
        row.addStretch()
        row.addWidget(self.place)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, XS)
        column.setSpacing(S)
        column.addLayout(row)
        column.addWidget(self._bar)

    def show_view(self, view: DeskView) -> None:
        """Show where the work stands."""
        self._title.setText(view.title)
        self._show_rater(view.rater, fixed=view.pack is not None)
        self._show(view.judged + view.skipped, view.total, _place_words(view))
        set_role(self.place, role="muted")

    def show_practice(self, number: int, total: int) -> None:
        """Show where the practice stands."""
        self._show(number - 1, total, practice_words(number, total))
        set_role(self.place, role="strong")

    def _show(self, done: int, total: int, told: str) -> None:
        self._bar.setMaximum(max(total, 1))
        self._bar.setValue(done)
        self.place.setText(told)
        self._bar.setAccessibleDescription(told)

    def _show_rater(self, name: str, *, fixed: bool) -> None:
        """A pack is made for one rater; in a study another may go on."""
        self.rater.set_title(name)
        self.rater.setEnabled(not fixed)
        self.rater.setToolTip("" if fixed else "Change rater")


def _place_words(view: DeskView) -> str:
    if view.moment is GuessMoment.AT_END:
        return end_guess_words(view.guessed + 1, view.guesses)
    return progress_words(view.position, view.total, view.seconds_left if view.item else None)
