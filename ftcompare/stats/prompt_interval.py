"""The lean of these raters over all prompts: Student's t over prompts, and the exact test.

A lean is a win rate on the scale from -1 (all for a) to 1 (all for b). A prompt's lead is the sum of the
leans of its judgments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.sign_flips import sign_flip_p
from ftcompare.stats.vote_table import FloatArray, IntArray, compact

LEAST_PROMPTS = 6
"""With fewer prompts the sign-flip test cannot reach 5%, even if all prompts agree: 2 / 2⁵ > 5%."""

EXACT_PROMPTS = 200  # with more prompts the exact test gives nearly the same result as t and takes long


@dataclass(frozen=True, slots=True)
class PromptLean:
    """The test of "neither is preferred" over prompts."""

    lean: float  # mean lean of all judgments, -1 to 1
    variance: float  # variance of the lean over prompts
    prompts: int  # number of prompts, at least 2
    decided_once: bool  # whether each prompt has exactly one judgment, and it is no tie
    interval_p: float  # two-sided p consistent with the interval: below 1 - level where it excludes 0
    exact_p: float | None  # two-sided p of the sign-flip test; None for more than `EXACT_PROMPTS`

    @property
    def p(self) -> float:
        """The larger p of both tests, because a claim requires both to be significant."""
        return max(self.interval_p, self.exact_p or 0.0)


def lean_over_prompts(lean: FloatArray, prompts: IntArray, level: float) -> PromptLean | None:
    """The lean of all judgments with its variance over prompts; None for a single prompt.

    V = P/(P-1) · (Σ_p u_p² / N² - x̄² / P), u_p the leads of P prompts with N judgments. Where prompts have
    the same number of judgments V is the variance of the mean of their means; otherwise it is slightly
    larger. The interval x̄ ± t √V excludes 0 where (Σ u_p)² > c Σ u_p², c = t² P / (P - 1 + t²). Σ u_p² is
    taken as at least c K², K the largest number of judgments of a prompt. This requires a lead of at least c
    prompts (c is 3.2 to 3.8), and it guarantees that one more win never brings 0 back into the interval: at
    the border √(Σ u_p²) = Σ u_p / √c >= √c K, so the right side grows by 2 c u_p <= 2 Σ u_p, which is the
    growth of the left side. Source: Student 1908; clustered by prompt as in Miller 2024, "Adding error bars
        to evals",
    section 2.2.
    """
    prompt, count = compact(prompts)
    if count < 2:
        return None
    leads = np.asarray(np.bincount(prompt, weights=lean), dtype=np.float64)
    n, most, total = len(lean), int(np.bincount(prompt).max()), float(leads.sum())
    t = float(special.stdtrit(count - 1, (1 + level) / 2))
    least = t * t * count / (count - 1 + t * t) * most**2
    mean, squares = total / n, max(float(leads @ leads), least)
    variance = max(0.0, (squares / n**2 - mean**2 / count) * count / (count - 1))
    once = count == n and bool(np.all(np.abs(lean) == 1))
    # the score test, which Wilson's interval inverts: it excludes ½ where p < 1 - level
    score_p = float(2 * special.ndtr(-abs(total / math.sqrt(n))))
    p = score_p if once else _t_p(mean, variance, count - 1)
    exact = sign_flip_p(leads) if count <= EXACT_PROMPTS else None
    return PromptLean(mean, variance, count, once, p, exact)


def _t_p(mean: float, variance: float, freedom: int) -> float:
    if mean == 0:
        return 1.0
    return float(2 * special.stdtr(freedom, -abs(mean) / math.sqrt(variance))) if variance else 0.0
