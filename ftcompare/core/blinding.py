"""Who sees what where: order and sides drawn once, balanced, concealed and committed to.

A rater's page gets a `BlindItem` and nothing else: two texts, a prompt, a place in the order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from ftcompare.core.hashing import Json, digest
from ftcompare.core.study import AllocationId, ComparisonId, Draft, Message

BLOCK = 8
"""Length of a permuted block: within it each side comes up equally often."""

NEUTRAL_LETTERS = "XYZWVUTSRQPONMLKJIHGFEDCBA"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A comparison to be handed out. ``pairing`` is equal for comparisons of the same two systems."""

    comparison: ComparisonId
    pairing: Hashable


@dataclass(frozen=True, slots=True)
class Placement:
    """One comparison in one rater's order, counted from 0, and whether response a stands left."""

    comparison: ComparisonId
    position: int
    a_is_left: bool


@dataclass(frozen=True, slots=True)
class BlindItem:
    """All that the rating page knows of an allocation."""

    allocation: AllocationId
    messages: tuple[Message, ...]
    left: str
    right: str
    draft: Draft = field(default_factory=Draft)


def draw(candidates: Iterable[Candidate], *, rng: Random, first_position: int = 0) -> tuple[Placement, ...]:
    """A rater's order and sides.

    The order is a uniform shuffle. Sides are drawn in permuted blocks of `BLOCK` within each
    pairing, in the rater's order, so that at every moment |left - right| <= `BLOCK` / 2.
    Source: permuted-block randomisation, as in ICH E9 section 2.3.2.
    """
    order = list(candidates)
    rng.shuffle(order)
    sides: defaultdict[Hashable, list[bool]] = defaultdict(list)
    placements = []
    for position, candidate in enumerate(order, start=first_position):
        block = sides[candidate.pairing] or _refill(sides[candidate.pairing], rng)
        placements.append(Placement(candidate.comparison, position, block.pop()))
    return tuple(placements)


def _refill(block: list[bool], rng: Random) -> list[bool]:
    block.extend([True, False] * (BLOCK // 2))
    rng.shuffle(block)
    return block


def commitment(placements: Sequence[Placement], *, nonce: str) -> str:
    """The digest that is made public before the first judgment; the nonce keeps it unguessable."""
    key: list[Json] = [[p.comparison, p.position, p.a_is_left] for p in placements]
    return digest("allocation", [nonce, key])


def neutral_names(count: int, *, rng: Random) -> list[str]:
    """Names that say nothing ("System X"), in an order that says nothing either."""
    letters = [NEUTRAL_LETTERS[i] if i < len(NEUTRAL_LETTERS) else str(i) for i in range(count)]
    rng.shuffle(letters)
    return [f"System {letter}" for letter in letters]
