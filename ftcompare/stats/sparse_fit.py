"""Davidson's and Bradley-Terry's models of many systems: time and memory grow with the pairs that met."""

from __future__ import annotations

import numpy as np
from scipy import sparse, special

from ftcompare.stats.vote_table import FloatArray, IntArray

STEPS = 50
TOLERANCE = 1e-8
LONGEST_STEP = 2.0
RUNAWAY = 20.0
"""A log-score beyond this does not come from data: it is on its way to infinity."""

_PRECISE, _LEAST = 1e-10, 1e-12
"""To which part of its right side, or to which number, a linear system is solved."""


def fit_many(
    first: IntArray, second: IntArray, counts: FloatArray, *, systems: int, davidson: bool
) -> tuple[FloatArray, float] | None:
    """The fit of `paired_fits.fit_pairs` for one set of counts, by Newton's method on sparse matrices.

    The information about the log-scores is the Laplacian of the graph of the pairs, with the curvature of
    each pair for its weight. Its equations are solved by conjugate gradients with the diagonal as
    preconditioner. Sources: Davidson 1970; Hestenes & Stiefel 1952.

    Args:
        first: i of each pair of systems, a code from 0. No two pairs are of the same systems.
        second: j of each pair.
        counts: pairs x 3: wins of i, wins of j, ties. All systems are linked by wins or ties both ways.
        systems: how many there are.
        davidson: with ties as an outcome of their own; else a tie is half a win each.

    Returns:
        Scores that sum to 1, and Davidson's ν (0 for Bradley-Terry); None where there is no finite fit.
    """
    if not davidson:
        halves = counts[:, 2:] / 2
        counts = np.concatenate([counts[:, :2] + halves, np.zeros_like(halves)], axis=1)
    scores, log_tie = np.zeros(systems), 0.0 if counts[:, 2].any() else -np.inf
    for _ in range(STEPS):
        step = _step(first, second, counts, scores, log_tie)
        if step is None or np.abs(scores).max() >= RUNAWAY:
            return None
        scores, log_tie = scores + step[:-1], log_tie + step[-1]
        if np.abs(step).max() < TOLERANCE:
            return np.asarray(special.softmax(scores)), float(np.exp(log_tie))
    return None


def _step(
    first: IntArray, second: IntArray, counts: FloatArray, scores: FloatArray, log_tie: float
) -> FloatArray | None:
    """Newton's step of the log-scores and of log ν; None where its equations have no solution."""
    half = (scores[first] - scores[second]) / 2
    chance = special.softmax(np.stack([half, -half, np.full_like(half, log_tie)], axis=1), axis=1)
    n, lead, tied = counts.sum(axis=1), chance[:, 0] - chance[:, 1], chance[:, 2]

    def by_system(values: FloatArray) -> FloatArray:
        """What is i's in each pair, and j's with the other sign, summed."""
        both = [np.bincount(ends, values, len(scores)) for ends in (first, second)]
        return np.asarray(both[0] - both[1])

    curved = _laplacian(first, second, n * (1 - tied - lead**2) / 4, len(scores))
    slope = by_system((counts[:, 0] - counts[:, 1] - n * lead) / 2)
    of_scores = _solved(curved, slope)
    if not np.isfinite(log_tie):
        return None if of_scores is None else _shortened(np.append(of_scores, 0.0))
    mixed = by_system(-n * lead * tied / 2)
    of_mixed = _solved(curved, mixed)
    if of_scores is None or of_mixed is None:
        return None
    of_tie = float((counts[:, 2] - n * tied).sum() - mixed @ of_scores)
    of_tie /= float((n * tied * (1 - tied)).sum() - mixed @ of_mixed)
    return _shortened(np.append(of_scores - of_tie * of_mixed, of_tie))


def _laplacian(first: IntArray, second: IntArray, weights: FloatArray, systems: int) -> sparse.csr_array:
    rows = np.concatenate([first, second, first, second])
    columns = np.concatenate([first, second, second, first])
    signed = np.concatenate([weights, weights, -weights, -weights])
    return sparse.csr_array((signed, (rows, columns)), shape=(systems, systems))


def _solved(matrix: sparse.csr_array, wanted: FloatArray) -> FloatArray | None:
    """The solution that sums to 0: the matrix tells scores apart by their differences alone."""
    diagonal = np.maximum(matrix.diagonal(), _LEAST)
    even = wanted - wanted.mean()  # rounding puts a little where the matrix has no inverse
    start, most = np.zeros(len(even)), 10 * len(even)
    by_diagonal = sparse.diags_array(1 / diagonal)
    found, failed = sparse.linalg.cg(
        matrix, even, start, rtol=_PRECISE, atol=_LEAST, maxiter=most, M=by_diagonal
    )
    return None if failed else np.asarray(found - found.mean())


def _shortened(step: FloatArray) -> FloatArray:
    return np.asarray(step * min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), LONGEST_STEP)))
