"""Differences between splits, and what fine-tuning cost.

The difference of two systems' win rates against one base, on shared prompts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from scipy import stats

from ftcompare.core.study import RaterKind, Split, Vote
from ftcompare.stats.checkpoint_differences import (
    Difference,
    PreferenceShare,
    difference_claims,
    paired_differences,
)
from ftcompare.stats.claims import ClaimScope, NoClaim
from ftcompare.stats.slices import ClearWin, SplitDifference, clear_wins, split_differences, welch_interval
from ftcompare.stats.vote_table import tabulate
from ftcompare.stats.win_rate import rate_over_prompts

VoteMaker = Callable[..., Vote]


def split_votes(vote: VoteMaker, choices: dict[Split, str]) -> list[Vote]:
    """A prompt a letter, judged by one rater."""
    named = {"a": "a", "b": "b", "t": "tie"}
    return [
        vote(f"{split}{i}", "Ann", named[c], split=split)
        for split, given in choices.items()
        for i, c in enumerate(given)
    ]


def differences(votes: list[Vote]) -> tuple[SplitDifference, ...]:
    return split_differences(tabulate(votes))


def test_welch_agrees_with_scipy() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.random(12), rng.random(40) * 0.5
    expected = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.9)
    assert welch_interval(x, y, 0.9) == pytest.approx((expected.low, expected.high))


def test_what_was_trained_on_against_what_was_held_out(vote: VoteMaker) -> None:
    found = differences(
        split_votes(vote, {Split.TRAINED: "bbbbbbbtba" * 4, Split.HELD_OUT: "abababatba" * 4})
    )
    (only,) = found
    assert (only.first, only.second) == (Split.TRAINED, Split.HELD_OUT)
    assert (only.rate_first, only.rate_second) == pytest.approx((0.85, 0.45))
    assert only.difference == pytest.approx(0.4)
    assert (only.prompts_first, only.prompts_second) == (40, 40)
    assert 0 < (only.low or 0) < 0.4 < (only.high or 0)
    assert "85.0% − 45.0% = +40.0 points" in only.explanation
    assert "stronger on trained than on held-out prompts" in only.explanation


def test_paraphrases_are_set_against_what_was_trained_on(vote: VoteMaker) -> None:
    found = differences(
        split_votes(vote, {Split.TRAINED: "bbab", Split.PARAPHRASE: "bbba", Split.NONE: "ab"})
    )
    assert [(d.first, d.second) for d in found] == [(Split.TRAINED, Split.PARAPHRASE)]
    assert "not enough to tell the splits apart" in found[0].explanation


def test_better_on_what_was_held_out_is_said_so(vote: VoteMaker) -> None:
    (found,) = differences(split_votes(vote, {Split.TRAINED: "aaab" * 9, Split.HELD_OUT: "bbba" * 9}))
    assert "stronger on held-out than on trained" in found.explanation


def test_several_raters_count_as_the_mean_of_their_prompt(vote: VoteMaker) -> None:
    votes = split_votes(vote, {Split.TRAINED: "ab", Split.HELD_OUT: "ab"})
    votes += [vote(f"{Split.TRAINED}0", rater, "b", split=Split.TRAINED) for rater in ("Ben", "Cy")]
    (found,) = differences(votes)
    assert found.rate_first == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize(("trained", "held_out"), [("b", "ab"), ("bbb", "aaa"), ("b", "b")])
def test_where_nothing_varies_or_there_is_one_prompt_there_is_no_interval(
    vote: VoteMaker, trained: str, held_out: str
) -> None:
    (found,) = differences(split_votes(vote, {Split.TRAINED: trained, Split.HELD_OUT: held_out}))
    assert (found.low, found.high, found.method) == (None, None, "none")
    assert "No interval" in found.explanation


def test_a_split_alone_has_no_difference(vote: VoteMaker) -> None:
    assert differences(split_votes(vote, {Split.TRAINED: "ab"})) == ()
    assert differences([]) == ()


def test_what_the_base_won_clearly_is_listed_by_category(vote: VoteMaker) -> None:
    votes = [
        vote(prompt, f"r{i}", choice, category=category)
        for prompt, category, choices in (
            ("p", "heart", "aaab"),
            ("q", "heart", "abab"),
            ("r", "heart", "aa"),
            ("s", "brain", "a"),
            ("t", "brain", "b"),
            ("u", "skin", "b"),
        )
        for i, choice in enumerate({"a": "a", "b": "b"}[c] for c in choices)
    ]
    votes.append(vote("u", "machine", "a", category="skin", kind=RaterKind.AUTOMATIC))
    votes.append(vote("u", "r0", "a", b="other", category="skin"))
    heart, brain = clear_wins(votes, "base", "tuned")
    assert (heart.category, heart.prompts) == ("heart", 3)
    assert heart.wins == (ClearWin("r", 1, 2, 2), ClearWin("p", 0.75, 4, 4))
    assert (brain.category, brain.prompts, brain.wins) == ("brain", 2, (ClearWin("s", 1, 1, 1),))
    (several,) = clear_wins(votes, "base", "tuned", raters=2)
    assert (several.category, several.prompts, len(several.wins)) == ("heart", 3, 2)
    assert [c.category for c in clear_wins(votes, "tuned", "base")] == ["skin", "brain"]
    assert [c.category for c in clear_wins(votes, "base", "tuned", kind=RaterKind.AUTOMATIC)] == ["skin"]
    assert clear_wins(votes, "base", "tuned", at_least=0.8)[0].wins == (ClearWin("s", 1, 1, 1),)
    assert clear_wins([], "base", "tuned") == ()


def by(rater: str, **shares: float) -> list[PreferenceShare]:
    """One rater's judgments of a system: ``p1=1.0`` is a win on p1."""
    return [PreferenceShare(prompt, rater, share) for prompt, share in shares.items()]


