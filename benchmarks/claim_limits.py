"""What the best possible rule could find with two or three raters: why little is claimed of others by so few.

    python benchmarks/claim_limits.py [--prompts 77 200]

Raters' leans are taken as normal: b's advantage, their spread, the luck of their judgments, the luck of the
prompts that they share. Linear programming finds the rule (a chance of claiming for each set of leans) that
claims most often where b wins 65% and raters differ by .3 logits, while it claims wrongly in at most 6%
where neither is preferred, whether raters differ by 0, .3, .6 or 1 logits: once of all rules, once of those
in which a rater who leans more to b never takes a claim away. A real rule can only find less: this one knows
the noise.
"""

from __future__ import annotations

import argparse
import functools

import numpy as np
import scipy.sparse
from scipy import optimize, special, stats

from ftcompare.stats.claim_power import PROMPT_SD, win_rate_spread
from ftcompare.stats.vote_table import FloatArray

TIES, BETTER, SPREADS, MOST_FALSE = 0.2, 0.65, (0.0, 0.3, 0.6, 1.0), 0.06
GRIDS = {2: np.linspace(-0.6, 1.0, 41), 3: np.linspace(-0.3, 0.8, 17)}


def main() -> None:
    """Solve and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--prompts", type=int, nargs="+", default=(77, 200))
    print(
        "| raters | prompts | best of all rules | best rule that one more win never reverses |\n"
        "|---|---|---|---|"
    )
    for raters, leans in GRIDS.items():
        for prompts in parser.parse_args().prompts:
            found = [best_power(raters, prompts, leans, monotone=monotone) for monotone in (False, True)]
            print(f"| {raters} | {prompts} | {found[0]:.0%} | {found[1]:.0%} |", flush=True)


def best_power(raters: int, prompts: int, leans: FloatArray, *, monotone: bool) -> float:
    """How often the best rule claims for b."""
    even = np.array([chances(0.0, spread, raters, prompts, leans) for spread in SPREADS])
    rows, most = [scipy.sparse.csr_matrix(even)], [np.full(len(SPREADS), MOST_FALSE / 2)]
    if monotone:
        steps = never_falling(raters, len(leans))
        rows.append(steps)
        most.append(np.zeros(steps.shape[0]))
    better = chances(2 * BETTER - 1, 0.3, raters, prompts, leans)
    below = optimize.LinearConstraint(scipy.sparse.vstack(rows), -np.inf, np.concatenate(most))
    found = optimize.milp(-better, constraints=below, bounds=optimize.Bounds(0, 1))
    assert found.x is not None, found.message
    return float(better @ found.x)


def chances(lean: float, spread: float, raters: int, prompts: int, leans: FloatArray) -> FloatArray:
    """Of each set of the raters' leans on the grid, its ends having all that lies beyond."""
    decided, by_prompt = 1 - TIES, (2 * win_rate_spread(PROMPT_SD, TIES)) ** 2
    apart = 2 * win_rate_spread(spread, TIES)
    sd = np.sqrt(apart**2 + (decided - by_prompt) / prompts)
    nodes, weights = special.roots_hermitenorm(7)
    ends = np.append(leans - (leans[1] - leans[0]) / 2, np.inf)
    total = np.zeros((len(leans),) * raters)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        below = stats.norm.cdf((ends - lean - node * np.sqrt(by_prompt / prompts)) / sd)
        below[0] = 0.0
        total += weight * functools.reduce(np.multiply.outer, [np.diff(below)] * raters)
    return total.ravel()


def never_falling(raters: int, size: int) -> scipy.sparse.csr_matrix:
    """Rows that say: the chance of a claim is no smaller one step up along a rater's leans."""
    places = np.arange(size**raters).reshape((size,) * raters)
    low = np.concatenate([places.take(range(size - 1), axis).ravel() for axis in range(raters)])
    high = np.concatenate([places.take(range(1, size), axis).ravel() for axis in range(raters)])
    rows = np.tile(np.arange(len(low)), 2)
    values = np.repeat([1.0, -1.0], len(low))
    shape = (len(low), size**raters)
    return scipy.sparse.csr_matrix((values, (rows, np.concatenate([low, high]))), shape=shape)


if __name__ == "__main__":
    main()
