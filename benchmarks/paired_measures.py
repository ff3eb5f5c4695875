"""How often the interval of a paired difference of automatic measures holds the truth.

    python benchmarks/paired_measures.py [--runs 2000] [--seed 20261121]

Made-up studies: on a share of the prompts, its own for each system and correlated between the two (.7), a
system wavers between six answers whose chances are drawn from Dirichlet's law; on the others it repeats
itself. Equal pairs are counted as they are from samples; chrF is 1 for an equal pair and about .45 for
another. Brier scores are of answers whose confidence is drawn from a Beta law and too high by a system's own
amount. An overlap with a reference (token F1, ROUGE, chrF, BLEU) is 0 on a share of the prompts, 1 on
another, and between them follows a Beta law with a system's own mean; where a prompt is hard is correlated
(.7). The product's own function gives the interval, with two added prompts where the product adds them;
beside it stands Student's t without them.

Printed as Markdown for docs/explanation/automatic-measures.md: the worst of the cells of each line. Exits
with 1 where, from the number of prompts on that the product asks for, an interval holds the truth in less
than 93% of the studies of a cell by more than twice the Monte-Carlo error.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from machine import machine
from scipy import special

from ftcompare.stats.paired_difference import LEAST_COMPARED, adds_two, difference_interval
from ftcompare.stats.vote_table import FloatArray

WAVERING = ((0.5, 0.5), (0.3, 0.1), (0.05, 0.05), (0.1, 0.02), (0.9, 0.5), (0.95, 1.0), (1.0, 1.0))
"""Shares of prompts on which a and b waver."""
CONCENTRATION = (0.3, 2.0)
SAMPLES = (2, 5)
TOO_SURE = ((0.0, 0.0), (0.0, 0.1), (0.2, 0.0))
"""By how much the confidence of a and b is too high."""
OVERLAPS = (
    ((0.0, 0.35, 0.0), (0.0, 0.45, 0.0)),
    ((0.0, 0.3, 0.1), (0.0, 0.3, 0.1)),
    ((0.5, 0.2, 0.0), (0.4, 0.25, 0.05)),
    ((0.9, 0.2, 0.0), (0.8, 0.2, 0.05)),
    ((0.05, 0.7, 0.6), (0.05, 0.7, 0.7)),
    ((0.0, 0.6, 0.9), (0.0, 0.6, 0.95)),
    ((0.0, 0.08, 0.02), (0.0, 0.1, 0.1)),
)
"""Of a and b: share of prompts with 0, mean between, share with 1."""
SPREAD = (3.0, 30.0)
"""Sum of both parameters of the Beta law."""
PROMPTS = (4, 6, 10, 20, 50, 100)
ANSWERS, CORRELATION, LEVEL, LEAST_HELD, TRUTH_FROM = 6, 0.7, 0.95, 93.0, 400_000
MEASURES = {
    "equal pairs": True,
    "most frequent answer": True,
    "chrF": False,
    "Brier score": True,
    "overlap with a reference": False,
}
"""Whether the product calls it coarse."""
JUMPS = ("overlap with a reference",)
"""Of which it adds two prompts while they are few."""


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261121)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    found: defaultdict[tuple[str, int], list[tuple[float, float, float]]] = defaultdict(list)
    for draw in _cells(rng):
        truth = {name: float(values.mean()) for name, values in draw(TRUTH_FROM).items()}
        for prompts in PROMPTS:
            for name, values in draw(prompts * chosen.runs).items():
                studies = values.reshape(chosen.runs, prompts)
                found[name, prompts].append(_held(studies, truth[name], name))
    print(f"Seed {chosen.seed}, {chosen.runs:,} runs a cell, {machine()}.\n")
    print("| measure | prompts | coverage, worst | t alone, worst | mean width |")
    print("|---|---|---|---|---|")
    missed, error = [], 200 * math.sqrt(0.07 * 0.93 / chosen.runs)
    for name, prompts in itertools.product(MEASURES, PROMPTS):
        worst, plain = (min(cell[place] for cell in found[name, prompts]) for place in (0, 1))
        width = np.mean([cell[2] for cell in found[name, prompts]])
        print(f"| {name} | {prompts} | {worst:.1f}% | {plain:.1f}% | {width:.2f} |")
        if prompts >= LEAST_COMPARED and worst < LEAST_HELD - error:
            missed.append(f"{name}, {prompts} prompts")
    print("\nEvery cell holds its bound." if not missed else f"\nCELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def _cells(rng: np.random.Generator) -> Iterator[Callable[[int], dict[str, FloatArray]]]:
    """Each draws the differences of so many prompts, by measure."""
    for wavering, concentration, samples in itertools.product(WAVERING, CONCENTRATION, SAMPLES):
        yield partial(_sampled, rng, wavering, concentration, samples)
    for too_sure in TOO_SURE:
        yield partial(_briers, rng, too_sure)
    for overlaps, spread in itertools.product(OVERLAPS, SPREAD):
        yield partial(_overlaps, rng, overlaps, spread)


def _held(studies: FloatArray, truth: float, measure: str) -> tuple[float, float, float]:
    """Per cent of intervals that hold the truth, the product's and of t alone; mean width."""
    held = plain = width = 0.0
    for differences in studies:
        differing = int((np.abs(differences) > 0).sum())
        coarse, jumps = MEASURES[measure], measure in JUMPS
        two_more = adds_two(len(differences), differing, coarse=coarse, jumps=jumps)
        low, high = difference_interval(differences, LEVEL, two_more=two_more)
        held += low <= truth <= high
        width += high - low
        low, high = difference_interval(differences, LEVEL, two_more=False)
        plain += low <= truth <= high
    return 100 * held / len(studies), 100 * plain / len(studies), width / len(studies)


