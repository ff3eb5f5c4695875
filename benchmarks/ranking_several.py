"""How often intervals hold the truth, and claims are false, where raters rank several answers at once.

    python benchmarks/ranking_several.py [--repetitions 600] [--seed 20261126]

Made-up studies of known truth: several systems answer every prompt, and every rater ranks all answers to
every prompt. The value of an answer is the sum of the system's mean, and of effects of the prompt with the
system (SD 1), the rater with the system (its taste), and the rest (1). Values are rounded to steps of `STEP`,
from a random start in each ranking; answers with equal values are tied. A ranking of k answers becomes
k(k - 1)/2 judgments of pairs, as in the product, which computes all intervals: win rates, Bradley-Terry,
Plackett-Luce, and α.

Printed as Markdown, for docs/explanation/rankings.md. False claims are counted with all systems equal: of a
single pair, and in the ranking, where Holm's method corrects for all pairs. Exits with 1 where an interval
holds the truth in less than 93%, or claims are false in more than 6%, by more than two standard errors.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from interval_coverage import Coverage, holds, named_below, over_normal
from machine import machine
from scipy import special

from ftcompare.core.study import Vote
from ftcompare.stats.agreement import agreement, alpha_interval
from ftcompare.stats.claims import claims, evidence
from ftcompare.stats.multiple_comparisons import holm
from ftcompare.stats.plackett_luce import plackett_luce
from ftcompare.stats.ranking import rank, ranking_intervals, tallies
from ftcompare.stats.vote_table import FloatArray, VoteTable, tabulate
from ftcompare.stats.win_rate import rate_over_prompts, rate_over_raters

PROMPT_AND_SYSTEM, REST, STEP = 1.0, 1.0, 0.6
APART = 0.4
"""Between the means of neighboring systems."""
RESAMPLES = 1000
"""A twentieth of those of a study: they take most of the time."""
LARGE = 60_000
"""Prompts, each ranked by another rater, from which the true scores and α are computed."""
MOST_FALSE = 0.06
NAMES = (
    "win rate, these raters",
    "win rate, other raters",
    "Bradley-Terry",
    "Plackett-Luce",
    "α, by prompt",
    "α, by pair (not offered)",
)


@dataclass(frozen=True)
class Design:
    """``taste`` is the SD of the effect of a rater with a system."""

    systems: int
    raters: int
    prompts: int
    taste: float

    @property
    def words(self) -> str:
        """A row of the table."""
        return f"{self.systems} | {self.raters} × {self.prompts} | {self.taste}"


GRID = tuple(
    Design(systems, raters, prompts, taste)
    for systems in (3, 5)
    for raters, prompts, taste in ((1, 40, 0.0), (3, 30, 0.3), (3, 80, 0.3), (5, 30, 0.3), (5, 80, 0.6))
)


def ranked(
    design: Design, apart: float, rng: np.random.Generator, *, disjoint: bool = False
) -> tuple[VoteTable, FloatArray]:
    """A study, and its raters' effects (raters x systems); `disjoint`: each rater ranks one prompt."""
    k, raters = design.systems, 1 if disjoint else design.raters
    shape = (design.prompts, raters, k)
    taste = rng.normal(0, design.taste, (design.prompts, 1, k) if disjoint else (1, raters, k))
    by_prompt = rng.normal(0, PROMPT_AND_SYSTEM, (design.prompts, 1, k))
    value = apart * np.arange(k) + by_prompt + taste + rng.normal(0, REST, shape)
    return as_table(np.floor(value / STEP + rng.random((*shape[:2], 1)))), taste[0]


