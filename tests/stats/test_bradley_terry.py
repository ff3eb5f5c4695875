"""Many systems are fitted as few are, without matrices of all by all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ftcompare.stats import ranking, sparse_fit
from ftcompare.stats.bradley_terry import fit_pairs
from ftcompare.stats.ranking import MOST_WITH_INTERVALS, PairTally, rank, ranking_intervals, tallies
from ftcompare.stats.sparse_fit import fit_many
from ftcompare.stats.vote_table import FloatArray, IntArray, tabulate
from tests.stats.conftest import VoteMaker

SYSTEMS = 30


def drawn(ties: bool) -> tuple[IntArray, IntArray, FloatArray]:
    """Each system meets its neighbours on a circle and some others."""
    rng = np.random.default_rng(2)
    met = sorted({(i, j) for i in range(SYSTEMS) for j in (i + 1, i + 7) if j < SYSTEMS})
    counts = rng.integers(1, 6, (len(met), 3)).astype(np.float64)
    counts[:, 2] *= ties
    ends = np.array(met, dtype=np.int64)
    return ends[:, 0], ends[:, 1], counts


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("davidson", [True, False])
def test_the_scores_are_those_of_the_dense_fit(davidson: bool, ties: bool) -> None:
    first, second, counts = drawn(ties)
    found = fit_many(first, second, counts, systems=SYSTEMS, davidson=davidson)
    dense = fit_pairs(first, second, counts[None], systems=SYSTEMS, davidson=davidson)
    assert found is not None
    assert found[0] == pytest.approx(dense.scores[0], abs=1e-10)
    assert found[1] == pytest.approx(dense.tie[0], abs=1e-8)


def test_scores_on_their_way_to_infinity_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_fit, "RUNAWAY", 0.01)
    first, second, counts = drawn(ties=True)
    assert fit_many(first, second, counts, systems=SYSTEMS, davidson=True) is None


@pytest.mark.parametrize("steps", [1, 50])
def test_equations_that_are_not_solved_give_no_scores(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    monkeypatch.setattr(sparse_fit, "STEPS", steps)
    if steps > 1:
        monkeypatch.setattr(sparse_fit, "_solved", lambda *_: None)
    for ties in (True, False):
        first, second, counts = drawn(ties)
        assert fit_many(first, second, counts, systems=SYSTEMS, davidson=True) is None


def test_conjugate_gradients_that_do_not_converge_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_fit, "_PRECISE", 0.0)
    monkeypatch.setattr(sparse_fit, "_LEAST", 1e-300)
    first, second, counts = drawn(True)
    assert fit_many(first, second, counts, systems=SYSTEMS, davidson=True) is None


def circle(systems: int, wins: tuple[float, float, float] = (2, 1, 1)) -> list[PairTally]:
    return [PairTally(f"s{i}", f"s{(i + 1) % systems}", *wins) for i in range(systems)]


def test_many_systems_are_ranked_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"s{i}" for i in range(12)]
    pairs = [*circle(12), PairTally("s0", "s5", 4, 1, 0)]
    few = rank(names, pairs)
    monkeypatch.setattr(ranking, "MOST_WITH_INTERVALS", 5)
    many = rank(names, pairs)
    assert many.davidson_tie == pytest.approx(few.davidson_tie)
    for scores in ("bradley_terry", "davidson", "average_win_rate"):
        assert getattr(many, scores) == pytest.approx(getattr(few, scores), abs=1e-8)


def test_many_systems_without_a_finite_fit_have_average_rates_alone() -> None:
    names = [f"s{i}" for i in range(MOST_WITH_INTERVALS + 2)]
    found = rank(names, circle(len(names) - 1, (1, 1, 0)))
    assert found.bradley_terry == found.davidson == dict.fromkeys(names)
    assert found.davidson_tie is None
    assert found.average_win_rate == {**dict.fromkeys(names, 0.5), names[-1]: None}


def test_many_systems_whose_fit_fails_have_average_rates_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_fit, "_solved", lambda *_: None)
    names = [f"s{i}" for i in range(MOST_WITH_INTERVALS + 1)]
    found = rank(names, circle(len(names)))
    assert found.davidson == found.bradley_terry == dict.fromkeys(names)
    assert found.davidson_tie is None
    assert set(found.average_win_rate.values()) == {0.5}


def test_many_systems_have_no_intervals(vote: VoteMaker) -> None:
    systems = [f"s{number:02}" for number in range(MOST_WITH_INTERVALS + 1)]
    votes = [vote("p", "Ann", "a", a=a, b=b) for a, b in pairwise(systems)]
    table = tabulate(votes)
    assert len(tallies(table)) == MOST_WITH_INTERVALS
    assert ranking_intervals(table.systems, table, np.random.default_rng(1)) is None


def test_resamples_are_fitted_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, counts = drawn(True)
    sets = np.stack([counts, counts[::-1], counts + 1])
    whole = fit_pairs(first, second, sets, systems=SYSTEMS, davidson=True)
    monkeypatch.setattr("ftcompare.stats.bradley_terry._CELLS", 1)
    single = fit_pairs(first, second, sets, systems=SYSTEMS, davidson=True)
    assert np.array_equal(whole.scores, single.scores)
    assert np.array_equal(whole.tie, single.tie)
