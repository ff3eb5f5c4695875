"""The models of Bradley-Terry and Davidson, fitted to one set of counts or to many resamples.

With d = log π_i - log π_j the probabilities of i wins, j wins and tie are in the ratio e^{d/2} : e^{-d/2} :
ν. The log-likelihood is concave in (log π, log ν). Sources: Bradley & Terry 1952; Davidson 1970.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from ftcompare.stats.vote_table import BoolArray, FloatArray, IntArray

STEPS = 50
TOLERANCE = 1e-6
"""Size of the last Newton step. Convergence is quadratic: the remaining error is about its square."""

LONGEST_STEP = 2.0
RUNAWAY = 20.0  # a log-score beyond this diverges: the likelihood has no finite maximum

WORST_CONDITION = 1e12

MOST_IN_A_MATRIX = 40
"""With more systems, conjugate gradients on sparse matrices are used: time and memory then grow with
the number of pairs that were compared, not with the cube of the number of systems."""

_PRECISE, _LEAST = 1e-10, 1e-12  # relative and absolute tolerance of the conjugate gradient solutions

_CELLS = 2_000_000  # maximum number of matrix elements held at once: bounds the memory for any number of sets


@dataclass(frozen=True, slots=True, eq=False)
class PairFits:
    """Fits, one for each set of counts; NaN where the likelihood has no finite maximum."""

    scores: FloatArray  # sets x systems, each row summing to 1
    tie: FloatArray  # Davidson's ν of each set; 0 for Bradley-Terry


def fit_pairs(
    first: IntArray, second: IntArray, counts: FloatArray, *, systems: int, davidson: bool
) -> PairFits:
    """Maximum likelihood estimates by Newton's method.

    The Fisher information of the log-scores is the graph Laplacian of the compared pairs, where each pair is
    weighted by its curvature.

    With many sets, the start is the fit of their sum, which is close to the fits of all resamples.

    Args:
        first: code of system i of each pair, from 0. Each pair of systems occurs at most once.
        counts: sets x pairs x 3: wins of i, wins of j, ties.
        davidson: whether a tie is a separate outcome; otherwise a tie is half a win for each.
    """
    met = _Meetings(first, second, systems)
    used = counts if davidson else _ties_as_halves(counts)
    start = _start(met, used)
    size = max(1, _CELLS // max(met.cells, 3 * len(first), 1))
    fits = [_fit(met, used[at : at + size], start) for at in range(0, max(len(used), 1), size)]
    return PairFits(np.concatenate([fit.scores for fit in fits]), np.concatenate([fit.tie for fit in fits]))


def _start(met: _Meetings, counts: FloatArray) -> FloatArray:
    """Initial log-scores and log ν: zeros for a single set, or where the sets' sum has no finite fit."""
    zeros = np.zeros(met.systems + 1)
    if len(counts) < 2:
        return zeros
    whole = _fit(met, counts.sum(axis=0, keepdims=True), zeros)
    found = np.append(np.log(whole.scores[0]), np.log(whole.tie[0]) if whole.tie[0] > 0 else 0.0)
    return found if np.isfinite(found).all() else zeros


def _fit(met: _Meetings, counts: FloatArray, start: FloatArray) -> PairFits:
    scores = np.broadcast_to(start[:-1] - start[:-1].mean(), (len(counts), met.systems)).copy()
    log_tie = _first_log_tie(counts, start[-1])
    done = np.zeros(len(counts), dtype=np.bool_)
    rows = np.flatnonzero(_connected(met, counts) & (counts[..., :2].sum(axis=(1, 2)) > 0))
    for _ in range(STEPS):
        if not len(rows):
            break
        step = _step(met, counts[rows], scores[rows], log_tie[rows])
        scores[rows] += step[:, :-1]
        log_tie[rows] += step[:, -1]
        done[rows] = np.abs(step).max(axis=1, initial=0.0) < TOLERANCE
        rows = rows[~done[rows] & (np.abs(scores[rows]).max(axis=1, initial=0.0) < RUNAWAY)]
    chances = np.where(done[:, None], special.softmax(scores, axis=1), np.nan)
    return PairFits(chances, np.where(done, np.exp(log_tie), np.nan))


def _ties_as_halves(counts: FloatArray) -> FloatArray:
    halves = counts[..., 2:] / 2
    return np.concatenate([counts[..., :2] + halves, np.zeros_like(halves)], axis=2)


def _first_log_tie(counts: FloatArray, start: float) -> FloatArray:
    """Initial log ν; -∞, where it stays, in a set without ties."""
    return np.where(counts[..., 2].sum(axis=1) > 0, start, -np.inf)


class _Meetings:
    """The pairs of compared systems, as sparse matrices that sum over pairs."""

    def __init__(self, first: IntArray, second: IntArray, systems: int) -> None:
        self.first, self.second, self.systems = first, second, systems
        self.dense = systems <= MOST_IN_A_MATRIX
        self.cells = systems**2 if self.dense else systems
        pairs, ends = np.arange(len(first)), np.concatenate([first, second])
        self.signs = sparse.csr_array(
            (np.repeat([1.0, -1.0], len(first)), (np.tile(pairs, 2), ends)), shape=(len(first), systems)
        )
        cells = [ends * (systems + 1), first * systems + second, second * systems + first]
        self.squares = sparse.csr_array(
            (np.repeat([1.0, 1.0, -1.0, -1.0], len(first)), (np.tile(pairs, 4), np.concatenate(cells))),
            shape=(len(first), systems**2),
        )

    def laplacians(self, weights: FloatArray) -> FloatArray:
        """The Laplacian of each set of pair weights: sets x systems x systems."""
        return np.asarray(weights @ self.squares).reshape(-1, self.systems, self.systems)


