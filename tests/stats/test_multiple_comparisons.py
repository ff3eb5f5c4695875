"""Parts looked at together: corrected p values against statsmodels, and rates drawn towards each other."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from ftcompare.core.study import Split, Vote
from ftcompare.stats.multiple_comparisons import drawn_to_even, holm, partially_pooled
from ftcompare.stats.summary import PairSummary, compare, summarise

VoteMaker = Callable[..., Vote]


def test_holm_by_hand() -> None:
    # Of four: 4 · .01, then 3 · .02 = .06, then 2 · .03 = .06, then .04, raised to the one before.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([0.8, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_rates_are_drawn_to_the_mean_by_what_is_not_known_of_them() -> None:
    rates, variances = [0.9, 0.5, 0.55, 0.3, 0.62], [0.01, 0.002, 0.004, 0.02, 0.001]
    found = combine_effects(np.array(rates), np.array(variances), method_re="dl")
    mean, between = float(found.mean_effect_re), float(found.tau2)
    expected = [mean + (y - mean) * between / (between + v) for y, v in zip(rates, variances, strict=True)]
    assert between > 0
    assert partially_pooled(rates, variances) == pytest.approx(expected)


def test_parts_that_differ_by_no_more_than_chance_get_one_rate() -> None:
    assert partially_pooled([0.5, 0.52, 0.48], [0.01, 0.01, 0.01]) == pytest.approx((0.5, 0.5, 0.5))
    assert partially_pooled([0.7], [0.01]) == (0.7,)
    assert partially_pooled([], []) == ()


def test_pairs_of_systems_are_drawn_to_one_half_whichever_is_named_first() -> None:
    rates, variances = [0.9, 0.5, 0.35], [0.01, 0.002, 0.02]
    found = drawn_to_even(rates, variances)
    apart, w = np.array(rates) - 0.5, 1 / np.array(variances)
    between = (float(w @ apart**2) - 3) / float(w.sum())
    assert found == pytest.approx(
        [0.5 + d * between / (between + 1 / x) for d, x in zip(apart, w, strict=True)]
    )
    turned = drawn_to_even([0.1, 0.5, 0.35], variances)
    assert turned == pytest.approx((1 - found[0], *found[1:]))
    assert drawn_to_even([0.55, 0.45], [0.01, 0.01]) == (0.5, 0.5), "no more than chance"
    assert drawn_to_even([0.7], [0.01]) == (0.7,)


def test_a_pair_has_a_pooled_rate_beside_others(vote: VoteMaker) -> None:
    votes = [vote(f"p{i}", "Ann", "b" if i < 18 else "a", b=b) for b in ("x", "y") for i in range(20)]
    found = summarise(votes).comparisons
    assert [pair.pooled for pair in found] == [pytest.approx(found[0].pooled)] * 2
    assert all(pair.pooled is not None and 0.8 < pair.pooled < 0.9 for pair in found)
    one_prompt = [vote("p", rater, "b", b=b) for b in ("x", "y") for rater in ("Ann", "Ben")]
    drawn = [pair.pooled for pair in summarise(one_prompt).comparisons]
    assert all(rate is not None and 0.5 < rate < 1 for rate in drawn), "one prompt has no variance of its own"
    assert summarise([vote("p", "Ann", "b")]).comparisons[0].pooled is None


def by_category(vote: VoteMaker, **won: int) -> list[Vote]:
    """Ten prompts a category, of which so many are won."""
    return [
        vote(f"{name}{i}", "Ann", "b" if i < wins else "a", category=name, split=Split.TRAINED)
        for name, wins in won.items()
        for i in range(10)
    ]


def pair_of(votes: list[Vote], *, finished: bool = True) -> PairSummary:
    (pair,) = compare(votes, finished=finished)
    return pair


def test_a_part_is_beyond_doubt_only_when_corrected_for_all_parts(vote: VoteMaker) -> None:
    pair = pair_of(by_category(vote, chest=10, heart=9, knee=5, skin=4))
    parts = {part.name: part for part in pair.slices if part.dimension != "rater"}
    p = {name: part.p for name, part in parts.items()}
    assert p["chest"] == pytest.approx(2 / 1024)
    assert p["heart"] == pytest.approx(22 / 1024)
    # With the split five parts: chest 5 · 2/1024, heart 4 · ...; heart alone would have been below .05.
    assert parts["chest"].p_adjusted == pytest.approx(10 / 1024)
    assert [name for name, part in parts.items() if part.beyond_doubt] == ["chest"]
    assert not any(part.beyond_doubt for part in pair_of(by_category(vote, chest=10), finished=False).slices)


def test_raters_are_a_family_of_their_own(vote: VoteMaker) -> None:
    (rater,) = [
        part for part in pair_of(by_category(vote, chest=10, heart=9)).slices if part.dimension == "rater"
    ]
    assert rater.p_adjusted == rater.p
    assert rater.pooled == rater.rate.value


def test_pooled_rates_lie_between_the_rate_and_the_mean_of_the_dimension(vote: VoteMaker) -> None:
    parts = [
        part
        for part in pair_of(by_category(vote, chest=10, heart=7, knee=1)).slices
        if part.dimension == "category"
    ]
    rates = [part.rate.value for part in parts]
    mean = math.fsum(rates) / 3
    for part in parts:
        assert part.pooled is not None
        assert min(mean, part.rate.value) - 0.1 <= part.pooled <= max(mean, part.rate.value) + 0.1
    assert (parts[0].pooled or 0) < 1
    assert (parts[2].pooled or 0) > 0.1


def test_a_part_of_one_prompt_has_no_p_and_is_not_counted(vote: VoteMaker) -> None:
    votes = [
        *by_category(vote, chest=10),
        vote("alone", "Ann", "b", category="one"),
        vote("alone", "Ben", "a", category="one"),
    ]
    alone, chest = (
        next(part for part in pair_of(votes).slices if part.name == name) for name in ("one", "chest")
    )
    assert (alone.p, alone.p_adjusted, alone.beyond_doubt) == (None, None, False)
    assert chest.p is not None
    assert chest.p_adjusted == pytest.approx(2 * chest.p)
