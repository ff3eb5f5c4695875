"""How many prompts it takes, how often a planned study makes its claims, and margins."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy import special, stats

from ftcompare.core.study import Vote
from ftcompare.stats import claim_power as planning
from ftcompare.stats.claim_power import (
    LEVEL,
    ClaimPower,
    Ends,
    PromptSums,
    StudyDesign,
    claim_power,
    ends_over_prompts,
    half_widths,
    least_prompts,
    least_rates,
    logits_apart,
    mean_for_rate,
    sign_flip_ps,
    win_rate_spread,
)
from ftcompare.stats.claims import ClaimScope, Evidence, claims, evidence
from ftcompare.stats.non_inferiority import INTERVAL_LEVEL, not_worse, prompts_for_margin
from ftcompare.stats.planning import (
    Forecasts,
    FurtherJudgments,
    MoreJudgments,
    alike_by_prompt,
    crossed_variance,
    more_judgments,
    power_of_mean,
    prompts_for_difference,
    prompts_of_mean,
    prompts_still_needed,
    spread_with_raters,
)
from ftcompare.stats.resampling import SEED
from ftcompare.stats.vote_table import tabulate
from ftcompare.stats.win_rate import (
    Rate,
    ends_over_raters,
    loads_of,
    rate_over_prompts,
    rate_over_raters,
    sign_flip_p,
    variances_within,
)
from tests.builders import present

FIRST = (ClaimScope.ONE_RATER, ClaimScope.THESE_RATERS)


@pytest.mark.parametrize(("beyond", "spread"), [(0.1, 0.5), (0.05, 0.4), (0.2, 0.3)])
def test_the_size_is_the_least_with_that_power(beyond: float, spread: float) -> None:
    n = prompts_of_mean(beyond, spread, 0.025, 0.8)
    assert power_of_mean(n, beyond, spread, 0.025) >= 0.8 > power_of_mean(n - 1, beyond, spread, 0.025)


def test_the_power_is_that_of_statsmodels() -> None:
    power = pytest.importorskip("statsmodels.stats.power")
    theirs = power.TTestPower().power(0.1 / 0.4, 60, 0.025, alternative="larger")
    assert power_of_mean(60, 0.1, 0.4, 0.025) == pytest.approx(theirs, abs=1e-9)
    assert power_of_mean(1, 0.1, 0.4, 0.025) == 0.0
    assert (power_of_mean(5, 0.1, 0.0, 0.025), power_of_mean(5, -0.1, 0.0, 0.025)) == (1.0, 0.0)


def test_large_sizes_go_by_the_normal_approximation() -> None:
    assert prompts_of_mean(0.0001, 0.5, 0.025, 0.8) == pytest.approx(1.9622e8, rel=1e-4)


@pytest.mark.parametrize("raters", [1, 3])
def test_prompts_still_needed_are_those_of_the_simulated_claim(raters: int) -> None:
    """A study's own rate and spread, of a few prompts, against studies made up by the claim's own rule."""
    design = StudyDesign(prompts=1, raters=raters, tie_share=0.2, prompt_sd=1.0, rater_sd=0.0)
    (simulated,) = (n for scope, n in least_prompts(0.6, design).items() if scope in FIRST)
    rate = 0.5 + 0.8 * 0.1
    variance = (0.8 / 4 - 0.08**2) * spread_with_raters(raters, alike_by_prompt(1.0, 0.2))
    found = prompts_still_needed(rate, math.sqrt(variance / 10), 10)
    assert simulated is not None
    assert found is not None
    assert found + 10 == pytest.approx(simulated, rel=0.1)


def test_more_prompts_are_needed_until_the_claim_can_be_made() -> None:
    assert prompts_still_needed(1.0, 0.0, 4) == 2, "six prompts at least"
    assert prompts_still_needed(0.9, 0.01, 30) == 1, "where the rate alone would be enough"
    assert prompts_still_needed(0.5, 0.1, 30) is None
    assert prompts_still_needed(0.9, None, 1) is None


def judged(prompts: int, raters: int, each: int, rater_sd: float, seed: int) -> MoreJudgments:
    """What more would have brought to a simulated study; raters take prompts in turn."""
    rng = np.random.default_rng(seed)
    prompt, rater = np.repeat(np.arange(prompts), each), np.arange(prompts * each) % raters
    effects = rng.normal(0, 1, prompts)[prompt] + rng.normal(0, rater_sd, raters)[rater]
    lean = np.sign(effects + rng.normal(0, 1, len(prompt)))
    rates = (1 + lean) / 2
    return more_judgments(
        lean, prompt, rater, rate_over_prompts(rates, prompt), rate_over_raters(rates, prompt, rater)
    )


@pytest.mark.parametrize(
    ("prompts", "raters", "each", "estimated"),
    [
        (60, 5, 5, {"prompts", "raters", "prompts_for_others", "raters_for_others"}),
        (60, 3, 3, {"prompts", "raters"}),  # how much raters differ is too uncertain
        (60, 1, 1, {"prompts"}),
        (60, 5, 1, {"prompts", "prompts_for_others"}),  # no prompt has two judgments
        (1, 5, 5, set()),
    ],
)
def test_what_more_would_bring_is_told_where_it_can_be_estimated(
    prompts: int, raters: int, each: int, estimated: set[str]
) -> None:
    more = asdict(judged(prompts, raters, each, 0.0, 1))
    assert {name for name, half in more.items() if half is not None} == estimated


def test_twice_the_prompts_narrow_the_interval_of_these_raters_by_the_root_of_two() -> None:
    more = judged(400, 2, 2, 0.0, 1)
    assert more.prompts is not None
    assert more.raters is not None
    assert more.prompts < more.raters < more.prompts * math.sqrt(2)


def test_twice_the_raters_help_most_where_raters_differ() -> None:
    more = judged(200, 6, 6, 1.0, 1)
    assert more.prompts_for_others is not None
    assert more.raters_for_others is not None
    assert more.raters_for_others < more.prompts_for_others


def until_enough(preference: list[float], each: int = 1) -> FurtherJudgments | None:
    """The forecast for prompts that were judged one after another, with equal numbers of judgments."""
    share, prompt = np.array(preference), np.arange(len(preference)) // each
    means = share.reshape(-1, each).mean(axis=1)
    rate = rate_over_prompts(share, prompt)
    votes = [
        Vote(str(one), "r", "a", "b", "tie", float(part)) for one, part in zip(prompt, share, strict=True)
    ]
    return Forecasts(tabulate(votes), rate, None, evidence(means)).until_enough


@pytest.mark.parametrize("ties", [13, 12])
def test_further_judgments_are_forecast_for_either_side_alike(ties: int) -> None:
    for_b, for_a = (until_enough([side, side, 1 - side] * 6 + [0.5] * ties) for side in (1.0, 0.0))
    assert for_b == for_a
    further = present(for_b).as_so_far
    assert 0 < present(further.low) < present(further.median) < 10 * (18 + ties)


def test_a_larger_lead_needs_fewer_further_judgments_and_none_has_no_end() -> None:
    small, large = (present(until_enough(won)) for won in ([1.0, 0, 1] * 6 + [1, 0], [1.0, 0, 1, 1] * 5))
    assert present(large.as_so_far.median) < present(small.as_so_far.median)
    assert present(until_enough([1.0, 0.0] * 20)).as_so_far.high is None


def test_where_three_raters_always_agree_one_judgment_of_each_prompt_is_enough() -> None:
    found = present(until_enough(([1.0] * 6 + [0.0] * 3) * 4, each=3))
    assert present(found.one_each.median) < present(found.as_so_far.median)
    assert present(found.as_so_far.median) % 3 == 0


@pytest.mark.parametrize("preference", [[1.0, 0.0, 0.5] * 3, [1.0] * 20])
def test_nothing_is_forecast_for_few_prompts_or_enough_evidence(preference: list[float]) -> None:
    assert until_enough(preference) is None


def test_judgments_of_one_prompt_are_alike_as_far_as_prompts_differ() -> None:
    assert alike_by_prompt(0.0, 0.2) == pytest.approx(0.0)
    assert alike_by_prompt(1.0, 0.0) == pytest.approx(0.1735, abs=1e-4)
    assert alike_by_prompt(1.0, 0.2) == pytest.approx(0.8 * alike_by_prompt(1.0, 0.0))


def test_prompts_for_a_difference_are_those_of_miller_and_more_with_sampling_noise() -> None:
    assert prompts_for_difference(1 / 9, 0.03) == pytest.approx(968.997, abs=5e-4)
    assert math.ceil(prompts_for_difference(1 / 9, 0.03)) == 969
    assert prompts_for_difference(0.1, 0.03, sampling=0.1) == pytest.approx(prompts_for_difference(0.2, 0.03))


def complete_table(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = np.indices(values.shape)
    return values.ravel(), rows.ravel(), columns.ravel()


def test_components_of_a_complete_table_are_those_of_the_analysis_of_variance() -> None:
    # Winer 1971, table 4.3-1: five people under four drugs; SS people 680.8, drugs 698.2, residual 112.8.
    table = np.array(
        [[30, 28, 16, 34], [14, 18, 10, 22], [24, 20, 18, 30], [38, 34, 20, 44], [26, 28, 14, 30]], float
    )
    values, people, drugs = complete_table(table)
    assert crossed_variance(values, people, drugs) == pytest.approx((680.8 / 4 - 112.8 / 12) / 4)
    assert crossed_variance(values, drugs, people) == pytest.approx((698.2 / 3 - 112.8 / 12) / 5)


def test_components_are_told_without_bias_where_raters_share_the_prompts() -> None:
    rng, found = np.random.default_rng(8), []
    prompt, rater = np.divmod(np.arange(300), 6)
    asked = (prompt + rater) % 3 != 0
    for _ in range(400):
        values = rng.normal(0, 2, 50)[prompt] + rng.normal(0, 0.5, 6)[rater] + rng.normal(0, 1, 300)
        shown = values[asked], prompt[asked], rater[asked]
        found.append((crossed_variance(*shown), crossed_variance(shown[0], shown[2], shown[1])))
    assert np.mean([x[0] for x in found]) == pytest.approx(4, rel=0.05)
    assert np.mean([x[1] for x in found]) == pytest.approx(0.25, abs=0.03)


def test_a_single_rater_has_no_component() -> None:
    values, codes = np.array([0.0, 1.0, 0.5]), np.arange(3)
    assert crossed_variance(values, codes, codes * 0) is None
    assert crossed_variance(values, codes * 0, codes) is None
    assert crossed_variance(values[:0], codes[:0], codes[:0]) is None


ONE, THESE, OTHERS = ClaimScope.ONE_RATER, ClaimScope.THESE_RATERS, ClaimScope.RATERS_LIKE_THESE
RATE = 0.6875
"""Of the decided; with a fifth of ties as half it is the win rate of 65% in docs/explanation/claim-rules."""

Judged = tuple[np.ndarray, np.ndarray, np.ndarray]


def power(design: StudyDesign, rate: float = RATE, draws: int = 4000) -> dict[ClaimScope, float]:
    found = claim_power(rate, design, draws=draws, rng=np.random.default_rng(5))
    return {scope: chance.share for scope, chance in found.items()}


def made_up(design: StudyDesign, rate: float, rng: np.random.Generator) -> Judged:
    """Preferences, prompts and raters of one study, by the model's own words."""
    p, k = design.prompts, design.each or design.raters
    prompt = np.repeat(np.arange(p), k)
    rater = np.concatenate([(k * np.arange(p)[:, None] + np.arange(k)) % design.raters]).ravel()
    mean = mean_for_rate(rate, design.prompt_sd, design.rater_sd)
    logits = mean + design.prompt_sd * rng.standard_normal(p)[prompt]
    logits = logits + design.rater_sd * rng.standard_normal(design.raters)[rater]
    preference = (rng.random(p * k) < special.expit(logits)).astype(np.float64)
    preference[rng.random(p * k) < design.tie_share] = 0.5
    return preference, prompt, rater


