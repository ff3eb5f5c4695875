"""How often a planned study makes its claims: held against the claims of studies made up one by one."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from ftcompare.stats import claim_power as planning
from ftcompare.stats.batched_claims import Ends, PromptSums, ends_over_prompts, ends_over_raters, sign_flip_ps
from ftcompare.stats.claim_power import (
    ClaimPower,
    StudyDesign,
    claim_power,
    half_widths,
    least_prompts,
    least_rates,
    logits_apart,
    mean_for_rate,
    win_rate_spread,
)
from ftcompare.stats.claims import ClaimScope, claims
from ftcompare.stats.planning import prompts_for_difference
from ftcompare.stats.resampling import SEED
from ftcompare.stats.sequential import Evidence
from ftcompare.stats.sign_flips import sign_flip_p
from ftcompare.stats.win_rate import rate_over_prompts, rate_over_raters

ONE, THESE, OTHERS = ClaimScope.ONE_RATER, ClaimScope.THESE_RATERS, ClaimScope.RATERS_LIKE_THESE
RATE = 0.6875
"""Of the decided; with a fifth of ties as half it is the win rate of 65% of docs/statistics.md."""

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
        (StudyDesign(77, 3), RATE, {THESE: 0.98, OTHERS: 0.49}),
        (StudyDesign(77, 5), RATE, {THESE: 1.00, OTHERS: 0.90}),
        (StudyDesign(20, 8), 0.65, {THESE: 0.63, OTHERS: 0.54}),
        (StudyDesign(200, 4), 0.65, {THESE: 1.00, OTHERS: 0.67}),
        (StudyDesign(200, 10), 0.65, {THESE: 1.00, OTHERS: 1.00}),
    ],
)
def test_plans_agree_with_the_power_table_of_the_page(
    design: StudyDesign, rate: float, expected: dict[ClaimScope, float]
) -> None:
    """docs/statistics.md, "How often claims are made", which `benchmarks/claims.py` prints."""
    assert power(design, rate) == {scope: pytest.approx(share, abs=0.03) for scope, share in expected.items()}


def test_sums_give_what_judgments_one_by_one_give(monkeypatch: pytest.MonkeyPatch) -> None:
    designs = StudyDesign(150, 3), StudyDesign(150, 4, 2, rater_sd=0.8), StudyDesign(200, 1, tie_share=0.0)
    one_by_one = [power(design, 0.62) for design in designs]
    monkeypatch.setattr(planning, "MOST_JUDGMENTS", 0)
    for design, shares in zip(designs, one_by_one, strict=True):
        assert power(design, 0.62) == {scope: pytest.approx(x, abs=0.04) for scope, x in shares.items()}


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
    assert StudyDesign(20, 8, 1).scopes == (THESE,), "2 judgments a rater"
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
    assert np.median(widths, axis=0) == pytest.approx([found[THESE], found[OTHERS]], rel=0.06)


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
    own, decided = answers.mean(axis=1), np.abs(answers).mean(axis=1)
    over = ends.also(ends_over_raters(own, decided, np.full(raters, float(prompts)), np.full(40, prompts)))
    for study, of in enumerate(answers):
        both = rate_over_raters((of.ravel() + 1) / 2, prompt, rater)
        assert both is not None
        found = [(1 + end) / 2 for end in (over.low[study], over.high[study])]
        assert np.clip(found, 0, 1) == pytest.approx([both.low, both.high], abs=1e-5)
    assert over.leaves_out(2.0).all()


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


def test_means_of_subsets_of_many_raters_are_about_where_t_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    own, judgments = rng.normal(0.1, 0.2, (300, 10)), np.full(10, 40.0)
    arguments = own, np.full((300, 10), 0.8), judgments, np.full(300, 40)
    exact = ends_over_raters(*arguments)
    monkeypatch.setattr("ftcompare.stats.batched_claims.MOST_SUBSETS", 9)
    about = ends_over_raters(*arguments)
    assert about.low - exact.low == pytest.approx(np.zeros(300), abs=0.05)
    assert float(np.mean(about.low - exact.low)) == pytest.approx(0, abs=0.003)
