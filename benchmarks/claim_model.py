"""Studies of two systems whose truth is known, and the rules of the claims, on many studies at once.

A lean is a win rate between -1 (all for a) and 1 (all for b).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import optimize, special

from ftcompare.stats.claim_power import LEVEL, Ends, PromptSums, ends_over_prompts
from ftcompare.stats.vote_table import FloatArray
from ftcompare.stats.win_rate import (
    LEAST_FREEDOM,
    LEAST_JUDGMENTS,
    LEAST_RATERS,
    ends_over_raters,
    loads_of,
    rate_over_prompts,
    rate_over_raters,
    variances_within,
)

DESIGNS = 20
"""Drawings of who judges what, for each cell where loads are unequal."""
COMPARED = 3
"""Studies of each block that the product's own functions are asked about."""
NODES, WEIGHTS = special.roots_hermitenorm(60)
EFFECTS = np.linspace(-12, 12, 2401)


@cache
def leans(prompt_sd: float) -> FloatArray:
    """The leans of raters of `EFFECTS`, over prompts of that spread."""
    won = special.expit(EFFECTS[:, None] + prompt_sd * NODES) @ WEIGHTS
    return np.asarray(2 * won / WEIGHTS.sum() - 1)


@dataclass(frozen=True)
class Cell:
    """A design.

    Args:
        loads: prompts of each rater.
        spread: SD of the raters, in logits.
        prompt_sd: SD of the prompts, in logits.
        disjoint: each prompt is judged by one rater; else each rater judges prompts drawn at random.
    """

    loads: tuple[int, ...]
    prompts: int
    spread: float
    prompt_sd: float = 1.0
    disjoint: bool = False


@dataclass(frozen=True)
class Block:
    """Studies of one cell.

    Args:
        answers: studies x prompts x raters; -1, 0, 1.
        judged: the same shape: 1 where the rater judged the prompt.
        truth: lean of all prompts and all raters.
        truth_these: of all prompts, before the raters of each study.
    """

    answers: FloatArray
    judged: FloatArray
    truth: float
    truth_these: FloatArray

    @property
    def leads(self) -> FloatArray:
        """Of each prompt."""
        return np.asarray(self.answers.sum(axis=2), dtype=np.float64)

    def some(self, studies: int) -> Block:
        """The first studies alone."""
        return replace(self, answers=self.answers[:studies], judged=self.judged[:studies])

    def first(self, prompts: int) -> Block:
        """As it was after so many prompts."""
        return replace(self, answers=self.answers[:, :prompts], judged=self.judged[:, :prompts])


def mean_for_rate(rate: float, cell: Cell) -> float:
    """μ at which b wins that share of the decided judgments, over all prompts and raters."""
    sd = math.hypot(cell.prompt_sd, cell.spread)

    def excess(mean: float) -> float:
        return float(special.expit(mean + sd * NODES) @ WEIGHTS / WEIGHTS.sum()) - rate

    return float(optimize.brentq(excess, -8, 8))


def draw(
    cell: Cell,
    ties: Sequence[float],
    rng: np.random.Generator,
    runs: int,
    *,
    mean: float,
    centred: bool = False,
) -> Iterator[Block]:
    """A block for each share of ties, of the same draws.

    Args:
        cell: the design.
        ties: shares of judgments.
        rng: draws.
        runs: studies.
        mean: μ.
        centred: shift the raters of each study so that they together prefer neither.
    """
    p, r = cell.prompts, len(cell.loads)
    loads = np.array(cell.loads, dtype=np.float64)
    raters = cell.spread * rng.standard_normal((runs, r)) + mean
    if centred:
        raters = raters - _common_lean(raters, loads, cell.prompt_sd)[:, None]
    prompts = np.float32(cell.prompt_sd) * rng.standard_normal((runs, p, 1), dtype=np.float32)
    chance = special.expit(prompts + raters[:, None, :].astype(np.float32))
    won = np.where(rng.random((runs, p, r), dtype=np.float32) < chance, np.float32(1), np.float32(-1))
    judged = _who_judged(cell, rng, runs)
    even = rng.random((runs, p, r), dtype=np.float32)
    sd = math.hypot(cell.prompt_sd, cell.spread)
    lean = float(special.expit(mean + sd * NODES) @ WEIGHTS / WEIGHTS.sum()) * 2 - 1
    these = np.interp(raters, EFFECTS, leans(cell.prompt_sd)) @ loads / loads.sum()
    for share in ties:
        yield Block(won * judged * (even >= share), judged, (1 - share) * lean, (1 - share) * these)