@pytest.mark.parametrize(
    ("design", "rate"),
    [
        (StudyDesign(77, 1), 0.65),
        (StudyDesign(77, 5), 0.65),
        (StudyDesign(20, 3), 0.75),
        (StudyDesign(60, 6, 3, tie_share=0.4, rater_sd=0.6), 0.7),
        (StudyDesign(240, 3, tie_share=0.0), 0.6),
        (StudyDesign(60, 14, prompt_sd=2.0), 0.6),
    ],
)
def test_a_plan_promises_what_the_claims_of_made_up_studies_turn_out_to_be(
    design: StudyDesign, rate: float
) -> None:
    rng, runs = np.random.default_rng(11), 700
    found = dict.fromkeys(design.scopes, 0)
    for _ in range(runs):
        told = claims(*made_up(design, rate, rng), finished=True, evidence=Evidence(1.0, 1.0, 0))
        for claim in told:
            found[claim.scope] += claim.favours == "b"
    planned = claim_power(rate, design, rng=np.random.default_rng(12))
    for scope, count in found.items():
        share = count / runs
        error = math.sqrt(share * (1 - share) / runs)
        assert planned[scope].share == pytest.approx(share, abs=0.03 + error), scope


@pytest.mark.parametrize(
    ("design", "rate", "expected"),
    [
        (StudyDesign(77, 1), RATE, {ONE: 0.76}),
        (StudyDesign(77, 2), 0.65, {THESE: 0.80}),
        (StudyDesign(77, 3), RATE, {THESE: 0.97, OTHERS: 0.56}),
        (StudyDesign(77, 5), RATE, {THESE: 1.00, OTHERS: 0.94}),
        (StudyDesign(20, 8), 0.65, {THESE: 0.62, OTHERS: 0.52}),
        (StudyDesign(200, 4), 0.65, {THESE: 1.00, OTHERS: 0.78}),
        (StudyDesign(200, 10), 0.65, {THESE: 1.00, OTHERS: 1.00}),
    ],
)
def test_plans_agree_with_the_power_table_of_the_page(
    design: StudyDesign, rate: float, expected: dict[ClaimScope, float]
) -> None:
    """docs/explanation/claim-rules.md, "How often claims are made", which `benchmarks/claims.py` prints."""
    assert power(design, rate) == {scope: pytest.approx(share, abs=0.03) for scope, share in expected.items()}


