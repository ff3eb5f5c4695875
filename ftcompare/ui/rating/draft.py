"""The draft (what the rater has entered and not submitted): how it changes, and when it is stored."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Draft

DELAY = 300
"""Milliseconds between the last key press and storing a comment."""


def fitting(draft: Draft, scale: Scale) -> Draft:
    """A draft with only the criteria and reasons of the scale, in the scale's order."""
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
    """The draft with one criterion answered; an earlier answer is replaced."""
    answered = {**dict(draft.criteria), criterion: choice}
    return fitting(replace(draft, criteria=tuple(answered.items())), scale)


def with_reason_turned(scale: Scale, draft: Draft, reason: str) -> Draft:
    """The draft with a reason in its next state.

    The states are: ticked for the pair, ticked for the left, ticked for the right, not ticked.
    """
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
    """Holds the draft of the current pair. Signal `due`: the `Draft` must be stored now."""

    due = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.draft = Draft()
        self._unstored = False
        self._timer = QTimer(self, singleShot=True, interval=DELAY)
        self._timer.timeout.connect(self.store)

    def load(self, draft: Draft) -> None:
        """Replace the draft by that of another pair; changes that were not stored are discarded."""
        self._timer.stop()
        self._unstored = False
        self.draft = draft

    def write(self, comment: str) -> None:
        """Change the comment; it is stored when typing pauses."""
        self.draft = replace(self.draft, comment=comment)
        self._unstored = True
        self._timer.start()

    def toggle_flag(self) -> None:
        """Toggle the flag and store the draft at once."""
        self.put(replace(self.draft, flagged=not self.draft.flagged))

    def put(self, draft: Draft) -> None:
        """Replace the draft and store it at once if it differs."""
        if draft != self.draft:
            self.draft = draft
            self.store()

    def store(self) -> None:
        """Store the draft now."""
        self._timer.stop()
        self._unstored = False
        self.due.emit(self.draft)

    def store_pending(self) -> None:
        """Store the draft now if it has changes that are not stored, or a submission with it failed."""
        if self._unstored:
            self.store()

    def hand_over(self) -> Draft:
        """The draft, for a submission that includes it.

        It is not stored separately while that is in progress.
        """
        self._timer.stop()
        return self.draft
