"""Position and length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import optimize, special, stats

from ftcompare.core.study import Vote
from ftcompare.stats.position_and_length_bias import (
    PositionBias,
    fit_logistic,
    length_controlled_rate,
    position_bias,
)
from ftcompare.stats.vote_table import tabulate
from ftcompare.stats.win_rate import wilson
from tests.builders import present

VoteMaker = Callable[..., Vote]


def test_home_advantage_in_baseball_is_a_position_bias(baseball: Sequence[tuple[str, str, int, int]]) -> None:
    teams = ["Mil", "Det", "Tor", "NY", "Bos", "Cle"]
    design, won = [], []
    for home, away, home_wins, away_wins in baseball:
        row = [float(home == team) - float(away == team) for team in teams] + [1.0]
        design += [row] * (home_wins + away_wins)
        won += [1.0] * home_wins + [0.0] * away_wins
    fit = present(fit_logistic(np.array(design), np.array(won)))
    assert fit.coefficients[-1] == pytest.approx(0.3023, abs=5e-5)


def sided(vote: VoteMaker, wins: Sequence[tuple[str, int, int]]) -> list[Vote]:
    """For each rater so many votes for the left and for the right, with either system on the left."""
    votes = []
    for rater, left, right in wins:
        for i in range(left + right):
            on_left = "ab"[i % 2]
            other = "ba"[i % 2]
            votes.append(vote(f"p{i}", rater, on_left if i < left else other, left=on_left))
    return votes


def test_one_rater_has_wilsons_interval_of_decided_votes_with_known_sides(vote: VoteMaker) -> None:
    found = position_bias(tabulate(sided(vote, [("Ann", 30, 10)])))
    assert (found.left, found.right, found.left_share) == (30, 10, 0.75)
    assert (found.low, found.high) == pytest.approx(wilson(30, 40))
    votes = [vote("p", "Ann", "tie", left="a"), vote("q", "Ann", "both_bad", left="b"), vote("r", "Ann", "a")]
    assert position_bias(tabulate(votes)) == PositionBias(0, 0, None, None, None)


def test_raters_who_differ_widen_the_interval_and_those_who_agree_do_not_narrow_it(vote: VoteMaker) -> None:
    found = position_bias(tabulate(sided(vote, [("Ann", 40, 0), ("Ben", 0, 40), ("Cy", 20, 20)])))
    margin = stats.t.ppf(0.975, 2) * np.sqrt(3 / 2 * 2 * 20**2) / 120
    assert (found.low, found.high) == pytest.approx((max(0, 0.5 - margin), min(1, 0.5 + margin)))
    found = position_bias(tabulate(sided(vote, [("Ann", 20, 20), ("Ben", 20, 20), ("Cy", 20, 20)])))
    margin = stats.t.ppf(0.975, 2) * np.sqrt(0.25 / 120)
    assert found.low == pytest.approx(0.5 - margin)
    found = position_bias(tabulate(sided(vote, [("Ann", 5, 0), ("Ben", 5, 0)])))
    assert (found.low, found.high) == wilson(10, 10)


def lengths_that_win(vote: VoteMaker, *, sides: bool, n: int = 400, b_better: float = 0.5) -> list[Vote]:
    """Raters prefer length; b is longer on the whole and better by ``b_better`` logits at equal length."""
    rng = np.random.default_rng(3)
    difference = rng.normal(200, 400, n)
    spread = difference.round().std()
    b_wins = rng.random(n) < special.expit(b_better + 2 * np.tanh(difference / spread))
    return [
        vote(
            f"p{i}",
            "Ann",
            "b" if b_wins[i] else "a",
            left="ab"[i % 2] if sides else "",
            lengths=(2000, 2000 + round(difference[i])),
        )
        for i in range(n)
    ]


@pytest.mark.parametrize("sides", [True, False])
def test_the_rate_at_equal_length_takes_the_gain_of_length_off(vote: VoteMaker, sides: bool) -> None:
    table = tabulate(lengths_that_win(vote, sides=sides))
    found = present(length_controlled_rate(table))
    rate = found.over_prompts
    assert rate.low is not None
    assert rate.high is not None
    assert table.preference.mean() > rate.high
    assert rate.low < special.expit(0.5) < rate.high
    assert f"= {rate.value:.1%}" in rate.explanation


def test_the_fit_is_the_maximum_of_the_likelihood(vote: VoteMaker) -> None:
    table = tabulate(lengths_that_win(vote, sides=True, n=60))
    design = np.stack([np.ones(60), table.length_difference / 1000], axis=1)

    def loss(beta: np.ndarray) -> float:
        logits = design @ beta
        return float(np.logaddexp(0, logits).sum() - table.preference @ logits)

    fit = present(fit_logistic(design, table.preference))
    assert fit.coefficients == pytest.approx(optimize.minimize(loss, np.zeros(2)).x, abs=1e-4)


def test_clusters_of_one_give_the_usual_sandwich() -> None:
    share = np.array([1.0, 0, 1, 1])
    fit = present(fit_logistic(np.ones((4, 1)), share))
    # For a mean on the logit scale: n/(n-1) * sum of squares / n^2 / (p(1-p))^2.
    sandwich = 4 / 3 * float(fit.influence[:, 0] @ fit.influence[:, 0])
    assert sandwich == pytest.approx(4 / 3 * 0.75 / 16 / (0.75 * 0.25) ** 2)


@pytest.mark.parametrize(
    ("choices", "lengths"),
    [
        ("abab", (5, 5, 5, 5)),
        ("aabb" * 5, (1, 2, 8, 9) * 5),
        ("bbbb" * 5, (1, 2, 8, 9) * 5),
        ("ab", (1, 9)),
        ("", ()),
    ],
    ids=["equal lengths", "length decides all", "b always wins", "too few prompts", "no votes"],
)
def test_where_it_can_not_be_told_there_is_none(
    vote: VoteMaker, choices: str, lengths: tuple[int, ...]
) -> None:
    votes = [
        vote(f"p{i}", "Ann", choice, left="ab"[i // 2 % 2], lengths=(5, length))
        for i, (choice, length) in enumerate(zip(choices, lengths, strict=True))
    ]
    assert length_controlled_rate(tabulate(votes)) is None


def test_prompts_that_do_not_differ_leave_nothing_to_judge_the_interval_by(vote: VoteMaker) -> None:
    votes = [
        vote(f"p{i}", rater, choice, lengths=(5, 4 + i % 2))
        for i in range(6)
        for rater, choice in (("Ann", "a"), ("Ben", "b"))
    ]
    assert length_controlled_rate(tabulate(votes)) is None


def test_dependent_columns_and_one_of_nothing_have_no_single_maximum() -> None:
    assert fit_logistic(np.ones((6, 2)), np.array([1.0, 0, 1, 0, 1, 1])) is None
    assert fit_logistic(np.zeros((4, 1)), np.array([1.0, 0, 1, 0])) is None


def test_lengths_that_follow_the_system_give_no_rate_instead_of_a_runaway_one() -> None:
    votes = [
        Vote(
            prompt=f"p{n}",
            rater="r",
            a="base",
            b="tuned",
            choice="b" if n % 3 else "a",
            preference=1.0 if n % 3 else 0.0,
            length_a=100,
            length_b=400 + n % 2,
        )
        for n in range(60)
    ]
    found = length_controlled_rate(tabulate(votes))
    assert found is None or 0.001 < found.over_prompts.value < 0.999
