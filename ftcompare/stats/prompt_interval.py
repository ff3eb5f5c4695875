"""The lean of these raters over all prompts: Student's t over prompts, and the exact test.

A lean is a win rate between -1 (all for a) and 1 (all for b). A prompt's lead is the sum
of its judgments' leans.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.sign_flips import sign_flip_p
from ftcompare.stats.vote_table import FloatArray, IntArray, compact

LEAST_PROMPTS = 6
"""With fewer, even prompts that all agree are within 5% of chance: 2 / 2⁵."""

EXACT_PROMPTS = 200
"""Of more prompts the exact test says what t says, and takes time."""


@dataclass(frozen=True, slots=True)
class PromptLean:
    """What the prompts say of "neither is preferred".

    Args:
        lean: of all judgments, -1 to 1.
        variance: of the lean over prompts.
        prompts: their number, at least 2.
        decided_once: whether each prompt has one judgment, for one of the two.
        interval_p: two-sided p that goes with the interval: below 1 - level where it leaves out 0.
        exact_p: of the sign-flip test; None for more than `EXACT_PROMPTS`.
    """

    lean: float
    variance: float
    prompts: int
    decided_once: bool
    interval_p: float
    exact_p: float | None

    @property
    def p(self) -> float:
        """Both tests have to find it."""
        return max(self.interval_p, self.exact_p or 0.0)


def lean_over_prompts(lean: FloatArray, prompts: IntArray, level: float) -> PromptLean | None:
    """The lean of all judgments with its variance over prompts; None for a single prompt.

    V = P/(P-1) · (Σ_p u_p² / N² - x̄² / P), u_p the leads of P prompts with N judgments. Where prompts have
    the same number of judgments it is the variance of the mean of their means; elsewhere a little more. The
    interval x̄ ± t √V leaves out 0 where (Σ u_p)² > c Σ u_p², c = t² P / (P - 1 + t²). Σ u_p² counts as at
    least c K², K the most judgments of a prompt. That asks for a lead of c prompts (3.2 to 3.8), and then one
    more win never takes 0 back in: at the border √(Σ u_p²) = Σ u_p / √c >= √c K, so the right side grows by
    2 c u_p <= 2 Σ u_p, as the left does. Source: Student 1908; clustered by prompt as Miller 2024,
    "Adding error bars to evals", section 2.2.

    Args:
        lean: of judgments, -1 to 1.
        prompts: a code for each.
        level: nominal coverage.
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
    p = _normal_p(total / math.sqrt(n)) if once else _t_p(mean, variance, count - 1)
    exact = sign_flip_p(leads) if count <= EXACT_PROMPTS else None
    return PromptLean(mean, variance, count, once, p, exact)


def _normal_p(deviation: float) -> float:
    """Wilson's interval leaves out one half where the score test finds it at the same level."""
    return float(2 * special.ndtr(-abs(deviation)))


def _t_p(mean: float, variance: float, freedom: int) -> float:
    if mean == 0:
        return 1.0
    return float(2 * special.stdtr(freedom, -abs(mean) / math.sqrt(variance))) if variance else 0.0