def _step(met: _Meetings, counts: FloatArray, scores: FloatArray, log_tie: FloatArray) -> FloatArray:
    """Newton's step: sets x (systems + 1), for the log-scores and log ν; NaN where the system is singular.

    The equations [L m; mᵀ c] (s, t) = (g, h) are solved for t first, by the Schur complement of L. L is the
    Laplacian of the scores, m and c are the curvature of log ν, g and h are the gradients.
    """
    won = np.exp((scores[:, met.first] - scores[:, met.second]) / 2)
    lost, tie = 1 / won, np.exp(log_tie)[:, None]
    every = won + lost + tie
    n, lead, tied = counts.sum(axis=2), (won - lost) / every, tie / every
    slope = ((counts[..., 0] - counts[..., 1] - n * lead) / 2) @ met.signs
    mixed = (-n * lead * tied / 2) @ met.signs
    solve = _solved if met.dense else _solved_sparse
    of_scores, of_mixed = solve(met, n * (1 - tied - lead**2) / 4, np.stack([slope, mixed]))
    # Without ties m and h are 0: c may have any value, and log ν does not change.
    curved = np.where(np.isfinite(log_tie), (n * tied * (1 - tied)).sum(axis=1), 1.0)
    complement = curved - (mixed * of_mixed).sum(axis=1)
    complement = np.where(complement > curved / WORST_CONDITION, complement, np.nan)
    of_tie = ((counts[..., 2] - n * tied).sum(axis=1) - (mixed * of_scores).sum(axis=1)) / complement
    return _shortened(np.column_stack([of_scores - of_tie[:, None] * of_mixed, of_tie]))


def _shortened(step: FloatArray) -> FloatArray:
    longest = np.abs(step).max(axis=1, initial=0.0, keepdims=True)
    return np.asarray(step * np.minimum(1.0, LONGEST_STEP / np.maximum(longest, LONGEST_STEP)))


def _solved(met: _Meetings, weights: FloatArray, right: FloatArray) -> FloatArray:
    """Solutions with sum 0 of each set's Laplacian, for each right side: right sides x sets x systems.

    A numerically singular matrix belongs to a diverging fit: its solution is NaN.
    """
    # Only differences of scores are identified; the added constant keeps the sum of the scores at 0.
    matrices = met.laplacians(weights) + weights.mean(axis=1)[:, None, None]
    scale = np.maximum(np.abs(matrices).max(axis=(1, 2), initial=0.0), 1e-300)[:, None, None]
    # By the inverse: a singular value decomposition takes ten times as long and would dominate the fit.
    sound = np.linalg.cond(matrices / scale, 1) < WORST_CONDITION
    solved = np.full(right.shape, np.nan)
    solved[:, sound] = np.moveaxis(np.linalg.solve(matrices[sound], np.moveaxis(right[:, sound], 0, 2)), 2, 0)
    return solved


def _solved_sparse(met: _Meetings, weights: FloatArray, right: FloatArray) -> FloatArray:
    """As `_solved`, by conjugate gradients with diagonal preconditioner. Source: Hestenes & Stiefel 1952."""
    solved = np.full(right.shape, np.nan)
    for row, weight in enumerate(weights):
        laplacian = sparse.csr_array(met.signs.T @ (met.signs * weight[:, None]))
        diagonal = sparse.diags_array(1 / np.maximum(laplacian.diagonal(), _LEAST))
        for side, wanted in enumerate(right[:, row]):
            even = wanted - wanted.mean()  # rounding adds a small component in the null space of the matrix
            found, failed = sparse.linalg.cg(
                laplacian, even, rtol=_PRECISE, atol=_LEAST, maxiter=10 * len(even), M=diagonal
            )
            if not failed:
                solved[side, row] = found - found.mean()
    return solved


def _connected(met: _Meetings, counts: FloatArray) -> BoolArray:
    """Whether wins and ties connect every system to every other; otherwise no fit is finite (Ford 1957)."""
    won = counts[..., :2] + counts[..., 2:]
    sets, pairs, lost = np.nonzero(won)
    ends = np.stack([met.first, met.second])
    winner, loser = (ends[side, pairs] + sets * met.systems for side in (lost, 1 - lost))
    nodes = len(counts) * met.systems
    beat = sparse.csr_array((np.ones(len(sets)), (winner, loser)), shape=(nodes, nodes))
    # The graphs of all sets as one block graph: one search takes time in proportion to the number of wins.
    _, part = sparse.csgraph.connected_components(beat, connection="strong")
    by_set = part.reshape(len(counts), met.systems)
    return np.asarray((by_set == by_set[:, :1]).all(axis=1))
