"""How often a system that is worse by the margin is shown "not worse", and gates on parts let it out.

    python benchmarks/non_inferiority.py [--runs 4000] [--seed 20261121]

Made-up studies: a judgment is a tie with a given chance, and else the released system's with
expit(μ + prompt + rater), prompts of SD 1 logit. The product's own functions are asked about each.

Printed as Markdown for docs/explanation/checkpoints-and-gates.md. Exits with 1 where more than 6% of the
studies of a cell are wrong, or a planned power is off by more than 3 points, by more than twice the
Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from machine import machine
from scipy import optimize, special

from ftcompare.stats.non_inferiority import INTERVAL_LEVEL, LEVEL, not_worse
from ftcompare.stats.planning import power_of_mean, spread_with_raters
from ftcompare.stats.vote_table import FloatArray
from ftcompare.stats.win_rate import Rate, rate_over_prompts, rate_over_raters

PROMPT_SD = 1.0
MOST_FALSE, MOST_OFF = 6.0, 3.0
NODES, WEIGHTS = special.roots_hermitenorm(60)
EFFECTS = np.linspace(-12, 12, 2401)
SHARES = special.expit(EFFECTS[:, None] + PROMPT_SD * NODES) @ WEIGHTS / WEIGHTS.sum()
"""Of decided judgments won, by μ + rater."""


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=20261121)
    chosen = parser.parse_args()
    rng, runs = np.random.default_rng(chosen.seed), chosen.runs
    error = 100 * math.sqrt(0.05 * 0.95 / runs)
    print(f"Seed {chosen.seed}, {runs:,} runs a cell (5% ± {error:.1f}), {machine()}.\n", flush=True)
    missed = [*print_false(rng, runs), *print_power(rng, runs)]
    print_parts(rng, max(1, runs // 4))
    print("Every cell holds its bounds." if not missed else f"CELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def raters_of(
    count: int, spread: float, share: float, rng: np.random.Generator, *, centred: bool
) -> FloatArray:
    """μ + rater of each; centred: so that together they give the system that share of decided judgments."""
    own = spread * rng.standard_normal(count)
    if centred:
        return np.asarray(own + optimize.brentq(lambda x: win_share(own + x).mean() - share, -12, 12))
    sd = math.hypot(PROMPT_SD, spread)
    mean = optimize.brentq(lambda x: special.expit(x + sd * NODES) @ WEIGHTS / WEIGHTS.sum() - share, -9, 9)
    return np.asarray(own + mean)


def win_share(effect: FloatArray) -> FloatArray:
    """Of decided judgments, over all prompts."""
    return np.asarray(np.interp(effect, EFFECTS, SHARES))


def study(prompts: int, raters: FloatArray, ties: float, rng: np.random.Generator) -> FloatArray:
    """Preferences, prompts x raters."""
    won = rng.random((prompts, len(raters))) < special.expit(
        PROMPT_SD * rng.standard_normal((prompts, 1)) + raters
    )
    return np.where(rng.random(won.shape) < ties, 0.5, won.astype(np.float64))


def over_prompts(answers: FloatArray, level: float = INTERVAL_LEVEL) -> Rate:
    """The rate for these raters."""
    prompts = np.repeat(np.arange(len(answers)), answers.shape[1])
    return rate_over_prompts(answers.ravel(), prompts, level)


def over_raters(answers: FloatArray) -> Rate | None:
    """The rate for other raters of this kind."""
    prompts, raters = np.indices(answers.shape)
    return rate_over_raters(answers.ravel(), prompts.ravel(), raters.ravel(), INTERVAL_LEVEL)


def shown(rate: Rate | None, margin: float) -> bool:
    """Whether the system is shown to be not worse."""
    return rate is not None and not_worse(rate, margin).shown


def share_shown(
    ask: Callable[[FloatArray], Rate | None],
    draw: Callable[[], FloatArray],
    margin: float,
    runs: int,
) -> float:
    """In per cent."""
    return 100 * float(np.mean([shown(ask(draw()), margin) for _ in range(runs)]))


def print_false(rng: np.random.Generator, runs: int, margin: float = 0.1) -> list[str]:
    """The system is worse by exactly the margin."""
    print(f"Truly worse by the margin of {100 * margin:.0f} points, and shown to be not worse; the worst of")
    print("SDs of raters 0 and .6 (these raters), 0, .3, .6, and 1 (other raters of this kind).\n")
    print(
        "| raters | ties | claim about | 20 prompts | 77 prompts | 200 prompts |\n|---|---|---|---|---|---|"
    )
    missed: list[str] = []
    for count in (1, 3, 5, 10):
        for ties in (0.0, 0.2, 0.6):
            missed += false_row(
                count, ties, (0.0, 0.6) if count > 1 else (0.0,), rng, runs, margin, these=True
            )
            if count > 1:
                missed += false_row(count, ties, (0.0, 0.3, 0.6, 1.0), rng, runs, margin, these=False)
    print()
    return missed


def false_row(
    count: int,
    ties: float,
    spreads: Sequence[float],
    rng: np.random.Generator,
    runs: int,
    margin: float,
    *,
    these: bool,
) -> list[str]:
    """Print a row; the cells that miss."""
    share, row, missed = 0.5 - margin / (1 - ties), [], []
    claim = "these raters" if these else "other raters of this kind"
    for prompts in (20, 77, 200):

        def draw(spread: float, prompts: int = prompts) -> FloatArray:
            return study(prompts, raters_of(count, spread, share, rng, centred=these), ties, rng)

        ask = over_prompts if these else over_raters
        found = max(share_shown(ask, partial(draw, s), margin, runs) for s in spreads)
        row.append(f"{found:.1f}%")
        if found - 2 * 100 * math.sqrt(found / 100 * (1 - found / 100) / runs) > MOST_FALSE:
            missed.append(f"{count} × {prompts}, ties {ties:.0%}, {claim}: {found:.1f}%")
    print(f"| {count} | {ties:.0%} | {claim} | {' | '.join(row)} |", flush=True)
    return missed


def print_power(rng: np.random.Generator, runs: int, ties: float = 0.2) -> list[str]:
    """As planned, and as found, for these raters."""
    print("Shown to be not worse, for these raters, one fifth of the judgments ties: planned, found.\n")
    print("| raters | margin | true win rate | 40 prompts | 77 prompts | 200 prompts |")
    print("|---|---|---|---|---|---|")
    missed = []
    for count in (1, 3, 5):
        for margin, rate in ((0.05, 0.5), (0.05, 0.55), (0.1, 0.5), (0.15, 0.5)):
            raters, row = np.full(count, np.interp(0.5 + (rate - 0.5) / (1 - ties), SHARES, EFFECTS)), []
            alike = likeness(raters, ties, rng)
            spread = math.sqrt(judgment_variance(rate, ties) * spread_with_raters(count, alike))
            for prompts in (40, 77, 200):
                planned = 100 * power_of_mean(prompts, rate - 0.5 + margin, spread, 1 - LEVEL)
                found = share_shown(over_prompts, partial(study, prompts, raters, ties, rng), margin, runs)
                row.append(f"{planned:.0f}%, {found:.0f}%")
                if abs(planned - found) - 2 * 50 / math.sqrt(runs) > MOST_OFF:
                    missed.append(f"power {count} × {prompts}, margin {margin:g}")
            print(f"| {count} | {100 * margin:.0f} points | {rate:.0%} | {' | '.join(row)} |", flush=True)
    print()
    return missed


def judgment_variance(rate: float, ties: float) -> float:
    """Variance of one judgment worth 0, ½ or 1 with mean `rate`."""
    return (1 - ties) * (0.5 + (rate - 0.5) / (1 - ties)) + ties / 4 - rate**2


def likeness(raters: FloatArray, ties: float, rng: np.random.Generator) -> float:
    """ρ of this model, from many prompts; with one rater it does not matter."""
    if len(raters) < 2:
        return 0.0
    answers = study(200_000, raters[:2], ties, rng)
    return float(np.cov(answers.T)[0, 1] / answers.var())


def print_parts(rng: np.random.Generator, runs: int) -> None:
    """Gates on eight categories of 40 prompts, three raters."""
    asked: dict[str, Callable[[FloatArray], bool]] = {
        "win rate itself at least 40%": lambda x: bool(x.mean() >= 0.4),
        "lower end above 40%": lambda x: (over_prompts(x, 0.95).low or 0.0) > 0.4,
        "not worse by 15 points": lambda x: shown(over_prompts(x), 0.15),
    }
    truths = {
        "all 50%": [0.5] * 8,
        "all 55%": [0.55] * 8,
        "all 60%": [0.6] * 8,
        "all 65%": [0.65] * 8,
        "one 40%, others 65%": [0.4, *[0.65] * 7],
        "one 35%, others 65%": [0.35, *[0.65] * 7],
        "one 30%, others 65%": [0.3, *[0.65] * 7],
    }
    print("A release check on eight categories of 40 prompts (of 20), 3 raters, one fifth ties: it passes")
    print(f"({runs:,} runs).\n")
    print(f"| true win rates | {' | '.join(asked)} |\n|---|{'---|' * len(asked)}")
    for words, rates in truths.items():
        row = []
        for ask in asked.values():
            held = [
                100 * np.mean([all(ask(part(r, prompts, rng)) for r in rates) for _ in range(runs)])
                for prompts in (40, 20)
            ]
            row.append(f"{held[0]:.1f}% ({held[1]:.1f}%)")
        print(f"| {words} | {' | '.join(row)} |", flush=True)
    print()


def part(rate: float, prompts: int, rng: np.random.Generator, ties: float = 0.2) -> FloatArray:
    """A category's answers by three raters."""
    raters = np.full(3, np.interp(0.5 + (rate - 0.5) / (1 - ties), SHARES, EFFECTS))
    return study(prompts, raters, ties, rng)


if __name__ == "__main__":
    sys.exit(main())
