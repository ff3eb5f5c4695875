"""All systems on one scale, against published fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

from ftcompare.core.study import Vote
from ftcompare.stats import ranking
from ftcompare.stats.ranking import PairTally, rank, tallies
from ftcompare.stats.vote_table import tabulate

VoteMaker = Callable[..., Vote]

PUDDING = """12: 19 22 16; 13: 16 19 12; 23: 19 19 10; 14: 18 23 13; 24: 23 19 9; 34: 19 20 15;
             15: 13 19 18; 25: 16 20 12; 35: 16 15 17; 45: 17 14 16; 16: 18 21 12; 26: 22 20 12;
             36: 13 18 10; 46: 14 19 18; 56: 11 21 12"""


def pudding() -> tuple[PairTally, ...]:
    entries = (entry.split(":") for entry in PUDDING.split(";"))
    return tuple(PairTally(*pair.strip(), *map(float, tally.split())) for pair, tally in entries)


def davidson_log_likelihood(pairs: Sequence[PairTally], score: dict[str, float], tie: float) -> float:
    total = 0.0
    for p in pairs:
        weights = score[p.a], score[p.b], tie * math.sqrt(score[p.a] * score[p.b])
        tally = p.wins_a, p.wins_b, p.ties
        total += sum(n * math.log(w / sum(weights)) for n, w in zip(tally, weights, strict=True))
    return total


def test_davidson_pudding() -> None:
    found = rank("123456", pudding())
    scores = {name: score or 0.0 for name, score in found.davidson.items()}
    assert list(scores.values()) == pytest.approx([0.1388, 0.1730, 0.1617, 0.1654, 0.1587, 0.2024], abs=5e-5)
    assert found.davidson_tie == pytest.approx(0.7468, abs=5e-5)
    assert -davidson_log_likelihood(pudding(), scores, found.davidson_tie or 0.0) == pytest.approx(
        809.7095, abs=5e-5
    )


def test_bradley_terry_baseball(baseball: Sequence[tuple[str, str, int, int]]) -> None:
    pairs = [PairTally(*series, 0) for series in baseball]
    names = ["Mil", "Det", "Tor", "NY", "Bos", "Cle", "Bal"]
    found = rank(names, pairs).bradley_terry
    abilities = [math.log((found[team] or 0) / (found["Bal"] or 0)) for team in names[:6]]
    assert abilities == pytest.approx([1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839], abs=5e-5)
    assert sum(score or 0 for score in found.values()) == pytest.approx(1)


def test_bradley_terry_four_players() -> None:
    pairs = [
        PairTally("A", "B", 2, 3, 0),
        PairTally("A", "D", 1, 4, 0),
        PairTally("B", "C", 5, 3, 0),
        PairTally("C", "D", 1, 3, 0),
    ]
    found = rank("ABCD", pairs).bradley_terry
    scores = np.array([found[name] for name in "ABCD"], dtype=np.float64)
    assert scores / np.exp(np.log(scores).mean()) == pytest.approx([0.640, 1.043, 0.660, 2.270], abs=5e-4)


def test_two_systems_score_as_they_win_with_ties_as_halves() -> None:
    found = rank(("x", "y"), [PairTally("x", "y", 5, 2, 3)])
    assert found.bradley_terry == pytest.approx({"x": 0.65, "y": 0.35})
    assert found.average_win_rate == pytest.approx({"x": 0.65, "y": 0.35})
    assert found.davidson == pytest.approx({"x": 5 / 7, "y": 2 / 7})
    assert found.davidson_tie == pytest.approx(3 / math.sqrt(10))


@pytest.mark.parametrize("wins", [1, 5, 300])
def test_the_tie_parameter_is_found_where_the_scores_are_even_from_the_start(wins: int) -> None:
    """Where evalica's `newman` (0.4.2), which stops when the scores stand still, gives half of it."""
    found = rank(("x", "y"), [PairTally("x", "y", wins, wins, 3)])
    assert found.davidson == pytest.approx({"x": 0.5, "y": 0.5})
    assert found.davidson_tie == pytest.approx(3 / wins)


def test_a_pair_told_in_both_orders_is_one_pair() -> None:
    told = rank(
        "xyz", [PairTally("x", "y", 5, 2, 3), PairTally("y", "x", 1, 4, 2), PairTally("z", "y", 2, 2, 1)]
    )
    once = rank("xyz", [PairTally("x", "y", 9, 3, 5), PairTally("y", "z", 2, 2, 1)])
    assert told.davidson == pytest.approx(once.davidson)
    assert told.davidson_tie == pytest.approx(once.davidson_tie)


def test_a_single_tie_among_thousands_still_converges() -> None:
    found = rank(("x", "y"), [PairTally("x", "y", 3000, 20, 1)])
    assert found.davidson_tie == pytest.approx(1 / math.sqrt(60000), rel=1e-3)


def test_scores_where_there_are_no_ties_only_ties_or_one_winner() -> None:
    found = rank(("x", "y"), [PairTally("x", "y", 5, 2, 0)])
    assert found.davidson == found.bradley_terry
    assert found.davidson_tie == 0
    found = rank(("x", "y"), [PairTally("x", "y", 5, 0, 0)])
    assert found.bradley_terry == found.davidson == {"x": None, "y": None}
    assert found.davidson_tie is None
    assert found.average_win_rate == {"x": 1, "y": 0}
    found = rank(("x", "y"), [PairTally("x", "y", 0, 0, 4)])
    assert found.bradley_terry == pytest.approx({"x": 0.5, "y": 0.5})
    assert found.davidson == {"x": None, "y": None}


@pytest.mark.parametrize(("wins", "ties"), [(3, 1), (4, 4), (1, 30)])
def test_a_system_that_ties_and_never_wins_has_no_finite_davidson_score(wins: int, ties: int) -> None:
    found = rank(("x", "y"), [PairTally("x", "y", wins, 0, ties)])
    share = (wins + ties / 2) / (wins + ties)
    assert found.bradley_terry == pytest.approx({"x": share, "y": 1 - share})
    assert found.davidson == {"x": None, "y": None}


def test_a_fit_that_does_not_settle_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "STEPS", 2)
    assert set(rank("123456", pudding()).bradley_terry.values()) == {None}


def test_a_missing_pair_is_bridged_and_systems_that_never_met_are_not_ranked_together() -> None:
    found = rank("xyz", [PairTally("x", "y", 2, 1, 0), PairTally("y", "z", 2, 1, 0)])
    scores = [found.bradley_terry[name] or 0.0 for name in "xyz"]
    assert [a / b for a, b in pairwise(scores)] == pytest.approx([2, 2], rel=1e-6)
    assert found.average_win_rate == pytest.approx({"x": 2 / 3, "y": 0.5, "z": 1 / 3})
    found = rank("wxyz", [PairTally("w", "x", 2, 1, 1), PairTally("y", "z", 2, 1, 1)])
    assert set(found.bradley_terry.values()) == {None}
    assert found.average_win_rate["w"] == pytest.approx(5 / 8)
    found = rank("xyz", [PairTally("x", "y", 2, 1, 1)])
    assert found.average_win_rate["z"] is None
    assert rank((), ()).average_win_rate == {}
    assert rank("x", ()).bradley_terry == {"x": None}


def test_tallies_count_both_bad_as_ties(vote: VoteMaker) -> None:
    votes = [vote(f"p{i}", "Ann", choice) for i, choice in enumerate(["a", "b", "b", "tie", "both_bad"])]
    assert tallies(tabulate(votes)) == (PairTally("base", "tuned", 1, 2, 2),)
