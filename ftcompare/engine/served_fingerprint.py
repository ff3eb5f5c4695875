"""The fingerprint of a served system: its answers to a few fixed prompts.

A server does not tell which weights stand behind a name. What a name answers to `FIXED` is kept with the
verification of each run and compared with what the same system answered before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ftcompare.core.run_record import FixedAnswer, Position

FIXED = ("Say hello.", "Count from one to ten.", "Name three colours.")
"""They hold nothing of any study."""

ROUNDS = 2
"""How often each prompt is asked when a name is verified."""
AT_ONCE = 4
"""Askings of a name when it is verified, and at the end of a run."""
DURING = 2
"""Askings of a name at each look during a run."""
EACH = 16
"""Prompts after which a running write looks again."""
LONGEST = 32
"""Tokens of a reply by which a name is known, where the server gives no log-probabilities."""

BOUND = 0.5
"""Nats. Two askings of one server are verified to lie within half of it."""

NOISES = 4
"""A difference is larger than chance gives it above so many times what two askings were apart."""

SMALLEST_DIFFERENCE = 0.02
"""Nats below which nothing is told of a server, however well it repeated itself when it was asked twice."""

PARTIAL_CHARACTER = "\N{REPLACEMENT CHARACTER}"
"""Stands in a token of a part of a character; several such tokens are spelled alike."""

CLEARLY_NEARER = 2
"""A system answers as another one did if it is so many times nearer to that."""

Answers: TypeAlias = tuple[FixedAnswer, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A system that answers otherwise than before."""

    key: str  # of the system
    apart: float  # nats that it is from its own earlier answers; infinite where only the texts are known
    bound: float  # nats that it may be
    like: str  # key of the system whose earlier answers it gives now; "" for none


def changes(before: Mapping[str, Answers], now: Mapping[str, Answers]) -> tuple[Change, ...]:
    """The systems that answer otherwise than before, by more than a server's chance, or as another one did.

    The answers are by the systems' keys. A system that is in one of both alone is not judged.
    """
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


def distance(one: Answers, other: Answers, *, stop_at_partial: bool = False) -> float | None:
    """Nats between the answers to the prompts that both were asked; None where there is none.

    Of texts alone it is 0 or infinite. ``stop_at_partial`` as in `difference`.
    """
    theirs = {answer.prompt: answer for answer in other}
    both = [(mine, theirs[mine.prompt]) for mine in one if mine.prompt in theirs]
    return max((_between(mine, their, stop_at_partial=stop_at_partial) for mine, their in both), default=None)


def _between(mine: FixedAnswer, theirs: FixedAnswer, *, stop_at_partial: bool) -> float:
    if mine.positions and theirs.positions:
        return difference(mine.positions, theirs.positions, stop_at_partial=stop_at_partial)
    length = min(len(mine.text), len(theirs.text)) if mine.positions or theirs.positions else None
    return 0.0 if mine.text[:length] == theirs.text[:length] else math.inf


def difference(one: Sequence[Position], other: Sequence[Position], *, stop_at_partial: bool = False) -> float:
    """The largest difference of a log-probability, up to the first position at which the texts part.

    A token that only one side lists has on the other at most the least of the likeliest that it lists: what
    lies between is the least that they differ by.

    With ``stop_at_partial`` a token that holds part of a character is the last that is compared: several are
    spelled alike, so that two answers of one model may part there unseen.
    """
    largest = 0.0
    for mine, theirs in zip(one, other, strict=False):
        largest = max(largest, _apart(mine, theirs), _apart(theirs, mine))
        if mine.chosen != theirs.chosen or (stop_at_partial and PARTIAL_CHARACTER in mine.chosen):
            break
    return largest


def _apart(mine: Position, theirs: Position) -> float:
    listed = theirs.logprobs
    # Without the token written, which is listed however unlikely it was.
    least = min((value for token, value in listed.items() if token != theirs.chosen), default=math.inf)
    gaps = (
        abs(value - listed[token]) if token in listed else max(0.0, value - least)
        for token, value in mine.logprobs.items()
        if PARTIAL_CHARACTER not in token
    )
    return max(gaps, default=0.0)
