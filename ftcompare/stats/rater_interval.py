"""The lean of other raters of this kind, from crossed components of variance.

A lean is a win rate on the scale from -1 (all for a) to 1 (all for b). Prompts and raters are taken as
samples, raters' leans as roughly normal. For equal numbers of judgments this is the crossed analysis of
variance with Satterthwaite's degrees of freedom (Satterthwaite 1946; Searle, Casella & McCulloch 1992, ch.
4). The weights for unequal numbers were chosen by simulation (`benchmarks/claims.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from scipy import special

from ftcompare.stats.vote_table import FloatArray, IntArray, compact, means_by

LEAST_RATERS = 3
"""With two raters, no rule that keeps its error rate has useful power: see docs/statistics.md."""

LEAST_JUDGMENTS = 5
"""Minimum number of judgments of a rater who counts. The others' judgments count only in the rate."""

LEAST_FREEDOM = 1.7
"""Minimum degrees of freedom of the variance between raters: with less, one rater decides alone."""

LIKELY_VARIANCE = 0.1  # ratio of the variances between raters and of a judgment that the weights assume
TAILS = (2.0, 0.6), (4.0, 0.7), (np.inf, 0.8)
"""Up to so many degrees of freedom between raters, the share of 1 - level that t leaves out: with few raters
t alone would make too many claims."""

SMALLEST_VARIANCE = 1e-12
ROUNDING = 1e-4  # of degrees of freedom
CHUNK = 512  # raters whose shared prompts are counted at a time


@dataclass(frozen=True, slots=True)
class Loads:
    """Who judged how much, and what they share: the constants of the interval over the R raters who count.

    h(M) is Σ_j a_j (M_jj - 2 (Ms)_j + sᵀMs) of a covariance M of raters' means: what is expected of
    Σ_j a_j (ȳ_j - Σ_k s_k ȳ_k)². O_jk is the number of prompts that both judged, divided by n_j n_k.
    """

    judgments: FloatArray  # n_j, at least `LEAST_JUDGMENTS`
    prompts: int  # P, prompts that they judged
    shares: FloatArray  # s_j, weights of the raters in the mean; sum 1
    squares: FloatArray  # a_j, weights of the squared deviations from it
    freedom: float  # f, degrees of freedom of the variance between raters: R - 1 for equal loads
    pairs: float  # D, what the covariance within prompts is divided by; 0 where no two share a prompt
    of_raters: tuple[float, float]  # sᵀs and h(I)
    of_prompts: tuple[float, float]  # sᵀOs and h(O)
    of_rest: tuple[float, float]  # Σ s_j² / n_j and h of the diagonal 1 / n_j

    @property
    def total(self) -> float:
        """N, the number of judgments."""
        return float(self.judgments.sum())


def loads_of(prompts: IntArray, raters: IntArray) -> Loads:
    """The loads of `LEAST_RATERS` raters or more, at most one judgment for each prompt and rater.

    Args:
        raters: codes from 0, without gaps.
    """
    prompt, count = compact(prompts)
    judged = scipy.sparse.csr_array((np.ones(len(raters)), (raters, prompt)), (int(raters.max()) + 1, count))
    every = range(0, judged.shape[0], CHUNK)
    return loads_of_shared(
        np.bincount(raters).astype(np.float64),
        count,
        ((judged[first : first + CHUNK] @ judged.T).toarray() for first in every),
    )


def loads_of_shared(judgments: FloatArray, prompts: int, shared: Iterable[FloatArray]) -> Loads:
    """The same from the numbers of prompts that two raters share.

    Args:
        shared: raters x raters, on the diagonal each rater's own number; in blocks of consecutive rows.
    """
    n = judgments
    shares = n / (1 + LIKELY_VARIANCE * n)
    shares /= shares.sum()
    squares = shares**2 / (1 - shares)
    own = float(shares @ shares)
    pairs, products, first = 0.0, [], 0
    for rows in shared:
        scaled = rows / (n[first : first + len(rows), None] * n)
        weighed = rows * (1 - 1 / n[first : first + len(rows), None] - 1 / n + scaled)
        pairs += float(weighed.sum() - np.diagonal(weighed, first).sum())
        products.append(scaled @ shares)
        first += len(rows)
    by_prompt, by_rest = np.concatenate(products), shares / n
    return Loads(
        judgments=n,
        prompts=prompts,
        shares=shares,
        squares=squares,
        freedom=1 / float(own + squares.sum() ** 2 - squares @ squares),
        pairs=pairs,
        of_raters=(own, float(squares @ (1 - 2 * shares + own))),
        of_prompts=(
            float(shares @ by_prompt),
            float(squares @ (1 / n - 2 * by_prompt + shares @ by_prompt)),
        ),
        of_rest=(float(shares @ by_rest), float(squares @ (1 / n - 2 * by_rest + shares @ by_rest))),
    )


