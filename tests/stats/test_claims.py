"""What is said of a comparison, the e-process behind it, and parts looked at together."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import integrate, special, stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from ftcompare.core.study import Split, Vote
from ftcompare.stats import win_rate
from ftcompare.stats.claims import (
    ENOUGH_EVIDENCE,
    Claim,
    ClaimBasis,
    ClaimScope,
    Evidence,
    NoClaim,
    claims,
    confidence_sequence,
    e_value,
    evidence,
    sequence_so_far,
    steps,
)
from ftcompare.stats.multiple_comparisons import drawn_to_even, error_variances, holm, partially_pooled
from ftcompare.stats.summary import PairSummary, compare, summarise
from ftcompare.stats.vote_table import FloatArray, IntArray, means_by, tabulate
from ftcompare.stats.win_rate import (
    EXACT_PROMPTS,
    interval_over_raters,
    lean_over_prompts,
    loads_of,
    rate_over_prompts,
    rate_over_raters,
    raters_counted,
    sign_flip_p,
)
from tests.builders import present

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
    rows: Rows = [[1, 1, 1, 0 if p % 10 < 9 else 1, 0 if p % 10 < 6 else 1] for p in range(40)]
    assert told(table(rows)) == [("these_raters", "b", ""), ("raters_like_these", None, "raters_differ")]


def test_raters_with_a_handful_of_judgments_do_not_count_as_raters() -> None:
    rows: Rows = [[1.0, *([1.0 if p < 4 else None] * 4)] for p in range(77)]
    judged = table(rows)
    assert raters_counted(judged[2]) == 1
    assert told(judged) == [("these_raters", "b", ""), ("raters_like_these", None, "unequal_loads")]
    both = present(rate_over_raters(*judged))
    assert (both.low, both.method) == (None, "none")
    assert "1 of 5 raters have 5 judgments or more" in both.explanation


def test_an_even_comparison_and_a_single_prompt_are_claimed_of_nobody() -> None:
    even = complete(50, 20, 5)
    assert [reason for _, _, reason in told(even)] == ["interval_includes_half"] * 2
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
    assert "extended to 50%" in rate.explanation


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


@pytest.mark.parametrize(
    ("still_open", "expected"),
    [(True, [0.25, 1.0]), (False, [0.25, 1.0, 0.5, 0.0])],
)
def test_a_prompt_is_a_step_from_its_last_planned_judgment_on(
    still_open: bool, expected: list[float]
) -> None:
    preference = np.array([1.0, 0.5, 0.0, 0.5, 1.0, 0.0])
    prompts = np.array([0, 1, 2, 2, 0, 3])
    assert steps(preference, prompts, 2, still_open=still_open).tolist() == expected
    assert steps(preference, prompts).tolist() == [0.5, 0.25, 1.0, 0.0]


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
def test_one_more_win_never_takes_a_claim_about_these_raters_away(rows: Rows, order: list[int]) -> None:
    before: str | None = "a"
    for step in growing(rows, order):
        now = made(table(step))[0].favours
        assert before != "b" or now == "b"
        assert now != "a" or before == "a"
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


def test_sign_flips_of_decided_prompts_are_the_sign_test_and_parts_are_counted_too() -> None:
    leads = np.repeat([1.0, -1.0, 0.0], [30, 14, 9])
    assert sign_flip_p(leads) == pytest.approx(stats.binomtest(30, 44).pvalue)
    leads = np.array([0.25, 0.5, 0.75, 1.0, -0.125, 0.375])
    sums = [abs(float(np.dot(signs, leads))) for signs in product((1, -1), repeat=len(leads))]
    assert sign_flip_p(leads) == pytest.approx(np.mean(np.array(sums) >= leads.sum() - 1e-12))


VECTORS = json.loads(Path(__file__).with_name("claim_rule.json").read_text(encoding="utf-8"))["studies"]


@pytest.mark.parametrize("study", VECTORS, ids=[study["name"] for study in VECTORS])
def test_the_interval_over_raters_is_that_of_its_vectors(study: dict[str, Any]) -> None:
    lean, prompts, raters = (np.array(study[name]) for name in ("lean", "prompt", "rater"))
    ends = interval_over_raters(lean.astype(np.float64), prompts, raters, 0.95)
    assert (ends is None) == (study["low"] is None)
    if ends is not None:
        assert ends == pytest.approx((study["low"], study["high"]), abs=1e-9)


@pytest.mark.parametrize(("prompts", "raters"), [(20, 3), (40, 5), (30, 12)])
def test_of_a_complete_table_it_is_the_crossed_analysis_of_variance(prompts: int, raters: int) -> None:
    draws = np.random.default_rng(prompts)
    leans = draws.choice([-1.0, 0.0, 1.0, 1.0], (prompts, raters)) + np.linspace(-1, 1, raters)
    leans += draws.normal(size=(prompts, 1))
    prompt, rater = np.divmod(np.arange(prompts * raters), raters)
    mean = leans.mean()
    by_prompt = raters * float(((leans.mean(axis=1) - mean) ** 2).sum()) / (prompts - 1)
    by_rater = prompts * float(((leans.mean(axis=0) - mean) ** 2).sum()) / (raters - 1)
    rest = leans - leans.mean(axis=1, keepdims=True) - leans.mean(axis=0) + mean
    freedom = (prompts - 1) * (raters - 1)
    error = float((rest**2).sum()) / freedom
    total = by_prompt + by_rater - error
    assert min(by_prompt, by_rater) > error, "no component at its bound"
    satterthwaite = total**2 / (
        by_prompt**2 / (prompts - 1) + by_rater**2 / (raters - 1) + error**2 / freedom
    )
    share = {3: 0.6, 5: 0.7, 12: 0.8}[raters]
    margin = float(stats.t.ppf(1 - share * 0.025, satterthwaite)) * math.sqrt(total / (prompts * raters))
    ends = interval_over_raters(leans.ravel(), prompt, rater, 0.95)
    assert ends == pytest.approx((mean - margin, mean + margin), rel=1e-6)


def test_several_judgments_of_a_rater_on_a_prompt_count_as_their_mean() -> None:
    leans = np.array([1.0, -1.0] * 30)
    prompts, raters = np.divmod(np.arange(60), 3)
    twice = np.concatenate([leans, leans])
    ends = interval_over_raters(twice, np.tile(prompts, 2), np.tile(raters, 2), 0.95)
    assert ends == interval_over_raters(leans, prompts, raters, 0.95)


def test_many_raters_are_taken_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = np.random.default_rng(5)
    judged = np.nonzero(draws.random((40, 25)) < 0.5)
    whole = loads_of(*judged)
    monkeypatch.setattr(win_rate, "CHUNK", 4)
    blocks = loads_of(*judged)
    for name in ("pairs", "freedom", "of_prompts", "of_rest"):
        assert getattr(blocks, name) == pytest.approx(getattr(whole, name), rel=1e-12)


def test_a_rater_with_nearly_all_judgments_is_no_sample_of_raters() -> None:
    rows: Rows = [[1.0, *([0.0 if p < 5 else None] * 2)] for p in range(77)]
    judged = table(rows)
    assert raters_counted(judged[2]) == 3
    assert told(judged)[1] == ("raters_like_these", None, "unequal_loads")
    rate = present(rate_over_raters(*judged))
    assert "one or two raters have nearly all judgments" in rate.explanation


def test_beyond_so_many_prompts_t_alone_decides() -> None:
    found = present(lean_over_prompts(np.ones(EXACT_PROMPTS + 1), np.arange(EXACT_PROMPTS + 1), 0.95))
    assert (found.exact_p, found.p) == (None, found.interval_p)


def test_t_over_prompts_is_students() -> None:
    leads = np.array([2.0, 0.0, -2.0, 2.0, 2.0, 1.0, 2.0])
    lean = np.concatenate([[x / 2, x / 2] for x in leads])
    found = present(lean_over_prompts(lean, np.repeat(np.arange(7), 2), 0.95))
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


def votes(wins: int, n: int) -> FloatArray:
    return np.repeat([1.0, 0.0], (wins, n - wins))


@pytest.mark.parametrize(
    ("k", "n", "expected"),
    [(8, 8, 256 / 9), (9, 10, 9.3091), (60, 100, 0.9130), (70, 100, 427.307), (300, 500, 1292.54)],
)
def test_e_values_of_the_design_page(k: int, n: int, expected: float) -> None:
    digits = len(str(expected).partition(".")[2])
    assert e_value(votes(k, n)) == pytest.approx(expected, abs=0.5 * 10.0 ** -min(digits, 8))


@pytest.mark.parametrize(("k", "n"), [(8, 8), (0, 5), (60, 100), (1010, 2000), (50400, 100_000)])
def test_decisive_votes_give_the_closed_form(k: int, n: int) -> None:
    log_e = n * math.log(2) + float(special.betaln(k + 1, n - k + 1))
    assert math.log(e_value(votes(k, n))) == pytest.approx(log_e, abs=1e-8)


def test_evidence_of_ties_of_no_prompts_and_beyond_all_floats() -> None:
    assert e_value(np.append(votes(9, 10), np.full(50, 0.5))) == pytest.approx(e_value(votes(9, 10)))
    assert e_value(np.zeros(0)) == pytest.approx(1)
    assert confidence_sequence(np.zeros(0)) == (0, 1)
    assert math.isfinite(e_value(np.ones(5000)))
    assert confidence_sequence(np.append(np.zeros(3000), 1e-6))[0] == 0


def test_prompt_means_between_give_the_mixture_by_quadrature() -> None:
    means = np.array([1, 2 / 3, 1 / 3, 0.9, 0.8])
    expected, _ = integrate.quad(lambda bet: float(np.prod(1 + bet * (2 * means - 1))) / 2, -1, 1)
    assert e_value(means) == pytest.approx(expected)


@pytest.mark.parametrize(("k", "n", "low", "high"), [(60, 100, 0.4408, 0.7460), (300, 500, 0.5236, 0.6733)])
def test_confidence_sequences_of_the_design_page(k: int, n: int, low: float, high: float) -> None:
    assert_allclose(confidence_sequence(votes(k, n)), (low, high), atol=5e-5)


@pytest.mark.parametrize(("vote", "low", "high"), [(1, 0.025, 1), (0, 0, 0.975)])
def test_one_vote_leaves_nearly_all_open(vote: float, low: float, high: float) -> None:
    assert_allclose(confidence_sequence(np.array([vote])), (low, high), atol=1e-9)


def test_all_ties_stay_around_one_half() -> None:
    low, high = confidence_sequence(np.full(40, 0.5))
    assert 0 < low < 0.5 < high < 1
    assert low == pytest.approx(1 - high)


def test_many_distinct_means_are_grouped_and_change_little() -> None:
    rng = np.random.default_rng(7)
    means = rng.random(1500)
    parts = np.array([means[:1000], means[500:]])
    assert e_value(means) == pytest.approx(e_value(np.rint(means * 1000) / 1000))
    assert all(math.isfinite(e_value(part)) for part in parts)
    assert e_value(means) == pytest.approx(e_value(1 - means))


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_sequence_holds_the_mean_and_refutes_one_half_only_with_evidence(means: list[float]) -> None:
    values = np.array(means)
    low, high = confidence_sequence(values)
    assert 0 <= low <= values.mean() + 1e-9
    assert values.mean() - 1e-9 <= high <= 1
    if not low - 1e-6 < 0.5 < high + 1e-6:
        assert e_value(values) >= 20 * (1 - 1e-3)


def test_peeking_after_every_prompt_seldom_deceives() -> None:
    """Ville's inequality on fair coins: at most 5% of runs may ever reach 20; here about 3%."""
    rng = np.random.default_rng(5)
    wins = np.cumsum(rng.random((2000, 300)) < 0.5, axis=1)
    sizes = np.arange(1, 301)
    log_e = sizes * math.log(2) + special.betaln(wins + 1, sizes - wins + 1)
    assert np.mean(log_e.max(axis=1) >= math.log(20)) <= 0.05


