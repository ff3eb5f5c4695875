"""Many systems are fitted as few are, without matrices of all by all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ftcompare.stats import ranking
from ftcompare.stats.ranking import (
    MOST_WITH_INTERVALS,
    PairFits,
    PairTally,
    fit_pairs,
    rank,
    ranking_intervals,
    tallies,
)
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


def sparse_fit(counts: FloatArray, monkeypatch: pytest.MonkeyPatch, *, davidson: bool = True) -> PairFits:
    monkeypatch.setattr(ranking, "MOST_IN_A_MATRIX", SYSTEMS - 1)
    first, second, _ = drawn(ties=True)
    return fit_pairs(first, second, counts[None], systems=SYSTEMS, davidson=davidson)


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("davidson", [True, False])
def test_the_scores_are_those_of_the_dense_fit(
    davidson: bool, ties: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, counts = drawn(ties)
    dense = fit_pairs(first, second, counts[None], systems=SYSTEMS, davidson=davidson)
    found = sparse_fit(counts, monkeypatch, davidson=davidson)
    assert not np.isnan(dense.scores).any()
    assert found.scores == pytest.approx(dense.scores, abs=1e-10)
    assert found.tie == pytest.approx(dense.tie, abs=1e-8)


def test_scores_on_their_way_to_infinity_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "RUNAWAY", 0.01)
    _, _, counts = drawn(ties=True)
    assert np.isnan(sparse_fit(counts, monkeypatch).scores).all()


@pytest.mark.parametrize("ties", [True, False])
def test_a_fit_that_does_not_settle_gives_no_scores(monkeypatch: pytest.MonkeyPatch, ties: bool) -> None:
    monkeypatch.setattr(ranking, "STEPS", 1)
    _, _, counts = drawn(ties)
    assert np.isnan(sparse_fit(counts, monkeypatch).scores).all()


@pytest.mark.parametrize("ties", [True, False])
def test_conjugate_gradients_that_do_not_converge_are_told(
    monkeypatch: pytest.MonkeyPatch, ties: bool
) -> None:
    monkeypatch.setattr(ranking, "_PRECISE", 0.0)
    monkeypatch.setattr(ranking, "_LEAST", 1e-300)
    _, _, counts = drawn(ties)
    found = sparse_fit(counts, monkeypatch)
    assert np.isnan(found.scores).all()
    assert np.isnan(found.tie).all()


def circle(systems: int, wins: tuple[float, float, float] = (2, 1, 1)) -> list[PairTally]:
    return [PairTally(f"s{i}", f"s{(i + 1) % systems}", *wins) for i in range(systems)]


def test_many_systems_are_ranked_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"s{i}" for i in range(12)]
    pairs = [*circle(12), PairTally("s0", "s5", 4, 1, 0)]
    few = rank(names, pairs)
    monkeypatch.setattr(ranking, "MOST_IN_A_MATRIX", 5)
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
    monkeypatch.setattr(ranking, "STEPS", 1)
    names = [f"s{i}" for i in range(MOST_WITH_INTERVALS + 1)]
    found = rank(names, [*circle(len(names)), PairTally("s0", "s5", 1, 1, 2), PairTally("s1", "s9", 3, 1, 0)])
    assert found.davidson == found.bradley_terry == dict.fromkeys(names)
    assert found.davidson_tie is None
    assert None not in found.average_win_rate.values()


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
    monkeypatch.setattr("ftcompare.stats.ranking._CELLS", 1)
    single = fit_pairs(first, second, sets, systems=SYSTEMS, davidson=True)
    assert np.array_equal(whole.scores, single.scores)
    assert np.array_equal(whole.tie, single.tie)
