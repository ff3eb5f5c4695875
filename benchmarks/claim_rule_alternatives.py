"""A well-known rule for crossed prompts and raters, which the claims do without, on many studies at once.

For complete tables: every rater judges every prompt.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from claim_model import Block
from scipy import special

from ftcompare.stats.claim_power import LEVEL, Ends
from ftcompare.stats.vote_table import BoolArray, FloatArray


def two_way_cluster(block: Block) -> Ends:
    """V = max(V_prompt + V_rater - V_cell, V_prompt, V_rater), t on the smaller number less one.

    Source: Cameron, Gelbach & Miller 2011.
    """
    mean, by_prompt, by_rater, _ = _mean_squares(block)
    studies, prompts, raters = block.answers.shape
    cells = prompts * raters
    cell = block.answers.reshape(studies, -1).var(axis=1) * cells / (cells - 1)
    variance = np.maximum.reduce([by_prompt + by_rater - cell, by_prompt, by_rater]) / cells
    return _by_t(mean, variance, np.full(studies, min(prompts, raters) - 1.0))


def _mean_squares(block: Block) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The mean, and the mean squares of prompts, raters and the rest."""
    answers = block.answers.astype(np.float64)
    _, prompts, raters = answers.shape
    mean = answers.mean(axis=(1, 2))
    by_prompt = answers.mean(axis=2).var(axis=1) * prompts * raters
    by_rater = answers.mean(axis=1).var(axis=1) * prompts * raters
    rest = answers.var(axis=(1, 2)) * prompts * raters - by_prompt - by_rater
    freedom = (prompts - 1), (raters - 1), (prompts - 1) * (raters - 1)
    return mean, by_prompt / freedom[0], by_rater / freedom[1], rest / freedom[2]


def _by_t(mean: FloatArray, variance: FloatArray, freedom: FloatArray) -> Ends:
    margin = special.stdtrit(freedom, (1 + LEVEL) / 2) * np.sqrt(variance)
    return Ends(mean - margin, mean + margin)


def with_one_more_win(block: Block, rater: int) -> Block:
    """Each study with the rater's first judgment that b did not win turned to a win."""
    answers = block.answers.copy()
    first = np.argmax(answers[:, :, rater] < 1, axis=1)
    answers[np.arange(len(answers)), first, rater] = 1
    return replace(block, answers=answers)


def lost_by_a_win(before: Ends, after: list[Ends]) -> float:
    """Of the claims for b, the share that some one more win takes away."""
    claimed: BoolArray = before.low > 0
    lost = np.any([ends.low <= 0 for ends in after], axis=0) & claimed
    return float(lost.sum() / max(1, claimed.sum()))
