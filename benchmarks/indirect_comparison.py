"""How well a comparison through the base holds: coverage, false claims, its check of consistency.

    python benchmarks/indirect_comparison.py [--runs 500] [--seed 20261125]

Simulated studies compare A with the base, B with the base, and A with B. A judgment is a tie with
probability 1/5, else A's with expit(α + rater), with α = μ + base's weakness + A's strength on the prompt.
Base and systems each have half of the variance of a prompt, whose SD is 1 logit unless the table says so.
A rater's leaning against the base is half shared by both studies if the rater judged in both.

Printed as Markdown for docs/explanation/indirect-comparison.md. Exits with 1 where claims are false in more
than 5% of the studies of a cell, or an interval holds the truth in less than 93%, by more than twice the
Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads is not to be forked

import numpy as np
from machine import machine
from scipy import special

from ftcompare.stats.claim_power import StudyDesign, least_prompts, mean_for_rate
from ftcompare.stats.indirect_comparison import (
    Judged,
    consistency,
    contrast,
    indirect_comparison,
)
from ftcompare.stats.vote_table import FloatArray

MOST_FALSE, LEAST_HELD = 5.0, 93.0
TIES, SHARED = 0.2, 0.5
RATERS, PROMPTS = (3, 5, 10), (10, 20, 77, 200)
SPREADS = ((0.3, 0.3), (1.0, 1.0), (0.0, 1.0))
"""SD of the raters of the first and of the second study, in logits."""
MEET, LOADS = ("same", "half the same", "different"), ("equal", "in turn")
DIRECT = (10, 20, 40, 77)
SHIFTS = (0, 10, 20, 30)
NODES, _WEIGHTS = special.roots_hermitenorm(60)
WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class World:
    """A design and a truth.

    Args:
        prompts: of each study.
        raters: of each study.
        meet: which raters judged in both studies.
        loads: every rater judges all prompts (equal), or two raters judge each prompt (in turn).
        spreads: SD of the raters of each study, in logits.
        rates: share of the decided judgments that A and B win against the base.
        prompt_sd: SD of a prompt's effect in each study, in logits.
        common: share of the prompts that both studies have.
    """

    prompts: int
    raters: int
    meet: str = "same"
    loads: str = "equal"
    spreads: tuple[float, float] = (0.3, 0.3)
    rates: tuple[float, float] = (0.6, 0.6)
    prompt_sd: float = 1.0
    common: float = 1.0

    @property
    def means(self) -> tuple[float, float]:
        """μ of each study."""
        first, second = (
            mean_for_rate(rate, self.prompt_sd, spread)
            for rate, spread in zip(self.rates, self.spreads, strict=True)
        )
        return first, second

    @property
    def truth(self) -> float:
        """The difference of the half-win rates."""
        return (1 - TIES) * (self.rates[0] - self.rates[1])

    def direct(self, shift: float = 0.0) -> float:
        """The half-win rate of A against B, if the log-odds of each prompt subtract, less a shift."""
        first, second = self.means
        spread = math.hypot(self.prompt_sd * math.sqrt(2 * (1 - SHARED)), self.spreads[0])
        won = float(special.expit(first - second + spread * NODES) @ WEIGHTS)
        return 0.5 + (1 - TIES) * (won - 0.5) - shift


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20261125)
    chosen = parser.parse_args()
    print(f"Seed {chosen.seed}, {chosen.runs:,} runs a cell, {machine()}.\n", flush=True)
    with ProcessPoolExecutor() as pool:
        missed = print_held(pool, chosen.runs, chosen.seed)
    print_half(chosen.runs, chosen.seed)
    print_implied(chosen.runs, chosen.seed)
    missed += print_consistency(chosen.runs, chosen.seed)
    print_fewest()
    print("Every cell holds its bounds." if not missed else f"CELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def draw(world: World, rng: np.random.Generator) -> tuple[Judged, Judged]:
    """The judgments of A and of B against the base."""
    common = round(world.prompts * world.common)
    own = math.sqrt(1 - SHARED) * world.prompt_sd
    weak = math.sqrt(SHARED) * world.prompt_sd * rng.standard_normal(2 * world.prompts)
    shared = rng.standard_normal(2 * world.raters)
    both = {"same": world.raters, "half the same": (world.raters + 1) // 2, "different": 0}[world.meet]
    studies = []
    for number, (mean, spread) in enumerate(zip(world.means, world.spreads, strict=True)):
        prompt, rater = judges(world)
        leaning = np.arange(world.raters)
        leaning = np.where(leaning < both, leaning, leaning + number * world.raters)
        asked = np.arange(world.prompts)
        asked = np.where(asked < common, asked, asked + number * (world.prompts - common))
        leans = math.sqrt(SHARED) * shared[leaning] + math.sqrt(1 - SHARED) * rng.standard_normal(
            world.raters
        )
        strength = weak[asked] + own * rng.standard_normal(world.prompts)
        studies.append(
            Judged(votes(mean + strength[prompt] + spread * leans[rater], rng), asked[prompt], leaning[rater])
        )
    return studies[0], studies[1]


def judges(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Prompt and rater of each judgment."""
    each = 2 if world.loads == "in turn" else world.raters
    return np.repeat(np.arange(world.prompts), each), np.arange(each * world.prompts) % world.raters