def test_sums_give_what_judgments_one_by_one_give(monkeypatch: pytest.MonkeyPatch) -> None:
    designs = [StudyDesign(150, 3), StudyDesign(150, 4, 2, rater_sd=0.8), StudyDesign(200, 4, 1)]
    designs.append(StudyDesign(200, 1, tie_share=0.0))
    one_by_one = [power(design, 0.62) for design in designs]
    monkeypatch.setattr(planning, "MOST_JUDGMENTS", 0)
    for design, shares in zip(designs, one_by_one, strict=True):
        assert power(design, 0.62) == {scope: pytest.approx(x, abs=0.04) for scope, x in shares.items()}


@pytest.mark.parametrize("prompts", [210, 231, 240])
def test_raters_who_share_no_pair_are_counted_alike_for_any_number_of_prompts(prompts: int) -> None:
    """23.1 judgments by each of 10 raters once gave 14% by a rounding error, where 98% is right."""
    assert power(StudyDesign(prompts, 10, 1), 0.6875)[OTHERS] == pytest.approx(0.98, abs=0.03)


@pytest.mark.parametrize(
    ("prompts", "raters", "shared", "share"),
    [(181, 3, 25, 0.72), (191, 5, 10, 0.71), (231, 10, 0, 0.78), (51, 10, 20, 0.38)],
)
def test_shared_prompts_cost_what_they_add_in_judgments(
    prompts: int, raters: int, shared: int, share: float
) -> None:
    """About 231 judgments; docs/explanation/planning.md has the table of `benchmarks/study_designs.py`."""
    design = StudyDesign(prompts, raters, 1, rater_sd=0.0, shared=shared)
    assert abs(design.judgments - 231) <= 1
    assert power(design, 0.6)[THESE] == pytest.approx(share, abs=0.04)


