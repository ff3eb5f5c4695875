"""What a rater can do in a pack, one act after another, and how that leaves its items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.errors import BugError
from ftcompare.core.judgment_limits import impossible_judgment
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import AllocationId, EventKind
from ftcompare.store.integrity.event_chain import Act, read_details
from ftcompare.store.sqlite.connection import stamp

_GUESSES = (Choice.LEFT, Choice.RIGHT, Choice.TIE)
_MOST_SURE = 3


@dataclass(frozen=True, slots=True)
class ProvedEvent:
    """An event of a pack that is what its chain says.

    Args:
        row: its id in the file.
    """

    seq: int
    allocation: AllocationId
    act: Act
    at: str
    digest: str
    row: int


class Course:
    """Follows what a rater does, and knows what no rater can do with this scale."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._standing: dict[int, tuple[int, int, EventKind]] = {}
        self._guesses: dict[int, tuple[int, int]] = {}

    def answerable(self, event: ProvedEvent) -> bool:
        """Whether the event, seen alone, is one that the product records with this scale."""
        act = event.act
        if not _timed(event) or impossible_judgment((act.comment, act.reason, act.details), None, event.at):
            return False
        if act.kind is EventKind.JUDGMENT:
            return _is_judgment(act, self._scale)
        if act.kind is EventKind.GUESS:
            return _is_guess(act)
        return act.strength is None and _chosen(act, self._scale)

    def possible(self, event: ProvedEvent) -> bool:
        """Whether the event can follow those that were taken in."""
        item, act = event.allocation, event.act
        standing, guess = self._standing.get(item), self._guesses.get(item)
        if act.kind is EventKind.RETRACTION:
            return act.retracts in {held[0] for held in (standing, guess) if held}
        if act.kind is EventKind.GUESS:
            return standing is not None and guess is None
        return standing is None

    def take(self, event: ProvedEvent) -> None:
        """Takes in a possible event."""
        item = event.allocation
        if event.act.kind is EventKind.GUESS:
            self._guesses[item] = (event.seq, event.row)
        elif event.act.kind is not EventKind.RETRACTION:
            self._standing[item] = (event.seq, event.row, event.act.kind)
        elif event.act.retracts == self._guesses.get(item, (None,))[0]:
            del self._guesses[item]
        else:
            del self._standing[item]

    def state(self, item: int) -> tuple[int | None, str, int | None]:
        """How an item stands: ``standing``, ``standing_kind`` and ``guess`` of its row."""
        _, standing, kind = self._standing.get(item, (0, None, ""))
        return standing, str(kind), self._guesses.get(item, (0, None))[1]


def impossible_event(event: ProvedEvent) -> str:
    """That an event was recorded by nobody, in words."""
    return f"judgment {event.seq} is not one that the pack's scale and order allow"


def _timed(event: ProvedEvent) -> bool:
    try:
        told = stamp(datetime.fromisoformat(event.at)) == event.at
    except (ValueError, OverflowError, BugError):
        return False
    return told and not impossible_judgment((), event.act.seconds, event.at)


def _is_guess(act: Act) -> bool:
    sure = act.strength
    bare = not (act.comment or act.reason or act.details or act.flagged)
    return bare and act.choice in _GUESSES and (sure is None or 1 <= sure <= _MOST_SURE)


def _is_judgment(act: Act, scale: Scale) -> bool:
    try:
        criteria, reasons = read_details(act.details)
        answered = {name: Choice(choice) for name, choice in criteria}
        accepted = scale.accepts(Choice(act.choice or ""), act.strength)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False
    if act.preference is not None or len(criteria) != len(answered) or len(reasons) > len(scale.reasons):
        return False
    return accepted and scale.accepts_details(answered, reasons)


def _chosen(act: Act, scale: Scale) -> bool:
    """Whether a skip holds nothing but what its rater can have begun."""
    try:
        criteria, reasons = read_details(act.details)
        answered = {name: Choice(choice) for name, choice in criteria}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False
    begun = set(answered) <= set(scale.criteria) and set(reasons) <= set(scale.reasons)
    few = len(criteria) == len(answered) and len(reasons) <= len(scale.reasons)
    return begun and few and act.choice is None and act.preference is None