def variances_within(
    loads: Loads, own: FloatArray, squares: FloatArray, together: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The variance of a judgment about its rater's mean, and its part that raters of one prompt share.

    Args:
        own: ... x raters: their mean leans.
        squares: sum of all squared leans.
        together: Σ_p (Σ_j (y_pj - ȳ_j))², over the judgments of each prompt.

    Returns:
        W and its part σ_p² >= 0, each of the shape of ``squares``.
    """
    deviations = squares - own**2 @ loads.judgments
    within = np.maximum(deviations, 0) / (loads.total - len(loads.judgments))
    shared = (together - deviations) / loads.pairs if loads.pairs else np.zeros_like(within)
    return within, np.clip(shared, 0, within)


def ends_over_raters(
    loads: Loads, own: FloatArray, within: FloatArray, shared: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Ends of the lean of other raters and other prompts, for one study or many of the same loads.

    θ ± t √V with θ = Σ s_j ȳ_j. V is the sum of the components: raters, from the squared deviations of their
    means; prompts, σ_p²; rest, W - σ_p²; at least that of the raters alone, and at least that of prompts and
    rest. t has Satterthwaite's degrees of freedom, at least 1, and leaves out `TAILS`' share of 1 - level.

    Args:
        own: ... x raters: their mean leans.
        within: W of `variances_within`.
        shared: σ_p², 0 to W.
    """
    (q, raters), (prompts, of_prompts), (rest, of_rest) = loads.of_raters, loads.of_prompts, loads.of_rest
    lean = own @ loads.shares
    error = within - shared
    by_raters = q / raters * ((own - lean[..., None]) ** 2 @ loads.squares)
    by_rest = error * rest
    by_prompts = shared * prompts + by_rest
    total = by_raters + shared * (prompts - of_prompts * q / raters) + error * (rest - of_rest * q / raters)
    total = np.maximum.reduce([total, by_prompts, by_raters, np.full_like(total, SMALLEST_VARIANCE)])
    parts = by_raters**2 / loads.freedom
    judgments, count = loads.total, len(loads.judgments)
    if loads.pairs:
        parts += by_prompts**2 / (loads.prompts - 1)
        parts += by_rest**2 / max(1, judgments - loads.prompts - count + 1)
    else:
        parts += by_prompts**2 / (judgments - count)
    freedom = np.maximum(1, total**2 / np.maximum(parts, SMALLEST_VARIANCE**2))
    share = next(share for most, share in TAILS if loads.freedom <= most + ROUNDING)
    margin = special.stdtrit(freedom, 1 - share * (1 - level) / 2) * np.sqrt(total)
    return lean - margin, lean + margin


def raters_counted(raters: IntArray) -> int:
    """Number of raters with at least `LEAST_JUDGMENTS` judgments."""
    return int(np.count_nonzero(np.bincount(compact(raters)[0]) >= LEAST_JUDGMENTS))


def interval_over_raters(
    lean: FloatArray, prompts: IntArray, raters: IntArray, level: float
) -> tuple[float, float] | None:
    """Ends of the lean of raters of this kind; several judgments of one prompt by one rater are averaged.

    Returns:
        None where fewer than `LEAST_RATERS` raters judged `LEAST_JUDGMENTS` prompts, or where their variance
        has fewer than `LEAST_FREEDOM` degrees of freedom. Ends may lie beyond -1 and 1.
    """
    prompt, count = compact(prompts)
    cell = raters * count + prompt
    _, first = np.unique(cell, return_index=True)
    lean, prompt, raters = means_by(lean, cell), prompt[first], raters[first]
    rater, _ = compact(raters)
    enough = np.bincount(rater)[rater] >= LEAST_JUDGMENTS
    lean, prompt = lean[enough], prompt[enough]
    rater, number = compact(rater[enough])
    if number < LEAST_RATERS:
        return None
    loads = loads_of(prompt, rater)
    if loads.freedom < LEAST_FREEDOM:
        return None
    own = np.bincount(rater, weights=lean) / loads.judgments
    deviations = np.bincount(prompt, weights=lean - own[rater])
    within, shared = variances_within(loads, own, np.array(lean @ lean), np.array(deviations @ deviations))
    low, high = ends_over_raters(loads, own, within, shared, level)
    return float(low), float(high)
