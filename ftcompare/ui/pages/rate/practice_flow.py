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
"""Characters of the owner's explanation that are shown."""


class PracticeFlow(QObject):
    """The owner's pairs one by one, judged like any other and never counted.

    Nothing of it goes to the study but that it is done.

    Signals:
        briefed: one of its two screens is to be put in front.
        paired: a practice pair (`BlindItem`) is to be judged.
        told: a practice pair is answered, and what was expected is said.
        put_away: the instructions were read again; back to the pair.
        ended: on to the pairs that count.
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
        """Let what was expected stay for so long at least."""
        self.reading.setInterval(round(seconds * 1000))

    @property
    def running(self) -> bool:
        """Whether a practice pair is in front."""
        return 0 <= self._at < len(self._items)

    @property
    def number(self) -> int:
        """Which pair it is, counted from 1."""
        return self._at + 1

    def brief(self, view: RatingView) -> None:
        """Show the instructions before the practice, or before the rest of it, and the first pair."""
        self.stop()
        self._view = view
        self._instructions.brief(view.instructions, len(view.practice), self._left_at)
        self.briefed.emit(self._instructions)

    def show_again(self, view: RatingView) -> None:
        """Fill the screen of instructions to be read again."""
        self._view = view
        self._instructions.show_again(view.instructions, len(view.practice))

    def answered(self, answer: Answer) -> None:
        """Say what the owner expected of the practice pair, where one is in front, and why."""
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
        """On from what was expected, unless the key was pressed before it could be read."""
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
        """No practice pair is in front any more; where it was left is kept."""
        if self.running:
            self._left_at = self._at
        self._at = -1
        self.reading.stop()
        self._feedback.hide()

    def forget(self) -> None:
        """Another rater or another study: start again."""
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
        """From the first pair on, or from where it was left."""
        self._at, self._left_at = at if at < len(self._items) else 0, 0
        self._show_pair()

    def _show_pair(self) -> None:
        """As the page shows pairs. Its number is below any that a study gives."""
        now = self._items[self._at]
        self.paired.emit(BlindItem(AllocationId(-self.number), now.messages, now.left, now.right))


def _compared(answer: Answer, item: PracticeItem) -> str:
    if item.expected is None:
        return "Any answer will do here."
    if item.expected is answer.choice:
        return f"You answered as expected: “{answer.title}”."
    plain = {offered.choice: offered.title for offered in answers(Scale())}
    return f"You answered “{answer.title}”; expected was “{plain[item.expected]}”."