def test_a_higher_win_rate_is_never_found_less_often_and_the_least_is_enough() -> None:
    for design in (StudyDesign(30, 1), StudyDesign(40, 3), StudyDesign(300, 5)):
        shares = [power(design, percent / 100, draws=500) for percent in range(50, 100, 7)]
        for scope in design.scopes:
            of = [share[scope] for share in shares]
            assert of == sorted(of)
        for scope, rate in least_rates(design).items():
            assert rate is not None
            rng = np.random.default_rng(SEED), np.random.default_rng(SEED)
            assert claim_power(rate, design, rng=rng[0])[scope].share >= 0.8
            assert claim_power(rate - 0.01, design, rng=rng[1])[scope].share < 0.8


def test_the_least_prompts_find_the_rate_with_that_power() -> None:
    design = StudyDesign(1, 5)
    needed = least_prompts(0.7, design)
    for scope, prompts in needed.items():
        assert prompts is not None
        assert power(replace(design, prompts=prompts), 0.7)[scope] == pytest.approx(0.8, abs=0.04)
    assert (needed[OTHERS] or 0) > (needed[THESE] or 0)
    assert least_prompts(0.7, design) == needed, "the same stream"
    sure = least_prompts(0.7, design, power=0.95)[THESE]
    assert (sure or 0) > (needed[THESE] or 0)


