"""Draws the blinded allocation: which rater judges which pairs, in which order and with which sides.

The allocation is drawn once and kept concealed. A rater's page gets only `BlindItem` objects: the prompt and
two texts, without systems.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations
from random import Random
from typing import TypeVar

from ftcompare.core.context import Expectation, Passage
from ftcompare.core.hashing import Json, digest
from ftcompare.core.rating_rules import LETTERS
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.structured_answer import field_pairs
from ftcompare.core.study import (
    AllocationId,
    ComparisonId,
    ComparisonKind,
    Draft,
    GuessMoment,
    Message,
    ResponseId,
    Verdict,
)
from ftcompare.core.trace import StepPair, aligned
from ftcompare.core.trace import steps as steps_of

BLOCK = 8  # length of a permuted block: within a block each side assignment occurs equally often
APART = 5  # upper limit of the number of other answers that are graded between two to the same prompt
FAR = 20  # upper limit of the required distance between a pair and its hidden repeat, in positions

COMMITMENT_TAG = "allocation"  # hash tag of the digest that commits to an allocation before it is judged

NEUTRAL_LETTERS = "XYZWVUTSRQPONMLKJIHGFEDCBA"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A comparison to be allocated. ``pairing`` is equal for comparisons of the same two systems.

    ``prompt`` is that of an answer to be graded, whose order keeps apart answers to one prompt; else None.
    """

    comparison: ComparisonId
    pairing: Hashable
    kind: ComparisonKind = ComparisonKind.ORDINARY
    prompt: Hashable = None
    identical: bool = False  # whether both answers are the same, about which no guess is asked


@dataclass(frozen=True, slots=True)
class ComparedAnswers(Candidate):
    """A comparison of the answers `a` and `b`, of the systems `pairing`."""

    pairing: tuple[Hashable, Hashable]
    a: ResponseId = field(kw_only=True)
    b: ResponseId = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class AnswerSet(Candidate):
    """The comparisons of several answers that are ranked at once, as one candidate.

    ``comparison`` is the first of them; ``pairing`` is equal for sets of answers of the same systems.
    """

    answers: tuple[ResponseId, ...] = ()  # by system
    pairs: Mapping[tuple[ResponseId, ResponseId], ComparisonId] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Placement:
    comparison: ComparisonId
    position: int  # counted from 0
    a_is_left: bool  # whether response a is shown on the left
    repeat_of: int | None = None  # for a hidden repeat, the position of the pair that it repeats
    guess: GuessMoment = GuessMoment.NEVER  # when the rater is asked which side was fine-tuned
    # position of the first pair of the answers that are ranked at once; None for a pair that is shown alone
    series: int | None = None


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One of several answers that are ranked at once, without its system."""

    text: str
    earlier: tuple[str, ...] = ()  # as `BlindItem.left_earlier`


@dataclass(frozen=True, slots=True)
class BlindItem:
    """The part of an allocation for the rating page: texts without any system."""

    allocation: AllocationId
    messages: tuple[Message, ...]
    left: str  # the answer on the left; of a conversation with several turns, the answer to the last turn
    right: str  # the answer on the right, likewise
    draft: Draft = field(default_factory=Draft)
    reference: str = ""  # the reference answer; empty unless raters may see it
    context: tuple[Passage, ...] = ()  # the prompt's passages; empty unless raters may see them
    expects: Expectation = Expectation.NONE  # what a right answer does, where raters see it
    later_turns: tuple[str, ...] = ()  # the user's turns of a conversation after the first answered turn
    # the left answers to all turns but the last, one for each later turn, and the steps of a trace between
    # them (`shown_steps`); right_earlier: the right ones
    left_earlier: tuple[str, ...] = ()
    right_earlier: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[StepPair, ...]:
        """The steps of both sides' traces, then the fields of structured answers.

        Of answers that are ranked at once, the steps of one after the other, without fields.
        """
        if self.ranked:
            return tuple(
                StepPair(step, None, alone=True, label=f"{letter}{number}")
                for letter, one in zip(LETTERS, self.ranked, strict=False)
                for number, step in enumerate(steps_of(one.earlier), start=1)
            )
        if self.alone:
            return tuple(StepPair(step, None, alone=True) for step in steps_of(self.left_earlier))
        return (*aligned(self.left_earlier, self.right_earlier), *field_pairs(self.left, self.right))

    def steps_beside(self, *, reference_open: bool) -> tuple[StepPair, ...]:
        """Return `steps`; for an answer alone with an open reference, otherwise the fields of both."""
        if self.alone and reference_open and not self.steps:
            return field_pairs(self.left, self.reference)
        return self.steps

    alone: bool = False  # whether there is only the left answer, which is graded
    # the answers that are ranked at once, in the order in which they are shown; empty for a pair
    ranked: tuple[ShownAnswer, ...] = ()

    @property
    def answers(self) -> tuple[ShownAnswer, ...]:
        """All answers that are shown, from the left."""
        left, right = ShownAnswer(self.left, self.left_earlier), ShownAnswer(self.right, self.right_earlier)
        return self.ranked or ((left,) if self.alone else (left, right))

    @property
    def characters(self) -> int:
        return sum(len(text) for one in self.answers for text in (*one.earlier, one.text))

    @property
    def identical(self) -> bool:
        """Whether both sides' answers are equal, ignoring white space at both ends of each text."""
        if self.alone or self.ranked:
            return False
        left, right = (*self.left_earlier, self.left), (*self.right_earlier, self.right)
        return [text.strip() for text in left] == [text.strip() for text in right]

    def asked(self, scale: Scale) -> Scale:
        """Return the scale for this pair: without criteria where both answers are identical."""
        return replace(scale, criteria=()) if self.identical and scale.criteria else scale


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A rater's current judgment of a pair, with the pair as it was shown."""

    item: BlindItem  # the pair; its draft holds the comment, criteria and reasons of the judgment
    verdict: Verdict
    at: str  # time of the judgment, ISO 8601 UTC
    # the sides whose answer was cut at the length limit, left first; empty in a rater pack, which does not
    # contain this. It is shown only for judged pairs, so it cannot influence the judgment.
    cut: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class SkippedPair:
    """A pair that a rater has skipped, as it was shown."""

    item: BlindItem
    reason: str
    at: str  # time of the skip, ISO 8601 UTC


