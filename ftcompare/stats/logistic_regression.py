"""Logistic regression by Newton's method, with cluster-robust variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.vote_table import FloatArray, IntArray, compact

STEPS = 30
TOLERANCE = 1e-9
WORST_CONDITION = 1e10


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Coefficients and their covariance, in the order of the design's columns."""

    coefficients: FloatArray
    covariance: FloatArray
    # observations x parameters: first-order effect of each observation on each coefficient. Each column sums
    # to 0; sums over clusters give the sandwich variance.
    influence: FloatArray


def fit_logistic(
    design: FloatArray, share: FloatArray, clusters: IntArray | None = None
) -> LogisticFit | None:
    """Maximum likelihood of logit P = design · coefficients.

    Args:
        design: observations x parameters.
        share: 0 to 1 for each observation; a value between 0 and 1 counts as a fractional success.
        clusters: a code for each observation; if given, the covariance is the sandwich over G clusters,
            times G/(G-1), otherwise the inverse information.

    Returns:
        None where there is no finite or no unique maximum: separated data, dependent columns.

    Source: McCullagh & Nelder 1989, section 4.4; Papke & Wooldridge 1996 for shares.
    """
    coefficients = np.zeros(design.shape[1])
    for _ in range(STEPS):
        fitted = special.expit(design @ coefficients)
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        if not _invertible(information):
            return None
        step = np.linalg.solve(information, design.T @ (share - fitted))
        coefficients = coefficients + step
        if np.abs(step).max() < TOLERANCE:
            return _fit(coefficients, design * (share - fitted)[:, None], information, clusters)
    return None


def _invertible(information: FloatArray) -> bool:
    scale = np.sqrt(np.diag(information))
    return bool(scale.min() > 1e-8 and np.linalg.cond(information / np.outer(scale, scale)) < WORST_CONDITION)


def _fit(
    coefficients: FloatArray, scores: FloatArray, information: FloatArray, clusters: IntArray | None
) -> LogisticFit:
    bread: FloatArray = np.linalg.inv(information).astype(np.float64)
    influence = scores @ bread
    if clusters is None:
        return LogisticFit(coefficients, bread, influence)
    group, count = compact(clusters)
    sums = np.stack([np.bincount(group, weights=column) for column in influence.T])
    return LogisticFit(coefficients, np.asarray(sums @ sums.T * count / (count - 1)), influence)