def test_where_raters_are_of_one_mind_the_formula_for_means_needs_as_many_prompts() -> None:
    design = StudyDesign(1, 3, rater_sd=0.0)
    ours = win_rate_spread(1.0, 0.2) ** 2
    miller = prompts_for_difference(ours, 0.08, sampling=(0.2 - ours) / 3)
    assert least_prompts(0.6, design)[THESE] == pytest.approx(miller, rel=0.1)


def test_three_raters_who_differ_never_find_a_small_advantage_for_others() -> None:
    found = least_prompts(0.55, StudyDesign(1, 3, rater_sd=1.0))
    assert found[OTHERS] is None
    assert least_rates(StudyDesign(6, 3, tie_share=0.9))[OTHERS] is None


def test_of_whom_a_study_can_speak() -> None:
    assert StudyDesign(5, 3).scopes == ()
    assert StudyDesign(6, 1).scopes == (ONE,)
    assert StudyDesign(60, 2).scopes == (THESE,)
    assert StudyDesign(60, 3).scopes == (THESE, OTHERS)
    assert StudyDesign(20, 8, 1).scopes == (THESE,), "2 judgments per rater"
    assert StudyDesign(20, 2, 5).judged == 2
    assert least_rates(StudyDesign(3)) == {}
    assert power(StudyDesign(3)) == {}
    assert power(StudyDesign(6, 8, 1)).keys() == {THESE}, "two raters get nothing"


def test_intervals_are_as_wide_as_those_of_made_up_studies() -> None:
    rng, design = np.random.default_rng(4), StudyDesign(60, 4)
    widths = []
    for _ in range(150):
        preference, prompt, rater = made_up(design, 0.5, rng)
        one, both = rate_over_prompts(preference, prompt), rate_over_raters(preference, prompt, rater)
        assert both is not None
        widths.append([((rate.high or 0) - (rate.low or 0)) / 2 for rate in (one, both)])
    found = half_widths(design)
    these, others = np.median(widths, axis=0)
    assert these == pytest.approx(found[THESE], rel=0.06)
    assert others == pytest.approx(found[OTHERS], rel=0.12), "few raters: widths differ much between studies"


def test_a_plan_takes_no_time() -> None:
    """The figures come while one types: 2,000 studies of 77 x 5, in seconds of this process alone."""
    began = time.process_time()
    power(StudyDesign(77, 5), draws=2000)
    assert time.process_time() - began < 1


def test_hundreds_of_raters_are_drawn_fewer_times() -> None:
    found = claim_power(0.6, StudyDesign(100, 500), rng=np.random.default_rng(1))
    assert found[THESE] == ClaimPower(1.0, 200)
    assert found[THESE].error == 0
    assert ClaimPower(0.8, 2000).error == pytest.approx(0.0089, abs=1e-4)


def test_rates_and_logits_go_both_ways() -> None:
    assert mean_for_rate(0.5) == pytest.approx(0, abs=1e-9)
    assert mean_for_rate(0.7, 0, 0) == pytest.approx(special.logit(0.7))
    mean = mean_for_rate(0.65, 1.0, 0.3)
    assert stats.norm(mean, math.hypot(1, 0.3)).expect(special.expit) == pytest.approx(0.65, abs=1e-5)
    assert logits_apart(win_rate_spread(0.7, 0.3), 0.3) == pytest.approx(0.7)
    assert logits_apart(0.0, 0.2) == pytest.approx(0)
    assert logits_apart(0.5, 0.2) == 4


