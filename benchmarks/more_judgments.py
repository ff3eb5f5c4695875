"""How well the forecast "what more would have brought" is met when twice as much is judged.

    python benchmarks/more_judgments.py

Each simulated study is judged once with its prompts and raters, and the product's own function
(`ftcompare.stats.planning.more_judgments`) says how wide the interval of the win rate would have been with
twice the prompts, or twice the raters. Then other studies of twice the size are simulated. Prompts differ by
a standard deviation of 1 logit, raters by 0.3 or 1, one judgment in five is a tie.

Printed as Markdown for docs/explanation/planning.md: the forecast divided by the median width of the larger
studies, as median and range of the middle 80% of studies. Exits with 1 where a median for these raters is off
by more than 5%, or one for other raters by more than 15%.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from numpy.typing import NDArray

from ftcompare.stats.planning import more_judgments
from ftcompare.stats.win_rate import Rate, rate_over_prompts, rate_over_raters

Study = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
DESIGNS = (
    (77, 3, 3, 0.3),
    (60, 5, 5, 0.3),
    (60, 5, 5, 1.0),
    (150, 5, 2, 0.3),
    (231, 10, 1, 0.3),
    (40, 2, 2, 0.3),
)
"""Prompts, raters, judgments of each prompt, and the standard deviation of raters in logits."""
TIES, PROMPT_SD, AHEAD = 0.2, 1.0, 0.3
NEAR, NEAR_OTHERS = 0.05, 0.15
COLUMNS = ("prompts", "raters", "prompts_for_others", "raters_for_others")


def study(rng: np.random.Generator, prompts: int, raters: int, each: int, rater_sd: float) -> Study:
    """Simulate judgments: leans of -1, 0 or 1, prompts, and raters."""
    prompt = np.repeat(np.arange(prompts), each)
    rater = np.arange(prompts * each) % raters
    lean = rng.normal(AHEAD, PROMPT_SD, prompts)[prompt] + rng.normal(0, rater_sd, raters)[rater]
    wins = np.where(rng.random(len(prompt)) < 1 / (1 + np.exp(-lean)), 1.0, -1.0)
    return np.where(rng.random(len(prompt)) < TIES, 0.0, wins), prompt, rater


def rates(judged: Study) -> tuple[Rate, Rate | None]:
    lean, prompt, rater = judged
    return rate_over_prompts((1 + lean) / 2, prompt), rate_over_raters((1 + lean) / 2, prompt, rater)


def half_width(rate: Rate | None) -> float:
    """Return half the width of an interval; NaN where there is none."""
    return (rate.high - rate.low) / 2 if rate and rate.low is not None and rate.high is not None else np.nan


def ratios(design: tuple[int, int, int, float], studies: int) -> NDArray[np.float64]:
    """Return forecast over median width, studies x `COLUMNS`; NaN where nothing is forecast."""
    prompts, raters, each, rater_sd = design
    rng = np.random.default_rng(7)
    forecast, larger = [], []
    for _ in range(studies):
        judged = study(rng, prompts, raters, each, rater_sd)
        more = more_judgments(*judged, *rates(judged))
        forecast.append([np.nan if value is None else value for value in (getattr(more, c) for c in COLUMNS)])
        of_prompts = rates(study(rng, 2 * prompts, raters, each, rater_sd))
        of_raters = rates(study(rng, prompts, 2 * raters, 2 * each, rater_sd))
        larger.append([half_width(rate) for pair in zip(of_prompts, of_raters, strict=True) for rate in pair])
    found: NDArray[np.float64] = np.array(forecast) / np.median(np.array(larger), axis=0)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=1000)
    studies = parser.parse_args().studies
    print(
        "| design | twice the prompts | twice the raters "
        "| twice the prompts, other raters | twice the raters, other raters |"
    )
    print("|---|---|---|---|---|")
    far = False
    for design in DESIGNS:
        prompts, raters, each, rater_sd = design
        cells = []
        for column, near in zip(
            ratios(design, studies).T, (NEAR, NEAR, NEAR_OTHERS, NEAR_OTHERS), strict=True
        ):
            if np.isnan(column).all():
                cells.append("–")
                continue
            low, middle, high = np.nanquantile(column, (0.1, 0.5, 0.9))
            far |= abs(middle - 1) > near
            cells.append(f"{middle:.2f} ({low:.2f}–{high:.2f})")
        name = f"{prompts} prompts, {raters} raters, {each} a prompt, SD {rater_sd:g}"
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    return int(far)


if __name__ == "__main__":
    sys.exit(main())