def as_table(steps: FloatArray) -> VoteTable:
    """Return the judgments of the pairs of each ranking; `steps` are prompts x raters x systems."""
    prompts, raters, k = steps.shape
    pairs = [*itertools.combinations(range(k), 2)]
    names = [f"s{system}" for system in range(k)]
    first = [Vote("0", "r0", names[i], names[j], choice="a", preference=0.0, series="0") for i, j in pairs]
    small = tabulate(first)
    prompt, rater, pair = (x.ravel() for x in np.indices((prompts, raters, len(pairs))))
    i, j = np.array(pairs).T
    outcome = np.sign(steps[..., j] - steps[..., i]).ravel().astype(np.int64)
    many = small.at(pair)
    return VoteTable(
        **{
            **{name: getattr(many, name) for name in VoteTable.__dataclass_fields__},
            "prompt": prompt,
            "rater": rater,
            "series": prompt * raters + rater,
            "choice": outcome + 1,
            "preference": (outcome + 1) / 2,
            "prompts": tuple(map(str, range(prompts))),
            "raters": tuple((f"r{x}", small.raters[0][1]) for x in range(raters)),
        }
    )


def half_win(mean: FloatArray) -> FloatArray:
    """Chance of the second answer plus half that of a tie, for each mean of the difference."""
    sd = math.sqrt(2) * REST

    def positive_part(x: FloatArray) -> FloatArray:
        """Return E max(0, D - x), D the difference."""
        z = (mean - x) / sd
        return np.asarray((mean - x) * special.ndtr(z) + sd * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))

    # P(same step | d) = max(0, 1 - |d| / STEP), so P(above) + P(tie) / 2 is 0 to 1 over -STEP to STEP.
    zero = np.zeros_like(mean)
    return np.asarray((positive_part(zero - STEP) - positive_part(zero + STEP)) / (2 * STEP))


def true_rates(means: FloatArray, further: float = 0.0) -> FloatArray:
    """Half-win rates over all prompts, for each mean; `further`: variance of other effects."""
    sd = math.sqrt(2 * PROMPT_AND_SYSTEM**2 + further)
    return over_normal(sd, lambda u: half_win(means[:, None] + u))


@dataclass(frozen=True)
class Truth:
    """True values over other prompts and raters."""

    bradley_terry: float
    plackett_luce: float
    alpha: float


def true_values(design: Design, rng: np.random.Generator) -> Truth:
    """Of the last system, from one very large study."""
    one_each = Design(design.systems, 1, LARGE, design.taste)
    table, _ = ranked(one_each, APART, rng, disjoint=True)
    last = table.systems[-1]
    bradley_terry = rank(table.systems, tallies(table)).bradley_terry[last]
    several = plackett_luce(table.systems, table)
    two, _ = ranked(Design(design.systems, 2, LARGE, 0.0), APART, rng)
    alpha = agreement(two).alpha_ordinal
    assert several is not None
    score = several.scores[last]
    assert bradley_terry is not None
    assert score is not None
    assert alpha is not None
    return Truth(bradley_terry, score, alpha)


def held(design: Design, truth: Truth, rng: np.random.Generator) -> list[bool | None]:
    """What each interval of one study holds."""
    table, taste = ranked(design, APART, rng)
    last, first = design.systems - 1, 0
    pair = table.at((table.a == first) & (table.b == last))
    means = APART * (last - first) + taste[:, last] - taste[:, first]
    here = float(true_rates(means).mean())
    everywhere = float(true_rates(np.array([APART * (last - first)]), 2 * design.taste**2)[0])
    these = rate_over_prompts(pair.preference, pair.prompt)
    others = rate_over_raters(pair.preference, pair.prompt, pair.rater)
    seeds = rng.spawn(4)
    plain = ranking_intervals(table.systems, table, seeds[0], resamples=RESAMPLES)
    several = plackett_luce(table.systems, table, seeds[1], resamples=RESAMPLES)
    name = table.systems[last]
    assert plain is not None
    assert several is not None
    assert several.intervals is not None
    ends = plain.bradley_terry[name], several.intervals[name]
    found = [
        holds((these.low, these.high), here),
        holds((others.low, others.high), everywhere) if others else None,
        *(
            holds((one.low, one.high), x)
            for one, x in zip(ends, (truth.bradley_terry, truth.plackett_luce), strict=True)
        ),
    ]
    if design.raters == 1:
        return [*found, None, None]
    # α is that of the raters of a study, whose tastes would each have another true value.
    alike, _ = ranked(Design(design.systems, design.raters, design.prompts, 0.0), APART, rng)
    return found + held_alpha(alike, truth.alpha, seeds[2:])


