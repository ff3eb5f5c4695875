"""The blinding: which rater sees which pair, in which order and with which sides; drawn once, concealed.

A rater's page gets a `BlindItem` and nothing else: two texts, a prompt, a place in the order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from random import Random

from ftcompare.core.context import Expectation, Passage
from ftcompare.core.hashing import Json, digest
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    AllocationId,
    ComparisonId,
    ComparisonKind,
    Draft,
    GuessMoment,
    Message,
    Verdict,
)

BLOCK = 8
"""Length of a permuted block: within it each side comes up equally often."""

FAR = 20
"""The most places that are required between a pair and its repeat."""

COMMITMENT_TAG = "allocation"
"""The tag of the digest that commits to a draw."""

NEUTRAL_LETTERS = "XYZWVUTSRQPONMLKJIHGFEDCBA"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A comparison to be handed out. ``pairing`` is equal for comparisons of the same two systems."""

    comparison: ComparisonId
    pairing: Hashable
    kind: ComparisonKind = ComparisonKind.ORDINARY


@dataclass(frozen=True, slots=True)
class Placement:
    """One comparison in one rater's order.

    Args:
        position: counted from 0.
        a_is_left: whether response a stands left.
        repeat_of: the position of the pair that this one is a hidden repeat of.
        guess: when the rater is asked which side was fine-tuned.
    """

    comparison: ComparisonId
    position: int
    a_is_left: bool
    repeat_of: int | None = None
    guess: GuessMoment = GuessMoment.NEVER


