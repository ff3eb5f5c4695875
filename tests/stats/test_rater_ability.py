"""The win rate with the ability of raters modelled, on votes whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import optimize, special

from ftcompare.core.study import RaterKind, Vote
from ftcompare.stats import rater_ability
from ftcompare.stats.rater_ability import ability_by_pair, ability_rate
from ftcompare.stats.vote_table import FloatArray, VoteTable, tabulate

VoteMaker = Callable[..., Vote]

LEAN, TIES = 1.0, 0.4


def careful_rate() -> float:
    """The win rate of b with careful raters over all prompts."""
    nodes, weights = special.roots_hermitenorm(40)
    lean = LEAN + nodes
    share = (special.expit(lean - TIES) - special.expit(-lean - TIES) + 1) / 2
    return float(share @ weights / weights.sum())


def judged(vote: VoteMaker, rng: np.random.Generator, prompts: int, raters: int, careless: int) -> VoteTable:
    """Raters who lean by the prompt, and some who answer by chance."""
    lean = LEAN + rng.standard_normal((prompts, 1)) + np.zeros((1, raters))
    b, a = special.expit(lean - TIES), special.expit(-lean - TIES)
    a[:, :careless] = b[:, :careless] = 0.4
    drawn = rng.random((prompts, raters))
    return tabulate(
        vote(f"p{p}", f"r{r}", "b" if u < b[p, r] else "a" if u < b[p, r] + a[p, r] else "tie")
        for (p, r), u in np.ndenumerate(drawn)
    )


@pytest.mark.parametrize("raters", [3, 5])
def test_the_truth_is_found_in_spite_of_a_careless_rater(vote: VoteMaker, raters: int) -> None:
    rng, truth, held = np.random.default_rng(3), careful_rate(), 0
    rates, plain, abilities = [], [], []
    for _ in range(30):
        found = ability_rate(judged(vote, rng, 77, raters, 1))
        assert found is not None
        rates.append(found.rate.value)
        plain.append(found.plain)
        abilities.append([own.ability for own in found.abilities])
        held += (found.rate.low or 0) < truth < (found.rate.high or 0)
    means = np.mean(abilities, axis=0)
    assert means[0] < 0.3
    assert means[1:].min() > 0.8
    assert np.mean(plain) < truth - 0.03
    assert np.mean(rates) == pytest.approx(truth, abs=0.02)
    assert held >= 26


def test_careful_raters_alone_are_hardly_corrected(vote: VoteMaker) -> None:
    rng = np.random.default_rng(4)
    shifts = []
    for _ in range(20):
        found = ability_rate(judged(vote, rng, 77, 5, 0))
        assert found is not None
        shifts.append(found.rate.value - found.plain)
    assert np.mean(shifts) == pytest.approx(0, abs=0.02)


def test_exchanging_the_systems_mirrors_the_rate(vote: VoteMaker) -> None:
    table = judged(vote, np.random.default_rng(5), 30, 4, 1)
    other = {"a": "b", "b": "a", "tie": "tie"}
    names = ("a", "tie", "b", "both_bad")
    turned = tabulate(
        vote(table.prompts[p], table.raters[r][0], other[names[c]])
        for p, r, c in zip(table.prompt, table.rater, table.choice, strict=True)
    )
    one, two = ability_rate(table), ability_rate(turned)
    assert one is not None
    assert two is not None
    assert one.rate.value == pytest.approx(1 - two.rate.value, abs=1e-4)
    assert one.rate.low == pytest.approx(1 - (two.rate.high or 0), abs=1e-3)
    assert [r.ability for r in one.abilities] == pytest.approx([r.ability for r in two.abilities], abs=1e-3)


def test_the_slopes_are_those_of_the_likelihood(vote: VoteMaker) -> None:
    table = judged(vote, np.random.default_rng(6), 12, 3, 1)
    counts = rater_ability._counts(table.prompt, table.rater, table.outcome, 12, 3)
    model = np.array([0.3, 1.2, 0.9, 0.1, -0.4, 0.2, 0.7, -0.2])

    def value(at: FloatArray) -> float:
        return rater_ability._objective(at, counts)[0]

    slopes = optimize.approx_fprime(model, value, 1e-6)
    assert rater_ability._objective(model, counts)[1] == pytest.approx(slopes, abs=1e-3)


def test_it_takes_three_raters_who_share_ten_prompts(vote: VoteMaker) -> None:
    rng = np.random.default_rng(7)
    assert ability_rate(judged(vote, rng, 40, 2, 0)) is None
    assert ability_rate(judged(vote, rng, 9, 3, 0)) is None
    assert ability_rate(judged(vote, rng, 12, 51, 0)) is None
    once = [vote(f"p{i}", f"r{i % 3}", "b") for i in range(60)]
    assert ability_rate(tabulate(once)) is None


def test_raters_who_always_agree_have_a_finite_rate(vote: VoteMaker) -> None:
    found = ability_rate(tabulate([vote(f"p{i}", f"r{r}", "b") for i in range(20) for r in range(3)]))
    assert found is not None
    assert found.plain == 1
    assert found.rate.value <= 1


def test_a_fit_that_does_not_settle_is_not_told(vote: VoteMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(*_: object, **__: object) -> SimpleNamespace:
        return SimpleNamespace(success=False)

    monkeypatch.setattr("ftcompare.stats.rater_ability.optimize.minimize", failed)
    assert ability_rate(judged(vote, np.random.default_rng(8), 20, 3, 0)) is None


def test_each_pair_and_kind_of_rater_has_its_own(vote: VoteMaker) -> None:
    rng = np.random.default_rng(9)
    table = judged(vote, rng, 20, 3, 0)
    votes = [
        vote(f"p{p}", f"r{r}", "ab"[int(rng.random() < 0.7)], a=a, b=b, kind=kind)
        for p in range(20)
        for r in range(3)
        for a, b, kind in (("x", "y", RaterKind.HUMAN), ("x", "z", RaterKind.AUTOMATIC))
    ]
    wanted = [("x", "y", RaterKind.HUMAN), ("x", "z", RaterKind.AUTOMATIC), ("x", "z", RaterKind.HUMAN)]
    found = ability_by_pair(tabulate(votes), wanted[:2])
    assert list(found) == wanted[:2]
    alone = ability_rate(tabulate(v for v in votes if v.b == "y"))
    assert alone is not None
    assert found[wanted[0]].rate.value == pytest.approx(alone.rate.value)
    pair = (table.systems[0], table.systems[1], RaterKind.AUTOMATIC)
    assert ability_by_pair(table.at(np.arange(12)), [(*pair[:2], RaterKind.HUMAN)]) == {}
