"""Bootstrap over prompts, over prompts and raters, and over units of agreement.

Resamples are drawn as weights: how often each prompt (and each rater) was drawn. The weight of a judgment is
the product of those of its prompt and its rater. Figures that are functions of sums over judgments are then
computed for all resamples at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from ftcompare.stats.vote_table import FloatArray, IntArray, compact

RESAMPLES = 20_000  # an end varies between seeds by less than a tenth of the interval

FURTHEST_READ = 2.5
"""Up to this many standard deviations an end is read from the resamples: 124 of 20,000 lie beyond. Further
out it would depend on a few extreme draws and on the seed, so it is extrapolated from this point."""

MOST_STRETCHED = 3.2
"""Maximum standard deviations extrapolated; few clusters ask for 18 or 5.3, which cannot be estimated."""

SEED = 20261120  # default seed of the generator: the same votes then always give the same intervals

MOST_SET_ASIDE = 0.5  # with a larger share of resamples without a value there is no interval

_SAME = 1e-12

_DENSE = 0.2  # from this share of non-zero cells on, a dense matrix is faster than a sparse one

_CELLS = 4_000_000  # maximum number of values held at once: bounds the memory


@dataclass(frozen=True, slots=True)
class Interval:
    """Ends of an interval by resampling."""

    # lower end; None, as ``high``, where more than half of the resamples were excluded, or where all gave the
    # same value, which shows too little variation in the data and no certainty
    low: float | None
    high: float | None
    level: float  # nominal coverage, such as .95
    resamples: int  # number of resamples drawn
    set_aside: int  # number of resamples without a value, which are excluded


def resampled_sums(
    kinds: IntArray,
    prompts: IntArray,
    raters: IntArray | None,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> FloatArray:
    """Count how often each kind of judgment occurs in each resample: resamples x kinds.

    `kinds` are codes from 0. Prompts are drawn with replacement, with all their judgments, and raters
    independently of prompts; None keeps all raters. Source: Owen 2007, "The pigeonhole bootstrap", Annals of
    Applied Statistics 1:386-411.
    """
    width = int(kinds.max(initial=-1)) + 1
    prompt, p = compact(prompts)
    rater, r = compact(raters) if raters is not None else (np.zeros_like(prompt), 1)
    # Duplicate entries of a cell are summed.
    cells = sparse.csr_array((np.ones(len(kinds)), (rater * width + kinds, prompt)), shape=(r * width, p))
    table = cells.toarray() if cells.nnz > _DENSE * r * width * p else cells
    drawn = [np.zeros((0, width))]
    for size in _chunks(resamples, p + r * (width + 1)):
        by_rater = np.asarray(table @ _draws(p, size, rng).T)
        drawn.append(_contract(by_rater, None if raters is None else _draws(r, size, rng), width))
    return np.concatenate(drawn)


def _contract(by_rater: FloatArray, weights: FloatArray | None, width: int) -> FloatArray:
    """Sum over raters weighted by their draws: (raters · kinds) x resamples to resamples x kinds."""
    if weights is None:
        return by_rater.T
    resamples, raters = weights.shape
    by_kind = by_rater.reshape(raters, width, resamples)
    return np.asarray(np.einsum("rkb,br->bk", by_kind, weights))


def _chunks(resamples: int, width: int) -> Iterator[int]:
    size = max(1, _CELLS // max(width, 1))
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def _draws(n: int, size: int, rng: np.random.Generator) -> FloatArray:
    """Return, for each of `size` resamples, how often each of n items was drawn, n draws in all."""
    drawn = rng.integers(n, size=(size, n)) + np.arange(size)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def resampled_units(features: FloatArray, rng: np.random.Generator, resamples: int = RESAMPLES) -> FloatArray:
    """Return sums (resamples x features) of units drawn with replacement.

    Units with equal features are drawn as one kind, which gives the same bootstrap distribution and takes no
    longer for a million units than for a hundred. Source: Efron 1979, Annals of Statistics 7:1-26.
    """
    kinds, counts = np.unique(features, axis=0, return_counts=True)
    drawn = rng.multinomial(len(features), counts / len(features), size=resamples)
    return np.asarray(drawn @ kinds)


def percentile_interval(
    values: FloatArray, clusters: int, level: float = 0.95, *, ends: tuple[float, float] = (0.0, 1.0)
) -> Interval:
    """Return the expanded percentile interval of a figure from its resamples.

    The percentiles are Φ(∓ s), s = √(n/(n-1)) · t with t on n - 1 degrees of freedom, instead of (1 ∓
    level)/2, because plain percentiles are too narrow for few clusters. Source: Hesterberg 2015, "What
    teachers should know about the bootstrap", The American Statistician 69:371-386, section 4. s is at most
    `MOST_STRETCHED`; beyond `FURTHEST_READ` an end is median + (read - median) · s / `FURTHEST_READ`, on the
    log-odds scale of the figure's position between its bounds (log scale without an upper bound).

    `values` of the resamples are NaN where undefined; n is `clusters`, of the smallest resampled dimension.
    """
    known = values[~np.isnan(values)]
    aside = len(values) - len(known)
    all_alike = len(known) > 1 and float(np.ptp(known)) < _SAME
    if clusters < 2 or not len(known) or aside > MOST_SET_ASIDE * len(values) or all_alike:
        return Interval(None, None, level, len(values), aside)
    stretched = math.sqrt(clusters / (clusters - 1)) * special.stdtrit(clusters - 1, (1 + level) / 2)
    low, high = _drawn_out(known, min(float(stretched), MOST_STRETCHED), ends)
    return Interval(max(ends[0], low), min(ends[1], high), level, len(values), aside)


def _drawn_out(values: FloatArray, stretched: float, bounds: tuple[float, float]) -> tuple[float, float]:
    share = float(special.ndtr(-min(stretched, FURTHEST_READ)))
    low, middle, high = (float(x) for x in np.quantile(values, (share, 0.5, 1 - share)))
    times = stretched / FURTHEST_READ
    return _further(middle, low, times, bounds), _further(middle, high, times, bounds)


def _further(middle: float, end: float, times: float, bounds: tuple[float, float]) -> float:
    """Move an end to `times` its distance from the middle; not where either is at a bound."""
    low, high = bounds
    if times <= 1 or not all(low < x < high for x in (middle, end)):
        return end
    odds = [math.log(x - low) - (math.log(high - x) if math.isfinite(high) else 0.0) for x in (middle, end)]
    out = odds[0] + (odds[1] - odds[0]) * times
    return low + (high - low) * float(special.expit(out)) if math.isfinite(high) else low + math.exp(out)
