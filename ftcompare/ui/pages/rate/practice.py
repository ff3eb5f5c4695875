"""Practice: the owner's pairs one by one, judged like any other and never counted."""

from __future__ import annotations

from ftcompare.core.blinding import BlindItem
from ftcompare.core.rating_design import PracticeItem
from ftcompare.core.study import AllocationId
from ftcompare.ui import safe_text
from ftcompare.ui.rating.answers import Answer, expected_words

LONGEST_BECAUSE = 500
"""Characters of the owner's explanation that are shown."""


class Practice:
    """Where the rater stands in the practice pairs."""

    def __init__(self) -> None:
        self._items: tuple[PracticeItem, ...] = ()
        self._at = -1
        self._left_at = 0

    @property
    def running(self) -> bool:
        """Whether a practice pair is in front."""
        return 0 <= self._at < len(self._items)

    @property
    def number(self) -> int:
        """Which pair it is, counted from 1."""
        return self._at + 1

    @property
    def done(self) -> int:
        """Pairs before the one at which it was left; 0 where it was not begun, or done."""
        return self._left_at

    @property
    def item(self) -> BlindItem:
        """The present pair as the page shows pairs. Its number is below any that a study gives."""
        now = self._items[self._at]
        return BlindItem(AllocationId(-self.number), now.messages, now.left, now.right)

    def begin(self, items: tuple[PracticeItem, ...], at: int = 0) -> None:
        """From the first pair on, or from where it was left."""
        self._items, self._at, self._left_at = items, at if at < len(items) else 0, 0

    def stop(self) -> None:
        """No practice pair is in front any more; where it was left is kept."""
        if self.running:
            self._left_at = self._at
        self._at = -1

    def forget(self) -> None:
        """Another rater or another study: begin anew."""
        self._at, self._left_at = -1, 0

    def go_on(self) -> bool:
        """On to the next pair; whether there is one."""
        self._at += 1
        return self.running

    def feedback(self, answer: Answer) -> str:
        """What the owner expected, and why."""
        now = self._items[self._at]
        because = safe_text.visible(now.because.strip())
        if len(because) > LONGEST_BECAUSE:
            because = because[: LONGEST_BECAUSE - 1].rstrip() + "…"
        return " ".join(filter(None, (_compared(answer, now), because)))


def _compared(answer: Answer, item: PracticeItem) -> str:
    if item.expected is None:
        return "Any answer will do here."
    if item.expected is answer.choice:
        return f"You answered as expected: “{answer.title}”."
    return f"You answered “{answer.title}”; expected was “{expected_words(item.expected)}”."
