"""How often the interval of the mean of an automatic measure holds the truth.

    python benchmarks/measured_means.py [--runs 2000] [--seed 20261121]

Made-up studies of one system. Passed or failed: each prompt with its own chance, drawn from a Beta law around
a share from 1 to 99 of 100. Shares of 3 samples: the same, three answers a prompt. Token F1: some answers
share no word with the reference, some are it, the others lie between by a Beta law. chrF: values close
together. The product's own function gives the interval; beside it stands Student's t without added values.

Printed as Markdown for docs/explanation/automatic-measures.md: the worst of the cells of each line. Exits
with 1 where, from the number of prompts on that the product asks for, an interval holds the truth in less
than 93% of the studies of a cell by more than twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from machine import machine

from ftcompare.stats.paired_difference import LEAST_COMPARED, mean_interval, prompt_mean
from ftcompare.stats.vote_table import FloatArray

SHARES = (0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)
ALIKE = (0.5, 5.0, 500.0)
"""How alike the chances of the prompts are: the sum of the two parameters of Beta's law."""
ENDS = ((0.3, 0.3), (0.0, 0.05), (0.05, 0.0), (0.6, 0.2), (0.0, 0.6), (0.02, 0.9))
"""Shares of answers whose token F1 is 0, and 1."""
LIKENESS = (0.2, 0.5, 0.85)
PROMPTS = (10, 20, 50, 100, 500)
LEVEL, LEAST_HELD, TRUTH_FROM = 0.95, 93.0, 1_000_000
MEASURES = ("passed", "shares of 3 samples", "token F1", "chrF")


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261121)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    found: defaultdict[tuple[str, int], list[tuple[float, float, float]]] = defaultdict(list)
    for name, draw in _cells(rng):
        truth = float(draw(TRUTH_FROM).mean())
        for prompts in PROMPTS:
            studies = draw(prompts * chosen.runs).reshape(chosen.runs, prompts)
            found[name, prompts].append(_held(studies, truth))
    print(f"Seed {chosen.seed}, {chosen.runs:,} runs a cell, {machine()}.\n")
    print("| measure | prompts | coverage, worst | t alone, worst | mean width |")
    print("|---|---|---|---|---|")
    missed, error = [], 200 * math.sqrt(0.07 * 0.93 / chosen.runs)
    for name, prompts in itertools.product(MEASURES, PROMPTS):
        worst, plain = (min(cell[place] for cell in found[name, prompts]) for place in (0, 1))
        width = np.mean([cell[2] for cell in found[name, prompts]])
        print(f"| {name} | {prompts} | {worst:.1f}% | {plain:.1f}% | {width:.2f} |")
        if prompts >= LEAST_COMPARED and worst < LEAST_HELD - error:
            missed.append(f"{name}, {prompts} prompts")
    print("\nEvery cell holds its bound." if not missed else f"\nCELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def _cells(rng: np.random.Generator) -> Iterator[tuple[str, Callable[[int], FloatArray]]]:
    """Each draws the values of so many prompts."""
    for share, alike in itertools.product(SHARES, ALIKE):
        yield "passed", partial(_shares, rng, share, alike, 1)
        yield "shares of 3 samples", partial(_shares, rng, share, alike, 3)
    for ends in ENDS:
        yield "token F1", partial(_token_f1, rng, ends)
    for likeness in LIKENESS:
        yield "chrF", partial(_chrf, rng, likeness)


def _held(studies: FloatArray, truth: float) -> tuple[float, float, float]:
    """Per cent of intervals that hold the truth, the product's and of t alone; mean width."""
    held = plain = width = 0.0
    for values in studies.tolist():
        found = prompt_mean(values, LEVEL)
        low, high = found.low or 0.0, 1.0 if found.high is None else found.high
        held += low <= truth <= high
        width += high - low
        low, high = mean_interval(values, LEVEL, ends=False)
        plain += low <= truth <= high
    return 100 * held / len(studies), 100 * plain / len(studies), width / len(studies)


def _shares(rng: np.random.Generator, share: float, alike: float, samples: int, count: int) -> FloatArray:
    chance = rng.beta(share * alike, (1 - share) * alike, size=count)
    return np.asarray(rng.binomial(samples, chance) / samples, dtype=np.float64)


def _token_f1(rng: np.random.Generator, ends: tuple[float, float], count: int) -> FloatArray:
    between, kind = rng.beta(2, 3, size=count), rng.random(count)
    none, all_ = ends
    return np.where(kind < none, 0.0, np.where(kind < none + all_, 1.0, between))


def _chrf(rng: np.random.Generator, likeness: float, count: int) -> FloatArray:
    return np.clip(rng.normal(likeness, 0.08, size=count), 0.0, 1.0)


if __name__ == "__main__":
    sys.exit(main())