@dataclass(frozen=True, slots=True)
class BlindItem:
    """What the rating page gets of an allocation: texts and places, no system.

    Args:
        left: the answer on the left; of a conversation, the one to the last turn.
        reference: empty unless raters may see it.
        context: empty unless raters may see it.
        expects: what a right answer does; empty unless raters are told.
        later_turns: the user's turns of a conversation after the first one that was answered.
        left_earlier: the left answers to all turns but the last; one for each of ``later_turns``.
        right_earlier: the right answers to these turns.
    """

    allocation: AllocationId
    messages: tuple[Message, ...]
    left: str
    right: str
    draft: Draft = field(default_factory=Draft)
    reference: str = ""
    context: tuple[Passage, ...] = ()
    expects: Expectation = Expectation.NONE
    later_turns: tuple[str, ...] = ()
    left_earlier: tuple[str, ...] = ()
    right_earlier: tuple[str, ...] = ()

    @property
    def characters(self) -> int:
        """Number of characters of all answers of both sides."""
        return sum(map(len, (*self.left_earlier, self.left, *self.right_earlier, self.right)))

    @property
    def identical(self) -> bool:
        """Whether both texts are the same, blanks around them ignored."""
        left, right = (*self.left_earlier, self.left), (*self.right_earlier, self.right)
        return [text.strip() for text in left] == [text.strip() for text in right]

    def asked(self, scale: Scale) -> Scale:
        """What of a scale is asked of this pair: of identical answers no criteria, each is equal."""
        return replace(scale, criteria=()) if self.identical and scale.criteria else scale


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A rater's standing judgment with the pair as it was shown.

    Args:
        item: the pair; its draft is what was written and ticked with the judgment.
        at: when it was given, ISO 8601 UTC.
        cut: the places whose answer ends at the length limit, left first; empty in a pack, which does not
            say. Known for judged pairs alone, so that it influences no judgment.
    """

    item: BlindItem
    verdict: Verdict
    at: str
    cut: tuple[Choice, ...] = ()


def share_out(
    comparisons: Iterable[ComparisonId], *, raters: int, each: int, rng: Random, loads: Sequence[int] = ()
) -> tuple[tuple[ComparisonId, ...], ...]:
    """Assign comparisons to raters so that ``each`` of ``raters`` people judge every comparison.

    Greedy in random order: a comparison goes to those who have least so far, and among them to
    those who have shared least with each other, ties broken at random. Loads differ by at most 1.

    Args:
        comparisons: to be judged.
        raters: how many there are.
        each: judgments a comparison, 1 to ``raters``.
        rng: source of the order and of ties broken.
        loads: number of comparisons that each rater has from earlier rounds; by default 0.

    Returns:
        For each rater, their comparisons.

    Raises:
        ValueError: ``each`` is not 1 to ``raters``.
    """
    if not 1 <= each <= raters:
        raise ValueError("every comparison needs 1 to as many judgments as there are raters")
    order = list(comparisons)
    rng.shuffle(order)
    load = list(loads) or [0] * raters
    shared = [[0] * raters for _ in range(raters)]
    shares: list[list[ComparisonId]] = [[] for _ in range(raters)]
    for comparison in order:
        chosen = _least_loaded(each, load, shared, rng)
        for one, other in permutations(chosen, 2):
            shared[one][other] += 1
        for rater in chosen:
            load[rater] += 1
            shares[rater].append(comparison)
    return tuple(tuple(share) for share in shares)


def _least_loaded(each: int, load: Sequence[int], shared: Sequence[Sequence[int]], rng: Random) -> list[int]:
    chosen: list[int] = []
    free = list(range(len(load)))
    overlap = [0] * len(load)
    for _ in range(each):
        chosen.append(min(free, key=lambda r: (load[r], overlap[r], rng.random())))
        free.remove(chosen[-1])
        overlap = [sum(pair) for pair in zip(overlap, shared[chosen[-1]], strict=True)]
    return chosen


def draw(
    candidates: Iterable[Candidate],
    *,
    rng: Random,
    first_position: int = 0,
    repeats: float = 0.0,
    guess_share: float = 0.0,
    end_guesses: int = 0,
) -> tuple[Placement, ...]:
    """Draw a rater's order and sides, the hidden repeats, and the places of the guesses.

    The order is a uniform shuffle. Sides are drawn in permuted blocks of `BLOCK` within each
    pairing, in the rater's order, so that at every moment |left - right| <= `BLOCK` / 2 among pairs
    that are no repeats; a repeat has the sides of its original swapped.
    Source: permuted-block randomisation, as in ICH E9 section 2.3.2.

    Args:
        candidates: comparisons of all kinds.
        rng: source of order, sides, repeats and guesses.
        first_position: of the first of them in the rater's order.
        repeats: share of the ordinary candidates that come again, as far apart as `repeat_gap`.
        guess_share: share of the ordinary candidates after which a guess is asked at once.
        end_guesses: how many ordinary candidates are asked about at the end; never one asked at once.
    """
    order = list(candidates)
    rng.shuffle(order)
    sides = _drawn_sides(order, rng)
    moments = _drawn_moments(order, rng, guess_share, end_guesses)
    sequence = _with_repeats(order, rng, repeats)
    places: dict[int, int] = {}
    placements = []
    for position, (index, again) in enumerate(sequence, start=first_position):
        comparison, a_is_left = order[index].comparison, sides[index]
        if again:
            placed = Placement(comparison, position, not a_is_left, repeat_of=places[index])
        else:
            places[index] = position
            guess = moments.get(index, GuessMoment.NEVER)
            placed = Placement(comparison, position, a_is_left, guess=guess)
        placements.append(placed)
    return tuple(placements)


def repeat_gap(count: int) -> int:
    """The least number of places between a pair and its repeat, in an order of ``count`` pairs."""
    return max(1, min(FAR, count // 3))


def _drawn_sides(order: Sequence[Candidate], rng: Random) -> list[bool]:
    blocks: defaultdict[Hashable, list[bool]] = defaultdict(list)
    drawn = []
    for candidate in order:
        block = blocks[candidate.kind, candidate.pairing]
        if not block:
            block.extend([True, False] * (BLOCK // 2))
            rng.shuffle(block)
        drawn.append(block.pop())
    return drawn


def _ordinary(order: Sequence[Candidate]) -> list[int]:
    return [index for index, candidate in enumerate(order) if candidate.kind is ComparisonKind.ORDINARY]


def _drawn_moments(order: Sequence[Candidate], rng: Random, share: float, end: int) -> dict[int, GuessMoment]:
    ordinary = _ordinary(order)
    at_once = round(share * len(ordinary))
    chosen = rng.sample(ordinary, min(at_once + end, len(ordinary)))
    return {
        index: GuessMoment.AT_ONCE if number < at_once else GuessMoment.AT_END
        for number, index in enumerate(chosen)
    }


def _with_repeats(order: Sequence[Candidate], rng: Random, share: float) -> list[tuple[int, bool]]:
    """Indexes of candidates in their order; the second part says whether an entry is a repeat."""
    ordinary = _ordinary(order)
    gap = repeat_gap(len(order))
    early = [index for index in ordinary if index + gap < len(order)]
    turns = set(rng.sample(early, min(round(share * len(ordinary)), len(early))))
    # At most one repeat comes after each item, and none more often late than in the middle: a rater who
    # found the last pairs to be mostly repeats would know them. Any pair far enough back may be the one.
    back: list[int] = []
    again: dict[int, int] = {}
    for index in early:
        back.append(index)
        if index in turns:
            again[index + gap] = back.pop(rng.randrange(len(back)))
    sequence: list[tuple[int, bool]] = []
    for place in range(len(order)):
        sequence.append((place, False))
        if place in again:
            sequence.append((again[place], True))
    return sequence


def commitment(placements: Sequence[Placement], *, nonce: str) -> str:
    """The digest that is made public before the first judgment; the nonce keeps it unguessable."""
    return digest(COMMITMENT_TAG, [nonce, [_key(placement) for placement in placements]])


def _key(placed: Placement) -> Json:
    """What is concealed of a place; short where nothing is special, as in the first study files."""
    plain: list[Json] = [placed.comparison, placed.position, placed.a_is_left]
    special: list[Json] = [placed.repeat_of, placed.guess]
    return plain if special == [None, GuessMoment.NEVER] else plain + special


def neutral_names(count: int, *, rng: Random) -> list[str]:
    """Neutral names ("System X") in random order."""
    letters = [NEUTRAL_LETTERS[i] if i < len(NEUTRAL_LETTERS) else str(i) for i in range(count)]
    rng.shuffle(letters)
    return [f"System {letter}" for letter in letters]


def seeded(seed: str) -> Random:
    """A generator that draws the same from the same seed, so that a draw can be verified later."""
    return Random(seed)  # noqa: S311 - the seed holds 128 secret bits
