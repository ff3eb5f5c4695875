"""Evidence that may be looked at after every prompt: a betting e-process and confidence sequence.

One prompt is one step, whatever the number of its raters, because votes on one pair of responses
are not independent. Prompts are to be served in random order.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy import optimize, special

from ftcompare.stats.table import FloatArray

NODES = 1024
"""Gauss-Legendre nodes of the mixture: exact for 2,047 prompts. For more prompts the mixture over
the nodes is itself a valid e-process, so the guarantee does not depend on the quadrature."""

MAX_DISTINCT = 1000
"""More distinct prompt means than this are rounded to thousandths, symmetrically about one half."""

EDGE = 1e-12


def e_value(means: FloatArray) -> float:
    """Evidence against "neither is preferred", from each prompt's mean preference for b (0 to 1).

    E = mean over λ uniform on [-1, 1] of Π (1 + λ d_t), with d_t = 2 · mean - 1. With one decisive
    vote a prompt it is 2ⁿ / ((n + 1) · C(n, k)). Under the null the chance that E ever reaches 1/α
    is at most α. 1 for no prompts. At most the largest float.
    Source: Ville 1939; Waudby-Smith & Ramdas 2024.
    """
    return math.exp(min(_log_wealth(*_distinct(means), 0.5), 709.0))


def confidence_sequence(means: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """All half-win rates m that the evidence does not refute: {m : E_m < 1/α}, an interval.

    E_m = ∫₀¹ Π (x_t q/m + (1 - x_t)(1 - q)/(1 - m)) dq for prompt means x_t, which for m = ½ is
    `e_value`. Log E_m is convex in m and at most 0 at the mean, so the ends are single roots.
    """
    values, counts = _distinct(means)
    return _lower_end(values, counts, level), 1.0 - _lower_end(1.0 - values, counts, level)


def _lower_end(values: FloatArray, counts: FloatArray, level: float) -> float:
    threshold = -math.log(1 - level)

    def excess(m: float) -> float:
        return _log_wealth(values, counts, m) - threshold

    mean = float(values @ counts / counts.sum()) if counts.size else 0.0
    if mean <= EDGE or excess(EDGE) <= 0:
        return 0.0
    return float(optimize.brentq(excess, EDGE, min(mean, 1 - EDGE), xtol=1e-10))


def _distinct(means: FloatArray) -> tuple[FloatArray, FloatArray]:
    values, counts = np.unique(means, return_counts=True)
    if len(values) > MAX_DISTINCT:
        values, counts = np.unique(np.rint(means * 1000) / 1000, return_counts=True)
    return values, counts.astype(np.float64)


def _log_wealth(values: FloatArray, counts: FloatArray, m: float) -> float:
    nodes, weights = _mixture()
    factors = np.outer(values / m, nodes) + np.outer((1 - values) / (1 - m), 1 - nodes)
    return float(special.logsumexp(counts @ np.log(factors), b=weights))


@cache
def _mixture() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the uniform distribution on (0, 1)."""
    nodes, weights = special.roots_legendre(NODES)
    return (np.asarray(nodes) + 1) / 2, np.asarray(weights) / 2
