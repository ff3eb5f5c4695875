"""Themes of comments: clusters of their embeddings, only if two halves of the comments give the same ones.

Cutting one cloud of points in two is often as stable as finding two clouds. So a partition also has to fit
better than those of normal samples with the same covariance. `benchmarks/comment_themes.py` simulates how
often themes are found by chance.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.cluster.vq import kmeans2, vq

from ftcompare.stats.vote_table import FloatArray, IntArray

LEAST_COMMENTS = 40
LEAST_IN_THEME = 5
LEAST_AGREEMENT = 0.5  # minimum adjusted Rand index of the two halves, as mean over random halves
NEARLY = 0.05  # of numbers of themes on which halves agree nearly as well, the smallest is used
MOST_BY_RATER = 0.5
MOST_THEMES = 8
DIMENSIONS = 10  # number of principal components that are clustered
HALVES, REFERENCES, STARTS = 5, 39, 4
_JITTER = 1e-4  # standard deviations, so that equal comments are as many points


@dataclass(frozen=True, slots=True)
class CommentThemes:
    """The theme of each comment; without ``labels``, no themes were found."""

    agreement: float  # mean adjusted Rand index of two halves, -1 to 1
    labels: IntArray | None = None
    typical: tuple[tuple[int, ...], ...] = ()  # by theme, its comments, the closest to the center first


def comment_themes(vectors: FloatArray, raters: IntArray, *, rng: np.random.Generator) -> CommentThemes:
    """Cluster comments by k-means, for the smallest number of clusters on which two halves agree nearly most.

    Each embedding is scaled to length 1. For k from 2 to `MOST_THEMES`, comments are divided into two halves
    at random, `HALVES` times. Each half is clustered, and all comments are assigned to the nearest center of
    each half. Themes are found if the mean adjusted Rand index of these assignments is at least
    `LEAST_AGREEMENT`, and if the share of the variance within clusters is less than in each of `REFERENCES`
    normal samples with the same covariance. Groups that mostly are raters, each with a style of their own,
    are no themes: Goodman and Kruskal's λ of the groups given the rater is at most `MOST_BY_RATER`. Sources:
    Lange et al. 2004 (stability); Liu et al. 2008 (SigClust).

    Args:
        vectors: comments x width of an embedding.
        raters: by comment.
    """
    points = _components(vectors)
    points += rng.normal(0, _JITTER * points.std() if len(points) else 0.0, points.shape)
    counts = [k for k in range(2, MOST_THEMES + 1) if len(points) >= 2 * k * LEAST_IN_THEME]
    if len(points) < LEAST_COMMENTS or not points.any():
        return CommentThemes(0.0)
    by_count = {k: _agreement(points, k, rng) for k in counts}
    agreement = max(by_count.values())
    count = min(k for k, own in by_count.items() if own >= agreement - NEARLY)
    centers = _centers(points, count, rng)
    labels, distances = _nearest(points, centers)
    small = np.bincount(labels, minlength=count).min() < LEAST_IN_THEME
    if small or _by_rater(labels, raters) > MOST_BY_RATER:
        return CommentThemes(agreement)
    if agreement < LEAST_AGREEMENT or not _beyond_one_cloud(points, count, rng):
        return CommentThemes(agreement)
    order = np.argsort(distances, kind="stable")
    typical = tuple(tuple(int(row) for row in order if labels[row] == theme) for theme in range(count))
    return CommentThemes(agreement, labels, typical)


def _components(vectors: FloatArray) -> FloatArray:
    """The leading principal components of the embeddings."""
    points = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    left, scales, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return np.asarray((left * scales)[:, :DIMENSIONS], dtype=np.float64)


def _by_rater(labels: IntArray, raters: IntArray) -> float:
    """How far raters determine the groups, 0 to 1: λ of Goodman and Kruskal (1954)."""
    most = np.bincount(labels).max()
    each = sum(int(np.bincount(labels[raters == rater]).max()) for rater in np.unique(raters))
    return float((each - most) / max(1, len(labels) - most))


def _nearest(points: FloatArray, centers: FloatArray) -> tuple[IntArray, FloatArray]:
    """For each point, its nearest center and the distance to it."""
    labels, distances = vq(points, centers)
    return labels.astype(np.int64), np.asarray(distances, dtype=np.float64)


def _centers(points: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """The centers of k-means, the best of several starts."""
    with warnings.catch_warnings(action="ignore"):  # an empty cluster keeps its center
        found = [kmeans2(points, count, minit="++", rng=rng)[0] for _ in range(STARTS)]
    return np.asarray(min(found, key=lambda centers: _spread(points, centers)), dtype=np.float64)


def _spread(points: FloatArray, centers: FloatArray) -> float:
    """Share of the variance within clusters, 0 to 1."""
    within = np.square(_nearest(points, centers)[1]).sum()
    return float(within / np.square(points - points.mean(axis=0)).sum())


def _agreement(points: FloatArray, count: int, rng: np.random.Generator) -> float:
    found = []
    for _ in range(HALVES):
        order = rng.permutation(len(points))
        first, second = (
            _nearest(points, _centers(points[half], count, rng))[0] for half in np.array_split(order, 2)
        )
        found.append(rand_index(first, second))
    return float(np.mean(found))


def _beyond_one_cloud(points: FloatArray, count: int, rng: np.random.Generator) -> bool:
    own, size = _spread(points, _centers(points, count, rng)), len(points)
    scales = points.std(axis=0)  # of principal components, which are uncorrelated
    samples = (rng.normal(0, 1, (size, len(scales))) * scales for _ in range(REFERENCES))
    return all(own < _spread(one, _centers(one, count, rng)) for one in samples)


def rand_index(first: IntArray, second: IntArray) -> float:
    """Return the adjusted Rand index of two partitions (Hubert & Arabie 1985): 1 if equal, 0 by chance."""
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(table, (first, second), 1)
    both, rows, columns = (float((n * (n - 1) / 2).sum()) for n in (table, table.sum(1), table.sum(0)))
    expected = rows * columns / (len(first) * (len(first) - 1) / 2)
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)
