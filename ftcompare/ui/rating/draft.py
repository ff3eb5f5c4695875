"""What the rater has begun and not submitted: how it changes, and when it is stored."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft

DELAY = 300
"""Milliseconds after the last key press until a comment is stored."""


def fitting(draft: Draft, scale: Scale) -> Draft:
    """A draft with those criteria and reasons only that the scale asks for, in the scale's order."""
    answered = dict(draft.criteria)
    sides = {name: side for name, side in draft.reason_sides if name in draft.reasons}
    return replace(
        draft,
        criteria=tuple((name, answered[name]) for name in scale.criteria if name in answered),
        reasons=tuple(reason for reason in scale.reasons if reason in draft.reasons),
        reason_sides=tuple((name, sides[name]) for name in scale.reasons if name in sides),
    )


def missing(scale: Scale, draft: Draft) -> tuple[str, ...]:
    """Criteria without an answer, in the scale's order."""
    answered = dict(draft.criteria)
    return tuple(name for name in scale.criteria if name not in answered)


def with_answer(scale: Scale, draft: Draft, criterion: str, choice: Choice) -> Draft:
    """The draft with one criterion answered, or answered again."""
    answered = {**dict(draft.criteria), criterion: choice}
    return fitting(replace(draft, criteria=tuple(answered.items())), scale)


def with_reason_turned(scale: Scale, draft: Draft, reason: str) -> Draft:
    """The draft with one reason a step further: ticked of the pair, of the left answer, of the right, not."""
    ticked, sides = set(draft.reasons), dict(draft.reason_sides)
    before = sides.pop(reason, None)
    if reason not in ticked:
        ticked.add(reason)
    elif before is Choice.RIGHT:
        ticked.remove(reason)
    else:
        sides[reason] = Choice.RIGHT if before else Choice.LEFT
    return fitting(replace(draft, reasons=tuple(ticked), reason_sides=tuple(sides.items())), scale)


class DraftKeeper(QObject):
    """Holds the draft of the present pair. Signal `due`: the `Draft` is to be stored now."""

    due = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.draft = Draft()
        self._unstored = False
        self._timer = QTimer(self, singleShot=True, interval=DELAY)
        self._timer.timeout.connect(self.store)

    def load(self, draft: Draft) -> None:
        """Take up the draft of another pair; what was not stored of the one before is dropped."""
        self._timer.stop()
        self._unstored = False
        self.draft = draft

    def write(self, comment: str) -> None:
        """Change the comment; it is stored when the typing pauses."""
        self.draft = replace(self.draft, comment=comment)
        self._unstored = True
        self._timer.start()

    def toggle_flag(self) -> None:
        """Set or take away the flag; stored at once."""
        self.put(replace(self.draft, flagged=not self.draft.flagged))

    def put(self, draft: Draft) -> None:
        """Change anything; stored at once where it is a change."""
        if draft != self.draft:
            self.draft = draft
            self.store()

    def store(self) -> None:
        """Store now."""
        self._timer.stop()
        self._unstored = False
        self.due.emit(self.draft)

    def store_pending(self) -> None:
        """Store now what would be stored a moment later, or was part of a submission that failed."""
        if self._unstored:
            self.store()

    def hand_over(self) -> Draft:
        """The draft as part of a submission: it needs no storing of its own while that is under way."""
        self._timer.stop()
        return self.draft
