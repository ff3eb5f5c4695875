"""All systems on one scale, from how often each pair was won, lost and tied."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import evalica
import numpy as np
from scipy import sparse

from ftcompare.stats.bradley_terry import fit_pairs
from ftcompare.stats.resampling import RESAMPLES, Interval, percentile_interval, resampled_sums
from ftcompare.stats.sparse_fit import fit_many
from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, compact, groups
from ftcompare.stats.win_rate import OVER_PROMPTS, OVER_PROMPTS_AND_RATERS

MOST_WITH_INTERVALS = 40
"""More systems have scores without intervals: a thousand fits take time as the cube of their number, and
of many systems some lose or win everything in nearly every resample."""

TOLERANCE = 1e-9
LIMIT = 1_000_000
Scores = dict[str, float | None]
Intervals = dict[str, Interval]


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
        intervals: None where they were not asked for, for more than `MOST_WITH_INTERVALS` systems, and where
            there is only one prompt.
    """

    bradley_terry: Scores
    davidson: Scores
    davidson_tie: float | None
    average_win_rate: Scores
    intervals: RankingIntervals | None = None


@dataclass(frozen=True, slots=True)
class RankingIntervals:
    """Intervals of the scores by resampling, in the order of the names given.

    Args:
        generalises_over: what was drawn anew: ``prompts and raters``, or ``prompts`` with one rater.
        davidson_tie: of Davidson's ν.
    """

    bradley_terry: Intervals
    davidson: Intervals
    davidson_tie: Interval
    average_win_rate: Intervals
    generalises_over: str