def _sampled(
    rng: np.random.Generator, wavering: tuple[float, float], concentration: float, samples: int, count: int
) -> dict[str, FloatArray]:
    common = rng.normal(size=count)
    own = [_system(rng, common, share, concentration, samples) for share in wavering]
    return {name: own[1][name] - own[0][name] for name in own[0]}


def _system(
    rng: np.random.Generator, common: FloatArray, share: float, concentration: float, samples: int
) -> dict[str, FloatArray]:
    count = len(common)
    hard = math.sqrt(CORRELATION) * common + math.sqrt(1 - CORRELATION) * rng.normal(size=count)
    chances = rng.dirichlet([concentration] * ANSWERS, size=count).cumsum(axis=1)
    answers = (rng.random((count, samples, 1)) > chances[:, None, :-1]).sum(axis=2)
    answers[hard >= special.ndtri(share)] = 0
    counts = (answers[:, :, None] == np.arange(ANSWERS)).sum(axis=1)
    equal = (counts * (counts - 1)).sum(axis=1) / (samples * (samples - 1))
    likeness = np.clip(0.45 + 0.1 * hard + 0.08 * rng.normal(size=count), 0.05, 0.95)
    modal = counts.max(axis=1) / samples
    return {"equal pairs": equal, "most frequent answer": modal, "chrF": equal + (1 - equal) * likeness}


def _briers(rng: np.random.Generator, too_sure: tuple[float, float], count: int) -> dict[str, FloatArray]:
    common = rng.beta(4, 1.5, size=count)
    own = []
    for more in too_sure:
        sure = np.clip(common + more + 0.05 * rng.normal(size=count), 0.01, 0.99)
        own.append((sure - (rng.random(count) < common)) ** 2)
    return {"Brier score": own[1] - own[0]}


def _overlaps(
    rng: np.random.Generator, overlaps: tuple[tuple[float, float, float], ...], spread: float, count: int
) -> dict[str, FloatArray]:
    common = rng.normal(size=count)
    own = []
    for none, middle, whole in overlaps:
        easy = math.sqrt(CORRELATION) * common + math.sqrt(1 - CORRELATION) * rng.normal(size=count)
        between = (special.ndtr(easy) - none) / (1 - none - whole)
        shares = special.betaincinv(spread * middle, spread * (1 - middle), np.clip(between, 0, 1))
        own.append(np.where(between <= 0, 0.0, np.where(between >= 1, 1.0, shares)))
    return {"overlap with a reference": own[1] - own[0]}


if __name__ == "__main__":
    sys.exit(main())
