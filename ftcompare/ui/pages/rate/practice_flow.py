"""The instructions and the practice before the first pair, and again when the rater asks for them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from ftcompare.app.rate.rating_session import RatingView
from ftcompare.core.blinding import BlindItem
from ftcompare.core.rating_design import PracticeItem
from ftcompare.core.scale import Scale
from ftcompare.core.study import AllocationId
from ftcompare.ui import safe_text
from ftcompare.ui.pages.rate.instructions import InstructionsScreen, PracticeEnd
from ftcompare.ui.rating.answers import Answer, answers
from ftcompare.ui.rating.messages import MessageStrip

LONGEST_BECAUSE = 500
"""Largest number of characters shown of the owner's explanation."""


class PracticeFlow(QObject):
    """The owner's practice pairs one by one, judged like any other and never counted.

    The study only stores that the practice is done.

    Signals:
        briefed: one of its two screens is to be shown.
        paired: a practice pair (`BlindItem`) is to be judged.
        told: a practice pair is answered, and the expected answer is shown.
        put_away: the instructions were read again; go back to the pair.
        ended: go on to the pairs that count.
    """

    briefed = Signal(object)
    paired = Signal(object)
    told = Signal()
    put_away = Signal()
    ended = Signal()

    def __init__(
        self, instructions: InstructionsScreen, end: PracticeEnd, feedback: MessageStrip, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._instructions = instructions
        self._end = end
        self._feedback = feedback
        self._view: RatingView | None = None
        self._at = -1
        self._left_at = 0
        self.reading = QTimer(self, singleShot=True)
        instructions.go_on.connect(self._after_instructions)
        instructions.practise.connect(self._begin)
        instructions.skip.connect(self.ended)
        end.go_on.connect(self.ended)
        end.practise.connect(self._begin)
        feedback.first.connect(self.go_on)

    def set_reading_moment(self, seconds: float) -> None:
        """Set the seconds for which the expected answer is shown at least."""
        self.reading.setInterval(round(seconds * 1000))

    @property
    def running(self) -> bool:
        """Whether a practice pair is shown."""
        return 0 <= self._at < len(self._items)

    @property
    def number(self) -> int:
        """Number of the practice pair, from 1."""
        return self._at + 1

    def brief(self, view: RatingView) -> None:
        """Show the instructions before the practice, or before the rest of it, and the first pair."""
        self.stop()
        self._view = view
        self._instructions.brief(view.instructions, len(view.practice), self._left_at)
        self.briefed.emit(self._instructions)

    def show_again(self, view: RatingView) -> None:
        """Fill the screen of instructions that is opened during the work."""
        self._view = view
        self._instructions.show_again(view.instructions, len(view.practice))

    def answered(self, answer: Answer) -> None:
        """Show the answer that the owner expected of the practice pair, and why.

        Does nothing outside practice.
        """
        if not self.running:
            return
        item = self._items[self._at]
        because = safe_text.visible(item.because.strip())
        if len(because) > LONGEST_BECAUSE:
            because = because[: LONGEST_BECAUSE - 1].rstrip() + "…"
        told = " ".join(filter(None, (_compared(answer, item), because)))
        self._feedback.say(told, "Next", key="Enter")
        self.reading.start()
        self.told.emit()

    def go_on(self) -> None:
        """Go on from the expected answer, unless the key was pressed before it could be read."""
        if self.reading.isActive() or self._view is None:
            return
        self._feedback.hide()
        self._at += 1
        if self.running:
            self._show_pair()
        else:
            self._end.set_back(self._view.practised)
            self.briefed.emit(self._end)

    def stop(self) -> None:
        """Stop the practice; its position is kept."""
        if self.running:
            self._left_at = self._at
        self._at = -1
        self.reading.stop()
        self._feedback.hide()

    def forget(self) -> None:
        """Reset, for another rater or another study."""
        self.stop()
        self._left_at = 0

    @property
    def _items(self) -> tuple[PracticeItem, ...]:
        return () if self._view is None else self._view.practice

    def _after_instructions(self) -> None:
        if self._instructions.again:
            self.put_away.emit()
        elif self._items:
            self._begin(self._left_at)
        else:
            self.ended.emit()

    def _begin(self, at: int = 0) -> None:
        """Start at the first practice pair, or where the practice was stopped."""
        self._at, self._left_at = at if at < len(self._items) else 0, 0
        self._show_pair()

    def _show_pair(self) -> None:
        """Show a practice pair. Its allocation number is lower than any number of a study."""
        now = self._items[self._at]
        self.paired.emit(BlindItem(AllocationId(-self.number), now.messages, now.left, now.right))


def _compared(answer: Answer, item: PracticeItem) -> str:
    if item.expected is None:
        return "Any answer will do here."
    if item.expected is answer.choice:
        return f"You answered as expected: “{answer.title}”."
    plain = {offered.choice: offered.title for offered in answers(Scale())}
    return f"You answered “{answer.title}”; expected was “{plain[item.expected]}”."
