"""Unlimited undo and redo of editing actions."""

from __future__ import annotations

from typing import Generic, TypeVar

State = TypeVar("State")


class UndoHistory(Generic[State]):
    """The states before each action and after each undone action, with the actions' descriptions."""

    def __init__(self) -> None:
        self._before: list[tuple[str, State]] = []
        self._after: list[tuple[str, State]] = []

    def __bool__(self) -> bool:
        """Whether there is an action to undo."""
        return bool(self._before)

    @property
    def undo_words(self) -> str:
        """Description of what undo would take back; empty for nothing."""
        return self._before[-1][0] if self._before else ""

    @property
    def redo_words(self) -> str:
        """Description of what redo would do again; empty for nothing."""
        return self._after[-1][0] if self._after else ""

    def note(self, words: str, before: State) -> None:
        """Record an action; undone actions can then no longer be redone."""
        self._before.append((words, before))
        self._after.clear()

    def undo(self, now: State) -> State:
        """The state before the last action; ``now`` if there is none."""
        return _moved(self._before, self._after, now)

    def redo(self, now: State) -> State:
        """The state after the last undone action; ``now`` if there is none."""
        return _moved(self._after, self._before, now)

    def copy(self) -> UndoHistory[State]:
        """An independent copy of the history."""
        copied = UndoHistory[State]()
        copied._before, copied._after = [*self._before], [*self._after]
        return copied


def _moved(source: list[tuple[str, State]], target: list[tuple[str, State]], now: State) -> State:
    if not source:
        return now
    words, state = source.pop()
    target.append((words, now))
    return state
