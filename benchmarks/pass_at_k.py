"""How often the intervals of pass@k, and of its paired difference, hold the truth.

    python benchmarks/pass_at_k.py [--runs 1000] [--seed 20261121]

Made-up studies: the chance that a sample of a system passes follows a Beta law over prompts, its own for each
system and correlated between the two (.7, by their normal scores); n samples of each are drawn, and pass@k is
estimated of them for each prompt. The product's own functions give the intervals of the mean over prompts and
of the difference. The truth is the mean of 1 - (1 - p)^k over the law.

Printed as Markdown for docs/explanation/automatic-measures.md: the worst of the cells of each line. Exits
with 1 where an interval holds the truth in less than 93% of the studies of a cell by more than twice the
Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections import defaultdict

import numpy as np
from machine import machine
from scipy import special

from ftcompare.stats.correctness import pass_at_k
from ftcompare.stats.paired_difference import difference_interval, mean_interval
from ftcompare.stats.vote_table import FloatArray

LAWS = (
    ((0.3, 0.3), (0.4, 0.3)),
    ((2.0, 2.0), (3.0, 2.0)),
    ((0.2, 3.0), (0.2, 2.0)),
    ((3.0, 0.2), (4.0, 0.2)),
    ((0.1, 0.9), (0.1, 0.9)),
)
"""Parameters of the Beta laws of a and b."""
DRAWN = ((1, 1), (5, 1), (5, 5), (10, 1), (10, 5))
"""n and k."""
PROMPTS = (10, 20, 50, 100)
CORRELATION, LEVEL, LEAST_HELD, TRUTH_FROM = 0.7, 0.95, 93.0, 400_000


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261121)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    found: defaultdict[tuple[int, int, int], list[tuple[float, float]]] = defaultdict(list)
    for laws, (samples, k), prompts in itertools.product(LAWS, DRAWN, PROMPTS):
        found[samples, k, prompts].append(_held(rng, laws, samples, k, prompts, chosen.runs))
    print(f"Seed {chosen.seed}, {chosen.runs:,} runs a cell, {machine()}.\n")
    print("| samples | k | prompts | mean: coverage, worst | difference: coverage, worst |")
    print("|---|---|---|---|---|")
    missed, error = [], 200 * math.sqrt(0.07 * 0.93 / chosen.runs)
    for (samples, k), prompts in itertools.product(DRAWN, PROMPTS):
        worst = [min(cell[place] for cell in found[samples, k, prompts]) for place in (0, 1)]
        print(f"| {samples} | {k} | {prompts} | {worst[0]:.1f}% | {worst[1]:.1f}% |")
        if min(worst) < LEAST_HELD - error:
            missed.append(f"n = {samples}, k = {k}, {prompts} prompts")
    print("\nEvery cell holds its bound." if not missed else f"\nCELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def _chances(rng: np.random.Generator, laws: tuple[tuple[float, float], ...], prompts: int) -> FloatArray:
    """The chance to pass of each system (first axis) and prompt."""
    scores = rng.multivariate_normal([0, 0], [[1, CORRELATION], [CORRELATION, 1]], prompts).T
    uniform = special.ndtr(scores)
    return np.array([special.betaincinv(*law, own) for law, own in zip(laws, uniform, strict=True)])


def _held(
    rng: np.random.Generator,
    laws: tuple[tuple[float, float], ...],
    samples: int,
    k: int,
    prompts: int,
    runs: int,
) -> tuple[float, float]:
    """Per cent of intervals that hold the truth: of the mean of a, and of the difference."""
    whole = (1 - (1 - _chances(rng, laws, TRUTH_FROM)) ** k).mean(axis=1)
    estimates = np.array([pass_at_k(samples, passed, k) for passed in range(samples + 1)])
    means = differences = 0
    for _ in range(runs):
        a, b = estimates[rng.binomial(samples, _chances(rng, laws, prompts))]
        low, high = mean_interval(a.tolist(), LEVEL)
        means += bool(low <= whole[0] <= high)
        low, high = difference_interval(b - a, LEVEL, two_more=True)
        differences += bool(low <= whole[1] - whole[0] <= high)
    return 100 * means / runs, 100 * differences / runs


if __name__ == "__main__":
    sys.exit(main())
