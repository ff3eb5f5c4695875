"""The claim rules applied to many simulated studies at once, from sums; for planning and simulation.

The rules themselves are `rate_over_prompts` and `rate_over_raters`; the functions here give the same interval
ends. A lean is a win rate on the scale from -1 (all for a) to 1 (all for b).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.prompt_interval import EXACT_PROMPTS
from ftcompare.stats.rater_interval import LIKELY_SPREAD, margin_of_raters
from ftcompare.stats.vote_table import BoolArray, FloatArray

LEVEL = 0.95
IN_DOUBT = 2.05
"""The exact p is below 5% where |lead| - 1 is above this plus 1 / P standard deviations (P prompts)."""
MOST_SUBSETS = 10
"""Maximum number of raters whose 2ⁿ subset means are computed; above it Student's t approximates them."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends of an interval of the lean, one pair of ends for each study."""

    low: FloatArray
    high: FloatArray

    def leaves_out(self, lean: FloatArray | float) -> BoolArray:
        """Whether the interval of each study excludes the lean."""
        return np.asarray((self.low > lean) | (self.high < lean))

    def also(self, other: Ends) -> Ends:
        """The smallest interval that contains both intervals, for each study."""
        return Ends(np.minimum(self.low, other.low), np.maximum(self.high, other.high))


@dataclass(frozen=True, slots=True)
class PromptSums:
    """Sums from which the interval over prompts is computed, one value for each study."""

    lead: FloatArray  # wins of b minus wins of a
    squares: FloatArray  # sum over prompts of the squared lead of the prompt
    judgments: FloatArray  # number of judgments, at least 1
    prompts: FloatArray  # number of judged prompts, at least 2
    most: FloatArray  # largest number of judgments of one prompt
    decided_once: BoolArray  # whether each prompt has exactly one judgment, and it is no tie


def ends_over_prompts(sums: PromptSums, leads: FloatArray | None) -> Ends:
    """The interval of `rate_over_prompts` as a lean, at 95%; ends may lie beyond -1 and 1.

    Args:
        leads: studies x prompts, for the exact test; None where all studies have more than `EXACT_PROMPTS`.
    """
    prompts, total, mean = sums.prompts, sums.judgments, sums.lead / sums.judgments
    t = _t_quantile(prompts)
    least = t**2 * prompts / (prompts - 1 + t**2) * sums.most**2
    squares = np.maximum(sums.squares, least)
    margin = t * np.sqrt(np.maximum((squares / total**2 - mean**2 / prompts) * prompts / (prompts - 1), 0))
    z2 = float(special.ndtri((1 + LEVEL) / 2)) ** 2
    middle = mean / (1 + z2 / total)
    half = np.sqrt(np.maximum(z2 * (1 - mean**2 + z2 / total), 0) / total) / (1 + z2 / total)
    low = np.where(sums.decided_once, middle - half, mean - margin)
    high = np.where(sums.decided_once, middle + half, mean + margin)
    if leads is None:
        return Ends(low, high)
    objects = _exact_test_objects(leads, sums, (low > 0) | (high < 0))
    return Ends(np.where(objects, np.minimum(low, 0), low), np.where(objects, np.maximum(high, 0), high))


def _t_quantile(prompts: FloatArray) -> FloatArray:
    sizes, place = np.unique(prompts, return_inverse=True)
    return np.asarray(special.stdtrit(sizes - 1, (1 + LEVEL) / 2)[place.reshape(np.shape(prompts))])


def _exact_test_objects(leads: FloatArray, sums: PromptSums, wanted: BoolArray) -> BoolArray:
    """Whether the exact test is not significant; run only where the interval excludes 0 and p is in doubt."""
    objects = np.zeros(len(leads), dtype=bool)
    doubt = np.abs(sums.lead) - 1 < (IN_DOUBT + 1 / sums.prompts) * np.sqrt(sums.squares)
    doubtful = np.flatnonzero(wanted & doubt & (sums.prompts <= EXACT_PROMPTS))
    if len(doubtful):
        objects[doubtful] = sign_flip_ps(leads[doubtful]) >= 1 - LEVEL
    return objects


def sign_flip_ps(leads: FloatArray) -> FloatArray:
    """`sign_flip_p` of each study.

    Args:
        leads: studies x prompts, whole numbers.
    """
    sizes, lead = np.abs(leads), np.abs(leads.sum(axis=1)).astype(np.int64)
    most = int(sizes.sum(axis=1).max())
    angles = 2 * np.pi / (2 * most + 1) * np.arange(most + 1)
    transform = np.ones((len(leads), most + 1))
    for size in range(1, int(sizes.max(initial=0)) + 1):
        transform *= np.cos(size * angles) ** (sizes == size).sum(axis=1)[:, None]
    chances = np.fft.irfft(transform, 2 * most + 1, axis=1)[:, : most + 1]
    beyond = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1]
    found = np.clip(2 * beyond[np.arange(len(leads)), lead], 0, 1)
    return np.asarray(np.where(lead == 0, 1.0, found))


def ends_over_raters(
    own: FloatArray, decided: FloatArray, judgments: FloatArray, prompts: FloatArray
) -> Ends:
    """`interval_over_raters` at 95%, where all studies have the same numbers of judgments.

    Args:
        own: studies x raters: leans of the raters with enough judgments.
        decided: studies x raters: share of their judgments that are no ties.
    """
    raters = len(judgments)
    margin = margin_of_raters(raters, np.asarray(prompts)[:, None], judgments, decided, LEVEL)
    weights = judgments / (1 + LIKELY_SPREAD**2 * judgments)
    if raters > MOST_SUBSETS:
        return Ends(_t_end(own - margin, weights), -_t_end(-own - margin, weights))
    rank = max(1, math.floor(2**raters * (1 - LEVEL) / 2 + 1e-9))
    return Ends(_subset_mean(own - margin, weights, rank), -_subset_mean(-own - margin, weights, rank))


def _subset_mean(values: FloatArray, weights: FloatArray, rank: int) -> FloatArray:
    subsets = ((np.arange(1, 2 ** len(weights))[:, None] >> np.arange(len(weights))) & 1).astype(np.float32)
    shares = (subsets * weights / (subsets @ weights)[:, None]).astype(np.float32)
    means = values.astype(np.float32) @ shares.T
    return np.asarray(np.partition(means, rank - 1, axis=1)[:, rank - 1])


def _t_end(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Approximate lower end of the means of all subsets: ȳ - t √(R/(R-1) Σ w² (y - ȳ)²) / Σ w.

    The mean of a random subset differs from ȳ by about Σ ± w (y - ȳ) / Σ w; t has R - 1 degrees of freedom.
    """
    raters, mean = len(weights), values @ weights / weights.sum()
    spread = np.sqrt(((values - mean[:, None]) ** 2) @ weights**2 * raters / (raters - 1)) / weights.sum()
    return np.asarray(mean - float(special.stdtrit(raters - 1, (1 + LEVEL) / 2)) * spread)