# The batch of studies against the product's own functions, one by one.


@pytest.mark.parametrize(
    ("prompts", "raters", "ties"), [(8, 1, 0.0), (8, 3, 0.3), (77, 1, 0.2), (210, 4, 0.1)]
)
def test_ends_of_a_batch_are_those_of_the_intervals(prompts: int, raters: int, ties: float) -> None:
    rng = np.random.default_rng(prompts)
    answers = np.where(rng.random((40, prompts, raters)) < 0.7, 1.0, -1.0)
    answers *= rng.random(answers.shape) >= ties
    ends = batch_over_prompts(answers)
    prompt, rater = np.divmod(np.arange(prompts * raters), raters)
    for study, of in enumerate(answers):
        rate = rate_over_prompts((of.ravel() + 1) / 2, prompt)
        found = [(1 + end) / 2 for end in (ends.low[study], ends.high[study])]
        assert np.clip(found, 0, 1) == pytest.approx([rate.low, rate.high], abs=1e-6)
    if raters < 3:
        return
    own, loads = answers.mean(axis=1), loads_of(prompt, rater)
    deviations = ((answers.sum(axis=2) - own.sum(axis=1)[:, None]) ** 2).sum(axis=1)
    within = variances_within(loads, own, (answers**2).sum(axis=(1, 2)), deviations)
    over = ends.also(Ends(*ends_over_raters(loads, own, *within, LEVEL)))
    for study, of in enumerate(answers):
        both = present(rate_over_raters((of.ravel() + 1) / 2, prompt, rater))
        found = [(1 + end) / 2 for end in (over.low[study], over.high[study])]
        assert np.clip(found, 0, 1) == pytest.approx([both.low, both.high], abs=1e-5)
    assert (over.high < 100.0).all()


def batch_over_prompts(answers: np.ndarray) -> Ends:
    studies, prompts, raters = answers.shape
    leads, every = answers.sum(axis=2), np.ones(studies)
    once = (np.abs(answers).sum(axis=(1, 2)) == prompts) & (raters == 1)
    total = every * prompts * raters
    sums = PromptSums(leads.sum(axis=1), (leads**2).sum(axis=1), total, every * prompts, every * raters, once)
    return ends_over_prompts(sums, leads)


def test_the_exact_test_is_asked_wherever_it_may_object() -> None:
    rng = np.random.default_rng(2)
    for _ in range(3000):
        prompts, each = int(rng.integers(6, 40)), int(rng.integers(1, 6))
        answers = np.where(rng.random((prompts, each)) < 0.5 + 0.4 * rng.random(), 1.0, -1.0)
        leads = (answers * (rng.random(answers.shape) >= 0.8 * rng.random())).sum(axis=1)
        deviation = (abs(leads.sum()) - 1) / math.sqrt(max(1.0, float(leads @ leads)))
        if 2.05 + 1 / prompts <= deviation < 2.6:
            assert sign_flip_p(leads) < 0.05


def test_exact_p_of_many_studies_at_once_is_that_of_each() -> None:
    leads = np.random.default_rng(6).integers(-3, 4, (50, 12)).astype(np.float64)
    leads[0] = np.tile([1.0, -1.0], 6)
    assert sign_flip_ps(leads) == pytest.approx([sign_flip_p(of) for of in leads])


RUNS = 500
"""Of the simulation; benchmarks/non_inferiority.py has more."""


def rate(low: float | None, high: float | None, level: float = INTERVAL_LEVEL) -> Rate:
    return Rate(0.5, low, high, level, "t over prompt means", "prompts", 100)


def test_a_system_is_not_worse_where_the_lower_end_lies_above_the_margin() -> None:
    found = not_worse(rate(0.46, 0.6), 0.05)
    assert (found.low, found.shown) == (0.46, True)
    assert not not_worse(rate(0.44, 0.6), 0.05).shown
    assert not not_worse(rate(0.45, 0.6), 0.05).shown  # at the margin is not above it


