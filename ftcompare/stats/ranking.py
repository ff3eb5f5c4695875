"""All systems on one scale, by evalica, from how often each pair was won, lost and tied."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import evalica
import numpy as np
from scipy import sparse

from ftcompare.stats.table import FloatArray, VoteTable, groups

TOLERANCE = 1e-9
LIMIT = 1_000_000
Scores = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class PairTally:
    """What the judgments of one pair of systems come to."""

    a: str
    b: str
    wins_a: float
    wins_b: float
    ties: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scores by system, in the order of the names given.

    Args:
        bradley_terry: sum to 1, a tie is half a win each; None where there is no finite fit.
        davidson: sum to 1; None where there is no finite fit.
        davidson_tie: Davidson's ν; None with them.
        average_win_rate: mean over opponents; None for a system without a judgment.
    """

    bradley_terry: Scores
    davidson: Scores
    davidson_tie: float | None
    average_win_rate: Scores


def tallies(table: VoteTable) -> tuple[PairTally, ...]:
    """Wins and ties by pair of systems, in the order of the systems' codes."""
    rows = groups(table.a * len(table.systems) + table.b)
    return tuple(
        PairTally(
            table.systems[code // len(table.systems)],
            table.systems[code % len(table.systems)],
            *(float(np.count_nonzero(table.outcome[row] == x)) for x in (-1, 1, 0)),
        )
        for code, row in rows
    )


def rank(names: Iterable[str], pairs: Iterable[PairTally]) -> Ranking:
    """Rank systems by three models.

    Bradley-Terry: P(i beats j) = π_i / (π_i + π_j), a tie half a win each. Davidson: the three
    outcomes are as π_i : π_j : ν √(π_i π_j). A maximum exists only if no group of systems won all or
    lost all its comparisons with the rest (Ford 1957); without one the scores are None.
    Sources: Bradley & Terry 1952; Davidson 1970, fitted as by Newman 2023 with ν = 2v.
    """
    order, pairs = tuple(names), tuple(pairs)
    bradley_terry = _bradley_terry(order, pairs)
    davidson, tie = _davidson(order, pairs, bradley_terry)
    return Ranking(bradley_terry, davidson, tie, _average_win_rate(order, pairs))


def _rows(pairs: tuple[PairTally, ...]) -> tuple[list[str], list[str], list[evalica.Winner], list[float]]:
    xs = [p.a for p in pairs for _ in range(3)]
    ys = [p.b for p in pairs for _ in range(3)]
    winners = [evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw] * len(pairs)
    return xs, ys, winners, [w for p in pairs for w in (p.wins_a, p.wins_b, p.ties)]


def _bradley_terry(order: tuple[str, ...], pairs: tuple[PairTally, ...]) -> Scores:
    if not _connected(order, pairs):
        return dict.fromkeys(order)
    xs, ys, winners, weights = _rows(pairs)
    result = evalica.bradley_terry(xs, ys, winners, weights=weights, tolerance=TOLERANCE, limit=LIMIT)
    return _normalised(order, result.scores.to_dict()) if result.iterations < LIMIT else dict.fromkeys(order)


def _davidson(
    order: tuple[str, ...], pairs: tuple[PairTally, ...], bradley_terry: Scores
) -> tuple[Scores, float | None]:
    none: tuple[Scores, None] = dict.fromkeys(order), None
    ties, wins = sum(p.ties for p in pairs), sum(p.wins_a + p.wins_b for p in pairs)
    if wins == 0 or None in bradley_terry.values():
        return none
    if ties == 0:
        return bradley_terry, 0.0
    xs, ys, winners, weights = _rows(pairs)
    start = ties / wins / 2
    fit = evalica.newman(xs, ys, winners, v_init=start, weights=weights, tolerance=TOLERANCE, limit=LIMIT)
    if fit.iterations >= LIMIT:
        return none
    return _normalised(order, fit.scores.to_dict()), 2 * float(fit.v)


def _average_win_rate(order: tuple[str, ...], pairs: tuple[PairTally, ...]) -> Scores:
    if not pairs:
        return dict.fromkeys(order)
    xs, ys, winners, weights = _rows(pairs)
    scores = evalica.average_win_rate(xs, ys, winners, weights=weights).scores.to_dict()
    return {name: float(scores[name]) if name in scores else None for name in order}


def _normalised(order: tuple[str, ...], scores: Mapping[Hashable, float]) -> Scores:
    total = sum(scores.values())
    return {name: float(scores[name] / total) for name in order}


def _connected(order: tuple[str, ...], pairs: tuple[PairTally, ...]) -> bool:
    """Whether every system leads to every other by wins or ties: then the maximum is finite."""
    place = {name: i for i, name in enumerate(order)}
    beat: FloatArray = np.zeros((len(order), len(order)))
    for pair in pairs:
        i, j = place[pair.a], place[pair.b]
        beat[i, j] += pair.wins_a + pair.ties / 2
        beat[j, i] += pair.wins_b + pair.ties / 2
    parts, _ = sparse.csgraph.connected_components(sparse.csr_array(beat), connection="strong")
    return bool(parts == 1 and len(order) > 1)