def test_evidence_that_was_reached_stays_reached() -> None:
    found = evidence(np.append(votes(10, 10), votes(0, 10)))
    assert found.highest == pytest.approx(e_value(votes(10, 10)))
    assert (found.at, found.lead) == (10, 1.0)
    assert found.last == pytest.approx(e_value(votes(10, 20)))
    assert found.last < 1 < found.highest


def test_evidence_is_the_e_value_after_every_prompt() -> None:
    means = np.random.default_rng(3).choice([0, 0.5, 2 / 3, 0.9, 1], 1300)
    each = [e_value(means[: n + 1]) for n in range(len(means))]
    found = evidence(means)
    assert found.last == e_value(means)
    assert found.highest == pytest.approx(max(each))
    assert found.at == np.argmax(each) + 1


@pytest.mark.parametrize("means", [np.zeros(0), np.full(9, 0.5), votes(0, 1)[:0]])
def test_without_evidence_the_highest_is_that_before_the_first(means: FloatArray) -> None:
    found = evidence(means)
    assert found.last == pytest.approx(1)
    assert found == Evidence(found.last, 1, 0)


def test_a_shared_prompt_is_a_step_when_all_have_judged_it() -> None:
    """Prompt 0 is to have three judgments, the others one."""
    preference, prompts = np.array([1.0, 0.0, 1.0, 0.0, 0.5]), np.array([0, 1, 0, 2, 0])
    planned = np.array([3, 1, 1])
    assert steps(preference, prompts, planned, still_open=True).tolist() == [0.0, 0.0, pytest.approx(5 / 6)]
    assert steps(preference[:4], prompts[:4], planned, still_open=True).tolist() == [0.0, 0.0]