Shared = TypeVar("Shared")


def share_out(
    comparisons: Iterable[Shared], *, raters: int, each: int, rng: Random, loads: Sequence[int] = ()
) -> tuple[tuple[Shared, ...], ...]:
    """Assign comparisons to raters so that `each` (1 to `raters`) people judge every comparison.

    Where answers are graded, prompts are shared in this way, each with all its answers.

    Greedy in random order: a comparison goes to the raters with the fewest comparisons so far; among equals,
    to those who share the fewest comparisons with the raters already chosen; remaining ties are broken at
    random. If `loads`, from earlier rounds, is empty or even, the raters' loads differ by at most 1.
    Returns the comparisons of each rater. Raises ValueError for another `each`.
    """
    if not 1 <= each <= raters:
        raise ValueError("every comparison needs at least 1 judgment and at most one for each rater")
    order = list(comparisons)
    rng.shuffle(order)
    load = list(loads) or [0] * raters
    shared = [[0] * raters for _ in range(raters)]
    shares: list[list[Shared]] = [[] for _ in range(raters)]
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
    before: Sequence[Hashable] = (),
) -> tuple[Placement, ...]:
    """Draw a rater's order and sides, the hidden repeats, and the pairs with a guess.

    The order is a uniform shuffle; that of answers to be graded has rounds (`_in_rounds`). Sides are drawn in
    permuted blocks of `BLOCK` for each pairing and kind, in the rater's order. At every moment the numbers of
    left and right placements of a pairing therefore differ by at most `BLOCK` / 2, not counting repeats; a
    repeat swaps the sides of its original. Source: permuted-block randomization, as in ICH E9 section 2.3.2.

    Args:
        repeats: share of the ordinary candidates that are repeated, each at least `repeat_gap` positions
            later.
        guess_share: share of the ordinary candidates after which the rater is asked for a guess at once.
        end_guesses: number of other ordinary candidates about which the rater is asked at the end.
        before: prompts of the last answers that the rater was given to grade in earlier draws.
    """
    order = list(candidates)
    rng.shuffle(order)
    if any(candidate.prompt is not None for candidate in order):
        order = _in_rounds(order, rng, before)
    sides = _drawn_sides(order, rng)
    shown = _drawn_orders(order, rng)
    moments = _drawn_moments(order, rng, guess_share, end_guesses)
    sequence = _with_repeats(order, rng, repeats)
    places: dict[ComparisonId, int] = {}
    placements: list[Placement] = []
    for index, again in sequence:
        position = first_position + len(placements)
        if answers := shown.get(index):
            pairs = _pairs_of(order[index], answers[::-1] if again else answers)
            series = position
        else:
            pairs, series = [(order[index].comparison, sides[index] != again)], None
        for place, (comparison, a_is_left) in enumerate(pairs, start=position):
            guess = GuessMoment.NEVER if again else moments.get(index, GuessMoment.NEVER)
            repeat_of = places[comparison] if again else None
            placements.append(Placement(comparison, place, a_is_left, repeat_of, guess, series))
            places[comparison] = place
    return tuple(placements)