def test_not_worse_is_read_from_either_end_and_without_an_interval_never_shown() -> None:
    found = not_worse(rate(0.4, 0.52), 0.05, of_a=True)
    assert found.low == pytest.approx(0.48)
    assert found.shown
    assert not not_worse(rate(0.4, 0.56), 0.05, of_a=True).shown
    for of_a in (False, True):
        found = not_worse(rate(None, None), 0.4, of_a=of_a)
        assert (found.low, found.shown) == (None, False)


def test_one_judgment_a_prompt_gets_the_exact_bound_that_scipy_gives() -> None:
    preference, prompts = np.repeat([1.0, 0.0], [6, 4]), np.arange(10)
    found = not_worse(rate_over_prompts(preference, prompts, INTERVAL_LEVEL), 0.15)
    exact = stats.binomtest(6, 10, alternative="greater").proportion_ci(0.95, method="exact").low
    assert found.low == pytest.approx(exact)
    assert not found.shown  # Wilson's end, 35.2%, would be above 35%: so it is in 9.5% of such studies
    other = not_worse(rate_over_prompts(1 - preference, prompts, INTERVAL_LEVEL), 0.15, of_a=True)
    assert other.low == pytest.approx(exact)


def test_who_won_nothing_may_be_as_bad_as_can_be() -> None:
    lost = rate_over_prompts(np.zeros(10), np.arange(10), INTERVAL_LEVEL)
    assert not_worse(lost, 0.4).low == 0.0


@pytest.mark.parametrize(("margin", "level"), [(0.0, 0.9), (0.5, 0.9), (math.nan, 0.9), (0.1, 0.8)])
def test_a_margin_or_a_level_that_cannot_be_is_refused(margin: float, level: float) -> None:
    with pytest.raises(ValueError, match="margin between 0 and one half"):
        not_worse(rate(0.4, 0.6, level), margin)


@pytest.mark.parametrize(("margin", "raters"), [(0.1, 1), (0.05, 3), (0.15, 5)])
def test_the_size_is_the_least_that_has_the_power_of_a_t_test_of_the_prompts_means(
    margin: float, raters: int
) -> None:
    """statsmodels has the same test with its effect in standard deviations."""
    test = pytest.importorskip("statsmodels.stats.power").TTestPower()
    effect = margin / math.sqrt(0.2 * (0.4 + 0.6 / raters))  # four fifths of the judgments are 0 or 1
    for prompts in (12, 60, 200):
        power = test.power(effect, prompts, 0.05, alternative="larger")
        sizes = [
            prompts_for_margin(margin, raters=raters, tie_share=0.2, alike=0.4, power=power + step)
            for step in (-1e-9, 1e-9)
        ]
        assert sizes == [prompts, prompts + 1]


def leans(true: float, prompts: int, runs: int, rng: np.random.Generator) -> np.ndarray:
    """Prompts' means of three judgments, a fifth of them ties, prompts of SD 1 logit."""
    nodes, weights = special.roots_hermitenorm(40)
    grid = np.linspace(-3, 3, 601)
    mean = np.interp(
        0.5 + (true - 0.5) / 0.8, special.expit(grid[:, None] + nodes) @ weights / weights.sum(), grid
    )
    won = rng.random((runs, prompts, 3)) < special.expit(mean + rng.standard_normal((runs, prompts, 1)))
    return np.asarray(np.where(rng.random(won.shape) < 0.2, 0.5, won).mean(axis=2))


def test_simulated_studies_are_wrong_in_5_percent_and_found_as_often_as_planned() -> None:
    rng, codes = np.random.default_rng(1), np.repeat(np.arange(60), 3)
    at_margin = leans(0.4, 60, RUNS, rng)

    def shown(means: np.ndarray) -> float:
        found = [not_worse(rate_over_prompts(np.repeat(m, 3), codes, INTERVAL_LEVEL), 0.1) for m in means]
        return float(np.mean([each.shown for each in found]))

    assert stats.binomtest(round(RUNS * shown(at_margin)), RUNS, 0.05, alternative="greater").pvalue > 0.001
    truly_equal = leans(0.5, 60, RUNS, rng)
    own = float(np.mean([np.var(x, ddof=1) for x in truly_equal]) / 0.2)
    planned = power_of_mean(60, 0.1, math.sqrt(0.2 * own), 0.05)
    assert shown(truly_equal) == pytest.approx(planned, abs=0.06)  # three standard errors
