"""Does the rate at equal length and style hold the truth? Studies whose truth is known are made and counted.

    python benchmarks/style_control.py [--runs 1000] [--seed 20261121]

First table: both answers are equally good; b is longer and has more headers and bold, and raters favor these,
lists, and the left side. Prompts differ by 1 logit, raters by the standard deviation given. Printed: the rate
as judged and at equal length and style (means over studies; the truth is 50%), and how often the intervals
hold 50%.

Second table: one judgment a prompt, b better by .4 logits at equal length, 100 prompts; b is longer by a
factor of its own. Length is worth what the column says, while the model takes tanh(Δ / sd Δ). Printed: the
share of prompts with answers alike in length, then for each curve how often the interval holds the truth, and
how many points the rate is off on the mean. Below `FEW_ALIKE` the window warns.

Exits with 1 where an interval for other raters of this kind holds the truth in less than 93% of studies.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from machine import machine
from scipy import special

from ftcompare.core.markdown_style import MarkdownStyle
from ftcompare.core.study import Vote
from ftcompare.stats.position_and_length_bias import (
    ALIKE,
    ControlledRate,
    length_controlled_rate,
    style_controlled_rate,
)
from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, tabulate
from ftcompare.stats.win_rate import Rate

PROMPT_SD, SIDE = 1.0, 0.2
LIKED = (1.5, 0.5, 0.8, 0.6)
"""Logits for the whole difference in length, headers, list items, bold."""
LEAST = 0.93

ADVANTAGE = 0.4
Curve = Callable[[FloatArray], FloatArray]
CURVES: dict[str, Curve] = {
    "tanh(Δ / sd Δ)": lambda x: np.tanh(x[0] / x[0].std()),
    "2 · (b − a) / (a + b)": lambda x: 2 * x[1],
    "longer or shorter alone": lambda x: np.clip(x[1] / 0.1, -1, 1),
    "at most 1.5 times as long": lambda x: np.clip(x[1], -0.2, 0.2) / 0.2,
    "most at 1.9 times, then less": lambda x: 4 * x[1] * np.exp(-np.abs(x[1]) / 0.3),
}
"""Logits by the difference in characters, and by that normalised."""


@dataclass(frozen=True)
class Loads:
    """How many judgments each rater makes, of so many prompts."""

    prompts: int
    of_raters: tuple[int, ...]

    def drawn(self, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
        """Prompt and rater of each judgment."""
        prompts = [rng.permutation(self.prompts)[:load] for load in self.of_raters]
        return np.concatenate(prompts), np.repeat(np.arange(len(self.of_raters)), self.of_raters)


DESIGNS = (
    Loads(77, (77,)),
    Loads(77, (77,) * 3),
    Loads(77, (77,) * 5),
    Loads(77, (77,) * 10),
    Loads(200, (200,) * 3),
    Loads(77, (77, 40, 20, 10, 5)),
    Loads(20, (20,) * 5),
)


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261121)
    chosen = parser.parse_args()
    print(f"Seed {chosen.seed}, {chosen.runs:,} studies a cell, {machine()}.\n")
    held = print_style(chosen.seed, chosen.runs)
    print_curves(chosen.seed, chosen.runs)
    return 0 if held else 1


# --- style ---------------------------------------------------------------------------------------


def print_style(seed: int, runs: int) -> bool:
    """Whether each interval for other raters of this kind keeps its promise."""
    print(
        "| design | SD of raters | as judged | at equal style | coverage, these raters | "
        "coverage, other raters of this kind | no interval |"
    )
    print("|---|---|---|---|---|---|---|")
    kept = True
    for loads in DESIGNS:
        for sd in (0.0, 0.3, 0.6, 1.0) if len(loads.of_raters) > 1 else (0.0,):
            rng = np.random.default_rng(seed)
            found = [one_style(loads, sd, rng) for _ in range(runs)]
            kept &= _print_row(loads, sd, found)
    print()
    return kept


def one_style(loads: Loads, sd: float, rng: np.random.Generator) -> tuple[float, ControlledRate | None]:
    """The rate as judged, and at equal style, of one study in which neither is better."""
    styles, lengths = _responses(loads.prompts, rng)
    prompt, rater = loads.drawn(rng)
    left = rng.choice([-1, 1], len(prompt))
    empty = table(prompt, rater, np.zeros(len(prompt)), left, lengths, styles)
    logits = empty.style @ np.array(LIKED) - SIDE * left
    logits += rng.normal(0, PROMPT_SD, loads.prompts)[prompt] + rng.normal(0, sd, len(loads.of_raters))[rater]
    won = (rng.random(len(prompt)) < special.expit(logits)).astype(np.float64)
    judged = table(prompt, rater, won, left, lengths, styles)
    return float(won.mean()), style_controlled_rate(judged)


def _responses(prompts: int, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Counts of headers, list items and bold (prompts x 2 x 3), and lengths (prompts x 2), of a and b."""
    marked = rng.random((prompts, 2, 1)) < np.array([[0.4], [0.7]])
    listed = rng.random((prompts, 2, 1)) < 0.6
    counts = rng.poisson((3, 6, 5), (prompts, 2, 3)) * np.concatenate([marked, listed, marked], axis=2)
    first = rng.normal(6.5, 0.6, prompts)
    lengths = np.exp(np.stack([first, first + rng.normal(0.3, 0.5, prompts)], axis=1))
    return counts.astype(np.int64), lengths.astype(np.int64)