def test_many_prompts_are_looked_at_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    means = np.random.default_rng(3).random(3000)
    assert evidence(means).highest == pytest.approx(evidence(np.rint(means * 1000) / 1000).highest)
    monkeypatch.setattr("ftcompare.stats.claims.LOOKS", 40)
    in_steps = evidence(votes(70, 101))
    assert in_steps.at == 69  # The greatest multiple of three with wins alone.
    assert in_steps.last == e_value(votes(70, 101))


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


def test_parts_of_few_prompts_take_the_variance_that_all_parts_share() -> None:
    """The first two parts agree by chance: 1 prompt, and 4 alike; by hand from s² = .3 of 5 prompts."""
    middle = (1 * 0 + 4 * 1 + 5 * 0.4 + 2) / 14
    shared = (4 * 0.3 + 2 * middle * (1 - middle)) / (0 + 3 + 4 + 2)
    found = error_variances([None, 0.0, 0.06], [0.0, 1.0, 0.4], [1, 4, 5])
    assert found == pytest.approx((shared, shared / 4, shared / 5))
    few, many, rest = partially_pooled([0.0, 1.0, 0.4], found)
    assert 0.3 < (few or 0) <= (rest or 0) <= (many or 1) < 0.9, "one lost prompt is hardly a finding"


def test_parts_that_differ_by_no_more_than_chance_get_one_rate() -> None:
    assert partially_pooled([0.5, 0.52, 0.48], [0.01, 0.01, 0.01]) == pytest.approx((0.5, 0.5, 0.5))
    assert partially_pooled([0.7], [0.01]) == (None,)
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
    assert rater.pooled is None


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


def test_the_interval_leaves_out_one_half_as_long_as_the_claim_of_the_evidence_stands() -> None:
    """Twelve wins make the claim; eight losses after them take the e-value down again, not the claim."""
    means = np.array([1.0] * 12 + [0.0] * 8)
    found = evidence(means)
    assert found.highest >= ENOUGH_EVIDENCE > found.last
    assert confidence_sequence(means)[0] < 0.5 < confidence_sequence(means)[1]
    low, high = sequence_so_far(means, found)
    assert 0.5 < low <= high == confidence_sequence(means)[1]
    wins = np.array([1.0] * 5)
    assert sequence_so_far(wins, evidence(wins)) == confidence_sequence(wins)