def of(first: list[PreferenceShare], second: list[PreferenceShare]) -> Difference:
    found, _ = paired_differences(first, second)
    assert found
    return found


def test_a_difference_by_hand() -> None:
    # d = 1, 1, 1, 1, 1, .5, 0, -.5: D = .625, V = 8/7 · (5.5 / 64 - .625² / 8) = .0424107;
    # t(7) = 2.364624: ± .486967. By turning signs p = 6 / 128.
    first = by("Ada", p1=0, p2=0, p3=0, p4=0, p5=0, p6=0, p7=1, p8=0.5)
    second = by("Ada", p1=1, p2=1, p3=1, p4=1, p5=1, p6=0.5, p7=1, p8=0)
    over_prompts, over_raters = paired_differences(first, second)
    assert over_prompts
    assert over_raters is None  # one rater says nothing of others
    assert over_prompts.value == 0.625
    assert (over_prompts.low, over_prompts.high) == pytest.approx((0.138033, 1.0), abs=1e-6)
    assert (over_prompts.method, over_prompts.prompts) == ("t over paired prompts", 8)
    assert over_prompts.explanation == (
        "Mean over 8 shared prompts of the second's win rate less the first's: +62.5 points. Interval at "
        "95%: +13.8 to +100.0, by t over paired prompts. It speaks for other prompts like these."
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
    shares = dict.fromkeys((f"p{n}" for n in range(8)), 1.0)
    same = of(by("Ada", **shares), by("Ada", **shares))
    # t(7) = 2.364624, c = t² · 8 / (7 + t²) = 3.552570: ± t √(c / 8² · 8 / 7).
    assert (same.value, same.low, same.high) == pytest.approx((0.0, -0.595573, 0.595573), abs=1e-5)
    # All gained everything: Wilson for 8 of 8, 2 · 8 / (8 + z²) - 1.
    gained = of(by("Ada", **dict.fromkeys(shares, 0.0)), by("Ada", **shares))
    assert (gained.low, gained.high) == pytest.approx((16 / (8 + 3.841459) - 1, 1.0), abs=1e-5)
    assert gained.method == "Wilson over paired prompts"


def crossed(raters: int, prompts: int, rng: Random) -> tuple[list[PreferenceShare], list[PreferenceShare]]:
    """Every rater judges every prompt for both, by chance."""
    cells = [(f"p{p:02}", f"r{r}") for p in range(prompts) for r in range(raters)]
    first, second = (
        [PreferenceShare(*cell, float(rng.choice((0, 0.5, 1)))) for cell in cells] for _ in range(2)
    )
    return first, second


def test_over_prompts_it_is_the_interval_of_the_claims_for_the_differences(rng: Random) -> None:
    first, second = crossed(4, 40, rng)
    found = of(first, second)
    gains = [
        np.mean([b.share for b in second if b.prompt == p])
        - np.mean([a.share for a in first if a.prompt == p])
        for p in sorted({one.prompt for one in first})
    ]
    rate = rate_over_prompts((1 + np.array(gains)) / 2, np.arange(40))
    assert rate.low is not None
    assert found.value == pytest.approx(np.mean(gains))
    assert found.low == pytest.approx(2 * rate.low - 1)


def test_few_prompts_are_held_by_the_exact_test_too() -> None:
    # All five gained, but for one that gained a half: t alone leaves out 0, 2 / 2⁵ = .0625 does not.
    prompts = [f"p{n}" for n in range(5)]
    found = of(
        by("Ada", **dict.fromkeys(prompts, 0.0)), by("Ada", **{**dict.fromkeys(prompts, 1.0), "p0": 0.5})
    )
    assert (found.value, found.low) == (0.9, 0.0)
    assert "widened to 0, which the exact sign-flip test does not leave out" in found.method


def test_for_raters_like_these_it_takes_three_who_judged_both(rng: Random) -> None:
    first, second = crossed(3, 20, rng)
    over_prompts, over_raters = paired_differences(first, second)
    assert over_prompts
    assert over_raters
    bounds = (over_raters.low, over_prompts.low, over_prompts.high, over_raters.high)
    known = [bound for bound in bounds if bound is not None]
    assert len(known) == 4
    assert known == sorted(known)
    assert known[1] < known[2]
    assert over_raters.generalises_over == "prompts and raters"
    without = [one for one in second if one.rater != "r2"]
    others = [replace(one, rater="new") if one.rater == "r2" else one for one in second]
    assert paired_differences(first, without)[1] is None
    assert paired_differences(first, others)[1] is None, "somebody else judged the later one"


def test_raters_who_moved_to_both_sides_claim_nothing_for_others() -> None:
    prompts = [f"p{n:02}" for n in range(30)]
    lost = [PreferenceShare(p, r, 0.0) for p in prompts for r in ("Ada", "Ben", "Cleo")]
    gained = [
        PreferenceShare(p, r, 0.0 if r == "Cleo" else 1.0) for p in prompts for r in ("Ada", "Ben", "Cleo")
    ]
    over_prompts, over_raters = paired_differences(lost, gained)
    assert over_prompts
    assert over_raters
    assert over_prompts.low is not None
    assert over_raters.low is not None
    assert over_prompts.low > 0 > over_raters.low


def test_what_a_rater_likes_in_both_systems_cancels() -> None:
    prompts = [f"p{n}" for n in range(6)]
    lenient, strict = dict.fromkeys(prompts, 1.0), dict.fromkeys(prompts, 0.0)
    first = [*by("Ada", **lenient), *by("Ben", **strict), *by("Cleo", **lenient)]
    over_prompts, over_raters = paired_differences(first, first)
    assert over_prompts
    assert over_raters
    assert over_prompts.value == over_raters.value == 0.0


@pytest.mark.parametrize(
    ("raters", "others", "reason"),
    [
        (5, (-0.4, -0.1), NoClaim.MADE),
        (5, (-0.6, 0.2), NoClaim.RATERS_DIFFER),
        (5, None, NoClaim.UNEQUAL_LOADS),
        (2, None, NoClaim.TOO_FEW_RATERS),
    ],
)
def test_a_difference_is_claimed_for_these_raters_and_for_others(
    raters: int, others: tuple[float, float] | None, reason: NoClaim
) -> None:
    prompts = Difference(-0.3, -0.4, -0.2, 0.95, "t", "prompts", 60, "")
    over = replace(prompts, low=others[0], high=others[1]) if others else None
    these, for_others = difference_claims(prompts, over, raters=raters, one_rater=False)
    assert (these.scope, these.made, these.favours) == (ClaimScope.THESE_RATERS, True, "a")
    assert (for_others.scope, for_others.reason) == (ClaimScope.RATERS_LIKE_THESE, reason)
    (alone,) = difference_claims(prompts, None, raters=1, one_rater=True)
    assert (alone.scope, alone.made) == (ClaimScope.ONE_RATER, True)
