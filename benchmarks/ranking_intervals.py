"""How far the ends of the ranking's intervals move with the seed of the resamples, and what they hold.

    python benchmarks/ranking_intervals.py [--seeds 10] [--runs 2000] [--seed 20261121]

One made-up study a row: every rater judges every pair of systems on every prompt. Strengths lie 0.5 logits
apart, prompts of a pair differ by 1 logit, raters by 0.3, a fifth are ties. Its intervals are computed with
each seed; an end's move is its highest less its lowest place over the seeds, as a share of the mean width.
Printed as Markdown for docs/explanation/ranking.md: the greatest and the mean over both ends of all scores of
the three models and of Davidson's ν. Exits with 1 where one is a tenth or more.

Then what drawing an end out to `MOST_STRETCHED` standard deviations at most costs: how often the interval of
an average win rate of two equal systems holds one half, with the variance that many resamples tend to
(linear), (Σ_p u² (1 - 1/R) + Σ_r v² (1 - 1/P) + Σ e²) / N², e the deviations of the N = P · R judgments from
their mean, u and v their sums over a prompt and over a rater (Owen 2007). A fifth of ties, prompts of SD 1.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys

import numpy as np
from claim_model import Cell, draw
from machine import machine
from scipy import special

from ftcompare.core.study import Vote
from ftcompare.stats.ranking import ranking_intervals, resamples_for
from ftcompare.stats.resampling import MOST_STRETCHED
from ftcompare.stats.vote_table import FloatArray, VoteTable, tabulate

DESIGNS = ((3, 77, 2), (3, 77, 3), (3, 20, 2), (3, 20, 3), (2, 77, 3), (10, 40, 3))
"""Systems, prompts, raters."""
APART, PROMPT_SD, RATER_SD, TIES = 0.5, 1.0, 0.3, 0.2
MOST_MOVED = 0.1
HELD_RATERS, HELD_PROMPTS, SPREADS = (2, 3, 5, 10), (20, 77, 200), (0.0, 0.3, 0.6, 1.0)


def main() -> int:
    """Draw the studies and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261121, help="of the studies")
    chosen = parser.parse_args()
    print(f"Seed {chosen.seed}, {chosen.seeds} seeds of the resamples, {machine()}.\n")
    print(
        "| systems, prompts, raters | greatest move | mean move | resamples |\n|---|---|---|---|", flush=True
    )
    greatest = 0.0
    for design in DESIGNS:
        table = judged(*design, np.random.default_rng([chosen.seed, *design]))
        moved = moves(np.array([ends(table, seed) for seed in range(chosen.seeds)]))
        greatest = max(greatest, float(moved.max()))
        words = ", ".join(map(str, design))
        print(
            f"| {words} | {moved.max():.1%} | {moved.mean():.1%} | {resamples_for(design[0]):,} |", flush=True
        )
    print_held(chosen.runs, np.random.default_rng([chosen.seed, 1]))
    print("\nEvery end keeps its place." if greatest < MOST_MOVED else "\nAN END MOVES BY A TENTH.")
    return 0 if greatest < MOST_MOVED else 1


def judged(systems: int, prompts: int, raters: int, rng: np.random.Generator) -> VoteTable:
    """One study."""
    votes = []
    for i, j in itertools.combinations(range(systems), 2):
        lean = APART * (j - i) + rng.normal(0, PROMPT_SD, (prompts, 1)) + rng.normal(0, RATER_SD, raters)
        won, even = rng.random(lean.shape) < special.expit(lean), rng.random(lean.shape) < TIES
        for (prompt, rater), b in np.ndenumerate(won):
            choice = "tie" if even[prompt, rater] else "b" if b else "a"
            preference = {"a": 0.0, "tie": 0.5, "b": 1.0}[choice]
            votes.append(
                Vote(str(prompt), f"r{rater}", f"s{i:02}", f"s{j:02}", choice=choice, preference=preference)
            )
    return tabulate(votes)


def ends(table: VoteTable, seed: int) -> list[tuple[float, float]]:
    """Of every score, and of ν: low, high."""
    found = ranking_intervals(table.systems, table, np.random.default_rng(seed))
    assert found is not None, "several prompts"
    models = (found.bradley_terry, found.davidson, found.average_win_rate)
    intervals = [*(own for model in models for own in model.values()), found.davidson_tie]
    return [(own.low, own.high) for own in intervals if own.low is not None and own.high is not None]


def moves(found: FloatArray) -> FloatArray:
    """Figures x ends: how far each end moves, as a share of the width; from seeds x figures x ends."""
    width = (found[:, :, 1] - found[:, :, 0]).mean(axis=0)
    return np.asarray((found.max(axis=0) - found.min(axis=0)) / width[:, None])


def print_held(runs: int, rng: np.random.Generator) -> None:
    """The second table."""
    heads = " | ".join(f"{prompts} prompts" for prompts in HELD_PROMPTS)
    print(f"\nHeld, raters of SD {', '.join(f'{spread:g}' for spread in SPREADS)}; {runs:,} runs a cell.\n")
    print(f"| raters | {heads} |\n|---|{'---|' * len(HELD_PROMPTS)}")
    for raters in HELD_RATERS:
        cells = [
            ", ".join(f"{held(raters, prompts, spread, runs, rng):.1%}" for spread in SPREADS)
            for prompts in HELD_PROMPTS
        ]
        print(f"| {raters} | {' | '.join(cells)} |", flush=True)


def held(raters: int, prompts: int, spread: float, runs: int, rng: np.random.Generator) -> float:
    """Share of the studies of a design whose interval holds the truth."""
    (block,) = draw(Cell((prompts,) * raters, prompts, spread), (TIES,), rng, runs, mean=0.0)
    mean = block.answers.mean(axis=(1, 2), dtype=np.float64)
    off = block.answers - mean[:, None, None]
    by_prompt, by_rater = ((off.sum(axis=axis) ** 2).sum(axis=1) for axis in (2, 1))
    squares = by_prompt * (1 - 1 / raters) + by_rater * (1 - 1 / prompts) + (off**2).sum(axis=(1, 2))
    clusters = min(prompts, raters)
    wanted = math.sqrt(clusters / (clusters - 1)) * float(special.stdtrit(clusters - 1, 0.975))
    reach = min(wanted, MOST_STRETCHED) * np.sqrt(squares) / (prompts * raters)
    return float(np.mean(np.abs(mean) <= reach))


if __name__ == "__main__":
    sys.exit(main())
