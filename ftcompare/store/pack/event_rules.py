"""What a rater can do in a pack, one event after another, and how that leaves its items."""

from __future__ import annotations

from datetime import datetime

from ftcompare.core.errors import BugError
from ftcompare.core.judgment_limits import impossible_judgment
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import EventKind
from ftcompare.store.judging.event_chain import read_details
from ftcompare.store.records import JudgmentEvent
from ftcompare.store.sqlite.values import stamp

_GUESSES = (Choice.LEFT, Choice.RIGHT, Choice.TIE)
_MOST_SURE = 3


class EventRules:
    """Follows what a rater does, and knows what no rater can do with this scale."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._standing: dict[int, JudgmentEvent] = {}
        self._guesses: dict[int, JudgmentEvent] = {}

    def answerable(self, event: JudgmentEvent) -> bool:
        """Whether the event, seen alone, is one that the product records with this scale."""
        said = (event.comment, event.reason, event.details)
        if not _timed(event) or impossible_judgment(said, None, event.at):
            return False
        if event.kind is EventKind.JUDGMENT:
            return _is_judgment(event, self._scale)
        if event.kind is EventKind.GUESS:
            return _is_guess(event)
        return event.strength is None and _chosen(event, self._scale)

    def possible(self, event: JudgmentEvent) -> bool:
        """Whether the event can follow those that were taken in."""
        standing, guess = self._standing.get(event.allocation), self._guesses.get(event.allocation)
        if event.kind is EventKind.RETRACTION:
            return event.retracts in {held.seq for held in (standing, guess) if held}
        if event.kind is EventKind.GUESS:
            return standing is not None and guess is None
        return standing is None

    def take(self, event: JudgmentEvent) -> None:
        """Takes in a possible event."""
        item = event.allocation
        if event.kind is EventKind.GUESS:
            self._guesses[item] = event
        elif event.kind is not EventKind.RETRACTION:
            self._standing[item] = event
        elif item in self._guesses and event.retracts == self._guesses[item].seq:
            del self._guesses[item]
        else:
            del self._standing[item]

    def state(self, item: int) -> tuple[int | None, str, int | None]:
        """How an item stands: ``standing``, ``standing_kind`` and ``guess`` of its row."""
        standing, guess = self._standing.get(item), self._guesses.get(item)
        kind = str(standing.kind) if standing else ""
        return standing.id if standing else None, kind, guess.id if guess else None


def impossible_event(event: JudgmentEvent) -> str:
    """That an event was recorded by nobody, in words."""
    return f"judgment {event.seq} is not one that the pack's scale and order allow"


def _timed(event: JudgmentEvent) -> bool:
    try:
        told = stamp(datetime.fromisoformat(event.at)) == event.at
    except (ValueError, OverflowError, BugError):
        return False
    return told and not impossible_judgment((), event.seconds, event.at)


def _is_guess(event: JudgmentEvent) -> bool:
    sure = event.strength
    bare = not (event.comment or event.reason or event.details or event.flagged)
    return bare and event.choice in _GUESSES and (sure is None or 1 <= sure <= _MOST_SURE)


def _is_judgment(event: JudgmentEvent, scale: Scale) -> bool:
    try:
        criteria, reasons = read_details(event.details)
        answered = {name: Choice(choice) for name, choice in criteria}
        accepted = scale.accepts(Choice(event.choice or ""), event.strength)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False
    if event.preference is not None or len(criteria) != len(answered) or len(reasons) > len(scale.reasons):
        return False
    return accepted and scale.accepts_details(answered, reasons)


def _chosen(event: JudgmentEvent, scale: Scale) -> bool:
    """Whether a skip holds nothing but what its rater can have begun."""
    try:
        criteria, reasons = read_details(event.details)
        answered = {name: Choice(choice) for name, choice in criteria}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False
    begun = set(answered) <= set(scale.criteria) and set(reasons) <= set(scale.reasons)
    few = len(criteria) == len(answered) and len(reasons) <= len(scale.reasons)
    return begun and few and event.choice is None and event.preference is None