def votes(logits: FloatArray, rng: np.random.Generator) -> FloatArray:
    """1, 0, or ½ for a tie."""
    won = rng.random(len(logits)) < special.expit(logits)
    return np.where(rng.random(len(logits)) < TIES, 0.5, won)


@dataclass(frozen=True)
class Found:
    """Shares of the runs of a cell, in per cent."""

    held: float
    claimed: float
    wide: float  # mean half-width in points
    implied: float  # coverage of the implied win rate
    bias: float  # of the implied win rate, in points


def cell(world: World, runs: int, seed: int) -> Found:
    """Simulate one cell."""
    rng = np.random.default_rng([seed, *map(ord, repr(world))])
    kept = []
    truth, direct = world.truth, world.direct()
    for _ in range(runs):
        found = indirect_comparison(*draw(world, rng))
        assert found is not None
        low, high = found.difference.low, found.difference.high
        if low is None or high is None or found.implied.low is None or found.implied.high is None:
            return Found(math.nan, math.nan, math.nan, math.nan, math.nan)
        implied = found.implied.low <= direct <= found.implied.high
        kept.append(
            (low <= truth <= high, found.claimed, (high - low) / 2, implied, found.implied.value - direct)
        )
    return Found(*(100 * np.mean(np.array(kept, dtype=float), axis=0)))


def error(share: float, runs: int) -> float:
    """Twice the Monte-Carlo error, in per cent."""
    return 200 * math.sqrt(max(share / 100 * (1 - share / 100), 0.25 / runs) / runs)


def print_held(pool: ProcessPoolExecutor, runs: int, seed: int) -> list[str]:
    """False claims and coverage of the difference."""
    print("The difference of the win rates: false claims, and coverage where A wins 75% and B 60% of the")
    print("decided judgments; the worst of the raters' SDs (.3 and .3, 1 and 1, 0 and 1). Every rater judges")
    print("all prompts (equal), or two raters judge each prompt (in turn).\n")
    print(f"| raters of each study | they are | loads | {' | '.join(f'{p} prompts' for p in PROMPTS)} |")
    print(f"|---|---|---|{'---|' * len(PROMPTS)}")
    missed = []
    for meet, r, loads in itertools.product(MEET, RATERS, LOADS):
        row = []
        for p in PROMPTS:
            even = [World(p, r, meet, loads, spreads) for spreads in SPREADS]
            better = [replace(world, rates=(0.75, 0.6)) for world in even]
            found = list(pool.map(partial(cell, runs=runs, seed=seed), [*even, *better]))
            false = max(one.claimed for one in found[: len(even)])
            held = min(one.held for one in found)
            row.append("no interval" if math.isnan(held) else f"{false:.1f}%, {held:.1f}%")
            if false - error(false, runs) > MOST_FALSE or held + error(held, runs) < LEAST_HELD:
                missed.append(f"{meet}, {r} raters, {loads}, {p} prompts")
        print(f"| {r} | {meet} | {loads} | {' | '.join(row)} |", flush=True)
    print()
    return missed


