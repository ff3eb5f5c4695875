"""Scores from rankings of several answers, against choix and against the likelihood itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from ftcompare.core.study import Vote
from ftcompare.stats.agreement import agreement
from ftcompare.stats.plackett_luce import plackett_luce
from ftcompare.stats.ranking import rank, tallies
from ftcompare.stats.resampling import SEED
from ftcompare.stats.vote_table import FloatArray, VoteTable, tabulate

Places = dict[str, int]
UNTIED = ["abcd", "bacd", "cabd", "acbd", "dabc", "abdc", "bcad", "adbc", "cbda", "bac", "dcb", "acd"]
"""Rankings, best first; some leave out a system."""
CHOIX = {"a": 0.428802, "b": 0.295626, "c": 0.170709, "d": 0.104863}
"""Scores by `opt_rankings` of choix 0.4.1, scaled to sum to 1."""
TIED: tuple[Places, ...] = (
    {"a": 1, "b": 2, "c": 2, "d": 4},
    {"a": 1, "b": 1, "c": 1, "d": 1},
    {"a": 3, "b": 2, "c": 1, "d": 3},
    {"a": 1, "b": 1, "c": 3, "d": 4},
    {"a": 1, "b": 2, "c": 3, "d": 4},
    {"a": 2, "b": 1, "c": 2, "d": 2},
    {"a": 2, "b": 3, "c": 4, "d": 1},
    {"a": 2, "b": 1, "c": 3, "d": 3},
    {"a": 4, "b": 3, "c": 2, "d": 1},
)


def judged(rankings: Sequence[Places], raters: int = 1) -> VoteTable:
    """The judgments of all pairs of each ranking, one ranking for each prompt and rater."""
    votes = []
    for number, places in enumerate(rankings):
        prompt, rater = divmod(number, raters)
        for a, b in combinations(sorted(places), 2):
            choice = "tie" if places[a] == places[b] else "a" if places[a] < places[b] else "b"
            share = {"a": 0.0, "tie": 0.5, "b": 1.0}[choice]
            votes.append(
                Vote(f"p{prompt}", f"r{rater}", a, b, choice=choice, preference=share, series=f"{number}")
            )
    return tabulate(votes)


def best_first(ranking: str) -> Places:
    return {system: place for place, system in enumerate(ranking, start=1)}


def test_without_ties_scores_are_those_of_choix() -> None:
    found = plackett_luce("abcd", judged([best_first(one) for one in UNTIED]))
    assert found is not None
    assert found.rankings == len(UNTIED)
    assert [*found.ties] == [0, 0, 0]
    assert found.scores == pytest.approx(CHOIX, abs=1e-6)


def log_likelihood(rankings: Sequence[Places], strength: dict[str, float], ties: FloatArray) -> float:
    """Of the Davidson-Luce model, choice by choice."""

    def weight(chosen: Sequence[str]) -> float:
        product = math.prod(strength[one] for one in chosen)
        return float((1.0, *ties)[len(chosen) - 1] * product ** (1 / len(chosen)))

    total = 0.0
    for places in rankings:
        left = dict(places)
        while len(left) > 1:
            best = [system for system, place in left.items() if place == min(left.values())]
            every = [one for size in range(1, len(left) + 1) for one in combinations(left, size)]
            total += math.log(weight(best)) - math.log(sum(map(weight, every)))
            left = {system: place for system, place in left.items() if system not in best}
    return total


def test_with_ties_scores_have_the_greatest_likelihood() -> None:
    found = plackett_luce("abcd", judged(TIED))

    def negative(x: FloatArray) -> float:
        return -log_likelihood(TIED, dict(zip("abcd", np.exp([*x[:3], 0.0]), strict=True)), np.exp(x[3:]))

    best = minimize(negative, np.zeros(6), method="BFGS", options={"gtol": 1e-8})
    strengths = np.exp([*best.x[:3], 0.0])
    assert found is not None
    assert [*found.scores.values()] == pytest.approx(strengths / strengths.sum(), abs=1e-5)
    assert found.ties == pytest.approx(np.exp(best.x[3:]), rel=1e-4)


def test_of_two_answers_it_is_davidsons_model() -> None:
    table = judged([{"a": 1, "b": 2}, {"a": 1, "c": 1}, {"b": 1, "c": 2}, {"c": 1, "a": 2}, {"b": 1, "a": 2}])
    found, pairs = plackett_luce("abc", table), rank("abc", tallies(table))
    assert found is not None
    assert found.scores == pytest.approx(pairs.davidson)
    assert found.ties == pytest.approx((pairs.davidson_tie,))


@pytest.mark.parametrize(
    ("rankings", "scored"),
    [
        pytest.param([best_first("abc")] * 3, False, id="one order only: no finite scores"),
        pytest.param([best_first("abc"), best_first("cba")], True, id="every system wins and loses"),
    ],
)
def test_scores_are_none_where_a_system_always_wins(rankings: list[Places], *, scored: bool) -> None:
    found = plackett_luce("abc", judged(rankings), np.random.default_rng(SEED))
    assert found is not None
    assert (found.scores["a"] is not None) is scored


def test_scores_that_do_not_settle_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.stats.ranking.STEPS", 1)
    found = plackett_luce("abcd", judged(TIED))
    assert found is not None
    assert {*found.scores.values()} == {None}


def test_judgments_of_pairs_are_no_rankings() -> None:
    votes = [Vote("p", "r", "a", "b", choice="a", preference=0.0)]
    assert plackett_luce("ab", tabulate(votes)) is None


def test_intervals_hold_the_scores_and_repeat() -> None:
    rng = np.random.default_rng(SEED)
    steps = np.floor(2 * rng.normal([0.0, 0.5, 1.0], 1, (120, 3))).astype(int)
    table = judged([dict(zip("cba", one, strict=True)) for one in steps.tolist()], raters=3)
    found, again = (
        plackett_luce("abc", table, np.random.default_rng(SEED), resamples=1000) for _ in range(2)
    )
    assert found is not None
    assert found == again
    assert found.generalises_over == "prompts and raters"
    assert found.intervals is not None
    for system, score in found.scores.items():
        ends = found.intervals[system]
        assert score is not None
        assert ends.low is not None
        assert ends.high is not None
        assert ends.low < score < ends.high


def test_the_pairs_of_a_prompt_are_resampled_together() -> None:
    """Twice the same pairs of a prompt are no further evidence about agreement."""
    rng = np.random.default_rng(SEED)
    steps = np.floor(2 * rng.normal([0.0, 0.5], 1, (80, 2))).astype(int)
    one = judged([dict(zip("ab", row, strict=True)) for row in steps.tolist()], raters=2)
    twin = tabulate(
        [
            Vote(f"p{n // 2}", f"r{n % 2}", a, b, choice=choice, preference=0.5, series=f"{n}")
            for n, row in enumerate(steps.tolist())
            for choice in ("a" if row[0] < row[1] else "b" if row[0] > row[1] else "tie",)
            for a, b in (("a", "b"), ("c", "d"))
        ]
    )
    first, second = (
        agreement(table, np.random.default_rng(SEED)).alpha_ordinal_interval for table in (one, twin)
    )
    assert first is not None
    assert second is not None
    assert None not in (first.low, first.high, second.low, second.high)
    widths = [(ends.high or 0) - (ends.low or 0) for ends in (first, second)]
    assert widths[1] > 0.85 * widths[0]
