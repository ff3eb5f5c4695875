"""The interval over prompts for many simulated studies at once, from sums; for planning and simulation.

The functions here give the same ends as `rate_over_prompts`; `rater_interval` takes many studies itself. A
lean is a win rate on the scale from -1 (all for a) to 1 (all for b).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.prompt_interval import EXACT_PROMPTS
from ftcompare.stats.vote_table import BoolArray, FloatArray

LEVEL = 0.95
IN_DOUBT = 2.05
"""The exact p is below 5% where |lead| - 1 is above this plus 1 / P standard deviations (P prompts)."""


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
