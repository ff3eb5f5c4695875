"""What is said of a comparison, and that no win and no agreeing rater ever takes it away."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ftcompare.core.study import Vote
from ftcompare.stats.claims import Claim, ClaimBasis, ClaimScope, NoClaim, claims
from ftcompare.stats.prompt_interval import EXACT_PROMPTS, lean_over_prompts
from ftcompare.stats.rater_interval import interval_over_raters, lean_of, raters_counted, short_of_level
from ftcompare.stats.sequential import Evidence, evidence
from ftcompare.stats.sign_flips import sign_flip_p, subset_mean
from ftcompare.stats.summary import compare
from ftcompare.stats.vote_table import FloatArray, IntArray, means_by, tabulate
from ftcompare.stats.win_rate import rate_over_prompts, rate_over_raters

NONE_YET = Evidence(1.0, 1.0, 0)
Rows = Sequence[Sequence[float | None]]
Judged = tuple[FloatArray, IntArray, IntArray]


def table(rows: Rows) -> Judged:
    """Prompts as rows, raters as columns; None where a rater did not judge."""
    cells = [(x, p, r) for p, row in enumerate(rows) for r, x in enumerate(row) if x is not None]
    preference, prompts, raters = zip(*cells, strict=True)
    return np.array(preference, dtype=np.float64), np.array(prompts), np.array(raters)


def complete(wins: int, prompts: int, raters: int) -> Judged:
    """Every rater judges every prompt; the losses come first, prompt after prompt."""
    preference = np.ones(prompts * raters)
    preference[: prompts * raters - wins] = 0.0
    return preference, *np.divmod(np.arange(prompts * raters), raters)


def made(judged: Judged) -> tuple[Claim, ...]:
    return claims(*judged, finished=True, evidence=NONE_YET)


def told(judged: Judged) -> list[tuple[str, str | None, str]]:
    return [(claim.scope.value, claim.favours, claim.reason.value) for claim in made(judged)]


# The designs of STATISTICS.md, "The claim".


def test_four_of_four_by_one_rater_is_no_claim_and_names_no_others() -> None:
    (claim,) = made(complete(4, 4, 1))
    assert (claim.scope, claim.made, claim.favours) == (ClaimScope.ONE_RATER, False, None)
    assert claim.reason is NoClaim.TOO_FEW_PROMPTS
    assert claim.p == pytest.approx(0.125)
    assert claim.low == 0.5


def test_six_of_six_are_a_claim_of_the_one_rater() -> None:
    (claim,) = made(complete(6, 6, 1))
    assert (claim.made, claim.favours, claim.basis) == (True, "b", ClaimBasis.FIXED)
    assert claim.p == pytest.approx(2 / 64)


def test_a_second_rater_leaves_the_first_claim_and_makes_none_of_others() -> None:
    assert told(complete(140, 77, 2)) == [
        ("these_raters", "b", ""),
        ("raters_like_these", None, "too_few_raters"),
    ]


@pytest.mark.parametrize("wins", [300, 299, 297, 290])
def test_all_and_all_but_a_few_of_300_by_3_raters_are_enough(wins: int) -> None:
    assert told(complete(wins, 100, 3)) == [("these_raters", "b", ""), ("raters_like_these", "b", "")]


def test_many_ties_do_not_hide_what_the_decided_say() -> None:
    preference = np.repeat([0.5, 1.0, 0.0], [61, 13, 3])
    (claim,) = made((preference, np.arange(77), np.zeros(77, dtype=np.int64)))
    assert claim.made
    assert rate_over_prompts(preference, np.arange(77)).method == "t over prompt means"


def test_raters_on_both_sides_of_one_half_speak_for_themselves_alone() -> None:
    rows: Rows = [[1, 1, 1, 0 if p % 10 < 6 else 1, 1] for p in range(40)]
    assert told(table(rows)) == [("these_raters", "b", ""), ("raters_like_these", None, "raters_differ")]


def test_raters_with_a_handful_of_judgments_do_not_count_as_raters() -> None:
    rows: Rows = [[1.0, *([1.0 if p < 4 else None] * 4)] for p in range(77)]
    judged = table(rows)
    assert raters_counted(judged[2]) == 1
    assert told(judged) == [("these_raters", "b", ""), ("raters_like_these", None, "unequal_loads")]
    both = rate_over_raters(*judged)
    assert both is not None
    assert (both.low, both.method) == (None, "none")
    assert "1 of 5 raters have 5 judgments or more" in both.explanation


def test_an_even_comparison_is_claimed_of_nobody() -> None:
    even = complete(50, 20, 5)
    assert [reason for _, _, reason in told(even)] == ["interval_includes_half"] * 2


def test_a_single_prompt_has_no_interval_and_no_claim() -> None:
    judged = np.ones(4), np.zeros(4, dtype=np.int64), np.arange(4)
    these, others = made(judged)
    assert (these.reason, these.low, these.p) == (NoClaim.TOO_FEW_PROMPTS, None, None)
    assert others.reason is NoClaim.TOO_FEW_PROMPTS


def test_the_exact_test_objects_where_t_would_claim() -> None:
    # Six prompts, one of them undecided: five wins are 2/32, and t finds .0025.
    rows: Rows = [[1.0, 1.0]] * 5 + [[1.0, 0.0]]
    (these, _) = made(table(rows))
    assert (these.reason, these.low) == (NoClaim.EXACT_TEST, 0.5)
    assert these.p == pytest.approx(0.0625)
    rate = rate_over_prompts(*table(rows)[:2])
    assert "widened to 50%" in rate.explanation


# While judging is open.


def test_while_judging_is_open_only_the_e_value_speaks() -> None:
    preference, prompts, raters = complete(60, 20, 3)
    found = evidence(means_by(preference, prompts))
    these, others = claims(preference, prompts, raters, finished=False, evidence=found)
    assert (these.made, these.favours, these.basis) == (True, "b", ClaimBasis.SEQUENTIAL)
    assert these.e_value == found.highest
    assert (others.made, others.reason) == (False, NoClaim.JUDGING_OPEN)


def test_open_judging_below_twenty_is_no_claim() -> None:
    preference, prompts, raters = complete(6, 6, 1)
    (claim,) = claims(preference, prompts, raters, finished=False, evidence=Evidence(18.3, 18.3, 6))
    assert (claim.made, claim.favours, claim.reason) == (False, None, NoClaim.EVIDENCE_BELOW_20)


def test_what_was_reached_keeps_the_side_that_led_then() -> None:
    preference = np.repeat([0.0, 1.0], [12, 14])
    prompts = np.arange(26)
    found = evidence(preference)
    assert found.highest >= 20 > found.last
    (claim,) = claims(preference, prompts, prompts * 0, finished=False, evidence=found)
    assert claim.favours == "a"


# Properties.


@st.composite
def studies(draw: st.DrawFn, raters: int = 7, prompts: int = 14) -> Rows:
    """Prompts as rows, each with a judgment; some raters skip some prompts."""
    r, p = draw(st.integers(1, raters)), draw(st.integers(1, prompts))
    answer = st.sampled_from([0.0, 0.5, 1.0, 1.0])
    skipping = draw(st.booleans())
    cell = st.one_of(answer, answer, st.none()) if skipping else answer
    return [[draw(answer), *(draw(cell) for _ in range(r - 1))] for _ in range(p)]


def growing(rows: Rows, order: list[int]) -> Iterator[Rows]:
    """From what was drawn to all of it won, one judgment turned to a win at a time."""
    cells = [(p, r) for p, row in enumerate(rows) for r, x in enumerate(row) if x is not None]
    now = [list(row) for row in rows]
    yield now
    for p, r in [*(cells[n % len(cells)] for n in order), *cells]:
        if now[p][r] != 1.0:
            now[p][r] = 1.0
            yield now


@settings(max_examples=25, deadline=None)
@given(rows=studies(), order=st.lists(st.integers(0, 200), max_size=30))
def test_one_more_win_never_takes_a_claim_away(rows: Rows, order: list[int]) -> None:
    before: tuple[str | None, ...] | None = None
    for step in growing(rows, order):
        now = tuple(claim.favours for claim in made(table(step)))
        if before is not None:
            for earlier, later in zip(before, now, strict=True):
                assert earlier != "b" or later == "b"
                assert later != "a" or earlier == "a"
        before = now


@settings(max_examples=25, deadline=None)
@given(rows=studies())
def test_swapping_the_systems_mirrors_every_claim(rows: Rows) -> None:
    preference, prompts, raters = table(rows)
    other = {"a": "b", "b": "a", None: None}
    for claim, mirrored in zip(
        made((preference, prompts, raters)), made((1 - preference, prompts, raters)), strict=True
    ):
        assert (mirrored.made, mirrored.favours) == (claim.made, other[claim.favours])
        assert mirrored.reason == claim.reason
        if claim.low is not None and claim.high is not None:
            assert mirrored.low == pytest.approx(1 - claim.high, abs=1e-12)
            assert mirrored.high == pytest.approx(1 - claim.low, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(rows=studies(prompts=24))
def test_a_rater_who_agrees_never_weakens_what_is_said_of_these_raters(
    rows: Rows,
) -> None:
    these = made(table(rows))[0]
    if these.favours is not None:
        joined = made(table([[*row, 1.0 if these.favours == "b" else 0.0] for row in rows]))[0]
        assert joined.favours == these.favours


@settings(max_examples=25, deadline=None)
@given(rows=studies())
def test_a_claim_of_raters_like_these_is_one_of_these_raters_too(rows: Rows) -> None:
    these, *others = made(table(rows))
    for like_these in others:
        assert like_these.favours in (None, these.favours)
        if like_these.low is not None and these.low is not None:
            assert like_these.low <= these.low


@settings(max_examples=25, deadline=None)
@given(rows=studies())
def test_a_claim_is_made_where_the_interval_that_pages_show_leaves_out_one_half(
    rows: Rows,
) -> None:
    preference, prompts, raters = table(rows)
    shown = rate_over_prompts(preference, prompts), rate_over_raters(preference, prompts, raters)
    for claim, rate in zip(made((preference, prompts, raters)), shown, strict=False):
        outside = rate is not None and rate.low is not None and not rate.low <= 0.5 <= (rate.high or 0)
        assert claim.made == outside
        assert claim.made == (claim.favours is not None) == (claim.reason is NoClaim.MADE)


def test_leaving_nobody_out_and_the_order_of_raters_change_nothing(vote: Callable[..., Vote]) -> None:
    draws = np.random.default_rng(3)
    votes = [
        vote(f"p{p}", f"r{r}", draws.choice(["a", "tie", "b", "b"]), category=f"c{p % 3}")
        for p in range(30)
        for r in range(20)
    ]
    everyone = tabulate(votes)
    assert compare(everyone.left_out((), ())) == compare(everyone)
    (one,), (other,) = (
        compare(votes),
        compare([votes[20 * p + r] for p in range(30) for r in reversed(range(20))]),
    )
    assert [claim.favours for claim in one.claims] == [claim.favours for claim in other.claims]


# The parts.


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=10))
def test_turning_signs_is_counted_exactly(leads: list[int]) -> None:
    sums = [
        abs(sum(s * x for s, x in zip(signs, leads, strict=True)))
        for signs in product((1, -1), repeat=len(leads))
    ]
    expected = np.mean([total >= abs(sum(leads)) for total in sums])
    assert sign_flip_p(np.array(leads, dtype=np.float64)) == pytest.approx(expected)


def test_of_decided_prompts_it_is_the_sign_test() -> None:
    leads = np.repeat([1.0, -1.0, 0.0], [30, 14, 9])
    assert sign_flip_p(leads) == pytest.approx(stats.binomtest(30, 44).pvalue)


def test_leads_of_parts_of_a_judgment_are_counted_too() -> None:
    leads = np.array([0.25, 0.5, 0.75, 1.0, -0.125, 0.375])
    sums = [abs(float(np.dot(signs, leads))) for signs in product((1, -1), repeat=len(leads))]
    assert sign_flip_p(leads) == pytest.approx(np.mean(np.array(sums) >= leads.sum() - 1e-12))


def test_a_subset_mean_is_the_one_of_its_rank() -> None:
    values, weights = np.array([0.3, -0.1, 0.5]), np.array([2.0, 1.0, 1.0])
    means = sorted([0.3, -0.1, 0.5, 0.5 / 3, 1.1 / 3, 0.2, 1.0 / 4])
    assert [subset_mean(values, weights, rank) for rank in range(1, 8)] == pytest.approx(means)


def test_all_raters_lean_to_one_side_by_the_margin_in_five_of_a_hundred_studies() -> None:
    for raters in (2, 3, 4, 5):
        short = short_of_level(raters, 0.95)
        assert 2 * stats.norm.sf(short) ** raters == pytest.approx(0.05)
    assert short_of_level(6, 0.95) == 0
    assert lean_of(0) == pytest.approx(0, abs=1e-12)
    assert lean_of(short_of_level(3, 0.95)) == pytest.approx(0.222, abs=5e-4)


def test_the_margin_of_three_raters_by_hand() -> None:
    judged = complete(300, 100, 3)
    ends = interval_over_raters(2 * judged[0] - 1, *judged[1:], 0.95)
    assert ends is not None
    k = short_of_level(3, 0.95)
    shared = math.sqrt(3) / 4 * 0.365 / 10
    assert ends[0] == pytest.approx(1 - math.sqrt(lean_of(k) ** 2 + k * k / 100) - shared, abs=1e-4)


def test_six_raters_have_the_range_of_their_own_rates() -> None:
    own = np.array([0.6, 0.7, 0.65, 0.8, 0.75, 0.9])
    preference = np.concatenate([np.repeat([1.0, 0.0], [round(20 * x), 20 - round(20 * x)]) for x in own])
    prompts, raters = np.tile(np.arange(20), 6), np.repeat(np.arange(6), 20)
    ends = interval_over_raters(2 * preference - 1, prompts, raters, 0.95)
    shared = math.sqrt(6) / 4 * 0.365 / math.sqrt(20)
    assert ends == pytest.approx((0.2 - shared, 0.8 + shared), abs=1e-3)


def test_many_raters_are_put_in_groups() -> None:
    draws = np.random.default_rng(5)
    prompts, raters = np.divmod(np.arange(20 * 40), 40)
    preference = (draws.random(800) < 0.6).astype(np.float64)
    ends = interval_over_raters(2 * preference - 1, prompts, raters, 0.95)
    assert ends is not None
    own = means_by(preference, raters)
    expected = stats.t.interval(0.95, 39, own.mean(), stats.sem(own))
    shared = 1.2 * 0.365 / math.sqrt(20) / 2
    assert ((1 + ends[0]) / 2 + shared, (1 + ends[1]) / 2 - shared) == pytest.approx(expected, abs=0.012)


def test_beyond_so_many_prompts_t_alone_decides() -> None:
    found = lean_over_prompts(np.ones(EXACT_PROMPTS + 1), np.arange(EXACT_PROMPTS + 1), 0.95)
    assert found is not None
    assert (found.exact_p, found.p) == (None, found.interval_p)


def test_t_over_prompts_is_students() -> None:
    leads = np.array([2.0, 0.0, -2.0, 2.0, 2.0, 1.0, 2.0])
    lean = np.concatenate([[x / 2, x / 2] for x in leads])
    found = lean_over_prompts(lean, np.repeat(np.arange(7), 2), 0.95)
    assert found is not None
    assert found.variance == pytest.approx((leads / 2).var(ddof=1) / 7)
    assert found.interval_p == pytest.approx(stats.ttest_1samp(leads, 0).pvalue)


@pytest.mark.parametrize(("won", "prompts"), [(3, 120), (2, 120), (5, 6), (0, 6)])
def test_prompts_that_all_lean_alike_are_told_from_even(won: int, prompts: int) -> None:
    row = [1.0] * won + [0.0] * (5 - won)
    preference, codes, _ = table([row] * prompts)
    rate = rate_over_prompts(preference, codes)
    assert rate.low is not None
    assert rate.high is not None
    assert rate.method == "Wilson over prompts"
    assert rate.low <= won / 5 <= rate.high
    assert rate.high - rate.low > 0.02
    assert not rate.low <= 0.5 <= rate.high


def test_ten_prompts_of_three_to_two_are_a_lead_of_two_prompts_and_not_enough() -> None:
    (these, _) = made(table([[1.0, 1.0, 1.0, 0.0, 0.0]] * 10))
    assert these.reason is NoClaim.INTERVAL_INCLUDES_HALF
