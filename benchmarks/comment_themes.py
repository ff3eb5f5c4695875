"""How often themes of comments are found where there are none, and how often planted ones are found.

    python benchmarks/comment_themes.py [--studies 200]

Embeddings have 64 dimensions, of which the variance falls as in those of real encoders. In studies without
themes, they are one cloud: *even*, *one long direction* (as if comments differed mostly in length), *heavy
tails* (t with 3 degrees of freedom), *raters' styles* (each rater has their own mean, three standard
deviations apart), or *skewed* (one direction is log-normal). In the others, three themes (50%, 30%, and 20%
of the comments) have means at a distance of so many standard deviations of the widest direction, beside weak
styles. *Right* is the mean adjusted Rand index of the found and the planted themes.

Printed as Markdown for docs/explanation/reasons.md. Exits with 1 if themes are found in more than 5% of the
studies without themes by more than the error.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from numpy.typing import NDArray

from ftcompare.stats.comment_themes import comment_themes, rand_index

WIDTH, SIZES = 64, (0.5, 0.3, 0.2)
DESIGNS = ((60, 3), (150, 3), (400, 5))
"""Numbers of comments and raters."""
Vectors = NDArray[np.float64]
WORLDS = ("even", "one long direction", "heavy tails", "raters' styles", "skewed")


def noise(rng: np.random.Generator, world: str, raters: NDArray[np.int64], styles: float = 3) -> Vectors:
    scales = 1 / np.sqrt(1 + np.arange(WIDTH))
    cloud = rng.normal(0, 1, (len(raters), WIDTH)) * scales
    if world == "one long direction":
        cloud[:, 0] *= 3
    if world == "heavy tails":
        cloud = rng.standard_t(3, (len(raters), WIDTH)) * scales
    if world == "skewed":
        cloud[:, 0] = rng.lognormal(0, 0.75, len(raters))
    if world == "raters' styles":
        cloud += styles * (rng.normal(0, 1, (raters.max() + 1, WIDTH)) * scales)[raters]
    return cloud + 3  # embeddings of one encoder point in similar directions


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=200)
    studies, rng, far = parser.parse_args().studies, np.random.default_rng(11), False
    names = [f"{comments} comments, {raters} raters" for comments, raters in DESIGNS]
    print("| no themes | " + " | ".join(names) + " |\n|---|" + "---|" * len(DESIGNS))
    for world in WORLDS:
        cells = []
        for comments, raters in DESIGNS:
            some = 0
            for _ in range(studies):
                by = rng.integers(0, raters, comments)
                some += comment_themes(noise(rng, world, by), by, rng=rng).labels is not None
            far |= some > 0.05 * studies + 3 * np.sqrt(0.05 * studies)
            cells.append(f"{some / studies:.1%}")
        print(f"| {world} | " + " | ".join(cells) + " |", flush=True)
    print("\n| distance of planted themes | " + " | ".join(names) + " |\n|---|" + "---|" * len(DESIGNS))
    for distance in (3,):
        cells = []
        for comments, raters in DESIGNS:
            right = []
            for _ in range(studies // 4):
                by = rng.integers(0, raters, comments)
                theme = rng.choice(len(SIZES), comments, p=SIZES)
                means = rng.normal(0, 1, (len(SIZES), WIDTH))
                means *= distance / np.sqrt(2) / np.linalg.norm(means, axis=1, keepdims=True)
                found = comment_themes(noise(rng, "raters' styles", by, 0.5) + means[theme], by, rng=rng)
                if found.labels is not None:
                    right.append(rand_index(found.labels, theme))
            mean = f"{np.mean(right):.2f}" if right else "–"
            cells.append(f"{len(right) / (studies // 4):.0%}, right {mean}")
        print(f"| {distance} | " + " | ".join(cells) + " |", flush=True)
    return int(far)


if __name__ == "__main__":
    sys.exit(main())
