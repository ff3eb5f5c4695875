"""Turns presses into an answer: criteria first, then the whole, with a second press where it counts."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft
from ftcompare.ui.rating.actions import number_of
from ftcompare.ui.rating.answers import Answer, stronger
from ftcompare.ui.rating.draft import DraftKeeper, missing, with_answer, with_reason_turned
from ftcompare.ui.rating.messages import MessageStrip
from ftcompare.ui.rating.preferences import RatePreferences
from ftcompare.ui.rating.question_panel import QuestionPanel

PLAIN = ("rate.left", "rate.right", "rate.tie", "rate.both_bad")
"""Commands that answer a criterion while one is in turn; the others mean the whole and say so."""

SECONDS_PER_CHARACTER = 0.5 / 600
"""Half a second for 100 words of six characters, the blank after them included."""

FREE_CHARACTERS = 600
"""Characters of both answers together that the plain reading moment is enough for."""

LONGEST_READING = 10.0
"""Seconds that the reading moment grows to, however long the answers are."""

TOLD_FROM = 1.5
"""Seconds of a reading moment from which on a key that comes too early is told why it does not count."""

TAKE_BACK = ("rate.undo", "rate.pause")
"""Within the moment of a second press these take the first back and do no more."""


class Moment(Enum):
    """What a key can do to the pair in front.

    CLOSED: nothing. READING: both texts are on the screen, not yet long enough for an answer to count;
    reasons can be ticked. OPEN: an answer counts. HELD: one is given and waits for a second press, which
    makes it stronger.
    """

    CLOSED = auto()
    READING = auto()
    OPEN = auto()
    HELD = auto()


def reading_seconds(plain: float, characters: int) -> float:
    """How long two answers must be on the screen before an answer counts.

    Args:
        plain: seconds for short answers, as the rater has set it; 0 for no reading moment at all.
        characters: of both answers together.
    """
    further = max(characters - FREE_CHARACTERS, 0) * SECONDS_PER_CHARACTER
    return max(plain, min(plain + further, LONGEST_READING)) if plain else 0.0


class AnswerCursor:
    """What the next arrow answers: a criterion, or the whole where ``criterion`` is empty."""

    def __init__(self) -> None:
        self.criterion = ""
        self.reasons_mode = False

    def start(self, scale: Scale, draft: Draft) -> None:
        """A pair comes: the first criterion without an answer, or the whole."""
        self.reasons_mode = False
        self._rest(scale, draft)

    def turn(self, scale: Scale, draft: Draft, criterion: str) -> None:
        """Go to a criterion to answer it or to change it; if it is in turn already, back."""
        if self.criterion == criterion:
            self._rest(scale, draft)
        else:
            self.criterion = criterion

    def advance(self, scale: Scale, draft: Draft) -> None:
        """A criterion is answered: on to the next one without an answer, or to the whole."""
        left = missing(scale, draft)
        names = scale.criteria
        after = names[names.index(self.criterion) + 1 :] if self.criterion in names else ()
        self.criterion = next((name for name in after if name in left), next(iter(left), ""))

    def leave_detour(self, scale: Scale, draft: Draft) -> bool:
        """Leave the reasons or an answered criterion, if the rater is there; whether they were."""
        before = (self.criterion, self.reasons_mode)
        self.start(scale, draft)
        return before != (self.criterion, self.reasons_mode)

    def _rest(self, scale: Scale, draft: Draft) -> None:
        self.criterion = next(iter(missing(scale, draft)), "")


class Judging(QObject):
    """What the rater is doing with the pair in front, up to the answer.

    Args:
        panel: shows it, and is clicked; its answers are for the page to pass on to `click`.
        lacking: says which criteria are still to be answered.
        drafts: keep what is begun.
        preferences: the reading moment and the time for a second press.

    Signals:
        decided: an `Answer` is to be sent; nothing more counts until `read` or `reopen`.
        moved: to another `Moment`.
    """

    decided = Signal(object)
    moved = Signal(object)

    def __init__(
        self,
        panel: QuestionPanel,
        lacking: MessageStrip,
        drafts: DraftKeeper,
        preferences: RatePreferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._lacking = lacking
        self._drafts = drafts
        self._scale = Scale()
        self._cursor = AnswerCursor()
        self._held: Answer | None = None
        self._plain_moment = 0.0
        self.moment = Moment.CLOSED
        self.reading = QTimer(self, singleShot=True)
        self._second = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self.set_preferences(preferences)
        self.reading.timeout.connect(self.reopen)
        self._second.timeout.connect(self.send_held)
        panel.criteria.answered.connect(self._click_criterion)
        panel.criteria.asked.connect(self._click_title)
        panel.reasons.turned.connect(self._click_reason)
        panel.reasons.mode_asked.connect(self._turn_reasons_mode)

    def set_preferences(self, preferences: RatePreferences) -> None:
        """Go by other times: the reading moment from the next pair on, the second press at once."""
        self._plain_moment = preferences.reading_moment
        self._second.setInterval(round(preferences.second_press * 1000))

    # Which moment it is.

    @property
    def at_work(self) -> bool:
        """Whether the pair may be commented on, flagged, skipped: no answer is given yet."""
        return self.moment in (Moment.READING, Moment.OPEN)

    def begin(self, scale: Scale, characters: int = 0) -> None:
        """Another pair, with the draft that is loaded; closed until `read`.

        Args:
            scale: what is asked.
            characters: of both texts together, which the reading moment grows with.
        """
        self.close()
        self._scale = scale
        self.reading.setInterval(round(reading_seconds(self._plain_moment, characters) * 1000))
        self._cursor.start(scale, self._drafts.draft)
        self._show()

    def read(self) -> None:
        """Both texts are on the screen from now on: a moment must pass before an answer counts."""
        self._move(Moment.READING)
        self.reading.start()

    def reopen(self) -> None:
        """An answer counts: the reading moment is over, or what was sent is not stored."""
        if self.moment is Moment.READING:
            self._lacking.hide()
        self._move(Moment.OPEN)

    def close(self) -> None:
        """Nothing counts any more, also no answer that was held."""
        if self.moment is not Moment.CLOSED:
            self._move(Moment.CLOSED)

    def take_back(self) -> None:
        """The answer that is held is not sent."""
        if self.moment is Moment.HELD:
            self._move(Moment.OPEN)

    def send_held(self) -> None:
        """The answer that is held is meant as it was given."""
        if self._held is not None:
            self._decide(self._held)

    # What the rater does.

    def press(self, command: str) -> bool:
        """A key: for the criterion in turn, for the whole, or for a number; whether it was for the answer."""
        if self._held is not None and self._press_again(self._held, command):
            return True
        self._lacking.hide()
        answer = self._panel.answers.by_command(command)
        if answer is None:
            return self._press_other(command)
        if self.moment is not Moment.OPEN:
            self._tell_too_early()
            return True
        if self._cursor.criterion and command in PLAIN:
            self._answer_criterion(self._cursor.criterion, answer.choice)
        elif not self._any_missing():
            if self._second.interval() and stronger(answer, self._scale):
                self._hold(answer)
            else:  # not by `_decide`: the way from a key to the study is kept short
                self._move(Moment.CLOSED, chosen=answer.command)
                self.decided.emit(answer)
        return True

    def click(self, answer: Answer) -> None:
        """An answer's button: for the whole, as it stands."""
        self.take_back()
        self._tell_too_early()
        if self.moment is Moment.OPEN and not self._any_missing():
            self._decide(answer)

    def step_back(self) -> bool:
        """Leave the reasons or a criterion answered before, if the rater is there; whether they were."""
        left = self._cursor.leave_detour(self._scale, self._drafts.draft)
        self._show()
        return left

    def _press_again(self, held: Answer, command: str) -> bool:
        """A key within the moment of a second press: whether it has done all that it does."""
        if command == held.command:
            self._decide(stronger(held, self._scale) or held)
            return True
        self.take_back()
        return command in TAKE_BACK

    def _press_other(self, command: str) -> bool:
        number = number_of(command)
        if number and self.at_work:
            self._press_number(number)
        elif command == "rate.reasons":
            self._turn_reasons_mode()
        return bool(number) or command == "rate.reasons"

    def _press_number(self, number: int) -> None:
        """A reason, or a criterion where one may be answered now."""
        if self._cursor.reasons_mode or not self._scale.criteria:
            if number <= len(self._scale.reasons):
                self._turn_reason(self._scale.reasons[number - 1])
        elif self.moment is Moment.OPEN and number <= len(self._scale.criteria):
            self._turn_to(self._scale.criteria[number - 1])

    def _click_criterion(self, name: str, choice: Choice) -> None:
        self.take_back()
        self._lacking.hide()
        if self.moment is Moment.OPEN:
            self._answer_criterion(name, choice)

    def _click_title(self, name: str) -> None:
        self.take_back()
        if self.moment is not Moment.CLOSED:
            self._turn_to(name)

    def _click_reason(self, reason: str) -> None:
        """What is kept decides what is ticked, not the click."""
        self.take_back()
        if self.moment is not Moment.CLOSED:
            self._turn_reason(reason)
        self._show()

    # What follows.

    def _move(self, moment: Moment, chosen: str = "") -> None:
        self.reading.stop()
        if moment is not Moment.HELD:
            self._held = None
            self._second.stop()
        self.moment = moment
        self._panel.answers.set_open(moment in (Moment.OPEN, Moment.HELD))
        self._panel.answers.set_chosen(chosen)
        self.moved.emit(moment)

    def _hold(self, answer: Answer) -> None:
        self._held = answer
        self._second.start()
        self._move(Moment.HELD, chosen=answer.command)

    def _decide(self, answer: Answer) -> None:
        self._move(Moment.CLOSED, chosen=answer.command)
        self.decided.emit(answer)

    def _answer_criterion(self, name: str, choice: Choice) -> None:
        """Kept at once, and on to the next."""
        self._cursor.criterion = name
        self._drafts.put(with_answer(self._scale, self._drafts.draft, name, choice))
        self._cursor.advance(self._scale, self._drafts.draft)
        self._show()

    def _turn_to(self, name: str) -> None:
        self._cursor.turn(self._scale, self._drafts.draft, name)
        self._show()

    def _turn_reason(self, reason: str) -> None:
        """Tick a reason or take the tick away; kept at once."""
        self._drafts.put(with_reason_turned(self._scale, self._drafts.draft, reason))
        self._show()

    def _turn_reasons_mode(self) -> None:
        self._cursor.reasons_mode = not self._cursor.reasons_mode and bool(self._scale.reasons)
        self._show()

    def _tell_too_early(self) -> None:
        """Say why an answer does not count yet, where that lasts long enough to be read."""
        seconds = self.reading.interval() / 1000
        if self.moment is Moment.READING and seconds >= TOLD_FROM:
            told = f"Answers count once both texts have been on the screen for {seconds:.0f} seconds."
            self._lacking.say(told)

    def _any_missing(self) -> bool:
        """Say which criteria are missing and go to the first."""
        names = missing(self._scale, self._drafts.draft)
        if names:
            self._cursor.criterion = names[0]
            self._show()
            self._lacking.say(f"Not answered yet: {', '.join(names)}.")
        return bool(names)

    def _show(self) -> None:
        cursor = self._cursor
        self._panel.show_draft(self._drafts.draft, cursor.criterion, reasons_mode=cursor.reasons_mode)
