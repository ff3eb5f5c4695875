"""How often the 95% intervals of mean grades, of their differences, and of agreement hold the truth.

    python benchmarks/grade_intervals.py [--repetitions 1000] [--seed 20261126] [--only means|alpha|evidence]

Made-up studies of known truth, analyzed by `ftcompare.stats.grades`: two systems answer every prompt, and
every rater grades every answer. A grade is a latent value cut at fixed points. The value is the sum of the
system's mean, and of effects of the prompt (SD 1), the prompt with the system (0.6), the rater's severity,
the rater with the system, and the rest (1). Printed as Markdown, for docs/explanation/grades.md; each
interval whose measured coverage is below 95% by more than two standard errors is named. Exits with 1 where
one is below 93%, by as much. The last table is about an e-value that is too weak to be in the product.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from itertools import product

import numpy as np
from interval_coverage import Coverage, named_below
from machine import machine
from scipy import special

from ftcompare.stats.agreement import MOST_ORDINAL, Rating, rating_agreement
from ftcompare.stats.claims import evidence
from ftcompare.stats.grades import Grade, GradeInterval, summarise_grades
from ftcompare.stats.vote_table import FloatArray, IntArray

PROMPT, PROMPT_AND_SYSTEM, REST = 1.0, 0.6, 1.0
ADVANTAGE = 0.4
ENOUGH = 20
"""The evidence at which the product makes a claim on pairs."""
SCALES = {(1, 5): (-1.8, -0.6, 0.6, 1.8), (0, 1): (-0.3,)}
"""The cuts of the latent value, by the ends of the scale."""
INTERVALS = (
    "mean, these raters",
    "mean, other raters",
    "difference, these raters",
    "difference, other raters",
)


@dataclass(frozen=True)
class Design:
    """``severity`` and ``taste`` are the SDs of a rater's effect, and of that with the system."""

    scale: tuple[int, int]
    raters: int
    prompts: int
    severity: float
    taste: float


def expected(mean: FloatArray, variance: float, design: Design) -> FloatArray:
    """Return the expected grade of latent values with a normal distribution."""
    cuts = np.array(SCALES[design.scale])
    above: FloatArray = special.ndtr((mean[..., None] - cuts) / np.sqrt(variance))
    found: FloatArray = design.scale[0] + above.sum(axis=-1)
    return found


def draw(design: Design, advantage: float, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Return grades by prompt, rater, and system, and each rater's effect on each system (1, raters, 2)."""
    by_prompt = rng.normal(0, PROMPT, (design.prompts, 1, 1))
    by_both = rng.normal(0, PROMPT_AND_SYSTEM, (design.prompts, 1, 2))
    severity = rng.normal(0, design.severity, (1, design.raters, 1))
    own = severity + rng.normal(0, design.taste, (1, design.raters, 2))
    rest = rng.normal(0, REST, (design.prompts, design.raters, 2))
    values = np.array((0.0, advantage)) + by_prompt + by_both + own + rest
    return design.scale[0] + (values[..., None] > np.array(SCALES[design.scale])).sum(axis=-1), own


def coverage(design: Design, repetitions: int, rng: np.random.Generator) -> list[Coverage]:
    held: dict[str, list[bool]] = {name: [] for name in INTERVALS}
    low, high = design.scale
    means = np.array([0.0, ADVANTAGE])
    within = PROMPT**2 + PROMPT_AND_SYSTEM**2 + REST**2
    for _ in range(repetitions):
        grades, own = draw(design, ADVANTAGE, rng)
        given = [
            Grade(f"p{p}", f"r{r}", f"s{s}", int(grades[p, r, s]))
            for p, r, s in product(range(design.prompts), range(design.raters), range(2))
        ]
        found = summarise_grades(given, ("s0", "s1"), low=low, high=high)
        these = expected(means + own[0], within, design).mean(axis=0)
        others = expected(means, within + design.severity**2 + design.taste**2, design)
        first, difference = found.systems[0], found.differences[0]
        truths = (these[0], others[0], these[1] - these[0], others[1] - others[0])
        ends = (first.these, first.others, difference.these, difference.others)
        for name, interval, truth in zip(INTERVALS, ends, truths, strict=True):
            if interval is not None:
                held[name].append(_holds(interval, float(truth)))
    where = f"{low} to {high}, {design.raters} × {design.prompts}, {design.severity}, {design.taste}"
    return [Coverage(f"{name}: {where}", tuple(of)) for name, of in held.items()]


ALPHA_SCALES = {
    (1, 5): SCALES[1, 5],
    (0, 1): SCALES[0, 1],
    (0, 100): tuple((grade - 50.5) / 15 for grade in range(1, 101)),
}
RESAMPLES = 2000
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)


