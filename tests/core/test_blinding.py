"""Order and sides: balanced, unguessable from the order of adding, and committed to."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.blinding import BLOCK, Candidate, Placement, commitment, draw, neutral_names
from ftcompare.core.study import ComparisonId


def candidates(count: int, pairings: int = 1) -> list[Candidate]:
    return [Candidate(ComparisonId(i), i % pairings) for i in range(count)]


@given(count=st.integers(0, 300), pairings=st.integers(1, 4), seed=st.integers(0, 2**64))
def test_sides_stay_balanced_at_every_moment(count: int, pairings: int, seed: int) -> None:
    lead: Counter[int] = Counter()
    for placement in draw(candidates(count, pairings), rng=Random(seed)):
        pairing = placement.comparison % pairings
        lead[pairing] += 1 if placement.a_is_left else -1
        assert abs(lead[pairing]) <= BLOCK / 2


@given(count=st.integers(0, 200), first=st.integers(0, 1000), seed=st.integers(0, 2**64))
def test_everything_is_handed_out_once_in_consecutive_places(count: int, first: int, seed: int) -> None:
    placements = draw(candidates(count), rng=Random(seed), first_position=first)
    assert sorted(p.comparison for p in placements) == list(range(count))
    assert [p.position for p in placements] == list(range(first, first + count))


def test_the_same_seed_draws_the_same() -> None:
    assert draw(candidates(50), rng=Random(7)) == draw(candidates(50), rng=Random(7))
    assert draw(candidates(50), rng=Random(7)) != draw(candidates(50), rng=Random(8))


def test_order_of_adding_does_not_show_in_the_order_of_judging() -> None:
    first = Counter(draw(candidates(4), rng=Random(seed))[0].comparison for seed in range(4000))
    assert all(850 < n < 1150 for n in first.values())


def test_each_side_is_as_likely_at_every_place() -> None:
    lefts = Counter[int]()
    for seed in range(2000):
        lefts.update(p.position for p in draw(candidates(BLOCK), rng=Random(seed)) if p.a_is_left)
    assert all(880 < lefts[place] < 1120 for place in range(BLOCK))


@pytest.mark.parametrize(
    "altered",
    [
        (Placement(ComparisonId(2), 0, a_is_left=True),),
        (Placement(ComparisonId(1), 1, a_is_left=True),),
        (Placement(ComparisonId(1), 0, a_is_left=False),),
        (),
    ],
)
def test_a_commitment_holds_for_its_own_allocation_only(altered: tuple[Placement, ...]) -> None:
    key = (Placement(ComparisonId(1), 0, a_is_left=True),)
    assert commitment(key, nonce="n") == commitment(key, nonce="n")
    assert commitment(key, nonce="n") != commitment(altered, nonce="n")
    assert commitment(key, nonce="n") != commitment(key, nonce="m")


def test_neutral_names_do_not_tell_who_was_added_first() -> None:
    first = Counter(neutral_names(2, rng=Random(seed))[0] for seed in range(1000))
    assert set(first) == {"System X", "System Y"}
    assert all(420 < n < 580 for n in first.values())


def test_more_systems_than_letters_still_get_different_names() -> None:
    names = neutral_names(30, rng=Random(0))
    assert len(set(names)) == 30
