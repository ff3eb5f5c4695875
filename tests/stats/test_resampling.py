"""Intervals by resampling prompts, raters and units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ftcompare.core.study import Vote
from ftcompare.stats import ranking, resampling
from ftcompare.stats.agreement import alpha_interval, krippendorff_alpha
from ftcompare.stats.ranking import PairTally, fit_pairs, rank, ranking_intervals
from ftcompare.stats.resampling import RESAMPLES, percentile_interval, resampled_sums, resampled_units
from ftcompare.stats.summary import summarise
from ftcompare.stats.vote_table import FloatArray, tabulate
from ftcompare.stats.win_rate import cluster_variance, rate_over_prompts
from tests.builders import present

VoteMaker = Callable[..., Vote]


def generator() -> np.random.Generator:
    return np.random.default_rng(4)


def test_prompts_are_drawn_with_all_their_judgments() -> None:
    # Prompt 0 has one judgment of kind 0, prompt 1 two of kind 1.
    sums = resampled_sums(np.array([0, 1, 1]), np.array([0, 1, 1]), None, generator(), 500)
    assert sums.shape == (500, 2)
    assert set(map(tuple, sums)) == {(2, 0), (1, 2), (0, 4)}


def test_raters_are_drawn_apart_from_prompts() -> None:
    prompts, raters = np.divmod(np.arange(4), 2)
    sums = resampled_sums(np.arange(4), prompts, raters, generator(), 500)
    # Each cell counts the product of how often its prompt and its rater were drawn.
    assert (sums[:, 0] * sums[:, 3] == sums[:, 1] * sums[:, 2]).all()
    assert (sums.sum(axis=1) == 4).all()
    assert sums.max() == 4


def test_many_raters_and_many_resamples_fit_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    n = np.arange(300)
    whole = resampled_sums(n % 3, n, n % 50, generator(), 400)
    monkeypatch.setattr(resampling, "_CELLS", 1000)
    parts = resampled_sums(n % 3, n, n % 50, generator(), 400)
    assert parts.shape == whole.shape == (400, 3)
    assert parts.std(axis=0) == pytest.approx(whole.std(axis=0), rel=0.2)


def test_the_spread_of_resamples_is_that_of_the_formula_over_prompts() -> None:
    rng = generator()
    prompts = np.repeat(np.arange(80), 3)
    wins = (rng.random(80)[prompts] > rng.random(240)).astype(np.int64)
    sums = resampled_sums(wins, prompts, None, rng, 4000)
    variance = cluster_variance(wins.astype(np.float64), prompts)
    assert (sums[:, 1] / 240).var() == pytest.approx(variance, rel=0.1)


def test_units_that_are_alike_are_drawn_as_one_kind() -> None:
    sums = resampled_units(np.array([[1.0, 0], [0, 1], [1, 0]]), generator(), 3000)
    assert (sums.sum(axis=1) == 3).all()
    assert sums[:, 0].mean() == pytest.approx(2, abs=0.05)


def test_few_clusters_stretch_the_interval_beyond_plain_percentiles() -> None:
    values = np.linspace(0, 1, 1001)
    many, few = percentile_interval(values, 10_000), percentile_interval(values, 10)
    assert (many.low, many.high) == pytest.approx((0.025, 0.975), abs=1e-3)
    assert (few.low, few.high) == pytest.approx((0.0086, 0.9914), abs=1e-3)


def test_resamples_without_a_value_are_set_aside_and_counted() -> None:
    values = np.concatenate([np.linspace(0, 1, 80), np.full(20, np.nan)])
    found = percentile_interval(values, 50)
    assert (found.resamples, found.set_aside) == (100, 20)
    assert found.low is not None
    mostly = percentile_interval(np.concatenate([np.full(60, np.nan), np.ones(40)]), 50)
    assert (mostly.low, mostly.high, mostly.set_aside) == (None, None, 60)
    assert percentile_interval(np.ones(9), 1).low is None


def three_systems(vote: VoteMaker, rng: np.random.Generator, prompts: int, raters: int) -> list[Vote]:
    """x beats y and y beats z, most of the time."""
    return [
        vote(f"p{p}", f"r{r}", rng.choice(["a", "b", "tie"], p=[0.5, 0.25, 0.25]), a=a, b=b)
        for p in range(prompts)
        for r in range(raters)
        for a, b in (("x", "y"), ("y", "z"), ("x", "z"))
    ]


def test_scores_lie_in_their_intervals_and_systems_told_apart_do_not_overlap(vote: VoteMaker) -> None:
    found = summarise(three_systems(vote, generator(), 60, 5)).ranking
    assert found.intervals is not None
    assert found.intervals.generalises_over == "prompts and raters"
    for scores, intervals in (
        (found.bradley_terry, found.intervals.bradley_terry),
        (found.davidson, found.intervals.davidson),
        (found.average_win_rate, found.intervals.average_win_rate),
    ):
        for name, score in scores.items():
            assert 0 <= (intervals[name].low or 0) < (score or 0) < (intervals[name].high or 0) <= 1
            assert intervals[name].set_aside == 0
        assert (intervals["x"].low or 0) > (intervals["z"].high or 0)
    tie = found.intervals.davidson_tie
    assert (tie.low or 0) < (found.davidson_tie or 0) < (tie.high or 0)


def test_the_same_votes_give_the_same_intervals(vote: VoteMaker) -> None:
    votes = three_systems(vote, generator(), 6, 2)
    assert summarise(votes) == summarise(votes)
    assert summarise(votes) != summarise(votes, rng=np.random.default_rng(8))


def test_with_one_rater_prompts_alone_are_drawn(vote: VoteMaker) -> None:
    votes = [vote(f"p{i}", "Ann", "abbbab"[i % 6]) for i in range(120)]
    table = tabulate(votes)
    found = present(ranking_intervals(("base", "tuned"), table, generator()))
    assert found.generalises_over == "prompts"
    rate = rate_over_prompts(table.preference, table.prompt)
    score = found.bradley_terry["tuned"]
    assert (score.low, score.high) == pytest.approx((rate.low, rate.high), abs=0.02)


def test_a_system_that_seldom_wins_has_resamples_set_aside(vote: VoteMaker) -> None:
    votes = [vote(f"p{i}", "Ann", "a" if i < 2 else "b") for i in range(20)]
    found = present(ranking_intervals(("base", "tuned"), tabulate(votes), generator()))
    # With 2 wins in 20 prompts a resample has none of them with a chance of .9^20.
    assert found.bradley_terry["base"].set_aside == pytest.approx(RESAMPLES * 0.9**20, rel=0.1)
    assert found.bradley_terry["base"].low is not None
    assert found.average_win_rate["base"].set_aside == 0


def test_a_system_that_never_wins_has_no_interval_but_an_average(vote: VoteMaker) -> None:
    found = summarise([vote(f"p{i}", "Ann", "b") for i in range(9)]).ranking
    assert found.bradley_terry == {"base": None, "tuned": None}
    assert found.intervals is not None
    assert found.intervals.bradley_terry["base"].low is None
    assert found.intervals.bradley_terry["base"].set_aside == RESAMPLES
    average = found.intervals.average_win_rate["tuned"]
    assert found.average_win_rate["tuned"] == 1
    assert (average.low, average.high, average.set_aside) == (None, None, 0)  # 1 to 1 would feign certainty


def test_a_missing_pair_is_no_hindrance_and_either_order_of_a_pair_is_one_pair(vote: VoteMaker) -> None:
    rng = generator()
    votes = [
        vote(f"p{i}", f"r{i % 3}", rng.choice(["a", "b"]), a=a, b=b)
        for i in range(40)
        for a, b in (("x", "y"), ("z", "y") if i % 2 else ("y", "z"))
    ]
    found = present(ranking_intervals("xyz", tabulate(votes), generator()))
    assert all(interval.low is not None for interval in found.bradley_terry.values())


def test_a_single_prompt_says_nothing_of_others(vote: VoteMaker) -> None:
    assert ranking_intervals("", tabulate([]), generator()) is None
    assert ranking_intervals(("base", "tuned"), tabulate([vote("p", "Ann", "a")]), generator()) is None


def test_many_fits_at_once_are_those_one_at_a_time() -> None:
    rng = generator()
    first, second = np.triu_indices(4, 1)
    counts = rng.integers(0, 5, size=(150, 6, 3)).astype(np.float64)
    counts[::3, :, 2] = 0
    one = {d: fit_pairs(first, second, counts, systems=4, davidson=d) for d in (False, True)}
    finite = 0
    for n, tallied in enumerate(counts):
        pairs = [PairTally("wxyz"[i], "wxyz"[j], *t) for i, j, t in zip(first, second, tallied, strict=True)]
        alone = rank("wxyz", pairs)
        for davidson, scores in ((False, alone.bradley_terry), (True, alone.davidson)):
            expected = [np.nan if score is None else score for score in scores.values()]
            assert one[davidson].scores[n] == pytest.approx(expected, abs=1e-6, nan_ok=True)
            finite += not np.isnan(expected[0])
    assert finite > 200


def ratings(rng: np.random.Generator, units: int, raters: int) -> FloatArray:
    """Units x raters: -1, 0 or 1 around what the unit deserves, some missing."""
    found = np.clip(np.rint(rng.normal(0, 1, units)[:, None] + rng.normal(0, 0.6, (units, raters))), -1, 1)
    found[rng.random(found.shape) < 0.1] = np.nan
    return np.asarray(found)


def categories(table: FloatArray) -> FloatArray:
    return np.stack([(table == value).sum(axis=1) for value in (-1, 0, 1)], axis=1).astype(np.float64)


def test_alpha_of_a_resample_is_alpha(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = generator()
    for _ in range(20):
        table = ratings(rng, 12, 3)
        # The one resample that draws each unit once.
        monkeypatch.setattr(
            "ftcompare.stats.agreement.resampled_units", lambda units, *_: units.sum(axis=0, keepdims=True)
        )
        for level in ("nominal", "ordinal"):
            found = present(alpha_interval(categories(table), level, rng, resamples=1))
            assert found.low == pytest.approx(krippendorff_alpha(table, level))


def test_alpha_lies_in_its_interval_which_shrinks_with_the_units() -> None:
    rng = generator()
    widths = []
    for units in (25, 400):
        table = ratings(rng, units, 4)
        found = alpha_interval(categories(table), "ordinal", rng)
        value = krippendorff_alpha(table, "ordinal")
        assert found is not None
        assert -1 <= (found.low or 0) < (value or 0) < (found.high or 0) <= 1
        widths.append((found.high or 0) - (found.low or 0))
    assert widths[0] == pytest.approx(4 * widths[1], rel=0.5)


def test_resamples_in_which_nothing_varies_have_no_alpha() -> None:
    counts = np.array([[2.0, 0, 0]] * 9 + [[0, 2, 0]])
    found = present(alpha_interval(counts, "nominal", generator()))
    assert found.set_aside == pytest.approx(RESAMPLES * (0.9**10 + 0.1**10), rel=0.1)


@pytest.mark.parametrize("counts", [np.zeros((0, 3)), np.array([[1.0, 0, 0]]), np.array([[3.0, 0, 0]])])
def test_where_alpha_is_not_defined_it_has_no_interval(counts: FloatArray) -> None:
    assert alpha_interval(counts, "nominal", generator()) is None


def test_a_fit_that_does_not_settle_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "STEPS", 1)
    first, second = np.array([0]), np.array([1])
    found = fit_pairs(first, second, np.array([[[7.0, 2, 1]]]), systems=2, davidson=True)
    assert np.isnan(found.scores).all()
    assert np.isnan(found.tie).all()


@pytest.mark.parametrize("raters", [2, 3])
def test_the_ends_hang_little_on_the_seed(vote: VoteMaker, raters: int) -> None:
    table = tabulate(three_systems(vote, generator(), 40, raters))
    ends = []
    for seed in range(4):
        found = present(ranking_intervals("xyz", table, np.random.default_rng(seed)))
        every = (found.bradley_terry, found.davidson, found.average_win_rate, {"ν": found.davidson_tie})
        ends.append([(end.low or 0, end.high or 0) for scores in every for end in scores.values()])
    drawn = np.array(ends)
    width = (drawn[..., 1] - drawn[..., 0]).mean(axis=0)
    assert (np.ptp(drawn, axis=0).max(axis=1) / width).max() < 0.1


def test_far_ends_are_drawn_out_on_the_scale_of_the_log_odds() -> None:
    odds = np.random.default_rng(2).standard_normal(200_000) + 1
    found = percentile_interval(1 / (1 + np.exp(-odds)), 3)
    expected = 1 / (1 + np.exp(-(1 + 3.2 * np.array([-1, 1]))))
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=5e-3)
    tie = percentile_interval(np.exp(odds), 2, ends=(0.0, np.inf))
    assert tie.high == pytest.approx(np.exp(4.2), rel=0.06)
    at_bound = percentile_interval(np.where(odds < 1, 0.0, 0.5), 3)
    assert (at_bound.low, at_bound.high) == (0.0, 0.5)


def test_many_systems_have_fewer_resamples_and_some_at_a_time(
    vote: VoteMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [ranking.resamples_for(systems) for systems in (2, 5, 10, 40)] == [20_000, 20_000, 10_000, 4000]
    table = tabulate(three_systems(vote, generator(), 20, 3))
    whole = ranking_intervals("xyz", table, generator(), resamples=900)
    monkeypatch.setattr(ranking, "_CELLS", 1000)
    parts = ranking_intervals("xyz", table, generator(), resamples=900)
    assert whole is not None
    assert parts is not None
    assert parts.bradley_terry["x"].resamples == 900
    assert parts.bradley_terry["x"].low == pytest.approx(whole.bradley_terry["x"].low, abs=0.1)