def true_alpha(means: FloatArray, own: FloatArray, scale: tuple[int, int]) -> float:
    """Return Krippendorff's α of these raters (raters x systems of `own`) over all prompts.

    The grades of two raters are independent given the effects of the prompt, which is integrated out.
    """
    given = NODES * np.sqrt(PROMPT**2 + PROMPT_AND_SYSTEM**2)
    cuts = np.array([-np.inf, *ALPHA_SCALES[scale], np.inf])
    values = (means + own)[..., None] + given
    shares = np.diff(special.ndtr((cuts - values[..., None]) / REST), axis=-1)
    pairs = np.einsum("rsnc,tsnk,n->rtck", shares, shares, WEIGHTS / WEIGHTS.sum()) / len(means)
    table: FloatArray = pairs[~np.eye(len(own), dtype=bool)].mean(axis=0)
    marginal = table.sum(axis=1)
    ordered = scale[1] - scale[0] >= MOST_ORDINAL
    place = np.arange(len(marginal)) if ordered else np.cumsum(marginal) - marginal / 2
    distance = np.square(np.subtract.outer(place, place))
    return float(1 - (table * distance).sum() / (np.outer(marginal, marginal) * distance).sum())


def alpha_coverage(design: Design, repetitions: int, rng: np.random.Generator) -> tuple[Coverage, float]:
    """Return how often the interval holds the true α, and the mean width of the interval."""
    held, widths = [], []
    (low, high), cuts = design.scale, np.array(ALPHA_SCALES[design.scale])
    means = np.array([0.0, ADVANTAGE])
    for _ in range(repetitions):
        severity = rng.normal(0, design.severity, (design.raters, 1))
        own = severity + rng.normal(0, design.taste, (design.raters, 2))
        effects = rng.normal(0, PROMPT, (design.prompts, 1, 1))
        effects = effects + rng.normal(0, PROMPT_AND_SYSTEM, (design.prompts, 1, 2))
        rest = rng.normal(0, REST, (design.prompts, design.raters, 2))
        grades = low + ((means + own + effects + rest)[..., None] > cuts).sum(axis=-1)
        places = product(range(design.prompts), range(design.raters), range(2))
        given = (Rating(p, (p, s), int(grades[p, r, s])) for p, r, s in places)
        found = rating_agreement(given, low, high, rng, resamples=RESAMPLES).interval
        if found is not None and found.low is not None and found.high is not None:
            held.append(found.low <= true_alpha(means, own, design.scale) <= found.high)
            widths.append(found.high - found.low)
    where = f"{low} to {high}, {design.raters} × {design.prompts}, {design.severity}, {design.taste}"
    return Coverage(f"α: {where}", tuple(held)), float(np.mean(widths)) if widths else float("nan")


def _holds(ends: GradeInterval, truth: float) -> bool:
    return ends.low <= truth <= ends.high


GRID = tuple(
    Design(scale, raters, prompts, severity, taste)
    for scale in SCALES
    for raters, prompts in ((1, 20), (3, 20), (3, 60), (5, 20), (5, 60), (8, 100))
    for severity, taste in ((0.0, 0.0), (0.5, 0.2), (1.0, 0.4))
)