def tallies(table: VoteTable) -> tuple[PairTally, ...]:
    """Wins and ties by pair of systems, in the order of the systems' codes."""
    rows, outcome = groups(table.a * len(table.systems) + table.b), table.outcome
    return tuple(
        PairTally(
            table.systems[code // len(table.systems)],
            table.systems[code % len(table.systems)],
            *(float(np.count_nonzero(outcome[row] == x)) for x in (-1, 1, 0)),
        )
        for code, row in rows
    )


def rank(names: Iterable[str], pairs: Iterable[PairTally]) -> Ranking:
    """Rank systems by three models.

    Bradley-Terry: P(i beats j) = π_i / (π_i + π_j), a tie half a win each. Davidson: the three
    outcomes are as π_i : π_j : ν √(π_i π_j). A maximum exists only if no group of systems won all or
    lost all its comparisons with the rest (Ford 1957); without one the scores are None.
    Sources: Bradley & Terry 1952; Davidson 1970.
    """
    order, pairs = tuple(names), tuple(pairs)
    if len(order) > MOST_WITH_INTERVALS:
        return _rank_many(order, pairs)
    davidson, tie = _davidson(order, pairs)
    return Ranking(_bradley_terry(order, pairs), davidson, tie, _average_win_rate(order, pairs))


def _rank_many(order: tuple[str, ...], pairs: tuple[PairTally, ...]) -> Ranking:
    """The same scores, without a matrix of all systems by all systems."""
    first, second, counts = _counted(order, pairs)
    rates = _average_rates(first, second, counts[None], len(order))[0]
    average: Scores = {name: None if np.isnan(r) else float(r) for name, r in zip(order, rates, strict=True)}
    unfitted = Ranking(dict.fromkeys(order), dict.fromkeys(order), None, average)
    if not _connected(order, pairs):
        return unfitted
    plain, with_ties = (
        fit_many(first, second, counts, systems=len(order), davidson=davidson) for davidson in (False, True)
    )
    scores = [
        dict(zip(order, fit[0].tolist(), strict=True)) if fit else dict.fromkeys(order)
        for fit in (plain, with_ties)
    ]
    return Ranking(scores[0], scores[1], with_ties[1] if with_ties else None, average)


def ranking_intervals(
    names: Iterable[str],
    table: VoteTable,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> RankingIntervals | None:
    """Intervals of the scores of `rank`: `percentile_interval` of the fits of `resampled_sums`.

    Prompts and raters are drawn anew; with one rater, prompts alone. A resample without a finite fit
    (a system never wins or never loses in it) is set aside for that model and counted.

    Args:
        names: all systems of the table, in the order wanted.
        table: judgments.
        rng: draws.
        level: nominal coverage.
        resamples: how many.

    Returns:
        None for a single prompt, or none, and for more than `MOST_WITH_INTERVALS` systems.
    """
    order = tuple(names)
    if len(order) > MOST_WITH_INTERVALS:
        return None
    prompts, raters = (len(np.unique(codes)) for codes in (table.prompt, table.rater))
    if prompts < 2:
        return None
    first, second, kinds = _kinds(order, table)
    drawn = resampled_sums(kinds, table.prompt, table.rater if raters > 1 else None, rng, resamples)
    counts = np.zeros((resamples, len(first), 3))
    counts.reshape(resamples, -1)[:, : drawn.shape[1]] = drawn
    fits = {d: fit_pairs(first, second, counts, systems=len(order), davidson=d) for d in (False, True)}
    clusters = min(prompts, raters) if raters > 1 else prompts

    def of(values: FloatArray) -> Intervals:
        return {n: percentile_interval(v, clusters, level) for n, v in zip(order, values.T, strict=True)}

    return RankingIntervals(
        bradley_terry=of(fits[False].scores),
        davidson=of(fits[True].scores),
        davidson_tie=percentile_interval(fits[True].tie, clusters, level, ends=(0.0, np.inf)),
        average_win_rate=of(_average_rates(first, second, counts, len(order))),
        generalises_over=OVER_PROMPTS_AND_RATERS if raters > 1 else OVER_PROMPTS,
    )


def _kinds(order: tuple[str, ...], table: VoteTable) -> tuple[IntArray, IntArray, IntArray]:
    """The pairs that met (i before j in the order), and each judgment's code: 3 · pair + outcome."""
    places = {name: place for place, name in enumerate(order)}
    place = np.array([places.get(name, -1) for name in table.systems], dtype=np.int64)
    a, b = place[table.a], place[table.b]
    met = np.minimum(a, b) * len(order) + np.maximum(a, b)
    pair, _ = compact(met)
    pairs = np.unique(met)
    b_first = np.where(a < b, table.outcome, -table.outcome)
    return pairs // len(order), pairs % len(order), pair * 3 + np.array([0, 2, 1])[b_first + 1]


def _average_rates(first: IntArray, second: IntArray, counts: FloatArray, systems: int) -> FloatArray:
    """Resamples x systems: the mean over opponents; NaN for a system without a judgment in it."""
    met = counts.sum(axis=2)
    rate = (counts[..., 0] + counts[..., 2] / 2) / np.where(met > 0, met, 1.0)
    total, opponents = np.zeros((2, len(counts), systems))
    for k, (i, j) in enumerate(zip(first, second, strict=True)):
        known = met[:, k] > 0
        total[:, i] += np.where(known, rate[:, k], 0.0)
        total[:, j] += np.where(known, 1 - rate[:, k], 0.0)
        opponents[:, i] += known
        opponents[:, j] += known
    return np.where(opponents > 0, total / np.maximum(opponents, 1.0), np.nan)


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


def _davidson(order: tuple[str, ...], pairs: tuple[PairTally, ...]) -> tuple[Scores, float | None]:
    """By `fit_pairs`: evalica's ``newman`` (0.4.2) stops when the scores stand still, whatever ν does.

    Of 5 wins each and 3 ties it gives ν = .3 for .6, and scores to systems that have none.
    """
    if len(order) < 2 or not pairs:
        return dict.fromkeys(order), None
    first, second, counts = _counted(order, pairs)
    fit = fit_pairs(first, second, counts[None], systems=len(order), davidson=True)
    if np.isnan(fit.tie[0]):
        return dict.fromkeys(order), None
    return dict(zip(order, fit.scores[0].tolist(), strict=True)), float(fit.tie[0])


def _counted(order: tuple[str, ...], pairs: Iterable[PairTally]) -> tuple[IntArray, IntArray, FloatArray]:
    """The pairs that met, i before j in the order, and for each the wins of i, of j, and the ties."""
    place = {name: i for i, name in enumerate(order)}
    tallied: dict[tuple[int, int], FloatArray] = {}
    for pair in pairs:
        i, j = place[pair.a], place[pair.b]
        won = (pair.wins_a, pair.wins_b) if i < j else (pair.wins_b, pair.wins_a)
        met = (min(i, j), max(i, j))
        tallied[met] = tallied.get(met, np.zeros(3)) + np.array([*won, pair.ties])
    met_in_order = sorted(key for key, counts in tallied.items() if counts.any())
    ends = np.array(met_in_order, dtype=np.int64).reshape(-1, 2)
    counts = np.array([tallied[key] for key in met_in_order], dtype=np.float64).reshape(-1, 3)
    return ends[:, 0], ends[:, 1], counts


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
    first, second, counts = _counted(order, pairs)
    wins, losses = (counts[:, side] + counts[:, 2] / 2 > 0 for side in (0, 1))
    winner = np.concatenate([first[wins], second[losses]])
    loser = np.concatenate([second[wins], first[losses]])
    beat = sparse.csr_array((np.ones(len(winner)), (winner, loser)), shape=(len(order), len(order)))
    parts, _ = sparse.csgraph.connected_components(beat, connection="strong")
    return bool(parts == 1 and len(order) > 1)
