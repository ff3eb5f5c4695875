"""The instructions and the practice before the first pair, and again when the rater asks for them."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from ftcompare.app.rate.rating_session import DeskView
from ftcompare.core.study import Draft
from ftcompare.ui.pages.rate.answering import Answering
from ftcompare.ui.pages.rate.signals import RatePreferences, RatingPort
from ftcompare.ui.pages.rate.state import State
from ftcompare.ui.rating.answers import Answer
from ftcompare.ui.theme.theme import Theme


class Training(Answering):
    """Nothing of it goes to the study but that it is done."""

    def __init__(
        self,
        theme: Theme,
        port: RatingPort,
        preferences: RatePreferences,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(theme, port, preferences, now)
        view = self.view
        view.instructions.go_on.connect(self._after_instructions)
        view.instructions.practise.connect(lambda: self._start_practice())
        view.instructions.skip.connect(self._end_briefing)
        view.practice_end.go_on.connect(self._end_briefing)
        view.practice_end.practise.connect(lambda: self._start_practice())
        view.feedback.first.connect(self._next_practice)

    def _brief(self, view: DeskView) -> None:
        """The instructions, and then the practice, before the first pair."""
        self._practice.stop()
        self._drafts.load(Draft())
        self._time.count(False)
        self.view.instructions.brief(view.instructions, len(view.practice), self._practice.done)
        self.view.show_face(self.view.instructions)
        self._to(State.BRIEFING)

    def _after_instructions(self) -> None:
        if self._state is not State.BRIEFING:
            self._uncover()
        elif self._shown is not None and self._shown.practice:
            self._start_practice(self._practice.done)
        else:
            self._end_briefing()

    def _start_practice(self, at: int = 0) -> None:
        if self._shown is not None:
            self._drafts.store_pending()
            self._time.count(False)
            self._practice.begin(self._shown.practice, at)
            self._show_practice()

    def _show_practice(self) -> None:
        if self._shown is not None:
            self._drafts.load(Draft())
            self.view.show_practice(self._shown, self._practice.item, self._practice.number)
            self._judging.begin(self._shown.scale)
            self._show_draft()
            self._to(State.READING)

    def _told(self, answer: Answer) -> None:
        self._to(State.TOLD)
        self.view.answers.set_chosen(answer.command)
        self.view.feedback.say(self._practice.feedback(answer), "Next", key="Enter")
        self._reading.start(round(self._preferences.reading_moment * 1000))

    def _next_practice(self) -> None:
        """On from what was expected, unless the key was pressed before it could be read."""
        if self._reading.isActive():
            return
        self.view.feedback.hide()
        if self._practice.go_on():
            self._show_practice()
        elif self._shown is not None:
            self.view.practice_end.set_back(self._shown.practised)
            self.view.show_face(self.view.practice_end)
            self._to(State.BRIEFING)

    def _end_briefing(self) -> None:
        """To the pair; that the practice is done is remembered once."""
        if self._shown is not None and self._shown.practised:
            self._back_to_work(self._shown)
        elif self._state is State.BRIEFING:
            self._to(State.LOADING)
            self.port.practised.emit()

    def _leave_practice(self) -> None:
        if self._shown is not None and self._shown.practised:
            self._back_to_work(self._shown)
        elif self._shown is not None:
            self._brief(self._shown)

    def _back_to_work(self, view: DeskView) -> None:
        self.view.set_view(view, saved=False)
        self.view.feedback.hide()
        self._show_pair(view)

    def _show_instructions(self) -> None:
        if self._shown is not None:
            self.view.instructions.show_again(self._shown.instructions, len(self._shown.practice))
            self._cover(self.view.instructions)

    def _cover(self, face: QWidget) -> None:
        self._drafts.store_pending()
        self._time.count(False)
        self._reading.stop()
        self.view.show_face(face)
        self._sync_actions()

    def _uncover(self) -> None:
        """Back to the pair; what was not on the screen long enough begins anew."""
        self.view.show_face(self.view.work)
        if self._state is State.READING:
            self._begin_reading()
        self.setFocus()
        self._sync_clocks()
        self._sync_actions()
