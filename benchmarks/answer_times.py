"""How often the interval of a difference of answer times holds the truth, and how often "sooner" is wrong.

    python benchmarks/answer_times.py [--runs 2000] [--seed 20261122]

Made-up measurements of two systems. The time to the first token grows with a prompt's length, which is
log-normal (SD .8); every answer varies by a log-normal factor (SD .05 or .3), some take 2 to 20 times as long
(none, 5% or 20%), and the machine has slow spells in which everything takes 1 to 4 times as long (none, or
one fifth of the time in spells of about ten answers). The second system is equal, a tenth slower, or slower
by half. Systems answer alternately, prompt by prompt and repeat by repeat, as the product measures them.

Printed as Markdown for docs/explanation/automatic-measures.md: the worst cell of each line, for the product's
interval (the sign test's), for Student's t, for a difference of two medians stated as a fact, and for the
product's interval where one system answers everything before the other. Exits with 1 where the product's
interval holds the truth in less than 93% of the measurements of a cell, or 90% where each prompt is answered
once, by more than twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys

import numpy as np
from machine import machine
from scipy import special

from ftcompare.stats.paired_difference import LEAST_TIMED, median_interval
from ftcompare.stats.vote_table import FloatArray

NOISE, OUTLIERS, SPELLS, SLOWER = (0.05, 0.3), (0.0, 0.05, 0.2), (False, True), (1.0, 1.1, 1.5)
PROMPTS, REPEATS = (4, 6, 8, 12, 20, 50), (1, 3, 5)
LEVEL, TRUTH_FROM = 0.95, 20_000
LEAST_HELD = {1: 90.0, 3: 93.0, 5: 93.0}
"""By the number of repeats, in per cent."""
SPELL, SLOW_SHARE = 10, 0.2


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261122)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    print(f"Seed {chosen.seed}, {chosen.runs:,} runs a cell, {machine()}.\n")
    print(
        "| prompts | repeats | coverage | t over prompts | wrong “faster” for equal systems | by "
        "medians alone | one system after the other | detects a tenth, little noise |"
    )
    print("|---|---|---|---|---|---|---|---|")
    missed, error = [], 200 * math.sqrt(0.07 * 0.93 / chosen.runs)
    for prompts, repeats in itertools.product(PROMPTS, REPEATS):
        line = _line(rng, prompts, repeats, chosen.runs)
        print(f"| {prompts} | {repeats} | {' | '.join(f'{100 * one:.1f}%' for one in line)} |", flush=True)
        if prompts >= LEAST_TIMED and 100 * line[0] < LEAST_HELD[repeats] - error:
            missed.append(f"{prompts} prompts, {repeats} repeats")
    print("\nEvery cell holds its bound." if not missed else f"\nCELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def _line(rng: np.random.Generator, prompts: int, repeats: int, runs: int) -> tuple[float, ...]:
    """Worst coverage of both intervals, highest rates of wrong claims, and the power in the quietest cell."""
    held, by_t, wrong, by_medians, in_blocks, power = [], [], [], [], [], 0.0
    for cell in itertools.product(NOISE, OUTLIERS, SPELLS, SLOWER):
        noise, outliers, spells, slower = cell
        truth = float(np.median(_of_prompts(_measured(rng, 1, TRUTH_FROM, repeats, cell))))
        measured = _measured(rng, runs, prompts, repeats, cell)
        differences = _of_prompts(measured)
        ends = [median_interval([*one], LEVEL) for one in differences]
        held.append(np.mean([low is None or high is None or low <= truth <= high for low, high in ends]))
        found = np.mean([low is not None and high is not None and not low <= 0 <= high for low, high in ends])
        mean = float(_of_prompts(_measured(rng, 1, TRUTH_FROM, repeats, cell)).mean())
        by_t.append(_held_by_t(differences, mean))
        if slower == 1.0:
            wrong.append(found)
            medians = [np.median(np.median(of, axis=1), axis=1) for of in measured]
            by_medians.append(np.mean(np.abs(medians[1] / medians[0] - 1) > 0.01))
            blocks = _of_prompts(_measured(rng, runs, prompts, repeats, cell, alternate=False))
            in_blocks.append(np.mean([_apart([*one]) for one in blocks]))
        if (noise, outliers, spells, slower) == (0.05, 0.0, False, 1.1):
            power = float(found)
    worst = (min(held), min(by_t), max(wrong), max(by_medians), max(in_blocks), power)
    return tuple(float(one) for one in worst)


def _apart(values: list[float]) -> bool:
    low, high = median_interval(values, LEVEL)
    return low is not None and high is not None and not low <= 0 <= high


def _held_by_t(differences: FloatArray, truth: float) -> float:
    count = differences.shape[1]
    margin = special.stdtrit(count - 1, (1 + LEVEL) / 2) * differences.std(axis=1, ddof=1) / math.sqrt(count)
    return float(np.mean(np.abs(differences.mean(axis=1) - truth) <= margin))


def _of_prompts(measured: tuple[FloatArray, FloatArray]) -> FloatArray:
    """The value of each prompt (runs, prompts): the median over repeats of the paired difference."""
    first, second = measured
    return np.asarray(np.median(second - first, axis=1), dtype=np.float64)


def _measured(
    rng: np.random.Generator,
    runs: int,
    prompts: int,
    repeats: int,
    cell: tuple[float, float, bool, float],
    *,
    alternate: bool = True,
) -> tuple[FloatArray, FloatArray]:
    """Times of both systems (runs, repeats, prompts), in seconds."""
    noise, outliers, spells, slower = cell
    length = 0.05 * rng.lognormal(0, 0.8, size=(runs, 1, 1, prompts))
    shape = (runs, repeats, 2, prompts)
    times = length * rng.lognormal(0, noise, size=shape)
    times *= np.where(rng.random(shape) < outliers, rng.uniform(2, 20, size=shape), 1.0)
    if spells:
        state = _spells(rng, runs, repeats * prompts * 2)
        order = (runs, repeats, prompts, 2) if alternate else (runs, 2, repeats, prompts)
        state = state.reshape(order)
        times *= state.transpose(0, 1, 3, 2) if alternate else state.transpose(0, 2, 1, 3)
    return times[:, :, 0], times[:, :, 1] * slower


def _spells(rng: np.random.Generator, runs: int, length: int) -> FloatArray:
    """A factor for each answer in the order of time: 1, or in a slow spell one number from 1 to 4."""
    starts = rng.random((runs, length)) < 1 / SPELL
    starts[:, 0] = True
    number = starts.cumsum(axis=1)
    slow = rng.random((runs, length + 1)) < SLOW_SHARE
    factors = np.where(slow, rng.uniform(1, 4, size=slow.shape), 1.0)
    return np.asarray(np.take_along_axis(factors, number, axis=1), dtype=np.float64)


if __name__ == "__main__":
    sys.exit(main())
