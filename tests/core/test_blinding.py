"""Order and sides: balanced, unguessable from the order of adding, and committed to."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.blinding import (
    BLOCK,
    BlindItem,
    Candidate,
    Placement,
    commitment,
    draw,
    neutral_names,
    repeat_gap,
    share_out,
)
from ftcompare.core.hashing import digest
from ftcompare.core.scale import Scale
from ftcompare.core.structured_answer import field_pairs
from ftcompare.core.study import AllocationId, ComparisonId, ComparisonKind, GuessMoment, Message


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


def test_neutral_names_differ_and_do_not_tell_who_was_added_first() -> None:
    first = Counter(neutral_names(2, rng=Random(seed))[0] for seed in range(1000))
    assert set(first) == {"System X", "System Y"}
    assert all(420 < n < 580 for n in first.values())
    names = neutral_names(30, rng=Random(0))
    assert len(set(names)) == 30


def mixed(ordinary: int, controls: int = 0, gold: int = 0) -> list[Candidate]:
    """Comparisons of two pairings, then checks."""
    kinds = [ComparisonKind.CONTROL] * controls + [ComparisonKind.GOLD] * gold
    checks = [Candidate(ComparisonId(1000 + n), kind.value, kind) for n, kind in enumerate(kinds)]
    return candidates(ordinary, 2) + checks


@given(
    ordinary=st.integers(0, 120),
    controls=st.integers(0, 10),
    gold=st.integers(0, 10),
    share=st.floats(0, 0.5),
    first=st.integers(0, 50),
    seed=st.integers(0, 2**64),
)
def test_repeats_come_late_turned_round_and_of_ordinary_pairs_only(
    ordinary: int, controls: int, gold: int, share: float, first: int, seed: int
) -> None:
    everything = mixed(ordinary, controls, gold)
    placements = draw(everything, rng=Random(seed), first_position=first, repeats=share)
    by_position = {placement.position: placement for placement in placements}
    assert list(by_position) == list(range(first, first + len(placements)))
    originals = [placement for placement in placements if placement.repeat_of is None]
    assert sorted(p.comparison for p in originals) == sorted(c.comparison for c in everything)
    repeats = [placement for placement in placements if placement.repeat_of is not None]
    assert len({p.repeat_of for p in repeats}) == len(repeats)
    for again in repeats:
        assert again.repeat_of is not None
        once = by_position[again.repeat_of]
        assert once.repeat_of is None
        assert (again.comparison, again.a_is_left) == (once.comparison, not once.a_is_left)
        assert again.comparison < 1000
        assert again.guess is GuessMoment.NEVER
        assert again.position - once.position > repeat_gap(len(everything))


@pytest.mark.parametrize(("pairs", "share", "expected"), [(100, 0.1, 10), (12, 0.25, 3), (40, 0.5, 20)])
def test_as_many_repeats_come_as_asked(pairs: int, share: float, expected: int) -> None:
    for seed in range(20):
        placements = draw(candidates(pairs), rng=Random(seed), repeats=share)
        assert sum(placement.repeat_of is not None for placement in placements) == expected


def test_a_pair_and_its_repeat_lie_far_apart_in_a_long_order_and_a_third_of_it_in_a_short_one() -> None:
    assert [repeat_gap(count) for count in (1, 3, 9, 60, 61, 5000)] == [1, 1, 3, 20, 20, 20]


def test_any_early_pair_may_come_again_and_repeats_are_no_one_place() -> None:
    originals, places = Counter[int](), Counter[int]()
    for seed in range(400):
        for placement in draw(candidates(30), rng=Random(seed), repeats=0.1):
            if placement.repeat_of is not None:
                originals[placement.comparison] += 1
                places[placement.position] += 1
    assert set(originals) == set(range(30))
    assert max(originals.values()) < 3 * 1200 / 30
    assert len(places) > 15


def test_the_last_pairs_are_repeats_no_more_often_than_those_in_the_middle() -> None:
    middle, last = 0, 0
    for seed in range(200):
        order = draw(candidates(100), rng=Random(seed), repeats=0.2)
        middle += sum(placement.repeat_of is not None for placement in order[50:70])
        last += sum(placement.repeat_of is not None for placement in order[-20:])
    assert 0.85 < last / middle < 1.18


@given(seed=st.integers(0, 2**64), share=st.floats(0, 0.5), count=st.integers(1, 80))
def test_two_repeats_never_follow_each_other(seed: int, share: float, count: int) -> None:
    order = draw(candidates(count), rng=Random(seed), repeats=share)
    again = [placement.position for placement in order if placement.repeat_of is not None]
    assert all(late - early > 1 for early, late in pairwise(again))


@given(seed=st.integers(0, 2**64), share=st.floats(0, 0.5), count=st.integers(0, 60), end=st.integers(0, 50))
def test_guesses_are_asked_of_as_many_ordinary_pairs_as_wanted_and_once_of_each(
    seed: int, share: float, count: int, end: int
) -> None:
    same = [Candidate(ComparisonId(2000 + n), "x", identical=True) for n in range(3)]  # no guess is asked
    drawn = [*mixed(count, 5, 5), *same]
    placements = draw(drawn, rng=Random(seed), repeats=0.2, guess_share=share, end_guesses=end)
    moments = Counter(placement.guess for placement in placements)
    at_once = min(round(share * (count + len(same))), count)
    assert moments[GuessMoment.AT_ONCE] == at_once
    assert moments[GuessMoment.AT_END] == min(end, count - at_once)
    asked = [placement.comparison for placement in placements if placement.guess]
    assert len(set(asked)) == len(asked)
    assert max(asked, default=0) < 1000


@given(ordinary=st.integers(0, 100), seed=st.integers(0, 2**64))
def test_checks_and_repeats_leave_the_sides_of_each_pairing_balanced(ordinary: int, seed: int) -> None:
    lead: Counter[int] = Counter()
    for placement in draw(mixed(ordinary, 6, 6), rng=Random(seed), repeats=0.3):
        if placement.repeat_of is None and placement.comparison < 1000:
            lead[placement.comparison % 2] += 1 if placement.a_is_left else -1
            assert max(map(abs, lead.values())) <= BLOCK / 2


def test_checks_may_stand_at_any_place() -> None:
    places = Counter[int]()
    for seed in range(1000):
        places.update(p.position for p in draw(mixed(9, 1), rng=Random(seed)) if p.comparison >= 1000)
    assert all(60 < places[place] < 145 for place in range(10))


@pytest.mark.parametrize(
    "altered",
    [
        Placement(ComparisonId(1), 5, a_is_left=True),
        Placement(ComparisonId(1), 5, a_is_left=True, repeat_of=1),
        Placement(ComparisonId(1), 5, a_is_left=True, repeat_of=0, guess=GuessMoment.AT_END),
        Placement(ComparisonId(1), 5, a_is_left=True, guess=GuessMoment.AT_ONCE),
    ],
)
def test_a_commitment_covers_repeats_and_guesses(altered: Placement) -> None:
    key = (Placement(ComparisonId(1), 5, a_is_left=True, repeat_of=0),)
    assert commitment(key, nonce="n") != commitment((altered,), nonce="n")


def test_the_commitment_of_a_plain_draw_is_that_of_version_1() -> None:
    """Studies made before repeats and guesses keep their promises."""
    plain = (Placement(ComparisonId(2), 0, a_is_left=True), Placement(ComparisonId(1), 1, a_is_left=False))
    assert commitment(plain, nonce="n") == digest("allocation", ["n", [[2, 0, True], [1, 1, False]]])


@given(
    count=st.integers(0, 60),
    raters=st.integers(1, 8),
    each=st.integers(1, 8),
    seed=st.integers(0, 2**64),
)
def test_every_pair_is_judged_by_as_many_as_asked_and_all_have_as_much_to_do(
    count: int, raters: int, each: int, seed: int
) -> None:
    each = min(each, raters)
    shares = share_out(map(ComparisonId, range(count)), raters=raters, each=each, rng=Random(seed))
    assert Counter(c for share in shares for c in share) == dict.fromkeys(range(count), each)
    assert all(len(set(share)) == len(share) for share in shares)
    loads = [len(share) for share in shares]
    assert max(loads) - min(loads) <= 1


@pytest.mark.parametrize(("raters", "each"), [(3, 2), (4, 2), (5, 2), (6, 3), (8, 3), (10, 4)])
def test_any_two_raters_share_about_as_many_pairs(raters: int, each: int) -> None:
    count = 200
    expected = count * each * (each - 1) / (raters * (raters - 1))
    for seed in range(10):
        shares = [
            set(s)
            for s in share_out(map(ComparisonId, range(count)), raters=raters, each=each, rng=Random(seed))
        ]
        for one, other in combinations(shares, 2):
            assert abs(len(one & other) - expected) <= 3


def test_who_has_less_from_earlier_rounds_gets_more() -> None:
    for seed in range(20):
        loads = [10, 4, 7]
        shares = share_out(map(ComparisonId, range(15)), raters=3, each=2, rng=Random(seed), loads=loads)
        after = [load + len(share) for load, share in zip(loads, shares, strict=True)]
        assert max(after) - min(after) <= 1
        assert loads == [10, 4, 7], "what was passed in stays as it is"


def test_the_same_seed_shares_out_the_same_and_another_differently() -> None:
    drawn = [
        share_out(map(ComparisonId, range(40)), raters=4, each=2, rng=Random(seed)) for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("each", [0, 4])
def test_more_judgments_a_pair_than_raters_cannot_be(each: int) -> None:
    with pytest.raises(ValueError, match="at least 1 judgment"):
        share_out([ComparisonId(1)], raters=3, each=each, rng=Random(1))


@pytest.mark.parametrize(("right", "asked"), [("An answer. ", ()), ("Another.", ("accuracy",))])
def test_of_identical_answers_no_criteria_are_asked(right: str, asked: tuple[str, ...]) -> None:
    item = BlindItem(AllocationId(1), (Message("user", "Why?"),), "An answer.", right)
    assert item.identical is not bool(asked)
    assert item.asked(Scale(criteria=("accuracy",))).criteria == asked
    assert item.asked(Scale()) == Scale()


def test_all_turns_of_both_sides_count_to_what_is_read() -> None:
    item = BlindItem(
        AllocationId(1),
        (Message("user", "Why?"),),
        "four",
        "sixsix",
        later_turns=("And?",),
        left_earlier=("a",),
        right_earlier=("bb",),
    )
    assert item.characters == 4 + 6 + 1 + 2


def test_fields_of_an_answer_alone_are_beside_those_of_an_open_reference() -> None:
    item = BlindItem(
        AllocationId(1),
        (Message("user", "Which dose?"),),
        '{"dose": 5}',
        "",
        reference='{"dose": 6}',
        alone=True,
    )
    (field,) = item.steps_beside(reference_open=True)
    assert field == field_pairs('{"dose": 5}', '{"dose": 6}')[0]
    assert field.of_field
    assert item.steps_beside(reference_open=False) == item.steps == ()
