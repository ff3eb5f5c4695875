"""How often gates of many conditions on measures, of several tiers, and tried again let a worse system out.

    python benchmarks/gate_conditions.py [--runs 4000] [--seed 20261121]

Made-up runs: on a prompt the system loses what the base has with a chance of d + m, and gains what it has not
with d, so that it is worse by m. Several measures of one prompt are alike by a normal variable that they
share. The product's own interval of the paired difference is asked about each.

Printed as Markdown for docs/explanation/checkpoints-and-gates.md. Exits with 1 where a gate that asks for all
conditions at once lets out more than 3% of systems that are worse by the margin in one of them, by more than
twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence

import numpy as np
from machine import machine
from scipy import special

from ftcompare.stats.paired_difference import difference_interval
from ftcompare.stats.vote_table import FloatArray

MARGIN = 0.05
GAINED = 0.02
"""d: prompts that are gained by chance."""

MOST_FALSE = 3.0
PROMPTS = (100, 200, 400)
CONDITIONS = (1, 2, 5, 10)
ALIKE = (0.0, 0.8)
LOOKS = (1, 2, 5, 10)
FLIPS = (0.001, 0.005, 0.02)


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=20261121)
    chosen = parser.parse_args()
    rng, runs = np.random.default_rng(chosen.seed), chosen.runs
    error = 100 * math.sqrt(0.025 * 0.975 / runs)
    print(f"Seed {chosen.seed}, {runs:,} runs a cell (2.5% ± {error:.2f}), {machine()}.\n", flush=True)
    missed = print_conditions(rng, runs, MOST_FALSE + 2 * error)
    print_looks(rng, runs)
    print_chance(rng, runs)
    print("Every cell holds its bound." if not missed else f"CELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def differences(losses: Sequence[float], prompts: int, alike: float, rng: np.random.Generator) -> FloatArray:
    """Of each measure and prompt: -1 lost, 0 the same, 1 gained; ``losses`` are the measures' true ones."""
    shared = rng.standard_normal(prompts)
    own = rng.standard_normal((len(losses), prompts))
    place = special.ndtr(math.sqrt(alike) * shared + math.sqrt(1 - alike) * own)
    lost = place < GAINED + np.asarray(losses)[:, None]
    return np.asarray((place > 1 - GAINED).astype(float) - lost)


def shown(values: FloatArray, margin: float = MARGIN) -> bool:
    """Whether a loss of the margin is ruled out."""
    return difference_interval(values, 0.95, two_more=True)[0] > -margin


def passes(losses: Sequence[float], prompts: int, alike: float, rng: np.random.Generator) -> bool:
    """Whether all conditions hold."""
    return all(map(shown, differences(losses, prompts, alike, rng)))


def share(runs: int, losses: Sequence[float], prompts: int, alike: float, rng: np.random.Generator) -> float:
    """Of runs that pass, in per cent."""
    return 100 * sum(passes(losses, prompts, alike, rng) for _ in range(runs)) / runs


def print_conditions(rng: np.random.Generator, runs: int, most: float) -> list[str]:
    """All conditions must hold: of systems worse in one, worse in all, and of those that lost nothing."""
    print(f"Let out, where a loss of {MARGIN:.0%} must be ruled out in each of k measures:\n")
    print("| prompts | k | correlation | worse in one | worse in all | nothing lost |")
    print("|---:|---:|---:|---:|---:|---:|")
    missed = []
    for prompts in PROMPTS:
        for count in CONDITIONS:
            for alike in ALIKE if count > 1 else ALIKE[:1]:
                one = share(runs, [MARGIN, *[0.0] * (count - 1)], prompts, alike, rng)
                every = share(runs, [MARGIN] * count, prompts, alike, rng)
                none = share(runs, [0.0] * count, prompts, alike, rng)
                print(
                    f"| {prompts} | {count} | {alike:g} | {one:.1f}% | {every:.1f}% | {none:.0f}% |",
                    flush=True,
                )
                if max(one, every) > most:
                    missed.append(f"{prompts} prompts, {count} conditions, alike {alike:g}")
    print()
    return missed


def print_looks(rng: np.random.Generator, runs: int) -> None:
    """Tried until it passes: other systems on the same prompts, one on more and more prompts, any tier."""
    print("Let out at least once, of systems worse by the margin in the one measure that is asked of:\n")
    print("| attempts | new systems, 200 prompts | one system, every 100 prompts | any of that many tiers |")
    print("|---:|---:|---:|---:|")
    for looks in LOOKS:
        new = 100 * sum(_any_new(looks, rng) for _ in range(runs)) / runs
        grown = 100 * sum(_any_look(looks, rng) for _ in range(runs)) / runs
        tiers = 100 * sum(_any_tier(looks, rng) for _ in range(runs)) / runs
        print(f"| {looks} | {new:.1f}% | {grown:.1f}% | {tiers:.1f}% |", flush=True)
    print()


def _any_new(looks: int, rng: np.random.Generator) -> bool:
    """Systems of one training are alike: they lose and gain on the same prompts more often than not."""
    return any(map(shown, differences([MARGIN] * looks, 200, 0.5, rng)))


def _any_look(looks: int, rng: np.random.Generator) -> bool:
    (values,) = differences([MARGIN], 100 * looks, 0.0, rng)
    return any(shown(values[: 100 * look]) for look in range(1, looks + 1))


def _any_tier(tiers: int, rng: np.random.Generator) -> bool:
    """Each asks of a measure of its own; released where any tier holds."""
    return any(map(shown, differences([MARGIN] * tiers, 200, 0.0, rng)))


def print_chance(rng: np.random.Generator, runs: int) -> None:
    """Prompts that pass and fail by chance alone: how often at least one that passed fails."""
    print("Runs of an unchanged system that lose a prompt, and that lose more than two, by chance:\n")
    print(
        "| prompts | probability that an answer changes by chance | one or more new failures "
        "| three or more |"
    )
    print("|---:|---:|---:|---:|")
    for prompts in PROMPTS:
        for flip in FLIPS:
            lost = rng.binomial(prompts, 0.9 * flip, runs)
            some, many = (100 * float((lost > most).mean()) for most in (0, 2))
            print(f"| {prompts} | {flip:.1%} | {some:.0f}% | {many:.1f}% |", flush=True)
    print()


if __name__ == "__main__":
    sys.exit(main())
