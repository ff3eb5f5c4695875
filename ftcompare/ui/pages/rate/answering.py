"""What the rater does with a pair: judge it, or guess which side was fine-tuned."""

from __future__ import annotations

import time
from collections.abc import Callable

from ftcompare.core.scale import Choice
from ftcompare.core.study import Guess, GuessChoice, Verdict
from ftcompare.ui.pages.rate.frame import RateFrame
from ftcompare.ui.pages.rate.signals import RatePreferences, RatingPort
from ftcompare.ui.pages.rate.state import ON_PAIR, State
from ftcompare.ui.rating.answers import Answer
from ftcompare.ui.theme.theme import Theme


class Answering(RateFrame):
    """Judgments and guesses, by key and by mouse."""

    def __init__(
        self,
        theme: Theme,
        port: RatingPort,
        preferences: RatePreferences,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(theme, port, preferences, now)
        judging, ask, guess = self._judging, self.view.ask, self.view.guess
        judging.decided.connect(self._send)
        judging.held.connect(self._hold)
        judging.lacking.connect(self._tell_missing)
        ask.answers.answered.connect(self._click)
        ask.criteria.answered.connect(self._criterion)
        ask.criteria.asked.connect(self._aim_at)
        ask.reasons.turned.connect(self._reason)
        ask.reasons.mode_asked.connect(judging.turn_reasons_mode)
        guess.pointed.connect(self._point)
        guess.sure.connect(self._say_sure)

    def _told(self, answer: Answer) -> None:
        """A practice pair is answered."""
        raise NotImplementedError

    def _next_practice(self) -> None:
        """On from what was expected of a practice pair."""
        raise NotImplementedError

    def _press(self, answer: Answer) -> None:
        """An answer by key; it counts where both texts were on the screen long enough."""
        if self._state is State.TOLD:
            self._next_practice()
        elif self._state is State.READY:
            self._judging.press(answer)

    def _click(self, answer: Answer) -> None:
        """An answer by mouse."""
        self._time.touch()
        self._take_back()
        if self._state is State.TOLD:
            self._next_practice()
        elif self._state is State.READY:
            self._judging.click(answer)

    def _hold(self, answer: Answer) -> None:
        """Show an answer as chosen while a second press may still make it stronger."""
        self._time.count(False)
        self._to(State.CHOSEN)
        self.view.answers.set_chosen(answer.command)

    def _take_back(self) -> None:
        """Nothing is chosen any more, and nothing is sent."""
        if self._state is State.CHOSEN:
            self._judging.take_back()
            self._to(State.READY)
            self._sync_clocks()

    def _send(self, answer: Answer) -> None:
        """Send a verdict; in practice, tell what was expected."""
        if self._practice.running:
            self._told(answer)
            return
        if self._shown is None or self._shown.item is None:
            return
        self._time.count(False)
        draft = self._drafts.hand_over()
        verdict = Verdict(
            answer.choice,
            answer.strength,
            draft.comment,
            draft.flagged,
            self._time.seconds,
            draft.criteria,
            draft.reasons,
        )
        allocation = self._shown.item.allocation
        self._submit(lambda: self.port.judge.emit(allocation, verdict))
        self.view.answers.set_chosen(answer.command)

    def _tell_missing(self, names: tuple[str, ...]) -> None:
        self.view.missing.say("Not answered yet: {}.".format(", ".join(names)))

    def _criterion(self, name: str, choice: Choice) -> None:
        self._take_back()
        self.view.missing.hide()
        if self._state is State.READY:
            self._judging.answer_criterion(name, choice)

    def _aim_at(self, name: str) -> None:
        self._take_back()
        if self._state in ON_PAIR:
            self._judging.aim_at(name)

    def _reason(self, reason: str) -> None:
        self._take_back()
        if self._state in ON_PAIR:
            self._judging.turn_reason(reason)
        self._judging.show()

    def _press_number(self, number: int) -> None:
        if self._state not in ON_PAIR:
            return
        if self._guessing:
            self._say_sure(number)
        else:
            self._judging.press_number(number, answering=self._state is State.READY)

    # A guess.

    def _point(self, choice: GuessChoice) -> None:
        """A side, then how sure; that one cannot tell is sent at once."""
        if self._state is State.READY and self._guessing:
            self.view.guess.choose(choice)
            if choice is GuessChoice.UNSURE:
                self._send_guess(Guess(choice))

    def _say_sure(self, sure: int) -> None:
        chosen = self.view.guess.chosen
        if self._state is State.READY and chosen is not None:
            self._send_guess(Guess(chosen, sure))

    def _send_guess(self, guess: Guess) -> None:
        if self._shown is None or self._shown.item is None:
            return
        self._time.count(False)
        self._told_why = True
        allocation, seconds = self._shown.item.allocation, self._time.seconds
        self._submit(lambda: self.port.guess.emit(allocation, guess, seconds))
