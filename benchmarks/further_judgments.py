"""How well the forecast of further judgments is met, and whether following it leads to false claims.

    python benchmarks/further_judgments.py

Each simulated study is stopped after some prompts, if its evidence is below 20 by then, and
`ftcompare.stats.claims.further_steps` says how many further prompts it needs. Then the study goes on, to
eleven times as many at most. Prompts differ by a standard deviation of 1 logit, raters by 0.3, one judgment
in five is a tie.

Printed as Markdown for docs/explanation/planning.md: how often the number is in the range of the forecast,
and in parentheses below it and above it. The last column is about studies whose raters prefer neither. Owners
judge as many further prompts as the forecast says, again and again, until the evidence is 20, or the forecast
says that ten times as many are not enough: how often they claim a preference. Exits with 1 where a range
holds in less than 75% of studies, or if false claims are above 5% by more than the error of the simulation.
"""

from __future__ import annotations

import argparse
import math
import sys

import numpy as np
from numpy.typing import NDArray

from ftcompare.stats.claims import ENOUGH_EVIDENCE, MOST_TIMES, e_value, evidence, further_steps

TIES, PROMPT_SD, RATER_SD = 0.2, 1.0, 0.3
DESIGNS = ((20, 1), (40, 1), (20, 3), (40, 3), (80, 3))
"""Judged prompts, and judgments of each."""
AHEAD = (0.3, 0.5, 0.8)
LOWEST = 0.75


def study(
    rng: np.random.Generator, prompts: int, each: int, ahead: float, rater_sd: float = RATER_SD
) -> NDArray[np.float64]:
    """Return the mean preference for b of each prompt."""
    lean = ahead + rng.normal(0, PROMPT_SD, (prompts, 1)) + rng.normal(0, rater_sd, (1, each))
    won = np.where(rng.random((prompts, each)) < 1 / (1 + np.exp(-lean)), 1.0, 0.0)
    found: NDArray[np.float64] = np.where(rng.random((prompts, each)) < TIES, 0.5, won).mean(axis=1)
    return found


def needed(means: NDArray[np.float64], judged: int) -> float:
    """Return after how many prompts beyond the judged ones the evidence is enough, in steps of 2%."""
    prompts = judged
    while prompts <= len(means):
        if e_value(means[:prompts]) >= ENOUGH_EVIDENCE:
            return prompts - judged
        prompts += max(1, prompts // 50)
    return math.inf


def forecast(means: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return low end, median, and high end; infinite beyond the end of the forecast."""
    found = further_steps(means, means, np.arange(len(means)))
    low, median, high = (math.inf if n is None else n for n in (found.low, found.median, found.high))
    return low, median, high


def outcomes(rng: np.random.Generator, judged: int, each: int, ahead: float, studies: int) -> list[int]:
    """Return for each study -1 where the number was below the range, 0 where it was in it, 1 above it."""
    found: list[int] = []
    while len(found) < studies:
        means = study(rng, judged * (1 + MOST_TIMES), each, ahead)
        if evidence(means[:judged]).highest < ENOUGH_EVIDENCE:
            (low, _, high), number = forecast(means[:judged]), needed(means, judged)
            # both are known in steps
            found.append(-1 if number < 0.95 * low - 1 else 1 if number > 1.05 * high + 1 else 0)
    return found


def false_claim(rng: np.random.Generator, judged: int, each: int) -> bool:
    """Whether an owner who follows the forecasts claims a preference in a study without one."""
    means = study(rng, judged * (1 + MOST_TIMES), each, 0.0, rater_sd=0.0)
    while True:
        if evidence(means[:judged]).highest >= ENOUGH_EVIDENCE:
            return True
        further = forecast(means[:judged])[1]
        if judged + further > len(means):
            return False
        judged += max(1, int(further))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=100)
    studies, rng, far = parser.parse_args().studies, np.random.default_rng(7), False
    print("| judged | " + " | ".join(f"{ahead:g} logits ahead" for ahead in AHEAD) + " | false claims |")
    print("|---|" + "---|" * (len(AHEAD) + 1))
    for judged, each in DESIGNS:
        cells = []
        for ahead in AHEAD:
            found = outcomes(rng, judged, each, ahead, studies)
            below, inside, above = (found.count(side) / studies for side in (-1, 0, 1))
            cells.append(f"{inside:.0%} ({below:.0%}, {above:.0%})")
            far |= inside < LOWEST
        false = sum(false_claim(rng, judged, each) for _ in range(2 * studies)) / (2 * studies)
        far |= false > 0.05 + 3 * math.sqrt(0.05 / (2 * studies))
        print(f"| {judged} prompts, {each} a prompt | " + " | ".join(cells) + f" | {false:.1%} |", flush=True)
    return int(far)


if __name__ == "__main__":
    sys.exit(main())