def _common_lean(raters: FloatArray, loads: FloatArray, prompt_sd: float) -> FloatArray:
    """What to take from each study's raters so that their leans, weighted by loads, sum to 0."""
    low, high = raters.min(axis=1), raters.max(axis=1)
    for _ in range(40):
        middle = (low + high) / 2
        above = np.interp(raters - middle[:, None], EFFECTS, leans(prompt_sd)) @ loads > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray((low + high) / 2)


def _who_judged(cell: Cell, rng: np.random.Generator, runs: int) -> FloatArray:
    p, r = cell.prompts, len(cell.loads)
    if all(n == p for n in cell.loads):
        return np.ones((runs, p, r), dtype=np.float32)
    if cell.disjoint:
        whose = np.repeat(np.arange(r), cell.loads)
        designs = rng.permuted(np.broadcast_to(whose, (DESIGNS, p)), axis=1)[..., None] == np.arange(r)
    else:
        designs = rng.random((DESIGNS, p, r)).argsort(axis=1).argsort(axis=1) < np.array(cell.loads)
    return np.asarray(designs[np.arange(runs) % DESIGNS], dtype=np.float32)


def over_prompts(block: Block) -> Ends:
    """`rate_over_prompts` as a lean."""
    judged, leads = block.judged.sum(axis=2), block.leads
    total, prompts, most = judged.sum(axis=1), (judged > 0).sum(axis=1), judged.max(axis=1)
    once = (most == 1) & (np.abs(block.answers).sum(axis=(1, 2)) == prompts) & (total == prompts)
    sums = PromptSums(leads.sum(axis=1), (leads**2).sum(axis=1), total, prompts, most, once)
    return ends_over_prompts(sums, leads)


def over_raters(block: Block) -> Ends:
    """`rate_over_raters` as a lean; all leans where no interval is given."""
    low, high = np.full(len(block.answers), -np.inf), np.full(len(block.answers), np.inf)
    designs = 1 if (block.judged[0] == block.judged).all() else min(DESIGNS, len(block.judged))
    for design in range(designs):
        some = slice(design, None, designs)
        judged = block.judged[design]
        counted = judged.sum(axis=0) >= LEAST_JUDGMENTS
        prompt, rater = np.nonzero(judged[:, counted])
        loads = loads_of(prompt, rater) if np.count_nonzero(counted) >= LEAST_RATERS else None
        if loads is None or loads.freedom < LEAST_FREEDOM:
            continue
        answers = block.answers[some][:, :, counted].astype(np.float64)
        own = answers.sum(axis=1) / loads.judgments
        deviations = answers.sum(axis=2) - own @ judged[:, counted].T
        within = variances_within(loads, own, (answers**2).sum(axis=(1, 2)), (deviations**2).sum(axis=1))
        low[some], high[some] = ends_over_raters(loads, own, *within, LEVEL)
    return over_prompts(block).also(Ends(low, high))


def same_as_product(blocks: Iterable[Block]) -> None:
    """Ask the product's functions about some studies.

    Raises:
        AssertionError: where they give other ends.
    """
    for block in (whole.some(COMPARED) for whole in blocks):
        prompts, raters = over_prompts(block), over_raters(block)
        for study in range(COMPARED):
            prompt, rater = np.nonzero(block.judged[study])
            preference = (block.answers[study][prompt, rater].astype(np.float64) + 1) / 2
            rates = rate_over_prompts(preference, prompt), rate_over_raters(preference, prompt, rater)
            for rate, ends in zip(rates, (prompts, raters), strict=True):
                assert rate is not None, "several raters"
                if rate.low is None or rate.high is None:
                    assert np.isinf(ends.low[study]), "no interval"
                    continue
                found = np.clip([(1 + ends.low[study]) / 2, (1 + ends.high[study]) / 2], 0, 1)
                assert np.allclose([rate.low, rate.high], found, atol=1e-6), (rate, found)