def answer_sets(compared: Iterable[ComparedAnswers], several: int, *, rng: Random) -> list[AnswerSet]:
    """Divide comparisons into sets of up to `several` answers, each compared with every other of its set.

    Every comparison is in one set. If there are at most `several` answers to a prompt, they are one set.
    Otherwise sets are found greedily, in random order: they overlap in one answer at most, and the last ones
    may have two answers.
    """
    by_prompt: defaultdict[Hashable, list[ComparedAnswers]] = defaultdict(list)
    for one in compared:
        by_prompt[one.prompt].append(one)
    return [made for of_prompt in by_prompt.values() for made in _sets_of(of_prompt, several, rng)]


def _sets_of(compared: Sequence[ComparedAnswers], several: int, rng: Random) -> Iterator[AnswerSet]:
    left = {frozenset((one.a, one.b)): one for one in compared}
    systems = {
        answer: system
        for one in compared
        for answer, system in ((one.a, one.pairing[0]), (one.b, one.pairing[1]))
    }
    answers = sorted(systems)
    rng.shuffle(answers)
    while left:
        chosen: list[ResponseId] = []
        first = next(one for one in answers if any(one in pair for pair in left))
        for answer in (first, *answers):
            new = answer not in chosen and all(frozenset((answer, one)) in left for one in chosen)
            if new and len(chosen) < several:
                chosen.append(answer)
        taken = [left.pop(pair) for pair in [*left] if pair <= set(chosen)]
        pairs = {(one.a, one.b): one.comparison for one in taken}
        members = tuple(sorted(chosen, key=lambda one: (str(systems[one]), one)))
        pairing = ("set", *(systems[one] for one in members))
        yield AnswerSet(min(pairs.values()), pairing, answers=members, pairs=pairs)


def _pairs_of(chosen: Candidate, answers: Sequence[ResponseId]) -> list[tuple[ComparisonId, bool]]:
    """Return the pairs of a set in the order (1, 2), (1, 3), …, each with whether its a is shown earlier."""
    pairs = chosen.pairs if isinstance(chosen, AnswerSet) else {}
    found = []
    for one, other in combinations(answers, 2):
        a_is_left = (one, other) in pairs
        found.append((pairs[(one, other) if a_is_left else (other, one)], a_is_left))
    return found


def _drawn_orders(order: Sequence[Candidate], rng: Random) -> dict[int, tuple[ResponseId, ...]]:
    """Return the order in which the answers of each set are shown, by index.

    Orders come in blocks for each group of systems: the rotations of a random order, and of its reverse. In a
    block of 2k orders of k answers every system is twice at each place, and before every other k times.
    """
    blocks: defaultdict[Hashable, list[tuple[int, ...]]] = defaultdict(list)
    drawn = {}
    for index, candidate in enumerate(order):
        if not isinstance(candidate, AnswerSet):
            continue
        block, count = blocks[candidate.pairing], len(candidate.answers)
        if not block:
            first = rng.sample(range(count), count)
            for one in (first, first[::-1]):
                block.extend(tuple(one[turn:] + one[:turn]) for turn in range(count))
            rng.shuffle(block)
        drawn[index] = tuple(candidate.answers[place] for place in block.pop())
    return drawn


