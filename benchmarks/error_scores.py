"""How often the interval of a difference of error scores holds the truth, and how often it finds one wrongly.

    python benchmarks/error_scores.py [--runs 4000] [--seed 20261121]

Made-up studies: answers of lognormal length (median 120 words), errors in them by Poisson's law at a rate of
each system times a gamma factor of the prompt (shape 1), severities drawn with fixed shares. The product's
own function gives the interval, below the number of prompts from which on the product shows it, too.

Printed as Markdown for docs/explanation/terms-and-marks.md. Exits with 1 where, from that number on, equal
systems are told apart in more than 6% of the studies of a cell, or an interval holds the truth in less than
93%, by more than twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import math
import sys

import numpy as np
from machine import machine

from ftcompare.stats.error_marks import LEAST_SCORED, PER_WORDS, jackknife_margin
from ftcompare.stats.vote_table import FloatArray

WEIGHTS = np.array([0.0, 1.0, 5.0, 25.0])
SHARES = {"critical errors: 5%": (0.2, 0.5, 0.25, 0.05), "none critical": (0.2, 0.7, 0.1, 0.0)}
RATES = ((1.0, 1.0), (1.0, 0.5), (2.0, 0.2))
"""Errors of a and of b in 100 words."""
PROMPTS = (4, 6, 10, 20, 30, 50, 100, 200)
MEDIAN_WORDS, SPREAD, LEAST_WORDS = 120, 0.6, 5
MOST_FALSE, LEAST_HELD, LEVEL = 6.0, 93.0, 0.95


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=20261121)
    chosen = parser.parse_args()
    rng, missed = np.random.default_rng(chosen.seed), []
    print(f"Seed {chosen.seed}, {chosen.runs:,} runs a cell, {machine()}.\n", flush=True)
    print("| severities | errors in 100 words, a and b | prompts | holds the truth | leaves out 0 |")
    print("|---|---|---|---|---|")
    error = 200 * math.sqrt(0.05 * 0.95 / chosen.runs)
    for name, shares in SHARES.items():
        for rates in RATES:
            for prompts in PROMPTS:
                holds, apart = _cell(rng, chosen.runs, prompts, rates, shares)
                print(f"| {name} | {rates[0]:g}, {rates[1]:g} | {prompts} | {holds:.1f}% | {apart:.1f}% |")
                wrong = rates[0] == rates[1] and apart > MOST_FALSE + error
                if prompts >= LEAST_SCORED and (wrong or holds < LEAST_HELD - error):
                    missed.append(f"{name}, {prompts} prompts")
    print("\nEvery cell holds its bound." if not missed else f"\nCELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def _cell(
    rng: np.random.Generator, runs: int, prompts: int, rates: tuple[float, float], shares: tuple[float, ...]
) -> tuple[float, float]:
    """Per cent of intervals that hold the true difference, and that leave out 0; none is a wide one."""
    truth = (rates[1] - rates[0]) * float(WEIGHTS @ np.array(shares))
    holds = apart = 0
    for _ in range(runs):
        table = _study(rng, prompts, rates, shares)
        margin = jackknife_margin(table, LEVEL)
        whole = table.sum(axis=0)
        found = PER_WORDS * (whole[2] / whole[3] - whole[0] / whole[1])
        holds += margin is None or abs(found - truth) <= margin
        apart += margin is not None and abs(found) > margin
    return 100 * holds / runs, 100 * apart / runs


def _study(
    rng: np.random.Generator, prompts: int, rates: tuple[float, float], shares: tuple[float, ...]
) -> FloatArray:
    """Prompts x (weight of a, words of a, weight of b, words of b)."""
    factor = rng.gamma(1.0, 1.0, prompts)
    columns = []
    for rate in rates:
        words = np.exp(rng.normal(math.log(MEDIAN_WORDS), SPREAD, prompts)).round().clip(LEAST_WORDS)
        errors = rng.poisson((rate * factor * words / PER_WORDS)[:, None] * np.array(shares))
        columns += [errors @ WEIGHTS, words]
    return np.stack(columns, axis=1)


if __name__ == "__main__":
    sys.exit(main())
