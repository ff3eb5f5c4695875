"""How often a board of categories claims something false, or something true, and how good its figures are.

    python benchmarks/board.py [--runs 1000] [--seed 20261201]

A board has 16 categories. A judgment is a tie with probability 1/5, else the system's with expit(μ + prompt
+ rater); prompts have SD 1 logit. Raters (SD 0.3 or 1 logit) judge one category each, or all. Worlds: no
category differs; a third is better (60%, 65%, or 75% of the decided judgments), and the others are equal;
every category is worse by exactly the margin; two thirds are, and the others are equal.

Printed as Markdown for docs/explanation/board.md. Exits with 1 where more than 6% of boards without a
difference claim one, more than 6% of claims are false, or an interval that is shown holds the truth in less
than 92%, by more than twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads is not to be forked

import numpy as np
from machine import machine
from scipy import special

from ftcompare.stats import win_rate
from ftcompare.stats.claim_power import mean_for_rate
from ftcompare.stats.claims import ClaimScope
from ftcompare.stats.planned_tests import PlannedTest
from ftcompare.stats.slices import CategoryResult, category_results

_LOADS: dict[tuple[bytes, bytes], win_rate.Loads] = {}
_loads_of = win_rate.loads_of


def cached_loads(prompts: np.ndarray, raters: np.ndarray) -> win_rate.Loads:
    """Who judges what is the same on every board of a line, and takes half of the time."""
    key = prompts.tobytes(), raters.tobytes()
    if key not in _LOADS:
        _LOADS[key] = _loads_of(prompts, raters)
    return _LOADS[key]


CATEGORIES, TIES, PROMPT_SD, MARGIN = 16, 0.2, 1.0, 0.15
win_rate.loads_of = cached_loads
vars(win_rate)["tr"] = lambda *_, **__: ""  # sentences take a fifth of the time
BETTER = 5  # categories that differ from the others, in worlds where a third does
MOST_FALSE, LEAST_HELD = 6.0, 92.0
OTHERS = 4  # worlds with better categories, and second looks, get one of so many runs
NEEDED = 40  # boards with what is needed are simulated for one of so many runs
SIZES = ((20, 3), (40, 5))
RATERS = ((1.0, False), (0.3, False), (0.3, True), (1.0, True))


@dataclass(frozen=True)
class World:
    """A design and a truth.

    Args:
        prompts: of each category.
        raters: of each category.
        spread: SD of raters in logits.
        shared: whether the same raters judge all categories.
        rates: share of the decided judgments that the system wins in each category.
    """

    prompts: int
    raters: int
    spread: float
    shared: bool
    rates: tuple[float, ...] = (0.5,) * CATEGORIES

    @property
    def any_bound(self) -> bool:
        """Whether a bound is on this world, so that it gets all runs."""
        return max(self.rates) <= 0.5

    @property
    def truths(self) -> np.ndarray:
        """The half-win rates: for other raters, or for one rater as drawn, where no others are spoken for."""
        return 0.5 + (1 - TIES) * (np.array(self.rates) - 0.5)


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261201)
    chosen = parser.parse_args()
    print(f"Seed {chosen.seed}, {chosen.runs:,} boards a line, {machine()}.\n", flush=True)
    at_margin = 0.5 - MARGIN / (1 - TIES)
    missed = []
    with ProcessPoolExecutor() as pool:
        lines = []
        for world in (World(*size, *raters) for raters in RATERS for size in SIZES):
            worlds, runs = _worlds(world, at_margin, chosen.runs)
            both = zip(worlds, runs, strict=True)
            lines.append((world, [pool.submit(simulate, one, many, seed=chosen.seed) for one, many in both]))
        for number, (world, found) in enumerate(lines):
            if number % len(SIZES) == 0:
                whose = "shared by all categories" if world.shared else "of each category"
                print(f"\nRaters of SD {world.spread}, {whose}:\n")
                print(f"| {' | '.join(HEADS)} |\n|{'---:|' * len(HEADS)}")
            missed += _print(world, [one.result() for one in found], chosen.runs)
    print()
    print("Every line holds its bounds." if not missed else f"LINES THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


HEADS = (
    "prompts, raters of each",
    "boards with a false claim",
    "false of the claims, 60%, 65%, 75%",
    "found, 60%, 65%, 75%",
    "boards with a false “ready”, all at the margin",
    "the same at a second look",
    "false of the “ready”, a third equal",
    "“ready” if all are equal",
    "and after what is needed",
    "pooled interval holds: none, 65%, 75%",
)


def _worlds(equal: World, at_margin: float, runs: int) -> tuple[list[World], list[int]]:
    """The worlds of a line, with their numbers of boards."""
    worlds = [
        equal,
        *(replace(equal, rates=_third(rate, 0.5)) for rate in (0.6, 0.65, 0.75)),
        replace(equal, rates=(at_margin,) * CATEGORIES),
        replace(equal, rates=_third(0.5, at_margin)),
    ]
    return worlds, [runs // (1 if world.any_bound else OTHERS) for world in worlds]


def _third(rate: float, others: float) -> tuple[float, ...]:
    return (rate,) * BETTER + (others,) * (CATEGORIES - BETTER)


@dataclass(frozen=True)
class Found:
    """Means over the boards of a world, in per cent."""

    any_false: float  # boards that claim a preference for the wrong system, or where there is none
    false_share: float  # of claims of a preference that are false
    found: float  # of the categories that are better, those claimed
    any_ready: float  # boards with a category that is called ready although it is worse by the margin
    any_ready_later: float  # the same, or after as many judgments again, of all together
    ready_share: float  # of those called ready, the false
    ready: float  # categories called ready
    ready_later: float  # of those that were said to need n more judgments, ready with them
    held: float  # categories whose pooled interval holds the truth


def simulate(world: World, runs: int, *, seed: int) -> Found:
    """Simulate one world."""
    rng = np.random.default_rng([seed, *map(ord, repr(world))])
    truths, better = world.truths, np.array(world.rates) > 0.5
    worse = truths <= 0.5 - MARGIN + 1e-9
    kept = []
    for run in range(runs):
        parts = draw(world, rng, (world.prompts,) * CATEGORIES, world.raters)
        results = category_results([*map(_test, parts)], MARGIN)
        claims = np.array([one.better.confirmed - one.better.opposite * 1 for one in results])
        ready = np.array([one.not_worse.confirmed for one in results])
        false = ((claims == 1) & ~better) | (claims == -1) & ~worse
        both = zip(results, truths, strict=True)
        held = np.array([_holds(one.pooled and one.pooled[1:], truth) for one, truth in both])
        later = again = math.nan
        if worse.all() and run % OTHERS == 0:
            more = draw(world, rng, (world.prompts,) * CATEGORIES, world.raters)
            joined = [_test(_joined(*two)) for two in zip(parts, more, strict=True)]
            second = category_results(joined, MARGIN)
            again = float(any(ready) or any(one.not_worse.confirmed for one in second))
        elif world.rates[0] == 0.5 and run % NEEDED == 0:
            later = _with_needed(world, parts, results, rng)
        kept.append(
            (
                false.any(),
                _share(false, claims != 0),
                claims[better].mean() if better.any() else math.nan,
                (ready & worse).any(),
                again,
                _share(ready & worse, ready),
                ready.mean(),
                later,
                held.mean(),
            )
        )
    with warnings.catch_warnings(action="ignore"):  # a column may be undefined in a world
        return Found(*(100 * np.nanmean(np.array(kept, dtype=float), axis=0)))


_mean = cache(lambda rate, spread: mean_for_rate(rate, PROMPT_SD, spread))


def _share(some: np.ndarray, of: np.ndarray) -> float:
    return float(some.sum() / max(1, of.sum()))


def _holds(interval: tuple[float, float] | None, truth: float) -> bool:
    return interval is not None and interval[0] <= truth <= interval[1]


Part = tuple[np.ndarray, np.ndarray, np.ndarray]


def draw(world: World, rng: np.random.Generator, prompts: tuple[int, ...], raters: int) -> list[Part]:
    """The judgments of each category; each of its raters judges all its prompts."""
    shared = rng.standard_normal(raters)
    parts = []
    for place, (rate, count) in enumerate(zip(world.rates, prompts, strict=True)):
        first = 0 if world.shared else place * raters
        leaning = shared if world.shared else rng.standard_normal(raters)
        effects = PROMPT_SD * rng.standard_normal(count)[:, None] + world.spread * leaning
        logits = _mean(rate, world.spread) + effects
        won = rng.random(logits.shape) < special.expit(logits)
        answers = np.where(rng.random(logits.shape) < TIES, 0.5, won)
        who = np.tile(first + np.arange(raters), count)
        parts.append((answers.ravel(), np.repeat(np.arange(count), raters), who))
    return parts


def _joined(one: Part, other: Part) -> Part:
    """With further prompts, by other raters."""
    shifts = 0, one[1].max() + 1, one[2].max() + 1000
    first, prompt, rater = (np.concatenate([a, b + by]) for a, b, by in zip(one, other, shifts, strict=True))
    return first, prompt, rater


def _test(part: Part) -> PlannedTest:
    return PlannedTest(*part, ClaimScope.THESE_RATERS)


def _with_needed(
    world: World, parts: list[Part], results: Sequence[CategoryResult], rng: np.random.Generator
) -> float:
    """The share of the categories that need judgments and are ready with them, each added alone."""
    shares = []
    for place, one in enumerate(results):
        if not one.needed:
            continue
        groups = math.ceil(one.needed / (world.prompts * world.raters))  # of raters, so many as at first
        prompts = math.ceil(one.needed / world.raters / groups)
        joined = [*parts]
        for _ in range(groups):
            more = draw(world, rng, (prompts,) * CATEGORIES, world.raters)[place]
            joined[place] = _joined(joined[place], more)
        shares.append(category_results([*map(_test, joined)], MARGIN)[place].not_worse.confirmed)
    return float(np.mean(shares)) if shares else math.nan


def _print(world: World, found: list[Found], runs: int) -> list[str]:
    """Print a line; return what misses its bound."""
    equal, *thirds, margin, mixed = found
    cells = (
        f"{world.prompts}, {world.raters}",
        f"{equal.any_false:.1f}%",
        ", ".join(f"{one.false_share:.1f}%" for one in thirds),
        ", ".join(f"{one.found:.0f}%" for one in thirds),
        f"{margin.any_ready:.1f}%",
        f"{margin.any_ready_later:.1f}%",
        f"{mixed.ready_share:.1f}%",
        f"{equal.ready:.0f}%",
        f"{equal.ready_later:.0f}%",
        ", ".join(f"{one.held:.0f}%" for one in (equal, *thirds[1:])),
    )
    print(f"| {' | '.join(cells)} |", flush=True)
    slack = 200 * math.sqrt(MOST_FALSE / 100 * (1 - MOST_FALSE / 100) / runs)
    false = max(equal.any_false, margin.any_ready, mixed.ready_share, *(one.false_share for one in thirds))
    held = min(one.held for one in (equal, *thirds[1:]))
    wrong = false > MOST_FALSE + slack or held < LEAST_HELD - slack / 2
    return [f"{cells[0]}, SD {world.spread}, shared {world.shared}"] if wrong else []


if __name__ == "__main__":
    sys.exit(main())