ALPHA_GRID = tuple(
    Design(scale, raters, prompts, severity, taste)
    for scale in ALPHA_SCALES
    for raters, prompts in ((2, 12), (2, 20), (3, 20), (3, 60), (5, 60), (8, 100))
    for severity, taste in ((0.0, 0.0), (0.5, 0.2), (1.0, 0.4))
)


def agreement_table(repetitions: int, seed: int) -> list[Coverage]:
    print("| grades | raters × prompts | SD of severity, taste | coverage | mean width |")
    print("|---|---|---|---|---|", flush=True)
    every = []
    for place, design in enumerate(ALPHA_GRID):
        found, width = alpha_coverage(design, repetitions, np.random.default_rng([seed, 1000 + place]))
        every.append(found)
        low, high = design.scale
        sizes = f"{design.raters} × {design.prompts} | {design.severity}, {design.taste}"
        print(f"| {low} to {high} | {sizes} | {found.share:.1%} | {width:.2f} |", flush=True)
    return every


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--only", choices=("means", "alpha", "evidence"))
    chosen = parser.parse_args()
    print(f"Seed {chosen.seed}, {chosen.repetitions:,} repetitions, {machine()}.\n", flush=True)
    every: list[Coverage] = []
    if chosen.only in (None, "means"):
        every += means_table(chosen.repetitions, chosen.seed)
        print()
    if chosen.only in (None, "alpha"):
        every += agreement_table(chosen.repetitions, chosen.seed)
        print()
    if chosen.only in (None, "evidence"):
        evidence_table(chosen.repetitions, chosen.seed)
    return 0 if named_below(every) else 1


def means_table(repetitions: int, seed: int) -> list[Coverage]:
    print(f"| grades | raters × prompts | SD of severity, taste | {' | '.join(INTERVALS)} |")
    print("|---|---|---|" + "---|" * len(INTERVALS), flush=True)
    every: list[Coverage] = []
    for place, design in enumerate(GRID):
        found = coverage(design, repetitions, np.random.default_rng([seed, place]))
        every += found
        cells = " | ".join(f"{one.share:.1%}" if one.held else "none" for one in found)
        low, high = design.scale
        sizes = f"{design.raters} × {design.prompts} | {design.severity}, {design.taste}"
        print(f"| {low} to {high} | {sizes} | {cells} |", flush=True)
    return every


def evidence_table(repetitions: int, seed: int) -> None:
    """Print how often an e-value of the prompts' differences reaches `ENOUGH`, and the interval excludes 0.

    The difference of a prompt's mean grades, which at most spans the scale, is taken as a win rate.
    """
    print("| raters × prompts | difference, SD of taste | evidence of 20 | interval excludes 0 |")
    print("|---|---|---|---|", flush=True)
    designs = [
        (Design((1, 5), raters, 60, 0.5, taste), advantage)
        for raters in (1, 3)
        for advantage, taste in ((0.0, 0.0), (0.0, 0.2), (ADVANTAGE, 0.0))
    ]
    for place, (design, advantage) in enumerate(designs):
        rng = np.random.default_rng([seed, 2000 + place])
        reached = excluded = 0
        for _ in range(repetitions):
            grades = draw(design, advantage, rng)[0]
            differences = (grades[..., 1] - grades[..., 0]).mean(axis=1)
            low, high = design.scale
            reached += evidence(0.5 + differences / (2 * (high - low))).highest >= ENOUGH
            error = differences.std(ddof=1) / np.sqrt(design.prompts)
            limit = special.stdtrit(design.prompts - 1, 0.975)
            excluded += abs(differences.mean()) > limit * error
        shares = f"{reached / repetitions:.1%} | {excluded / repetitions:.1%}"
        print(f"| {design.raters} × {design.prompts} | {advantage}, {design.taste} | {shares} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
