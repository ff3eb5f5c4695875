"""How often the interval of the prediction-powered win rate holds the truth, and how much shorter it is.

    python benchmarks/prediction_powered.py [--runs 1000] [--seed 20261121] [--added 2]

Made-up studies: a prompt leans by a normal number; a person answers it with chance (correlation .9), the
judge leans by it as much as it is good. Answers are win, tie and loss, at the rate and share of ties of the
cell. A good judge is asked in both orders (correlation .9 each), a bad one is chance, a biased one (.8)
prefers b far too often, or too rarely where b nearly always wins, one against people leans the other way.
People judge n prompts, the judge these and N more of the same law. The product's own function gives the
interval; beside it stands θ̂ ± t √V as published. The width is set beside that of people's answers alone by
the same function.

Printed as Markdown for docs/explanation/automatic-raters.md: the worst of the cells of each line. Of so many
cells some are low by chance: one below 94% is measured once more, with ten times the runs, and that counts.
Exits with 1 where an interval of 10 prompts or more then holds the truth in less than 94% of a cell's studies
by more than twice the Monte-Carlo error, or where a good judge with ten times as many prompts does not make
it shorter.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from machine import machine
from scipy import special

from ftcompare.stats import prediction_powered as product
from ftcompare.stats.prediction_powered import power_tuning, powered_interval
from ftcompare.stats.vote_table import FloatArray

PEOPLE = 0.9
"""Correlation of a person's lean with the prompt's."""
JUDGES = {"good": 0.9, "bad": 0.0, "biased": 0.8, "against": -0.6}
PROMPTS, FURTHER = (10, 20, 50, 100, 200), (0, 50, 500, 2000)
RATES, TIES = (0.5, 0.65, 0.9, 0.97), (0.0, 0.3)
LEVEL, LEAST_HELD = 0.95, 0.94
TEN_TIMES = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """What studies of one kind gave: shares that held the truth, and mean widths."""

    held: float
    as_published: float
    width: float
    people_alone: float


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument(
        "--added", type=int, default=product.ADDED, help="prompts won and lost that are added"
    )
    chosen = parser.parse_args()
    product.ADDED = chosen.added
    rng = np.random.default_rng(chosen.seed)
    found: dict[tuple[int, int, str, float, float], Cell] = {}
    again: list[tuple[int, int, str, float, float]] = []
    for key in itertools.product(PROMPTS, FURTHER, JUDGES, RATES, TIES):
        found[key] = _cell(rng, *key, runs=chosen.runs)
        if found[key].held < LEAST_HELD:
            again.append(key)
            found[key] = _cell(rng, *key, runs=TEN_TIMES * chosen.runs)
    print(f"Seed {chosen.seed}, {chosen.runs:,} runs a cell, {machine()}.\n")
    _print_held(found)
    _print_widths(found)
    error = math.sqrt(LEAST_HELD * (1 - LEAST_HELD) / (TEN_TIMES * chosen.runs))
    missed = [f"{key}: {cell.held:.1%}" for key, cell in found.items() if cell.held < LEAST_HELD - 2 * error]
    missed += [
        f"{key}: not shorter"
        for key, cell in found.items()
        if key[2] == "good" and key[1] >= TEN_TIMES * key[0] and cell.width >= cell.people_alone
    ]
    print(f"\nMeasured again: {len(again)} of {len(found)} cells.")
    print("Every cell holds its bound." if not missed else f"CELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def _print_held(found: dict[tuple[int, int, str, float, float], Cell]) -> None:
    print("| prompts of people | " + " | ".join(f"rate {rate:.0%}" for rate in RATES) + " |")
    print("|---|" + "---|" * len(RATES))
    for prompts in PROMPTS:
        cells = defaultdict(list)
        for key, cell in found.items():
            if key[0] == prompts:
                cells[key[3]].append(cell)
        told = (f"{_worst(cells[rate], 'held')} ({_worst(cells[rate], 'as_published')})" for rate in RATES)
        print(f"| {prompts} | " + " | ".join(told) + " |")


def _worst(cells: list[Cell], which: str) -> str:
    return f"{min(getattr(cell, which) for cell in cells):.1%}"


def _print_widths(found: dict[tuple[int, int, str, float, float], Cell]) -> None:
    further = FURTHER[1:]
    print("\n| judge | prompts of people | " + " | ".join(f"{more:,} further" for more in further) + " |")
    print("|---|---|" + "---|" * len(further))
    for judge, prompts in itertools.product(JUDGES, PROMPTS):
        told = []
        for more in further:
            cells = [cell for key, cell in found.items() if key[:3] == (prompts, more, judge)]
            told.append(f"{sum(c.width for c in cells) / sum(c.people_alone for c in cells):.0%}")
        print(f"| {judge} | {prompts} | " + " | ".join(told) + " |")


def _cell(
    rng: np.random.Generator, prompts: int, further: int, judge: str, rate: float, ties: float, *, runs: int
) -> Cell:
    ties = min(ties, 1.6 * (1 - rate))
    held = published = width = alone = 0.0
    none = np.empty(0)
    y, f = _answers(rng, (runs, prompts), judge, rate, ties)
    others = _answers(rng, (runs, further), judge, rate, ties)[1]
    for own, same, more in zip(y, f, others, strict=True):
        low, high = powered_interval(own, same, more, LEVEL)
        held += low <= rate <= high
        width += high - low
        low, high = powered_interval(own, same, none, LEVEL) if further else (low, high)
        alone += high - low
        low, high = _as_published(own, same, more)
        published += low <= rate <= high
    return Cell(held / runs, published / runs, width / runs, alone / runs)


def _as_published(y: FloatArray, f: FloatArray, further: FloatArray) -> tuple[float, float]:
    used = min(1.0, max(0.0, power_tuning(y, f, further)))
    rest = y - used * f
    rate, variance = rest.mean(), rest.var() / len(rest)
    if len(further):
        rate, variance = rate + used * further.mean(), variance + used**2 * further.var() / len(further)
    margin = special.stdtrit(len(y) - 1, (1 + LEVEL) / 2) * math.sqrt(variance)
    return rate - margin, rate + margin


def _answers(
    rng: np.random.Generator, shape: tuple[int, int], judge: str, rate: float, ties: float
) -> tuple[FloatArray, FloatArray]:
    """People's and the judge's, studies x prompts."""
    lean = rng.normal(size=shape)
    people = _vote(rng, lean, PEOPLE, rate, ties)
    own_rate = rate
    if judge == "biased":
        own_rate = rate + 0.2 if rate + 0.2 < 1 else rate - 0.3
    orders = 2 if judge == "good" else 1
    votes = [_vote(rng, lean, JUDGES[judge], own_rate, ties) for _ in range(orders)]
    return people, np.asarray(np.mean(votes, axis=0), dtype=np.float64)


def _vote(
    rng: np.random.Generator, lean: FloatArray, correlation: float, rate: float, ties: float
) -> FloatArray:
    """0, .5 and 1, on the mean the rate, so many of them ties."""
    own = correlation * lean + math.sqrt(1 - correlation**2) * rng.normal(size=lean.shape)
    lost, won = special.ndtri(1 - rate - ties / 2), special.ndtri(1 - rate + ties / 2)
    return np.where(own > won, 1.0, np.where(own < lost, 0.0, 0.5))


if __name__ == "__main__":
    sys.exit(main())