def held_alpha(table: VoteTable, truth: float, seeds: Sequence[np.random.Generator]) -> list[bool | None]:
    """Whether the interval of α holds the truth, and one that resamples pairs instead of prompts."""
    by_prompt = agreement(table, seeds[0], resamples=RESAMPLES).alpha_ordinal_interval
    units = table.prompt * len(table.systems) ** 2 + table.a * len(table.systems) + table.b
    _, unit = np.unique(units, return_inverse=True)
    counts = np.zeros((unit.max() + 1, 3))
    np.add.at(counts, (unit, table.outcome + 1), 1)
    both, rows = np.concatenate([counts, counts[:, ::-1]]), np.tile(np.arange(len(counts)), 2)
    by_pair = alpha_interval(both, "ordinal", seeds[1], resamples=RESAMPLES, clusters=rows)
    return [holds((one.low, one.high), truth) if one else None for one in (by_prompt, by_pair)]


def false_claims(design: Design, rng: np.random.Generator) -> tuple[float, float, float]:
    """Shares of pairs with a claim about these and other raters, and whether the ranking claims any."""
    table, _ = ranked(design, 0.0, rng)
    made, p_values = [], []
    for i, j in itertools.combinations(range(design.systems), 2):
        pair = table.at((table.a == i) & (table.b == j))
        found = claims(
            pair.preference, pair.prompt, pair.rater, finished=True, evidence=evidence(np.array([0.5]))
        )
        made.append([claim.made for claim in (found[0], found[-1])])
        p_values.append(1.0 if found[0].p is None else found[0].p)
    corrected = holm(p_values)
    several = any(p < 0.05 and claim[0] for p, claim in zip(corrected, made, strict=True))
    these, others = np.mean(made, axis=0)
    return float(these), float(others), float(several)


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=600)
    parser.add_argument("--seed", type=int, default=20261126)
    chosen = parser.parse_args()
    n = chosen.repetitions
    print(f"Seed {chosen.seed}, {n:,} repetitions, {machine()}.\n", flush=True)
    print(f"| systems | raters × prompts | SD of taste | {' | '.join(NAMES)} |")
    print("|---|---|---|" + "---|" * len(NAMES), flush=True)
    every: list[Coverage] = []
    for place, design in enumerate(GRID):
        rng = np.random.default_rng([chosen.seed, place])
        truth = true_values(design, rng)
        rows = zip(*(held(design, truth, rng) for _ in range(n)), strict=True)
        found = [
            Coverage(f"{name}: {design.words}", tuple(x for x in row if x is not None))
            for name, row in zip(NAMES, rows, strict=True)
        ]
        every += [one for one in found if "not offered" not in one.name]
        print(
            f"| {design.words} | {' | '.join(f'{one.share:.1%}' if one.held else 'none' for one in found)} |",
            flush=True,
        )
    kept = named_below(every)
    print(
        "| systems | raters × prompts | SD of taste "
        "| a pair, these raters | any pair, these raters | a pair, other raters |"
    )
    print("|---|---|---|---|---|---|", flush=True)
    for place, design in enumerate(GRID):
        # A rater's taste is a real preference of these raters: claims about them are false only without it.
        plain = Design(design.systems, design.raters, design.prompts, 0.0)
        rng = np.random.default_rng([chosen.seed, place, 1])
        these, _, several = np.mean([false_claims(plain, rng) for _ in range(n)], axis=0)
        shares = [these, several]
        if design.raters > 1:
            shares.append(np.mean([false_claims(design, rng)[1] for _ in range(n)]))
        error = [2 * math.sqrt(share * (1 - share) / n) for share in shares]
        kept &= all(share - more <= MOST_FALSE for share, more in zip(shares, error, strict=True))
        cells = [*(f"{share:.1%}" for share in shares), "none"][:3]
        print(f"| {design.words} | {' | '.join(cells)} |", flush=True)
    print("\nThe bounds hold." if kept else "\nA BOUND IS MISSED.")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
