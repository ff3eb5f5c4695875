"""Evidence that may be checked after every prompt: a betting e-process and confidence sequence.

One prompt is one step, for any number of raters, because votes on one pair of responses are not independent.
The prompts must be judged in random order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize, special

from ftcompare.stats.vote_table import FloatArray, IntArray

NODES = 1024
"""Number of Gauss-Legendre nodes of the mixture: exact up to 2,047 prompts. For more prompts the mixture over
the nodes is itself a valid e-process, so the guarantee does not depend on the quadrature."""

MAX_DISTINCT = 1000
"""If there are more distinct prompt means, they are rounded to thousandths, symmetrically about one half."""

EDGE = 1e-12

LOOKS = 5_000
"""Maximum number of prompts after which the e-value is computed, in even steps. Fewer looks keep the
guarantee."""

_AT_ONCE = 500  # number of prompts whose bets are multiplied at once: bounds the memory


@dataclass(frozen=True, slots=True)
class Evidence:
    """The e-values of a comparison so far. By Ville's inequality the highest one stays valid."""

    last: float  # the e-value after all prompts
    highest: float  # the highest e-value after any prompt so far; 1 before the first
    at: int  # number of prompts after which it was highest; 0 where it never rose above 1
    lead: float = 0.5  # mean preference for b of those prompts, 0 to 1, which gives the side that was ahead


def evidence(means: FloatArray) -> Evidence:
    """The e-value after the last prompt, and the highest e-value after any prompt before it.

    Under "neither is preferred" the probability that the highest ever reaches 1/α is at most α, for any
    number of looks. This holds for prompts whose means are final: a prompt that gets further judgments is
        recomputed
    at its original position, with all of them. Source: Ville 1939.

    Args:
        means: each prompt's mean preference for b (0 to 1), in the order in which they were judged. With
            more than `LOOKS` prompts, the e-value is computed only after every few prompts.
    """
    values, codes = np.unique(means, return_inverse=True)
    if len(values) > MAX_DISTINCT:
        values, codes = np.unique(np.rint(means * 1000) / 1000, return_inverse=True)
    step = max(1, -(-len(codes) // LOOKS))
    looks = np.minimum(np.arange(step, len(codes) + step, step), len(codes))
    path = _path(_log_factors(values, 0.5), codes, looks, max(1, _AT_ONCE // step))
    highest = int(np.argmax(path)) if len(path) else 0
    if not len(path) or path[highest] <= 0:
        return Evidence(e_value(means), 1.0, 0)
    at = int(looks[highest])
    return Evidence(e_value(means), _from_log(float(path[highest])), at, float(means[:at].mean()))


def _path(log_factors: FloatArray, codes: IntArray, looks: IntArray, at_once: int) -> FloatArray:
    """Log e-values after each number of prompts in ``looks``, which is ascending."""
    weights, wealth = _mixture()[1], np.zeros(log_factors.shape[1])
    found, before = np.zeros(len(looks)), 0
    for start in range(0, len(looks), at_once):
        ends = looks[start : start + at_once]
        grown = np.cumsum(log_factors[codes[before : ends[-1]]], axis=0)[ends - before - 1] + wealth
        found[start : start + at_once] = special.logsumexp(grown, b=weights, axis=1)
        wealth, before = grown[-1], int(ends[-1])
    return found


def e_value(means: FloatArray) -> float:
    """Evidence against "neither is preferred", from each prompt's mean preference for b (0 to 1).

    E = mean over λ uniform on [-1, 1] of Π (1 + λ d_t), with d_t = 2 · mean - 1. With one decisive
    vote per prompt it is 2ⁿ / ((n + 1) · C(n, k)). Under the null the probability that E ever reaches 1/α
    is at most α. 1 for no prompts; at most the largest float.
    """
    return _from_log(_log_wealth(*_distinct(means), 0.5))


def _from_log(log_e: float) -> float:
    return math.exp(min(log_e, 709.0))


def confidence_sequence(means: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """The interval of all half-win rates m that the evidence does not refute: {m : E_m < 1/α}.

    E_m = ∫₀¹ Π (x_t q/m + (1 - x_t)(1 - q)/(1 - m)) dq for prompt means x_t, which for m = ½ is
    `e_value`. Log E_m is convex in m and at most 0 at the mean, so each end is a single root.
    Source: Waudby-Smith & Ramdas 2024, betting confidence sequences.
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
    exponents = counts @ _log_factors(values, m)
    # `special.logsumexp` is ten times slower for so few values, and this is most of a comparison's time.
    highest = float(exponents.max())
    return highest + math.log(float(_mixture()[1] @ np.exp(exponents - highest)))


def _log_factors(values: FloatArray, m: float) -> FloatArray:
    """Values x nodes: the log of the factor by which each bet multiplies the wealth for each value."""
    nodes, _ = _mixture()
    return np.log(np.outer(values / m, nodes) + np.outer((1 - values) / (1 - m), 1 - nodes))


@cache
def _mixture() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the uniform distribution on (0, 1)."""
    nodes, weights = special.roots_legendre(NODES)
    return (np.asarray(nodes) + 1) / 2, np.asarray(weights) / 2