def _in_rounds(order: Sequence[Candidate], rng: Random, before: Sequence[Hashable]) -> list[Candidate]:
    """Return answers to be graded in rounds, each with at most one answer to a prompt.

    The prompts of a round are shuffled; those of the last `APART` answers before it (of a third of the
    prompts, if these are fewer) come after as many others. Of the answers to a prompt, the round of each
    follows from `order`, a uniform shuffle, so neither place nor round depends on the system.
    """
    left: dict[Hashable, list[Candidate]] = {}
    for candidate in order:
        left.setdefault(candidate.prompt, []).append(candidate)
    gap = min(APART, len(left) // 3)
    placed, rounds = list(before), []
    while left:
        recent = set(placed[len(placed) - gap :])
        prompts = [*left]
        rng.shuffle(prompts)
        others = [prompt for prompt in prompts if prompt not in recent]
        late = others[gap:] + [prompt for prompt in prompts if prompt in recent]
        rng.shuffle(late)
        for prompt in (*others[:gap], *late):
            rounds.append(left[prompt].pop())
            placed.append(prompt)
        left = {prompt: candidates for prompt, candidates in left.items() if candidates}
    return rounds


def repeat_gap(count: int) -> int:
    """Return the minimum distance, in positions, between a pair and its repeat among `count` pairs."""
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
    counted = (ComparisonKind.ORDINARY, ComparisonKind.GRADED)
    return [index for index, candidate in enumerate(order) if candidate.kind in counted]


def _drawn_moments(order: Sequence[Candidate], rng: Random, share: float, end: int) -> dict[int, GuessMoment]:
    ordinary = _ordinary(order)
    at_once = round(share * len(ordinary))
    different = [index for index in ordinary if not order[index].identical]
    chosen = rng.sample(different, min(at_once + end, len(different)))
    return {
        index: GuessMoment.AT_ONCE if number < at_once else GuessMoment.AT_END
        for number, index in enumerate(chosen)
    }


def _with_repeats(order: Sequence[Candidate], rng: Random, share: float) -> list[tuple[int, bool]]:
    """Return indexes of candidates in display order, each with whether it is a repeat."""
    ordinary = _ordinary(order)
    gap = repeat_gap(len(order))
    early = [index for index in ordinary if index + gap < len(order)]
    turns = set(rng.sample(early, min(round(share * len(ordinary)), len(early))))
    # At most one repeat follows each item, and repeats are no more frequent at the end than in the middle:
    # otherwise a rater could recognize them by position. Any pair at least `gap` back may be repeated.
    back: list[int] = []
    again: dict[int, int] = {}
    for index in early:
        back.append(index)
        if index in turns:
            near = {one.prompt for one in order[max(0, index + gap - 1) : index + gap + 3]} - {None}
            free = [at for at, one in enumerate(back) if order[one].prompt not in near] or range(len(back))
            again[index + gap] = back.pop(free[rng.randrange(len(free))])
    sequence: list[tuple[int, bool]] = []
    for place in range(len(order)):
        sequence.append((place, False))
        if place in again:
            sequence.append((again[place], True))
    return sequence


def commitment(placements: Sequence[Placement], *, nonce: str) -> str:
    """Return the digest published before the first judgment; the nonce prevents guessing from it."""
    return digest(COMMITMENT_TAG, [nonce, [_key(placement) for placement in placements]])


def _key(placed: Placement) -> Json:
    """Return a placement's JSON; without repeat and guess the short form of the first study files."""
    plain: list[Json] = [placed.comparison, placed.position, placed.a_is_left]
    special: list[Json] = [placed.repeat_of, placed.guess]
    if placed.series is not None:
        return [*plain, *special, placed.series]
    return plain if special == [None, GuessMoment.NEVER] else plain + special


def neutral_names(count: int, *, rng: Random) -> list[str]:
    letters = [NEUTRAL_LETTERS[i] if i < len(NEUTRAL_LETTERS) else str(i) for i in range(count)]
    rng.shuffle(letters)
    return [f"System {letter}" for letter in letters]
