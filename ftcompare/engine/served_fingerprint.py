"""Fingerprint of a served system, whose weights are unknown: its answers to a few fixed prompts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ftcompare.core.run_record import FixedAnswer, Position

FIXED = ("Say hello.", "Count from one to ten.", "Name three colours.")  # nothing from any study

ROUNDS = 2  # number of times that each prompt is asked during verification
AT_ONCE = 4  # number of simultaneous requests to a name during verification, and at the end of a run
DURING = 2  # number of requests to a name at each check during a run
EACH = 16  # number of prompts between two checks during a run
LONGEST = 32  # length in tokens of the compared replies, where the server gives no log-probabilities

BOUND = 0.5  # nats; verification requires two requests to one server to differ by at most half

NOISES = 4  # a difference is significant above this many times the difference between two identical requests

SMALLEST_DIFFERENCE = 0.02  # nats; smaller ones are never reported, however well identical requests agree

PARTIAL_CHARACTER = (
    "\N{REPLACEMENT CHARACTER}"  # in a token with part of a character; different ones look equal
)

CLEARLY_NEARER = 2  # a system answers like another one if it is closer to that one by at least this factor

Answers: TypeAlias = tuple[FixedAnswer, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """System whose answers differ from its earlier ones."""

    key: str  # key of the system
    apart: float  # distance in nats from its earlier answers; infinite where only texts are known
    bound: float  # maximum distance in nats by chance
    like: str  # key of the system whose earlier answers it now gives; "" for none


def changes(before: Mapping[str, Answers], now: Mapping[str, Answers]) -> tuple[Change, ...]:
    """Return systems (keys of both) that changed by more than chance, or answer as another one."""
    found = (_change(key, before, answers) for key, answers in now.items())
    return tuple(change for change in found if change)


def _change(key: str, before: Mapping[str, Answers], now: Answers) -> Change | None:
    apart = distance(now, before.get(key, ()), stop_at_partial=True)
    if apart is None:
        return None
    noise = max(answer.noise for answer in (*now, *before[key]))
    bound = max(BOUND, NOISES * noise)
    others = {other: distance(now, answers) for other, answers in before.items() if other != key}
    known = {other: far for other, far in others.items() if far is not None}
    nearest = min(known, key=known.__getitem__, default="")
    seen = apart > max(SMALLEST_DIFFERENCE, NOISES * noise)
    swapped = bool(nearest) and known[nearest] * CLEARLY_NEARER < apart and seen
    if apart <= bound and not swapped:
        return None
    return Change(key, apart, bound, nearest if swapped else "")


def distance(first: Answers, second: Answers, *, stop_at_partial: bool = False) -> float | None:
    """Return the distance in nats on prompts in both, 0 or infinite for texts; None without such a prompt."""
    theirs = {answer.prompt: answer for answer in second}
    both = [(mine, theirs[mine.prompt]) for mine in first if mine.prompt in theirs]
    return max((_between(mine, their, stop_at_partial=stop_at_partial) for mine, their in both), default=None)


def _between(mine: FixedAnswer, theirs: FixedAnswer, *, stop_at_partial: bool) -> float:
    if mine.positions and theirs.positions:
        return difference(mine.positions, theirs.positions, stop_at_partial=stop_at_partial)
    length = min(len(mine.text), len(theirs.text)) if mine.positions or theirs.positions else None
    return 0.0 if mine.text[:length] == theirs.text[:length] else math.inf


def difference(
    first: Sequence[Position], second: Sequence[Position], *, stop_at_partial: bool = False
) -> float:
    """Return the largest difference of a log-probability, up to where the texts differ.

    A token that only one side lists has at most the lowest listed log-probability on the other side; the
    difference from that is a lower bound. With ``stop_at_partial`` the comparison ends at a token that holds
    part of a character: different such tokens look equal, so the two answers may differ there unnoticed.
    """
    largest = 0.0
    for mine, theirs in zip(first, second, strict=False):
        largest = max(largest, _apart(mine, theirs), _apart(theirs, mine))
        if mine.chosen != theirs.chosen or (stop_at_partial and PARTIAL_CHARACTER in mine.chosen):
            break
    return largest


def _apart(mine: Position, theirs: Position) -> float:
    listed = theirs.logprobs
    # Without the generated token, which is always listed, even if it was unlikely.
    least = min((value for token, value in listed.items() if token != theirs.chosen), default=math.inf)
    gaps = (
        abs(value - listed[token]) if token in listed else max(0.0, value - least)
        for token, value in mine.logprobs.items()
        if PARTIAL_CHARACTER not in token
    )
    return max(gaps, default=0.0)