def print_half(runs: int, seed: int) -> None:
    """What is lost where only half of the prompts are common, and what using all of them would do."""
    print("Half of the prompts are common, 5 raters of SD .3 in both studies: the interval from the common")
    print("prompts, and from all prompts, where A's own prompts are as hard and where they are easier for A")
    print("by 1 logit. Coverage, half of the mean width.\n")
    print("| prompts of each study | common prompts | all prompts (not offered) | all, A's own easier |")
    print("|---|---|---|---|")
    for p in PROMPTS[1:]:
        world, rng = World(p, 5, common=0.5), np.random.default_rng([seed, p])
        kept: list[list[tuple[bool, float]]] = [[], [], []]
        for _ in range(runs):
            parts = draw(world, rng)
            easier = np.where(parts[0].prompt < p // 2, 0.0, 1.0)
            eased = replace(
                parts[0], share=np.where(rng.random(len(easier)) < 0.2 * easier, 1.0, parts[0].share)
            )
            found = indirect_comparison(*parts)
            assert found is not None
            low, high = found.difference.low, found.difference.high
            if low is not None and high is not None:
                kept[0].append((low <= 0 <= high, (high - low) / 2))
            for place, first in ((1, parts[0]), (2, eased)):
                of = contrast((first, parts[1]), (1.0, -1.0))
                assert of is not None
                kept[place].append((abs(of.value) <= of.margin(0.95), of.margin(0.95)))
        cells = [
            "no interval"
            if not of
            else f"{np.mean([a for a, _ in of]):.1%}, {100 * np.mean([b for _, b in of]):.1f}"
            for of in kept
        ]
        print(f"| {p} | {' | '.join(cells)} |", flush=True)
    print()


def print_implied(runs: int, seed: int) -> None:
    """Bias and coverage of the implied win rate where log-odds subtract on each prompt."""
    print("The implied win rate of A against B where the log-odds of each prompt subtract, 5 raters, 77")
    print("prompts: bias in points, coverage.\n")
    rates = ((0.6, 0.6), (0.65, 0.55), (0.75, 0.6), (0.85, 0.6))
    print("| A and B win against the base | SD of prompts 0 | .5 | 1 | 1.5 | 3 |\n|---|---|---|---|---|---|")
    for both in rates:
        row = []
        for sd in (0.0, 0.5, 1.0, 1.5, 3.0):
            found = cell(World(77, 5, rates=both, prompt_sd=sd), runs, seed)
            row.append(f"{found.bias:+.1f}, {found.implied:.1f}%")
        print(f"| {both[0]:.0%}, {both[1]:.0%} | {' | '.join(row)} |", flush=True)
    print()


def print_consistency(runs: int, seed: int) -> list[str]:
    """How often the check finds a contradiction, and how often it says it would."""
    print("The check of consistency, 100 common prompts, A and B win 70% and 55% against the base: how often")
    print("it finds a contradiction where the direct win rate is off by some points, and the mean difference")
    print("that it says it would find in 80% of cases.\n")
    print(f"| raters | pairs side by side | {' | '.join(f'{s} points' for s in SHIFTS)} | would find |")
    print(f"|---|---|{'---|' * len(SHIFTS)}---|")
    missed = []
    for meet, r, pairs in itertools.product(("same", "different"), (3, 5), DIRECT):
        row, would = [], 0.0
        for shift in SHIFTS:
            rng = np.random.default_rng([seed, r, pairs, shift])
            found, detectable = np.transpose(
                list(checks(World(100, r, meet, rates=(0.7, 0.55)), pairs, shift / 100, runs, rng))
            )
            row.append(f"{found.mean():.1%}")
            would = float(detectable.mean())
            if not shift and 100 * found.mean() - error(100 * found.mean(), runs) > MOST_FALSE:
                missed.append(f"consistency, {meet}, {r} raters, {pairs} pairs")
        print(f"| {r}, {meet} | {pairs} | {' | '.join(row)} | {100 * would:.0f} points |", flush=True)
    print()
    return missed


def checks(
    world: World, pairs: int, shift: float, runs: int, rng: np.random.Generator
) -> Iterator[tuple[bool, float]]:
    """Whether a contradiction is found, and the difference that would be; A and B side by side as well."""
    spread = math.sqrt(2 * (1 - SHARED)) * world.prompt_sd
    target = world.direct(shift)
    mean = mean_for_rate(0.5 + (target - 0.5) / (1 - TIES), spread, world.spreads[0])
    for _ in range(runs):
        parts = draw(world, rng)
        prompt, rater = np.repeat(np.arange(pairs), world.raters), np.tile(np.arange(world.raters), pairs)
        leans = world.spreads[0] * rng.standard_normal(world.raters)
        side = votes(mean + spread * rng.standard_normal(pairs)[prompt] + leans[rater], rng)
        code = rater + (10_000 if world.meet == "different" else 0)
        found = consistency(*parts, Judged(side, prompt, code))
        assert found is not None
        yield found.contradicted, found.detectable


def print_fewest() -> None:
    """Pairs side by side that settle the question."""
    print("Pairs side by side with which a direct comparison makes a claim in 80% of cases, one fifth ties:")
    print("for these raters, for other raters of this kind.\n")
    rates = (0.53, 0.56, 0.6, 0.65, 0.7, 0.8)
    print(f"| raters | {' | '.join(f'implied {rate:.0%}' for rate in rates)} |\n|---|{'---|' * len(rates)}")
    for raters in (1, 3, 5, 10):
        row = []
        for rate in rates:
            decided = 0.5 + (rate - 0.5) / (1 - TIES)
            found = least_prompts(round(decided, 3), StudyDesign(1, raters, tie_share=TIES))
            row.append(", ".join(f"{n:,}" if n else "none" for n in found.values()))
        print(f"| {raters} | {' | '.join(row)} |", flush=True)
    print()


if __name__ == "__main__":
    sys.exit(main())