def table(
    prompt: IntArray, rater: IntArray, won: FloatArray, left: IntArray, lengths: IntArray, styles: IntArray
) -> VoteTable:
    """Votes on one pair of systems."""
    laid_out = [[MarkdownStyle(*counts) for counts in pair] for pair in styles.tolist()]
    rows = zip(prompt.tolist(), rater.tolist(), won.tolist(), left.tolist(), strict=True)
    return tabulate(
        Vote(
            prompt=str(p),
            rater=str(r),
            a="base",
            b="tuned",
            choice="b" if b_won else "a",
            preference=b_won,
            left="a" if side > 0 else "b",
            length_a=int(lengths[p, 0]),
            length_b=int(lengths[p, 1]),
            style_a=laid_out[p][0],
            style_b=laid_out[p][1],
        )
        for p, r, b_won, side in rows
    )


def _print_row(loads: Loads, sd: float, found: Sequence[tuple[float, ControlledRate | None]]) -> bool:
    told = [rate for _, rate in found if rate is not None]
    these = [_holds(rate.over_prompts, 0.5) for rate in told]
    others = [_holds(rate.over_raters, 0.5) for rate in told if rate.over_raters is not None]
    raw, equal = np.mean([rate for rate, _ in found]), np.mean([rate.over_prompts.value for rate in told])
    ratio = f"{np.mean(others):.1%}" if others else "n/a"
    # Raters who differ are not what the interval for these raters is about.
    own = f"{np.mean(these):.1%}" if sd == 0 else ""
    work = f"{loads.prompts} prompts; {'/'.join(map(str, loads.of_raters))} judgments"
    print(
        f"| {work} | {sd} | {raw:.1%} | {equal:.1%} | {own} | {ratio} | {len(found) - len(told)} |",
        flush=True,
    )
    return not others or float(np.mean(others)) >= LEAST


def _holds(rate: Rate, truth: float) -> bool:
    assert rate.low is not None
    assert rate.high is not None
    return rate.low <= truth <= rate.high


# --- few alike -----------------------------------------------------------------------------------


def print_curves(seed: int, runs: int) -> None:
    """How far the rate at equal length hangs on the curve, by how many answers are alike."""
    print(f"| b longer, by a factor around | alike in length | {' | '.join(CURVES)} |")
    print(f"|---|---|{'---|' * len(CURVES)}")
    for longer, spread in (
        (0.0, 1.5),
        *((m, sd) for sd in (0.3, 0.5) for m in (0.0, 0.2, 0.4, 0.6, 0.8, 1.1)),
    ):
        rng = np.random.default_rng(seed)
        columns = [_curve(longer, spread, curve, runs, rng) for curve in CURVES.values()]
        alike, factor = columns[0][0], f"{np.exp(longer):.1f} (SD of its logarithm {spread})"
        cells = " | ".join(cell for _, cell in columns)
        print(f"| {factor} | {alike:.0%} | {cells} |", flush=True)
    print()


def _curve(
    longer: float, spread: float, curve: Curve, runs: int, rng: np.random.Generator
) -> tuple[float, str]:
    found = [one_curve(longer, spread, curve, rng) for _ in range(runs)]
    rates = [rate.over_prompts for _, rate in found if rate is not None]
    truth = float(special.expit(ADVANTAGE))
    held, off = np.mean([_holds(rate, truth) for rate in rates]), np.mean([r.value - truth for r in rates])
    return float(np.mean([alike for alike, _ in found])), f"{held:.0%}, {100 * off:+.0f}"


def one_curve(
    longer: float, spread: float, curve: Curve, rng: np.random.Generator
) -> tuple[float, ControlledRate | None]:
    """The share of answers alike in length, and the rate at equal length, of one study."""
    prompts = 100
    first = rng.normal(6.5, 0.6, prompts)
    lengths = np.exp(np.stack([first, first + rng.normal(longer, spread, prompts)], axis=1)).astype(np.int64)
    difference = (lengths[:, 1] - lengths[:, 0]).astype(np.float64)
    normalised = difference / (lengths.sum(axis=1) + 1)
    won = rng.random(prompts) < special.expit(ADVANTAGE + curve(np.stack([difference, normalised])))
    place, none = np.arange(prompts), np.zeros((prompts, 2, 3), dtype=np.int64)
    judged = table(place, place * 0, won.astype(np.float64), place * 0 + 1, lengths, none)
    return float(np.mean(np.abs(normalised) <= ALIKE)), length_controlled_rate(judged)


if __name__ == "__main__":
    raise SystemExit(main())
