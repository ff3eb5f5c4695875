"""How often the intervals of a judge's agreement with people hold the truth: κ, and the share that agrees.

Two raters answer a, tie or b with these probabilities; with probability ``copies`` the second says what the
first did as far as both distributions allow. One pair a prompt, or three, of which two in five prompts have
equal answers throughout. Printed: coverage of the 95% interval among studies that have one, how many have
one, and its mean width. Studies without an interval of κ are those with too few prompts, or where nearly
all answers are the same.

Run: python benchmarks/judge_agreement.py [--studies 4000]
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from ftcompare.stats.agreement import cohen_kappa
from ftcompare.stats.judge_agreement import prompt_kappa, share_of_pairs
from ftcompare.stats.vote_table import FloatArray, IntArray

ANSWERS = {
    "even": ((0.40, 0.20, 0.40), (0.45, 0.10, 0.45)),
    "no ties": ((0.50, 0.0, 0.50), (0.50, 0.0, 0.50)),
    "skewed": ((0.20, 0.10, 0.70), (0.15, 0.05, 0.80)),
    "one sided": ((0.05, 0.05, 0.90), (0.05, 0.02, 0.93)),
}
"""Of people and of the judge, a, tie and b."""

COPIES = (0.0, 0.4, 0.8, 0.95)
SIZES = ((10, 1), (20, 1), (50, 1), (100, 1), (300, 1), (50, 3))
"""Prompts and pairs a prompt."""

ALIKE = 0.4

KAPPA_BOUND = 0.93
SHARE_BOUND = 0.89
"""Wilson's interval of one pair a prompt holds shares near 1 of ten prompts in 89 to 92% of studies."""

LEAST_TOLD = 0.1
"""Where fewer studies have an interval of κ, those that have one are no longer like the others."""


def joint(people: FloatArray, judge: FloatArray, copies: float) -> FloatArray:
    """Judge x people."""
    agreeing = np.diag(np.minimum(people, judge))
    rest_people, rest_judge = people - np.diag(agreeing), judge - np.diag(agreeing)
    if rest_people.sum() > 1e-12:
        agreeing = agreeing + np.outer(rest_judge, rest_people) / rest_people.sum()
    return np.asarray(copies * agreeing + (1 - copies) * np.outer(judge, people))


def drawn(table: FloatArray, prompts: int, pairs: int, rng: np.random.Generator) -> IntArray:
    """Cells, prompts x pairs."""
    cells = rng.choice(9, size=(prompts, pairs), p=table.ravel())
    if pairs > 1:
        alike = rng.random(prompts) < ALIKE
        cells[alike] = cells[alike][:, :1]
    return cells


def measure(name: str, copies: float, prompts: int, pairs: int, studies: int) -> bool:
    """Prints a line; whether both intervals hold the truth often enough."""
    people, judge = map(np.array, ANSWERS[name])
    table = joint(people, judge, copies)
    kappa, share = cohen_kappa(table) or 0.0, float(np.trace(table))
    rng = np.random.default_rng([prompts, pairs, round(100 * copies), *map(ord, name)])
    held: list[bool] = []
    shares: list[bool] = []
    widths: list[float] = []
    codes = np.repeat(np.arange(prompts), pairs)
    for _ in range(studies):
        cells = drawn(table, prompts, pairs, rng).ravel()
        one, other = cells // 3 - 1, cells % 3 - 1
        found = prompt_kappa(one, other, codes, both_ways=False)
        if found is not None and found.low is not None and found.high is not None:
            held.append(found.low <= kappa <= found.high)
            widths.append(found.high - found.low)
        rate = share_of_pairs((one == other).astype(np.float64), codes, "pairs", 0.95)
        ends = (rate.low, rate.high) if rate else (None, None)
        shares.append(ends[0] is not None and ends[1] is not None and ends[0] <= share <= ends[1])
    told = f"{np.mean(held):5.1%}  {len(held) / studies:4.0%}  {np.mean(widths):.2f}" if held else " " * 17
    print(f"{name:10} {kappa:5.2f} {prompts:4} x {pairs}   {told:17}   {np.mean(shares):5.1%}", flush=True)
    told_often = len(held) >= LEAST_TOLD * studies
    return _enough(shares, SHARE_BOUND) and (not told_often or _enough(held, KAPPA_BOUND))


def _enough(held: list[bool], bound: float) -> bool:
    """Whether so few misses can be chance, of three standard errors, where the bound is just held."""
    return float(np.mean(held)) >= bound - 3 * math.sqrt(bound * (1 - bound) / len(held))


def main() -> None:
    """Every case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--studies", type=int, default=4000)
    studies = parser.parse_args().studies
    failed = 0
    print("answers        κ  size       κ: held, told, width   share that agrees: held")
    for name in ANSWERS:
        for copies in COPIES:
            for prompts, pairs in SIZES:
                failed += not measure(name, copies, prompts, pairs, studies)
    print("Every cell holds its bound." if not failed else f"{failed} cells do not hold their bound.")


if __name__ == "__main__":
    main()
