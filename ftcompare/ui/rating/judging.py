"""Turns presses into an answer: criteria first, then the whole, with a second press where it counts."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft
from ftcompare.ui.rating.answers import Answer
from ftcompare.ui.rating.criterion_order import Aim, missing, with_answer, with_reason_turned
from ftcompare.ui.rating.draft import DraftKeeper
from ftcompare.ui.rating.question_panel import AskPanel
from ftcompare.ui.rating.second_press import SecondPress, stronger

PLAIN = ("rate.left", "rate.right", "rate.tie", "rate.both_bad")
"""Commands that answer a criterion while one is aimed at; the others mean the whole and say so."""


class Judging(QObject):
    """What the rater is doing with the pair in front, up to the answer.

    Args:
        ask: shows it.
        drafts: keep it.
        second_press: seconds within which a second press makes an answer stronger; 0 for never.

    Signals:
        decided: an `Answer` is to be sent.
        held: an `Answer` waits for a second press.
        lacking: names of criteria without which no answer is sent.
    """

    decided = Signal(object)
    held = Signal(object)
    lacking = Signal(object)

    def __init__(self, ask: AskPanel, drafts: DraftKeeper, second_press: float, parent: QObject) -> None:
        super().__init__(parent)
        self._ask = ask
        self._drafts = drafts
        self._scale = Scale()
        self._aim = Aim()
        self._second = SecondPress(second_press, self)
        self._second.over.connect(self.decided)

    def set_second_press(self, seconds: float) -> None:
        """Wait another time for a second press."""
        self._second.set_seconds(seconds)

    def begin(self, scale: Scale) -> None:
        """Another pair, with the draft that is loaded."""
        self._second.take()
        self._scale = scale
        self._aim.start(scale, self._drafts.draft)
        self.show()

    def show(self) -> None:
        """Show the draft as it is now."""
        self._ask.show_draft(self._drafts.draft, self._aim)

    def press(self, answer: Answer) -> None:
        """An answer's key: for the criterion in turn, or for the whole."""
        if self._aim.criterion and answer.command in PLAIN:
            self.answer_criterion(self._aim.criterion, answer.choice)
        elif self._any_missing():
            return
        elif self._second.counts(answer, self._scale):
            self._second.hold(answer)
            self.held.emit(answer)
        else:
            self.decided.emit(answer)

    def click(self, answer: Answer) -> None:
        """An answer's button: for the whole, as it stands."""
        if not self._any_missing():
            self.decided.emit(answer)

    def press_again(self, command: str) -> bool:
        """A key within the moment: whether it was the one that made the answer stronger."""
        held = self._second.answer
        if held is None or command != held.command:
            return False
        self._second.take()
        self.decided.emit(stronger(held, self._scale) or held)
        return True

    def take_back(self) -> Answer | None:
        """The answer that was held, which is not sent by itself any more."""
        return self._second.take()

    def answer_criterion(self, name: str, choice: Choice) -> None:
        """Answer a criterion; kept at once, and on to the next."""
        self._aim.criterion = name
        self._put(with_answer(self._scale, self._drafts.draft, name, choice))
        self._aim.advance(self._scale, self._drafts.draft)
        self.show()

    def aim_at(self, name: str) -> None:
        """Have the arrows answer a criterion."""
        self._aim.turn(self._scale, self._drafts.draft, name)
        self.show()

    def turn_reason(self, reason: str) -> None:
        """Tick a reason or take the tick away; kept at once."""
        self._put(with_reason_turned(self._scale, self._drafts.draft, reason))
        self.show()

    def turn_reasons_mode(self) -> None:
        """Have the number keys tick reasons, or aim at criteria again."""
        self._aim.reasons_mode = not self._aim.reasons_mode and bool(self._scale.reasons)
        self.show()

    def press_number(self, number: int, *, answering: bool) -> None:
        """A number key: a reason, or a criterion where one may be answered now."""
        if self._aim.reasons_mode or not self._scale.criteria:
            if number <= len(self._scale.reasons):
                self.turn_reason(self._scale.reasons[number - 1])
        elif answering and number <= len(self._scale.criteria):
            self.aim_at(self._scale.criteria[number - 1])

    def step_back(self) -> bool:
        """Leave the reasons or a criterion answered before, if the rater is there; whether they were."""
        left = self._aim.leave_detour(self._scale, self._drafts.draft)
        self.show()
        return left

    def _any_missing(self) -> bool:
        """Say which criteria are missing and aim at the first."""
        names = missing(self._scale, self._drafts.draft)
        if names:
            self._aim.criterion = names[0]
            self.show()
            self.lacking.emit(names)
        return bool(names)

    def _put(self, draft: Draft) -> None:
        if draft != self._drafts.draft:
            self._drafts.put(draft)
