"""Cohen's κ of two judges over prompts, with an interval for other prompts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.agreement import CATEGORIES, cohen_kappa
from ftcompare.stats.vote_table import FloatArray, IntArray, compact

LEAST_KAPPA_PROMPTS = 10  # minimum number of prompts for an interval of κ

LEAST_BY_CHANCE = 2.0
"""Minimum expected number of prompts with chance agreement on the answer that ranks second by that number.
Below it the interval covers the true κ too rarely (benchmarks/judge_agreement.py)."""

KAPPA_METHOD = "jackknife over prompts and 2 more, one agreeing and one not"


@dataclass(frozen=True, slots=True)
class PromptKappa:
    """κ of two judges."""

    value: float | None  # -1 to 1; None where all answers are equal
    low: float | None  # lower end of its interval over prompts; None, as ``high``, where there is no interval
    high: float | None
    observed: float  # share of the pairs with equal answers, 0 to 1
    by_chance: float  # the share expected by chance
    pairs: int  # number of pairs that both judged
    prompts: int  # number of prompts of these pairs


def prompt_kappa(
    one: IntArray, other: IntArray, prompts: IntArray, *, both_ways: bool, level: float = 0.95
) -> PromptKappa | None:
    """κ = (p_o - p_e) / (1 - p_e), p_e = Σ p_k q_k (Cohen 1960), and its interval over prompts.

    The interval is κ* ± t √V, V of the jackknife that leaves out one prompt at a time (Quenouille 1956;
    Tukey 1958), t on P - 1 degrees of freedom. As for a share (Agresti & Coull 1998), two prompts are added
    for the interval, one on which both agree and one on which they disagree; without them it covers the true
    κ too rarely where judges nearly always agree. Each added prompt has as many pairs as the average prompt,
    distributed over the answers by their frequency. The interval contains κ.

    Args:
        one: answers of one judge by pair: -1, 0, 1.
        both_ways: whether each pair is counted as it is and with a and b exchanged, as for several pairs of
            systems (see `ftcompare.stats.agreement`).

    Returns:
        None for no pairs.
    """
    if not len(one):
        return None
    tables = _tables(one, other, prompts, both_ways=both_ways)
    confusion = tables.sum(axis=0)
    shares = confusion / confusion.sum()
    found = cohen_kappa(confusion.reshape(CATEGORIES, CATEGORIES))
    square = shares.reshape(CATEGORIES, CATEGORIES)
    by_chance = square.sum(axis=0) * square.sum(axis=1)
    low, high = _interval(tables, found, by_chance, level)
    count = len(tables)
    return PromptKappa(found, low, high, float(np.trace(square)), float(by_chance.sum()), len(one), count)


def _tables(one: IntArray, other: IntArray, prompts: IntArray, *, both_ways: bool) -> FloatArray:
    """Confusion table of each prompt: prompts x cells."""
    prompt, count = compact(prompts)
    cells = CATEGORIES * (one + 1) + other + 1
    size = CATEGORIES**2
    tables = np.bincount(prompt * size + cells, minlength=count * size).reshape(count, size)
    return (tables + tables[:, ::-1] if both_ways else tables).astype(np.float64)


def _interval(
    tables: FloatArray, found: float | None, by_chance: FloatArray, level: float
) -> tuple[float, float] | tuple[None, None]:
    count = len(tables)
    expected = float(np.sort(by_chance)[-2]) * count
    if found is None or count < LEAST_KAPPA_PROMPTS or expected < LEAST_BY_CHANCE:
        return None, None
    more = np.concatenate([tables, _two_more(tables)])
    without = _kappas(more.sum(axis=0) - more)
    spread = float(((without - without.mean()) ** 2).sum())
    margin = float(special.stdtrit(len(more) - 1, (1 + level) / 2))
    margin *= math.sqrt(spread * (len(more) - 1) / len(more))
    centre = float(_kappas(more.sum(axis=0)[None])[0])
    return max(-1.0, min(found, centre - margin)), min(1.0, max(found, centre + margin))


def _two_more(tables: FloatArray) -> FloatArray:
    """A prompt on which both judges agree and one on which they disagree: 2 x cells."""
    size = tables.sum() / len(tables)
    square = tables.sum(axis=0).reshape(CATEGORIES, CATEGORIES) / tables.sum()
    used = (square.sum(axis=0) + square.sum(axis=1)) / 2
    differing = np.outer(used, used)
    np.fill_diagonal(differing, 0)
    two = np.stack([np.diag(used).ravel(), (differing / differing.sum()).ravel()])
    return np.asarray(size * two, dtype=np.float64)


def _kappas(cells: FloatArray) -> FloatArray:
    """κ of tables (tables x cells) in which at least two answers occur."""
    square = cells.reshape(-1, CATEGORIES, CATEGORIES) / cells.sum(axis=1)[:, None, None]
    observed = np.trace(square, axis1=1, axis2=2)
    by_chance = (square.sum(axis=1) * square.sum(axis=2)).sum(axis=1)
    return np.asarray((observed - by_chance) / (1 - by_chance), dtype=np.float64)
