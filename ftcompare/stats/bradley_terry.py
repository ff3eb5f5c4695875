"""Bradley-Terry's and Davidson's models fitted to many sets of counts at once, for resampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from ftcompare.stats.vote_table import BoolArray, FloatArray, IntArray

STEPS = 50
TOLERANCE = 1e-8
LONGEST_STEP = 2.0
RUNAWAY = 20.0
"""A log-score beyond this does not come from data: it is on its way to infinity."""

WORST_CONDITION = 1e12

_CELLS = 2_000_000
"""Numbers of the matrices that are held at once: bounds the memory whatever the number of sets."""


@dataclass(frozen=True, slots=True, eq=False)
class PairedFits:
    """Fits by set of counts; NaN where there is no finite one.

    Args:
        scores: sets x systems, each row summing to 1.
        tie: Davidson's ν of each set; 0 for Bradley-Terry.
    """

    scores: FloatArray
    tie: FloatArray


def fit_pairs(
    first: IntArray, second: IntArray, counts: FloatArray, *, systems: int, davidson: bool
) -> PairedFits:
    """Maximum likelihood by Newton's method.

    With d = log π_i - log π_j the outcomes are as e^{d/2} : e^{-d/2} : ν, and the log-likelihood is
    concave in (log π, log ν). `ranking.rank` fits the same models, one set at a time, by evalica.
    Sources: Bradley & Terry 1952; Davidson 1970.

    Args:
        first: i of each pair of systems, a code from 0. No two pairs are of the same systems.
        second: j of each pair.
        counts: sets x pairs x 3: wins of i, wins of j, ties.
        systems: how many there are.
        davidson: with ties as an outcome of their own; else a tie is half a win each.
    """
    meetings = _Meetings(first, second, systems)
    size = max(1, _CELLS // max(systems**2, 3 * len(first), 1))
    parts = [counts[start : start + size] for start in range(0, max(len(counts), 1), size)]
    fits = [_fit(meetings, part if davidson else _ties_as_halves(part)) for part in parts]
    return PairedFits(np.concatenate([fit.scores for fit in fits]), np.concatenate([fit.tie for fit in fits]))


def _fit(meetings: _Meetings, counts: FloatArray) -> PairedFits:
    first, second, systems = meetings.first, meetings.second, meetings.systems
    scores, log_tie = np.zeros((len(counts), systems)), _first_log_tie(counts)
    done = np.zeros(len(counts), dtype=np.bool_)
    rows = np.flatnonzero(_connected(first, second, counts, systems) & (counts[..., :2].sum(axis=(1, 2)) > 0))
    for _ in range(STEPS):
        if not len(rows):
            break
        step = _step(meetings, counts[rows], scores[rows], log_tie[rows])
        scores[rows] += step[:, :-1]
        log_tie[rows] += step[:, -1]
        done[rows] = np.abs(step).max(axis=1, initial=0.0) < TOLERANCE
        rows = rows[~done[rows] & (np.abs(scores[rows]).max(axis=1, initial=0.0) < RUNAWAY)]
    chances = np.where(done[:, None], special.softmax(scores, axis=1), np.nan)
    return PairedFits(chances, np.where(done, np.exp(log_tie), np.nan))


def _ties_as_halves(counts: FloatArray) -> FloatArray:
    halves = counts[..., 2:] / 2
    return np.concatenate([counts[..., :2] + halves, np.zeros_like(halves)], axis=2)


def _first_log_tie(counts: FloatArray) -> FloatArray:
    """Where log ν starts: at 0; at -∞, where it stays, in a set without a tie."""
    return np.where(counts[..., 2].sum(axis=1) > 0, 0.0, -np.inf)


class _Meetings:
    """Which systems meet in which pair, as matrices that sum over pairs."""

    def __init__(self, first: IntArray, second: IntArray, systems: int) -> None:
        self.first, self.second, self.systems = first, second, systems
        pairs, ones = np.arange(len(first)), np.ones(len(first))
        self.signs = sparse.csr_array(
            (np.concatenate([ones, -ones]), (np.tile(pairs, 2), np.concatenate([first, second]))),
            shape=(len(first), systems),
        )
        cells = [(first, first), (second, second), (first, second), (second, first)]
        places = np.concatenate([i * systems + j for i, j in cells])
        self.squares = sparse.csr_array(
            (np.repeat([1.0, 1.0, -1.0, -1.0], len(first)), (np.tile(pairs, 4), places)),
            shape=(len(first), systems**2),
        )


def _step(meetings: _Meetings, counts: FloatArray, scores: FloatArray, log_tie: FloatArray) -> FloatArray:
    """Newton's step: sets x (systems + 1), of the log-scores and of log ν."""
    half = (scores[:, meetings.first] - scores[:, meetings.second]) / 2
    outcomes = np.stack([half, -half, np.broadcast_to(log_tie[:, None], half.shape)], axis=2)
    chance = special.softmax(outcomes, axis=2)
    n, s, lead, tied = counts.sum(axis=2), meetings.systems, chance[..., 0] - chance[..., 1], chance[..., 2]
    with_ties = np.isfinite(log_tie)
    slope = np.zeros((len(counts), s + 1))
    slope[:, :s] = ((counts[..., 0] - counts[..., 1] - n * lead) / 2) @ meetings.signs
    slope[:, s] = (counts[..., 2] - n * tied).sum(axis=1)
    information = np.zeros((len(counts), s + 1, s + 1))
    curved = n * (1 - tied - lead**2) / 4
    information[:, :s, :s] = (curved @ meetings.squares).reshape(-1, s, s)
    # Scores are told apart by their differences alone; this keeps their sum at 0.
    information[:, :s, :s] += curved.mean(axis=1)[:, None, None]
    information[:, :s, s] = information[:, s, :s] = (-n * lead * tied / 2) @ meetings.signs
    information[:, s, s] = np.where(with_ties, (n * tied * (1 - tied)).sum(axis=1), 1.0)
    return _shortened(_solved(information, slope))


def _solved(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """The solutions. A matrix that is singular to rounding belongs to a fit on its way to infinity."""
    scale = np.maximum(np.abs(matrices).max(axis=(1, 2), initial=0.0), 1e-300)[:, None, None]
    # By the inverse: by singular values it takes ten times as long, and most of the time of a fit.
    sound = np.linalg.cond(matrices / scale, 1) < WORST_CONDITION
    solved = np.full(vectors.shape, 10 * RUNAWAY)
    solved[sound] = np.linalg.solve(matrices[sound], vectors[sound][..., None])[..., 0]
    return solved


def _shortened(step: FloatArray) -> FloatArray:
    longest = np.abs(step).max(axis=1, initial=0.0, keepdims=True)
    return np.asarray(step * np.minimum(1.0, LONGEST_STEP / np.maximum(longest, LONGEST_STEP)))


def _connected(first: IntArray, second: IntArray, counts: FloatArray, systems: int) -> BoolArray:
    """Whether every system leads to every other by wins or ties: without it no fit is finite."""
    won = counts[..., :2] + counts[..., 2:]
    sets, pairs, lost = np.nonzero(won)
    ends = np.stack([first, second])
    winner, loser = (ends[side, pairs] + sets * systems for side in (lost, 1 - lost))
    nodes = len(counts) * systems
    beat = sparse.csr_array((np.ones(len(sets)), (winner, loser)), shape=(nodes, nodes))
    # The graphs of all sets side by side: one search takes as long as there are wins.
    _, part = sparse.csgraph.connected_components(beat, connection="strong")
    by_set = part.reshape(len(counts), systems)
    return np.asarray((by_set == by_set[:, :1]).all(axis=1))
