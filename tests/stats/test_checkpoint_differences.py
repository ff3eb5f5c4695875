"""The difference of two systems' win rates against one base, on shared prompts."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from ftcompare.stats.checkpoint_differences import Difference, PreferenceShare, paired_differences
from ftcompare.stats.win_rate import rate_over_prompts, rate_over_raters


def by(rater: str, **shares: float) -> list[PreferenceShare]:
    """One rater's judgments of a system: ``p1=1.0`` is a win on p1."""
    return [PreferenceShare(prompt, rater, share) for prompt, share in shares.items()]


def of(first: list[PreferenceShare], second: list[PreferenceShare]) -> Difference:
    found, _ = paired_differences(first, second)
    assert found
    return found


def test_a_difference_by_hand() -> None:
    # d = 0, 0, 1, .5: D = .375, s² = .6875 / 3, V = s² / 4 = .0572917; t(3) = 3.182446: ± .761740.
    first = by("Ada", p1=1, p2=1, p3=0, p4=0)
    second = by("Ada", p1=1, p2=1, p3=1, p4=0.5)
    over_prompts, over_raters = paired_differences(first, second)
    assert over_prompts
    assert over_raters is None  # one rater says nothing of others
    assert over_prompts.value == 0.375
    assert (over_prompts.low, over_prompts.high) == pytest.approx((-0.386740, 1.0), abs=1e-6)
    assert (over_prompts.method, over_prompts.prompts) == ("t over paired prompts", 4)
    assert over_prompts.explanation == (
        "Mean over 4 shared prompts of the second's win rate less the first's: +37.5 points. Interval at "
        "95%: -38.7 to +100.0, by t over paired prompts. It speaks for other prompts like these."
    )


def test_only_prompts_that_both_were_judged_on_count_and_each_once() -> None:
    first = [*by("Ada", p1=1, p2=0, only=1), *by("Ben", p1=0)]
    second = [*by("Ada", p1=1, p2=1), *by("Cleo", p1=1, p2=1, other=0)]
    found = of(first, second)
    assert found.prompts == 2
    assert found.value == ((1 - 0.5) + (1 - 0)) / 2


def test_without_a_shared_prompt_there_is_no_difference() -> None:
    assert paired_differences(by("Ada", p1=1), by("Ada", p2=1)) == (None, None)
    assert paired_differences([], []) == (None, None)


def test_one_shared_prompt_has_a_difference_without_an_interval() -> None:
    found = of(by("Ada", p1=0), by("Ada", p1=1))
    assert (found.value, found.low, found.high, found.method) == (1.0, None, None, "none")


def test_prompts_that_all_differ_alike_do_not_make_the_interval_a_point() -> None:
    # Wilson's upper limit for 0 of 4 is z² / (4 + z²) = .489891; D = 0, so ± that.
    shares = dict.fromkeys(("p1", "p2", "p3", "p4"), 1.0)
    same = of(by("Ada", **shares), by("Ada", **shares))
    assert (same.value, same.low, same.high) == pytest.approx((0.0, -0.489891, 0.489891), abs=1e-5)
    # All gained everything: from (1 - 2u) to 1.
    gained = of(by("Ada", **dict.fromkeys(shares, 0.0)), by("Ada", **shares))
    assert (gained.low, gained.high) == pytest.approx((1 - 2 * 0.489891, 1.0), abs=1e-5)


def test_against_one_that_always_ties_it_is_the_win_rate_less_one_half(rng: Random) -> None:
    cells = [(f"p{p}", f"r{r}") for p in range(40) for r in range(4)]
    shares = [float(rng.choice((0, 0.5, 1))) for _ in cells]
    second = [PreferenceShare(p, r, share) for (p, r), share in zip(cells, shares, strict=True)]
    first = [PreferenceShare(p, r, 0.5) for p, r in cells]
    values = np.array(shares)
    prompts, raters = (np.unique([c[i] for c in cells], return_inverse=True)[1] for i in (0, 1))
    expected = (rate_over_prompts(values, prompts), rate_over_raters(values, prompts, raters))
    for found, rate in zip(paired_differences(first, second), expected, strict=True):
        assert found
        assert rate
        assert rate.low is not None
        assert found.low is not None
        assert found.value == pytest.approx(rate.value - 0.5)
        assert found.low == pytest.approx(rate.low - 0.5)


def test_what_a_rater_likes_in_both_systems_cancels() -> None:
    prompts = [f"p{n}" for n in range(6)]
    lenient, strict = dict.fromkeys(prompts, 1.0), dict.fromkeys(prompts, 0.0)
    first = [*by("Ada", **lenient), *by("Ben", **strict)]
    _, found = paired_differences(first, first)
    assert found
    # Nothing moves by prompt or rater, and min(P, R) = 2: Wilson's limit for 0 of 2.
    assert found.value == 0.0
    assert found.high == pytest.approx(3.841459 / 5.841459, abs=1e-5)
