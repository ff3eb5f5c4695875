"""All systems on one scale, estimated from wins, losses and ties of each pair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ftcompare.stats.bradley_terry import PairFits, fit_pairs
from ftcompare.stats.resampling import RESAMPLES, Interval, percentile_interval, resampled_sums
from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, compact, groups
from ftcompare.stats.win_rate import OVER_PROMPTS, OVER_PROMPTS_AND_RATERS

MOST_WITH_INTERVALS = 40
"""With more systems scores have no intervals: the time for thousands of fits grows with the cube of the
number of systems, and with many systems some win or lose everything in nearly every resample."""

FEW_SYSTEMS, LEAST_RESAMPLES = 5, 4000
"""Up to `FEW_SYSTEMS` systems get `RESAMPLES` resamples; S systems get 5 / S of that, but at least
`LEAST_RESAMPLES`."""

_CELLS = 4_000_000  # maximum number of counts held at once: bounds the memory for any number of systems

Scores = dict[str, float | None]
Intervals = dict[str, Interval]


@dataclass(frozen=True, slots=True)
class PairTally:
    """Wins and ties of the judgments of one pair of systems."""

    a: str
    b: str
    wins_a: float
    wins_b: float
    ties: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scores by system, in the order of the given names."""

    # scores that sum to 1, with a tie as half a win for each; None where there is no finite fit
    bradley_terry: Scores
    davidson: Scores  # scores that sum to 1; None where there is no finite fit
    davidson_tie: float | None  # Davidson's ν; None where ``davidson`` has no fit
    average_win_rate: Scores  # mean over opponents; None for a system without a judgment
    # None where not requested, for more than `MOST_WITH_INTERVALS` systems, or for a single prompt
    intervals: RankingIntervals | None = None


@dataclass(frozen=True, slots=True)
class RankingIntervals:
    """Intervals of the scores by resampling, in the order of the given names."""

    bradley_terry: Intervals
    davidson: Intervals
    davidson_tie: Interval  # interval of Davidson's ν
    average_win_rate: Intervals
    generalises_over: str  # what was resampled: ``prompts and raters``, or ``prompts`` with one rater


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
    """Rank systems by three methods: Bradley-Terry, Davidson and average win rate.

    Bradley-Terry: P(i beats j) = π_i / (π_i + π_j), a tie is half a win for each. Davidson: the probabilities
    of the three outcomes are in the ratio π_i : π_j : ν √(π_i π_j). A finite maximum exists only if no group
    of systems won all or lost all its comparisons with the rest (Ford 1957); otherwise the scores are None.
    Sources: Bradley & Terry 1952; Davidson 1970.
    """
    order = tuple(names)
    if not order:
        return Ranking({}, {}, None, {})
    first, second, counts = _counted(order, pairs)
    plain, with_ties = (
        fit_pairs(first, second, counts[None], systems=len(order), davidson=davidson)
        for davidson in (False, True)
    )
    return Ranking(
        bradley_terry=_by_name(order, plain.scores[0]),
        davidson=_by_name(order, with_ties.scores[0]),
        davidson_tie=_defined(with_ties.tie[0]),
        average_win_rate=_by_name(order, _average_rates(first, second, counts[None], len(order))[0]),
    )


def _by_name(order: tuple[str, ...], values: FloatArray) -> Scores:
    return dict(zip(order, map(_defined, values), strict=True))


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def ranking_intervals(
    names: Iterable[str],
    table: VoteTable,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int | None = None,
) -> RankingIntervals | None:
    """Intervals of the scores of `rank`: `percentile_interval` of the fits of `resampled_sums`.

    Prompts and raters are resampled; with one rater, only prompts. A resample without a finite fit of a model
    (a system never wins or never loses in it) is excluded for that model and counted.

    Args:
        resamples: number of resamples; None for `resamples_for`.

    Returns:
        None for fewer than two prompts, or for more than `MOST_WITH_INTERVALS` systems.
    """
    order = tuple(names)
    if len(order) > MOST_WITH_INTERVALS:
        return None
    prompts, raters = (len(np.unique(codes)) for codes in (table.prompt, table.rater))
    if prompts < 2:
        return None
    found = _resampled_scores(order, table, rng, resamples or resamples_for(len(order)), by_rater=raters > 1)
    clusters = min(prompts, raters) if raters > 1 else prompts

    def of(values: FloatArray) -> Intervals:
        return {n: percentile_interval(v, clusters, level) for n, v in zip(order, values.T, strict=True)}

    return RankingIntervals(
        bradley_terry=of(found.bradley_terry),
        davidson=of(found.davidson.scores),
        davidson_tie=percentile_interval(found.davidson.tie, clusters, level, ends=(0.0, np.inf)),
        average_win_rate=of(found.average),
        generalises_over=OVER_PROMPTS_AND_RATERS if raters > 1 else OVER_PROMPTS,
    )


def resamples_for(systems: int) -> int:
    """The number of resamples for this number of systems."""
    return max(LEAST_RESAMPLES, RESAMPLES * FEW_SYSTEMS // max(systems, FEW_SYSTEMS))


@dataclass(frozen=True, slots=True, eq=False)
class _ResampledScores:
    """Scores of each resample: resamples x systems."""

    bradley_terry: FloatArray
    davidson: PairFits
    average: FloatArray


def _resampled_scores(
    order: tuple[str, ...], table: VoteTable, rng: np.random.Generator, resamples: int, *, by_rater: bool
) -> _ResampledScores:
    """Scores of the resamples, computed in chunks to bound the memory."""
    first, second, kinds = _kinds(order, table)
    size, systems = max(1, _CELLS // (3 * len(first))), len(order)
    plain, tied, tie, average = [], [], [], []
    for start in range(0, resamples, size):
        draws, raters = min(size, resamples - start), table.rater if by_rater else None
        counts = np.zeros((draws, len(first), 3))
        drawn = resampled_sums(kinds, table.prompt, raters, rng, draws)
        counts.reshape(draws, -1)[:, : drawn.shape[1]] = drawn
        plain.append(fit_pairs(first, second, counts, systems=systems, davidson=False).scores)
        with_ties = fit_pairs(first, second, counts, systems=systems, davidson=True)
        tied.append(with_ties.scores)
        tie.append(with_ties.tie)
        average.append(_average_rates(first, second, counts, systems))
    fits = PairFits(np.concatenate(tied), np.concatenate(tie))
    return _ResampledScores(np.concatenate(plain), fits, np.concatenate(average))


def _kinds(order: tuple[str, ...], table: VoteTable) -> tuple[IntArray, IntArray, IntArray]:
    """The compared pairs (i before j in the order), and each judgment's code: 3 · pair + outcome."""
    places = {name: place for place, name in enumerate(order)}
    place = np.array([places.get(name, -1) for name in table.systems], dtype=np.int64)
    a, b = place[table.a], place[table.b]
    met = np.minimum(a, b) * len(order) + np.maximum(a, b)
    pair, _ = compact(met)
    pairs = np.unique(met)
    b_first = np.where(a < b, table.outcome, -table.outcome)
    return pairs // len(order), pairs % len(order), pair * 3 + np.array([0, 2, 1])[b_first + 1]


def _average_rates(first: IntArray, second: IntArray, counts: FloatArray, systems: int) -> FloatArray:
    """Resamples x systems: the mean win rate over opponents; NaN for a system without a judgment."""
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


def _counted(order: tuple[str, ...], pairs: Iterable[PairTally]) -> tuple[IntArray, IntArray, FloatArray]:
    """The compared pairs, i before j in the order, and for each the wins of i, wins of j, and ties."""
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
